"""Prospects: whom a group that took a product leads to, by which path, and what is never told or used."""

from datetime import date

import pandas as pd
import pytest

from goldmine.core.engine import connect
from goldmine.core.workspace import Workspace
from goldmine.customers.graph.edges import Edges, build_edges
from goldmine.customers.graph.lookalikes import neighbour_rates
from goldmine.customers.graph.outside import Outside, outside_payees
from goldmine.customers.graph.prospect_rules import ProspectOffer, ProspectRules, load_prospect_rules
from goldmine.customers.graph.prospects import groups_of, prospects
from goldmine.customers.graph.rules import load_graph_rules
from goldmine.customers.source_tables import SourceTables
from goldmine.publishing.prospect_lists import prospect_list, write_outside
from tests.tiny import make_bank, transaction

AS_OF = date(2024, 6, 30)
GRAPH = load_graph_rules()
OFFER = ProspectOffer(
    title="Credit line", event="loan_drawn", products=["L1"], paths=["association", "emigrant_group", "supply_chain"]
)
RULES = load_prospect_rules().model_copy(
    update={"min_taken": 2, "min_members": 4, "strength": 0, "offers": {"credit": OFFER}}
)
ASSOCIATIONS = [
    {"association_id": "N", "name": "Nut Association", "kind": "trade"},
    {"association_id": "S", "name": "Shanghai Chamber", "kind": "emigrant"},
]


def taken(people: str, day: date = date(2024, 3, 1), product: str = "L1", event: str = "loan_drawn") -> list[dict]:
    return [
        {
            "event_id": f"{who}{day}{product}",
            "customer_id": who,
            "happened_on": day,
            "event": event,
            "product_id": product,
        }
        for who in people
    ]


def members(association: str, people: str) -> list[dict]:
    return [{"association_id": association, "customer_id": who, "joined_on": date(2020, 1, 1)} for who in people]


def edges(tmp_path, people: str = "ABCDEFGH", refused: str = "", **tables) -> Edges:
    rows = [
        {"customer_id": who, "opened_on": date(2015, 1, 1), "branch_id": "B1", "manager_id": "M1",
         "link_consent": who not in refused}
        for who in people
    ]  # fmt: skip
    given = {"customers": rows, "transactions": [transaction(0, "A", "2024-06-01T09:00")], "associations": ASSOCIATIONS}
    bank = make_bank(tmp_path, given | tables)
    return build_edges(SourceTables(connect(), bank, Workspace(tmp_path / "work")), AS_OF, GRAPH)


def found(edges: Edges, rules: ProspectRules = RULES) -> list[tuple]:
    rows = prospects(edges, rules)
    return list(rows[["customer_id", "path", "association_name", "expected_rate"]].itertuples(index=False, name=None))


def test_members_of_an_association_that_took_a_product_are_prospects_unless_they_have_it(tmp_path):
    given = edges(tmp_path, association_members=members("N", "ABCD"), product_events=taken("AB"))
    assert found(given) == [(who, "association", "Nut Association", 0.5) for who in "CD"]


def test_an_emigrant_group_is_a_path_of_its_own(tmp_path):
    given = edges(tmp_path, association_members=members("S", "ABCDE"), product_events=taken("ABC"))
    assert found(given) == [(who, "emigrant_group", "Shanghai Chamber", 0.6) for who in "DE"]


@pytest.mark.parametrize(
    "events",
    [
        taken("A"),
        taken("AB", date(2022, 6, 30)),
        taken("AB", date(2024, 7, 1)),
        taken("AB", product="L2"),
        taken("AB", event="loan_repaid"),
    ],
    ids=["one alone", "long ago", "after the cutoff", "another product", "another event"],
)
def test_who_took_nothing_within_the_months_leads_to_nobody(tmp_path, events):
    assert found(edges(tmp_path, association_members=members("N", "ABCD"), product_events=events)) == []


def test_of_a_small_group_nothing_is_said(tmp_path):
    given = edges(tmp_path, association_members=members("N", "ABC"), product_events=taken("AB"))
    assert found(given) == []
    assert groups_of(given, RULES).empty


def test_who_took_it_long_ago_has_it_all_the_same(tmp_path):
    events = taken("AB") + taken("C", date(2019, 1, 1))
    given = edges(tmp_path, association_members=members("N", "ABCDE"), product_events=events)
    assert [row[0] for row in found(given)] == ["D", "E"]


def supplies(pairs: list[str]) -> list[dict]:
    return [
        {"customer_id": one, "related_id": other, "relation": "supplier", "since": date(2020, 1, 1)}
        for one, other in pairs
    ]


def test_who_does_business_with_members_is_a_prospect_by_the_supply_chain(tmp_path):
    given = edges(
        tmp_path,
        association_members=members("N", "AB"),
        relations=supplies(["AC", "DA", "BE", "BF"]),
        product_events=taken("CD"),
    )
    assert found(given) == [(who, "supply_chain", "Nut Association", 0.5) for who in "EF"]


def test_a_group_of_its_own_is_drawn_to_all_groups_of_its_kind(tmp_path):
    more = [{"association_id": "M", "name": "Mill Association", "kind": "trade"}]
    given = edges(
        tmp_path,
        association_members=members("N", "ABCD") + members("M", "EFGH"),
        associations=ASSOCIATIONS + more,
        product_events=taken("ABE"),
    )
    rates = {who: rate for who, _path, _name, rate in found(given, RULES.model_copy(update={"strength": 4}))}
    # Of M one alone took it, which counts as nobody: all groups have two of eight.
    few = dict.fromkeys("FGH", pytest.approx((0 + 4 * 2 / 8) / 8))
    assert rates == dict.fromkeys("CD", pytest.approx((2 + 4 * 2 / 8) / 8)) | few


def test_rates_tell_no_count_of_so_few_that_it_points_to_persons(tmp_path):
    more = [{"association_id": "M", "name": "Mill Association", "kind": "trade"}]
    tables = {
        "association_members": members("N", "ABCD") + members("M", "EFGH"),
        "associations": ASSOCIATIONS + more,
    }
    rules = RULES.model_copy(update={"strength": 4})
    one, nobody = (
        groups_of(edges(tmp_path / takers, product_events=taken(takers), **tables), rules) for takers in ("ABE", "AB")
    )
    assert one.equals(nobody)


def test_a_group_in_which_fewer_took_it_than_by_chance_leads_to_nobody(tmp_path):
    more = [{"association_id": "M", "name": "Mill Association", "kind": "trade"}]
    given = edges(
        tmp_path,
        "ABCDEFGHIJKLMN",
        association_members=members("N", "ABCDE") + members("M", "FGHIJKLMN"),
        associations=ASSOCIATIONS + more,
        product_events=taken("ABCD"),
    )
    assert [row[0] for row in found(given)] == ["E"]


def test_a_count_of_so_few_that_it_points_to_persons_is_left_out(tmp_path):
    more = [{"association_id": "M", "name": "Mill Association", "kind": "trade"}]
    given = edges(
        tmp_path,
        association_members=members("N", "ABCD") + members("M", "EFGH"),
        associations=ASSOCIATIONS + more,
        product_events=taken("ABE"),
    )
    groups = groups_of(given, RULES).set_index("association_name")
    assert groups["customers"].to_dict() == {"Nut Association": 4, "Mill Association": 4}
    assert groups.loc["Nut Association", "taken"] == 2
    assert pd.isna(groups.loc["Mill Association", "taken"])


def test_who_refuses_links_is_neither_a_prospect_nor_leads_to_any(tmp_path):
    tables = {"association_members": members("N", "ABCDEF"), "product_events": taken("ABC")}
    given = edges(tmp_path / "1", refused="CF", **tables)
    assert found(given) == [(who, "association", "Nut Association", 0.5) for who in "DE"]
    assert found(edges(tmp_path / "2", refused="BC", **tables)) == []


@pytest.mark.parametrize(
    ("language", "reason"),
    [("en", "Does business with the trade of Nut Association"), ("zh", "与Nut Association所属行业有往来")],
)
def test_the_reason_names_the_association_and_nobody_in_it(tmp_path, language, reason):
    given = edges(
        tmp_path,
        association_members=members("N", "AB"),
        relations=supplies(["AC", "DA", "BE", "BF"]),
        product_events=taken("CD"),
    )
    rows = prospect_list(prospects(given, RULES), RULES, language)
    assert rows["reason"].tolist() == [reason] * 2
    assert not {"A", "B", "C", "D"} & set(rows.drop(columns="association_name").astype(str).to_numpy().ravel())


def pays(who: str, code: str, name: str, number: int = 0, **more) -> dict:
    side = {"kind": "purchase", "counterparty": code, "counterparty_name": name, "counterparty_customer_id": None}
    return transaction(f"{who}{code}{number}", who, "2024-06-10T09:00", **side | more)


def outside(tmp_path, moves: list[dict], max_partners: int = 100, refused: str = "", **tables) -> Outside:
    return outside_payees(edges(tmp_path, refused=refused, transactions=moves, **tables), RULES, max_partners)


def counts(outside: Outside) -> list[tuple]:
    rows = outside.branches.astype({"branch_id": object}).where(outside.branches.notna(), None)
    return list(rows.itertuples(index=False, name=None))


def test_firms_outside_are_named_once_enough_customers_pay_them(tmp_path):
    moves = [pays(who, "M1", "River Mill") for who in "ABC"] + [pays(who, "M2", "Lake Mill") for who in "AB"]
    result = outside(tmp_path, [*moves, pays("A", "M1", "River Mill")])
    assert result.firms.to_dict("records") == [{"firm_name": "River Mill", "customers": 3, "firm_yuan": 300.0}]
    assert counts(result) == [(None, 2, 0), ("B1", 2, 0)]


def test_private_persons_outside_are_counted_and_never_named(tmp_path):
    moves = [pays(who, "Q1", "王伟", kind="transfer") for who in "ABCD"]
    result = outside(tmp_path, moves)
    assert result.firms.empty
    assert counts(result) == [(None, 0, 1), ("B1", 0, 1)]


@pytest.mark.parametrize(
    ("name", "firm"),
    [
        ("王行", False), ("欧阳行行", False), ("阿卜杜·热依木店", False), ("行知书屋老板", False),
        ("Ann Miller", False), ("Vince Shopman", False),
        ("徐州红星超市", True), ("邳州炒货厂", True), ("Vince & Co.", True), ("River mill", True),
    ],
)  # fmt: skip
def test_who_could_be_a_person_by_the_name_is_no_firm(tmp_path, name, firm):
    result = outside(tmp_path, [pays(who, "M1", name) for who in "ABC"])
    assert result.firms["firm_name"].tolist() == ([name] if firm else [])
    assert counts(result) == [(None, int(firm), int(not firm)), ("B1", int(firm), int(not firm))]


def test_who_is_paid_from_two_branches_counts_once_in_the_whole_bank(tmp_path):
    people = [
        {"customer_id": who, "branch_id": branch, "link_consent": True}
        for who, branch in zip("ABC", ["B1", "B2", None], strict=True)
    ]
    moves = [pays(who, "M1", "River Mill") for who in "ABC"] + [pays("C", "Q1", "王伟", kind="transfer")]
    assert counts(outside(tmp_path, moves, customers=people)) == [(None, 1, 1), ("B1", 1, 0), ("B2", 1, 0)]


@pytest.mark.parametrize(("language", "whole"), [("en", "Whole bank"), ("zh", "全行")])
def test_the_workbook_of_a_bank_without_branches_has_the_counts_of_the_whole(tmp_path, language, whole):
    people = [{"customer_id": who, "link_consent": True} for who in "ABC"]
    moves = [pays(who, "M1", "River Mill") for who in "ABC"] + [pays("C", "Q1", "王伟", kind="transfer")]
    given = edges(tmp_path, customers=people, transactions=moves)
    bank, work = given.sources.bank, given.sources.work
    path = write_outside(bank, work, AS_OF, outside_payees(given, RULES, 100), language)
    rows = pd.read_excel(path, sheet_name=1, header=None)
    assert rows.iloc[-1].tolist() == [whole, 1, 1]


def test_a_code_that_once_had_a_persons_name_is_a_persons(tmp_path):
    moves = [pays(who, "M1", "River Mill") for who in "ABC"] + [pays("D", "M1", "Ann Miller")]
    assert outside(tmp_path, moves).firms.empty


def test_a_bank_that_does_not_say_which_payees_are_customers_names_nobody_outside(tmp_path):
    moves = [pays(who, "M1", "River Mill") for who in "ABC"]
    assert len(outside(tmp_path / "1", moves).firms) == 1
    without = [{name: value for name, value in row.items() if name != "counterparty_customer_id"} for row in moves]
    assert outside(tmp_path / "2", without).firms.empty


@pytest.mark.parametrize(
    "more",
    [{"counterparty_customer_id": "H"}, {"known_on": date(2024, 7, 1)}, {"direction": "in"}, {"kind": "utility"}],
    ids=["a customer", "known later", "pays us", "utility"],
)
def test_what_is_no_payment_to_somebody_outside_does_not_count(tmp_path, more):
    assert outside(tmp_path, [pays(who, "M1", "River Mill", **more) for who in "ABC"]).firms.empty


def test_whom_everybody_pays_and_who_refuses_links_is_left_out(tmp_path):
    moves = [pays(who, "M1", "River Mill") for who in "ABCD"]
    assert outside(tmp_path / "1", moves, max_partners=3).firms.empty
    assert outside(tmp_path / "2", moves, refused="AB").firms.empty


def test_a_bank_of_transactions_alone_has_payees_outside_and_no_prospects(tmp_path):
    people = [{"customer_id": who, "link_consent": True} for who in "ABC"]
    tables = {"customers": people, "transactions": [pays(who, "M1", "River Mill") for who in "ABC"]}
    given = build_edges(
        SourceTables(connect(), make_bank(tmp_path, tables), Workspace(tmp_path / "work")), AS_OF, GRAPH
    )
    assert given.counts() == {}
    assert prospects(given, RULES).empty
    assert groups_of(given, RULES).empty
    assert outside_payees(given, RULES, 100).firms["firm_name"].tolist() == ["River Mill"]


def test_neighbours_who_had_the_outcome_count_by_weight_and_never_oneself(tmp_path):
    given = edges(tmp_path, association_members=members("N", "BCD"), relations=[
        {"customer_id": "A", "related_id": "B", "relation": "family", "since": date(2020, 1, 1)}
    ])  # fmt: skip
    rates = neighbour_rates(given.sources, AS_OF, ["A", "C"], GRAPH)
    # B: family 1.0 x 1 and association 0.6 x 1/2; C: association 0.6 x 0; D: 0.6 x 1/2; A: family 1.0 x 0
    prior = (1.3 + 0 + 0.3 + 0) / (1.6 + 0.6 + 0.6 + 1.0)
    expected = {"A": prior / 2, "B": (1.3 + prior) / 2.6, "C": prior / 1.6, "D": (0.3 + prior) / 1.6}
    assert rates.to_dict() == {who: pytest.approx(rate) for who, rate in expected.items()}
