"""Lists of what ends soon and what lies idle, from tiny banks."""

from datetime import date

import pandas as pd
import pytest

from goldmine.contactability.tables import ContactTables
from goldmine.core.columns import column
from goldmine.core.errors import HistoryError
from goldmine.publishing.on_request_list import write_on_request_lists
from goldmine.wealth.offers import due_offers, idle_offers
from goldmine.wealth.rhythm import month_money
from tests.credit.conftest import AS_OF, MONTHS, customer, deposits
from tests.tiny import make_bank, workspace
from tests.wealth.test_choice import rules_of

EARLIER = ["2022-07-31", "2022-08-31", "2022-09-30", "2022-10-31", "2022-11-30", "2022-12-31"]
EARLIER += ["2023-01-31", "2023-02-28", "2023-03-31", "2023-04-30", "2023-05-31", "2023-06-30"]
ASSESSED = {"risk_grade": "C3", "risk_grade_on": date(2024, 3, 1)}
SHELF = [
    {"product_id": "W1", "name": "Steady", "product_class": "wealth", "risk_grade": "R1"},
    {"product_id": "W3", "name": "Growing", "product_class": "wealth", "risk_grade": "R3"},
]


def holding(name: str, amount: int, ends: date, **more) -> dict:
    row = {"holding_id": f"D-{name}-{ends}", "customer_id": name, "product_class": "time", "amount": amount}
    row |= {"started_on": date(2023, 7, 10), "matures_on": ends, "rolls_over": False, "closed_on": None}
    return row | more


def bank_of(folder, people: list[dict], balances: list[dict], holdings: list[dict]):
    given = {
        "customers": people,
        "balances": balances,
        "transactions": [],
        "term_holdings": holdings,
        "products": SHELF,
    }
    return make_bank(folder / "bank", {name: rows for name, rows in given.items() if rows}), workspace(folder / "work")


def test_what_ends_within_thirty_days_is_listed_with_an_offer(tmp_path):
    names = ["ASSESSED", "OLD", "NEVER"]
    people = [
        customer("ASSESSED", **ASSESSED),
        customer("OLD", risk_grade="C3", risk_grade_on=date(2023, 7, 10)),
        customer("NEVER", risk_grade=None, risk_grade_on=None),
    ]
    ends = [date(2024, 7, 1), date(2024, 7, 15), date(2024, 7, 30)]
    held = [holding(name, 60_000, day) for name, day in zip(names, ends, strict=True)]
    held += [
        holding("ASSESSED", 60_000, date(2024, 7, 31)),
        holding("ASSESSED", 60_000, date(2024, 6, 30)),
        holding("ASSESSED", 60_000, date(2024, 7, 5), closed_on=date(2024, 5, 5)),
        holding("ASSESSED", 9_999, date(2024, 7, 6)),
    ]
    bank, work = bank_of(tmp_path, people, [row for name in names for row in deposits(name, 60_000)], held)
    found = due_offers(bank, work, AS_OF, rules_of(), "en")
    assert found.rows[["customer_id", "term_offer", "term_rate"]].to_numpy().tolist() == [
        ["ASSESSED", "Steady", "2.00%"],
        ["OLD", "One year", "1.50%"],
        ["NEVER", "One year", "1.50%"],
    ]
    assert "the risk assessment ends before the money is free" in found.rows["term_why"][1]
    assert "no risk assessment" in found.rows["term_why"][2]
    assert (found.offers, found.deposits, found.nothing_fits) == (3, 2, 0)
    chinese = due_offers(bank, work, AS_OF, rules_of(), "zh").rows["term_why"]
    assert chinese[2] == "未发现固定用钱月份；只能推荐存款：未做风险测评"


def test_list_is_cut_after_those_who_may_not_be_contacted_have_left(tmp_path):
    names = ["REFUSED", "FIRST", "SECOND", "THIRD"]
    people = [customer(name, marketing_consent=name != "REFUSED", **ASSESSED) for name in names]
    held = [holding(name, 60_000, date(2024, 7, 10 + place)) for place, name in enumerate(names)]
    bank, work = bank_of(tmp_path, people, [row for name in names for row in deposits(name, 60_000)], held)
    found = due_offers(bank, work, AS_OF, rules_of(list_rows=2), "en")
    listed = write_on_request_lists(bank, work, AS_OF, {"wealth_due": found.rows}, "en")["wealth_due"]
    assert pd.read_parquet(listed.path.with_suffix(".parquet"))["customer_id"].tolist() == ["FIRST", "SECOND"]
    assert (found.offers, listed.rows, listed.left_out["opted_out"]) == (4, 2, 1)


def test_what_ends_is_told_of_all_days_where_the_list_is_full(tmp_path):
    people = [customer(name, **ASSESSED) for name in ("FIRST", "LAST")]
    held = [holding("FIRST", 60_000, date(2024, 7, 2)), holding("LAST", 90_000, date(2024, 7, 29))]
    bank, work = bank_of(tmp_path, people, deposits("FIRST", 60_000) + deposits("LAST", 90_000), held)
    found = due_offers(bank, work, AS_OF, rules_of(list_rows=1), "en")
    assert found.rows["customer_id"].tolist() == ["FIRST"]
    assert found.ends[["matures_on", "ending_class", "ending_amount"]].to_numpy().tolist() == [
        [date(2024, 7, 2), "time", 60_000.0],
        [date(2024, 7, 29), "time", 90_000.0],
    ]


def test_a_holding_whose_row_stands_twice_is_listed_once(tmp_path):
    held = [holding("C1", 60_000, date(2024, 7, 10))] * 2
    bank, work = bank_of(tmp_path, [customer("C1", **ASSESSED)], deposits("C1", 60_000), held)
    found = due_offers(bank, work, AS_OF, rules_of(), "en")
    assert (found.rows["customer_id"].tolist(), found.offers) == (["C1"], 1)


def test_manager_who_has_left_is_not_named_beside_an_offer(tmp_path):
    people = [customer("C1", **ASSESSED), customer("C2", manager_id="S2", **ASSESSED)]
    ends = [holding(name, 60_000, date(2024, 7, 10)) for name in ("C1", "C2")]
    staff = [{"staff_id": "S1", "left_on": date(2024, 6, 18)}, {"staff_id": "S2", "left_on": None}]
    given = {"customers": people, "balances": deposits("C1", 60_000) + deposits("C2", 60_000), "transactions": []}
    given |= {"term_holdings": ends, "products": SHELF, "staff": staff}
    bank = make_bank(tmp_path / "bank", {name: rows for name, rows in given.items() if rows})
    for make in (due_offers, idle_offers):
        rows = make(bank, workspace(tmp_path / "work"), AS_OF, rules_of(), "en").rows
        assert rows.set_index("customer_id")["manager_id"].fillna("nobody").to_dict() == {"C1": "nobody", "C2": "S2"}


def test_a_loan_that_is_due_is_no_money_to_offer_a_product_for(tmp_path):
    ends = {"LOAN": "loan", "CLASSLESS": None}
    held = [holding(name, 60_000, date(2024, 7, 10), product_class=kind) for name, kind in ends.items()]
    people = [customer(name, **ASSESSED) for name in ends]
    bank, work = bank_of(tmp_path, people, deposits("LOAN", 60_000), held)
    assert due_offers(bank, work, AS_OF, rules_of(), "en").rows["customer_id"].tolist() == ["CLASSLESS"]


def test_money_that_is_needed_in_september_is_tied_up_no_longer(tmp_path):
    """Ends on 1 July: three months would reach October, so nothing fits; before 1 June a year would not either."""
    low = {"2022-09-30", "2023-09-30"}
    balances = [
        row for month in EARLIER + MONTHS for row in deposits("C1", 20_000 if month in low else 60_000, months=[month])
    ]
    held = [holding("C1", 60_000, date(2024, 7, 1))]
    bank, work = bank_of(tmp_path, [customer("C1", **ASSESSED)], balances, held)
    found = due_offers(bank, work, AS_OF, rules_of(), "en")
    assert (found.offers, found.nothing_fits) == (0, 1)
    later = [holding("C1", 60_000, date(2024, 7, 1), matures_on=date(2024, 10, 1))]
    bank, work = bank_of(tmp_path / "later", [customer("C1", **ASSESSED)], balances, later)
    row = due_offers(bank, work, AS_OF, rules_of(due_days=100), "en").rows.iloc[0]
    assert (row["money_needed_in"], row["money_comes_in"], row["term_offer"]) == ("9", "10", "Steady")
    assert row["term_why"].startswith("the money is needed in 11 months")


def test_what_lay_there_all_year_is_free_for_any_term_and_the_rest_until_it_is_needed(tmp_path):
    months = [*EARLIER, *MONTHS]
    low = {"2022-09-30", "2023-09-30"}
    people = [customer("C1", **ASSESSED), customer("C2", **ASSESSED), customer("C3")]
    balances = [row for month in months for row in deposits("C1", 31_500.5 if month in low else 90_000, months=[month])]
    balances += [row for month in months for row in deposits("C2", 20_000, months=[month])]
    balances += [row for month in months for row in deposits("C3", 9_999, months=[month])]
    bank, work = bank_of(tmp_path, people, balances, [])
    found = idle_offers(bank, work, AS_OF, rules_of(), "en")
    rows = found.rows.set_index("customer_id")
    assert rows["idle_amount"].to_dict() == {"C1": 31_000.0, "C2": 20_000.0}
    # For the 58,500 of C1 that are needed in September nothing fits, which leaves nobody without an offer.
    assert (found.offers, found.nothing_fits) == (2, 0)
    assert rows.loc["C1", "term_why"].startswith("no month of need is known; suits")


def test_no_more_lies_idle_than_is_there_at_the_month_end(tmp_path):
    """Daily averages of June do not show what was taken out on its last days."""
    held = deposits("TAKEN", 60_000) + deposits("HALF", 60_000) + deposits("RISEN", 60_000)
    left = {("TAKEN", AS_OF): 0, ("HALF", AS_OF): 25_500, ("RISEN", AS_OF): 90_000}
    balances = [row | {"balance": left.get((row["customer_id"], row["month_end"]), 60_001)} for row in held]
    people = [customer(name, **ASSESSED) for name in ("TAKEN", "HALF", "RISEN")]
    bank, work = bank_of(tmp_path, people, balances, [])
    rows = idle_offers(bank, work, AS_OF, rules_of(), "en").rows
    assert dict(zip(rows["customer_id"], rows["idle_amount"], strict=True)) == {"RISEN": 60_000.0, "HALF": 25_000.0}


def test_the_lowest_month_is_found_behind_a_month_that_the_books_lack(tmp_path):
    """C1 had 20,000 in November and 60,000 in the other months of the year; April is missing for the whole bank."""
    there = [month for month in MONTHS if month != "2024-04-30"]
    held = [row | {"average_daily_balance": 20_000 if row["month_end"] == date(2023, 11, 30) else 60_000}
            for row in deposits("C1", 60_000, months=there)]  # fmt: skip
    bank, work = bank_of(tmp_path, [customer("C1", **ASSESSED)], held, [])
    lowest = month_money(ContactTables.open(bank, work, AS_OF), 24)
    assert lowest[["lowest", "demand"]].to_numpy().tolist() == [[20_000, 60_000]]
    assert [name for name in lowest if name.startswith("own_")] == ["own_0", "own_1"]


def test_who_may_not_be_contacted_is_on_no_list(tmp_path):
    people = [customer("YES", **ASSESSED), customer("NO", marketing_consent=False, **ASSESSED)]
    held = [holding(name, 60_000, date(2024, 7, 10)) for name in ("YES", "NO")]
    bank, work = bank_of(tmp_path, people, deposits("YES", 60_000) + deposits("NO", 60_000), held)
    rows = due_offers(bank, work, AS_OF, rules_of(), "zh").rows
    assert set(column("rolls_over").in_words(rows["rolls_over"], "zh")) == {"否"}
    listed = write_on_request_lists(bank, work, AS_OF, {"wealth_due": rows}, "zh")["wealth_due"]
    assert (listed.rows, listed.left_out["opted_out"]) == (1, 1)


def test_a_bank_without_holdings_is_told_what_is_missing(tmp_path):
    bank, work = bank_of(tmp_path, [customer("C1")], deposits("C1", 60_000), [])
    with pytest.raises(HistoryError, match="no table term_holdings"):
        due_offers(bank, work, AS_OF, rules_of(), "en")


def test_without_the_day_of_an_assessment_no_wealth_product_is_offered(tmp_path):
    people = [customer("C1", risk_grade="C5")]
    held = [holding("C1", 60_000, date(2024, 7, 10))]
    bank, work = bank_of(tmp_path, people, deposits("C1", 60_000), held)
    assert due_offers(bank, work, AS_OF, rules_of(), "en").rows["term_offer"].tolist() == ["One year"]


def test_where_nothing_ends_the_list_is_empty(tmp_path):
    held = [holding("C1", 60_000, date(2024, 9, 10))]
    bank, work = bank_of(tmp_path, [customer("C1", **ASSESSED)], deposits("C1", 60_000), held)
    found = due_offers(bank, work, AS_OF, rules_of(), "zh")
    assert (len(found.rows), found.offers, found.nothing_fits) == (0, 0, 0)
    assert write_on_request_lists(bank, work, AS_OF, {"wealth_due": found.rows}, "zh")["wealth_due"].rows == 0


def test_without_balances_endings_are_listed_and_idle_money_is_not(tmp_path):
    held = [holding("C1", 60_000, date(2024, 7, 10))]
    bank, work = bank_of(tmp_path, [customer("C1", **ASSESSED)], [], held)
    assert due_offers(bank, work, AS_OF, rules_of(), "en").rows["term_offer"].tolist() == ["Steady"]
    with pytest.raises(HistoryError, match="no table balances"):
        idle_offers(bank, work, AS_OF, rules_of(), "en")
