"""Ties between customers: which there are at a day, how much they weigh, and whose may be used."""

from datetime import date

import pytest

from goldmine.core.engine import connect
from goldmine.core.errors import HistoryError
from goldmine.core.workspace import Workspace
from goldmine.customers.graph.edges import build_edges
from goldmine.customers.graph.rules import load_graph_rules
from goldmine.customers.source_tables import SourceTables
from tests.tiny import make_bank, transaction

AS_OF = date(2024, 6, 30)
RULES = load_graph_rules()
ALL = {"link_consent": True, "opened_on": date(2015, 1, 1)}


def edges(tmp_path, *, people: str = "ABCDE", customers: tuple[dict, ...] = (), rules=RULES, **tables) -> list[tuple]:
    """Ties of some people, each as kind, customer, other, weight and day."""
    known = {row["customer_id"]: row for row in customers}
    rows = [{"customer_id": who, **ALL} | known.pop(who, {}) for who in people] + [
        {**ALL, **row} for row in known.values()
    ]
    tables.setdefault("transactions", [transaction(0, "A", "2024-06-01T09:00")])
    bank = make_bank(tmp_path, {"customers": rows, **tables})
    found = build_edges(SourceTables(connect(), bank, Workspace(tmp_path / "work")), AS_OF, rules)
    return found.connection.execute("SELECT * FROM edges ORDER BY ALL").fetchall()


def relation(one: str, other: str, kind: str = "family", **more) -> dict:
    return {"customer_id": one, "related_id": other, "relation": kind, "since": date(2020, 1, 1)} | more


def transfers(one: str, other: str, months: int = 2, number: int = 0, **more) -> list[dict]:
    side = {"kind": "transfer", "counterparty_customer_id": other} | more
    return [transaction(f"{one}{other}{number}{m}", one, f"2024-0{6 - m}-10T09:00", **side) for m in range(months)]


def test_a_family_is_a_tie_from_its_day_on_until_it_ends(tmp_path):
    rows = [
        relation("A", "B"),
        relation("C", "D", ended_on=date(2024, 6, 30)),
        relation("C", "E", since=date(2024, 7, 1)),
    ]
    assert edges(tmp_path, relations=rows) == [("family", "A", "B", 1.0, date(2020, 1, 1))]


def test_cycles_self_loops_and_relations_held_twice_make_one_tie_each(tmp_path):
    rows = [relation("A", "B"), relation("B", "A", since=date(2019, 1, 1)), relation("B", "C"), relation("C", "A")]
    rows += [relation("D", "D"), relation("A", "B", "supplier"), relation("A", "B", "buyer")]
    assert [row[:4] for row in edges(tmp_path, relations=rows)] == [
        ("family", "A", "B", 1.0),
        ("family", "A", "C", 1.0),
        ("family", "B", "C", 1.0),
        ("supply", "A", "B", 0.8),
    ]


def test_transfers_in_two_months_are_a_tie_and_more_months_weigh_more(tmp_path):
    moves = transfers("A", "B") + transfers("C", "D", 1) + transfers("D", "E", 6)
    assert edges(tmp_path, transactions=moves) == [
        ("transfer", "A", "B", pytest.approx(0.5 * 2 / 6), date(2024, 5, 10)),
        ("transfer", "D", "E", 0.5, date(2024, 1, 10)),
    ]


def test_a_transfer_that_both_sides_hold_or_that_is_held_twice_counts_once(tmp_path):
    moves = transfers("A", "B") + transfers("B", "A", direction="in") + transfers("A", "B")
    assert [row[3] for row in edges(tmp_path, transactions=moves)] == [pytest.approx(0.5 * 2 / 6)]


@pytest.mark.parametrize(
    "more",
    [{"known_on": date(2024, 7, 1)}, {"kind": "purchase"}, {"counterparty_customer_id": "A"}],
    ids=["known later", "no transfer", "to oneself"],
)
def test_what_was_not_known_or_ties_nobody_is_no_tie(tmp_path, more):
    assert edges(tmp_path, transactions=transfers("A", "B", **more)) == []


def test_a_transfer_after_the_cutoff_is_not_seen(tmp_path):
    later = transaction(9, "A", "2024-07-02T09:00", kind="transfer", counterparty_customer_id="B")
    moves = [*transfers("A", "B", 1), later]
    assert edges(tmp_path, transactions=moves) == []


def test_who_deals_with_very_many_ties_nobody(tmp_path):
    moves = [row for who in "BCDE" for row in transfers("A", who)] + transfers("B", "C", number=1)
    assert len(edges(tmp_path / "1", transactions=moves)) == 5
    few = RULES.model_copy(update={"max_partners": 3})
    assert [row[1:3] for row in edges(tmp_path / "2", transactions=moves, rules=few)] == [("B", "C")]


def test_members_are_tied_to_their_group_and_a_very_large_one_ties_nobody(tmp_path):
    customers = tuple({"customer_id": who, "grid_id": "G1"} for who in "ABC")
    assert [row[:4] for row in edges(tmp_path / "1", customers=customers)] == [
        ("village", who, "village:G1", 0.1) for who in "ABC"
    ]
    small = RULES.model_copy(update={"max_group": 2})
    assert edges(tmp_path / "2", customers=customers, rules=small) == []


def test_an_association_ties_members_from_their_day_on_until_they_leave(tmp_path):
    joined = {"A": {}, "B": {}, "C": {"joined_on": date(2024, 7, 1)}, "D": {"left_on": date(2024, 6, 30)}}
    rows = [{"association_id": "N", "customer_id": who, "joined_on": date(2020, 1, 1)} | m for who, m in joined.items()]
    assert edges(tmp_path, association_members=rows) == [
        ("association", who, "association:N", 0.6, date(2020, 1, 1)) for who in "AB"
    ]


def wages(payer: str, people: str) -> list[dict]:
    side = {"direction": "in", "kind": "salary", "counterparty": payer}
    return [transaction(f"{payer}{who}{m}", who, f"2024-0{m}-10T09:00", **side) for who in people for m in (5, 6)]


def test_an_employer_is_the_one_on_record_or_that_of_most_whom_the_payer_pays(tmp_path):
    customers = tuple({"customer_id": who, "employer_id": "E1"} for who in "AB")
    found = edges(tmp_path, customers=customers, transactions=wages("W1", "ABC") + wages("W2", "DE"))
    assert [row[:3] for row in found] == [
        *(("employer", who, "employer:E1") for who in "ABC"),
        *(("employer", who, "employer:payer W2") for who in "DE"),
    ]


def test_people_of_an_agency_are_not_tied_by_it(tmp_path):
    customers = tuple({"customer_id": who, "employer_id": f"E{who}"} for who in "ABC")
    assert edges(tmp_path, customers=customers, transactions=wages("W1", "ABCDE")) == []


def test_invoices_between_customers_are_supplies(tmp_path):
    row = {"customer_id": "A", "kind": "sales_invoices", "counterparty": "X", "amount": "10.00"}
    months = [date(2024, 4, 30), date(2024, 5, 31), date(2024, 6, 30), date(2023, 6, 30)]
    rows = [{**row, "counterparty_customer_id": "B", "month_end": month} for month in months]
    rows.append({**row, "counterparty": "Y", "counterparty_customer_id": None, "month_end": months[0]})
    assert edges(tmp_path, turnover=rows) == [("supply", "A", "B", pytest.approx(0.4), date(2024, 4, 30))]


def test_numbers_of_one_person_are_one_customer(tmp_path):
    customers = ({"customer_id": "B", "merged_into": "A", "merged_on": date(2024, 1, 1)},)
    rows = [relation("A", "B"), relation("B", "C")]
    assert [row[1:3] for row in edges(tmp_path, customers=customers, relations=rows)] == [("A", "C")]


def test_months_of_transfers_to_an_old_number_and_a_new_one_add_up(tmp_path):
    customers = ({"customer_id": "O", "merged_into": "B", "merged_on": date(2024, 1, 1)},)
    moves = [*transfers("A", "O", 2)[1:], *transfers("A", "B", 1)]
    assert edges(tmp_path, customers=customers, transactions=moves) == [
        ("transfer", "A", "B", pytest.approx(0.5 * 2 / 6), date(2024, 5, 10))
    ]


@pytest.mark.parametrize("answer", [False, None])
def test_who_refuses_or_was_never_asked_is_in_no_tie_from_either_side(tmp_path, answer):
    customers = ({"customer_id": "B", "link_consent": answer, "grid_id": "G1"}, {"customer_id": "C", "grid_id": "G1"})
    rows = [relation("A", "B"), relation("B", "C"), relation("C", "D")]
    moves = transfers("B", "A") + transfers("A", "B")
    found = edges(tmp_path, customers=customers, relations=rows, transactions=moves)
    assert [row[:3] for row in found] == [("family", "C", "D")]


def test_a_refusal_holds_for_every_number_of_the_person(tmp_path):
    refused = {"customer_id": "B", "merged_into": "A", "merged_on": date(2024, 7, 5), "link_consent": False}
    assert edges(tmp_path, customers=(refused,), relations=[relation("A", "C")]) == []


def test_who_has_left_the_books_is_in_no_tie(tmp_path):
    customers = (
        {"customer_id": "B", "closed_on": date(2024, 6, 30)},
        {"customer_id": "C", "opened_on": date(2024, 7, 1)},
    )
    rows = [relation("A", "B"), relation("A", "C"), relation("A", "D")]
    assert [row[1:3] for row in edges(tmp_path, customers=customers, relations=rows)] == [("A", "D")]


def test_a_bank_that_does_not_ask_has_no_ties(tmp_path):
    bank = make_bank(tmp_path, {"customers": [{"customer_id": "A"}], "transactions": transfers("A", "B")})
    with pytest.raises(HistoryError, match="link_consent"):
        build_edges(SourceTables(connect(), bank, Workspace(tmp_path / "work")), AS_OF, RULES)


def test_a_bank_of_transactions_alone_has_ties_of_transfers(tmp_path):
    assert [row[0] for row in edges(tmp_path, transactions=transfers("A", "B"))] == ["transfer"]


def test_ties_carry_no_trait_of_anybody(tmp_path):
    traits = {"birth_date": date(1950, 1, 1), "gender": "F", "identity": "farmer", "risk_grade": "C1"}
    others = {"birth_date": date(2001, 1, 1), "gender": "M", "identity": "student", "risk_grade": "C5"}
    rows = [relation("A", "B"), relation("B", "C")]
    found = [
        edges(
            tmp_path / str(n), customers=tuple({"customer_id": w, "grid_id": "G", **t} for w in "ABC"), relations=rows
        )
        for n, t in enumerate((traits, others))
    ]
    assert found[0] == found[1]
    assert len(found[0]) == 5


def test_a_partner_by_two_kinds_of_ties_is_one_partner(tmp_path):
    moves = [row for who in "BC" for row in transfers("A", who)]
    rows = [relation("A", who, "supplier") for who in "BC"]
    two = RULES.model_copy(update={"max_partners": 2})
    assert [row[:3] for row in edges(tmp_path, transactions=moves, relations=rows, rules=two)] == [
        *(("supply", "A", who) for who in "BC"),
        *(("transfer", "A", who) for who in "BC"),
    ]


def test_an_invoice_that_both_sides_hold_counts_once(tmp_path):
    row = {"counterparty": "X", "amount": "10.00", "month_end": date(2024, 5, 31)}
    rows = [
        {**row, "customer_id": "A", "kind": "sales_invoices", "counterparty_customer_id": "B"},
        {**row, "customer_id": "B", "kind": "purchase_invoices", "counterparty_customer_id": "A"},
    ]
    assert edges(tmp_path, turnover=rows) == [("supply", "A", "B", pytest.approx(0.8 / 6), date(2024, 5, 31))]
