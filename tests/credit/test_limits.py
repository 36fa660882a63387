"""Limits by the rules: amounts to the yuan, and the first rule that refuses."""

from datetime import date
from decimal import Decimal

import pyarrow.parquet as pq
import pytest

from goldmine.core.dates import month_end
from goldmine.core.errors import SettingsError
from goldmine.core.settings import typed
from goldmine.credit.limits import build_limits
from goldmine.credit.rules import CreditRules
from tests.credit.conftest import AS_OF, MONTHS, customer, deposits, loan, rules_of, tables
from tests.tiny import make_bank, workspace


def merchant(name: str, **more) -> dict:
    return {"customer_id": name, "trade": "nut_roasting", "since": date(2020, 1, 1), "ended_on": None} | more


def limits_of(folder, given: dict, rules: CreditRules) -> dict[str, dict]:
    built = build_limits(make_bank(folder / "bank", given), workspace(folder / "work"), AS_OF, rules)
    return {row["customer_id"]: row for row in pq.read_table(built.path).to_pylist()}


def test_a_nut_roaster_gets_five_times_the_annual_average_daily_deposits(tmp_path, nuts):
    given = tables([customer("C1")], deposits("C1", 36_412.5), merchants=[merchant("C1")])
    row = limits_of(tmp_path, given, nuts)["C1"]
    assert (row["base_amount"], row["calculated"]) == (Decimal("36412.50"), Decimal("182062.50"))
    assert (row["limit_amount"], row["bound_by"], row["refusal"]) == (Decimal("182000.00"), "rule", None)


def test_months_are_weighted_by_their_days_and_absent_ones_count_as_nothing(tmp_path, nuts):
    """36,600 on each of the 29 days of February: 2,900 a day over the year of 366 days."""
    given = tables([customer("C1")], deposits("C1", 36_600, months=["2024-02-29"]) + deposits("C2", 1),
                   merchants=[merchant("C1")])  # fmt: skip
    assert limits_of(tmp_path, given, nuts)["C1"]["base_amount"] == Decimal("2900.00")


def test_wealth_products_are_no_deposits_and_time_deposits_are(tmp_path, nuts):
    held = deposits("C1", 10_000) + deposits("C1", 20_000, "time") + deposits("C1", 70_000, "wealth")
    given = tables([customer("C1")], held, merchants=[merchant("C1")])
    assert limits_of(tmp_path, given, nuts)["C1"]["base_amount"] == Decimal("30000.00")


def test_the_cap_what_is_owed_and_the_persons_cap_bound_the_amount_in_this_order(tmp_path, nuts):
    names = ["CAP", "OWED", "PERSON"]
    loans = [loan("L1", "OWED", 50_000, 40_000, product_id="L-NUTS"), loan("L2", "PERSON", 980_000, 980_000)]
    given = tables([customer(name) for name in names], [row for name in names for row in deposits(name, 200_000)],
                   merchants=[merchant(name) for name in names], loans=[one["loan"] for one in loans],
                   loan_months=[row for one in loans for row in one["months"]])  # fmt: skip
    rows = limits_of(tmp_path, given, nuts)
    assert {name: (int(row["limit_amount"]), row["bound_by"]) for name, row in rows.items()} == {
        "CAP": (500_000, "cap"),
        "OWED": (460_000, "owed"),
        "PERSON": (20_000, "person_cap"),
    }


def test_a_line_without_a_row_of_the_month_counts_with_its_whole_limit(tmp_path, nuts):
    drawn = loan("L1", "C1", 300_000, 1, product_id="L-NUTS")
    given = tables([customer("C1")], deposits("C1", 100_000), merchants=[merchant("C1")], loans=[drawn["loan"]])
    assert limits_of(tmp_path, given, nuts)["C1"]["owed"] == Decimal("300000.00")


def test_each_refusal_names_the_first_rule_that_holds(tmp_path, nuts):
    people = {
        "STAFF": {},
        "SUED": {},
        "FIRM": {"kind": "firm"},
        "AGELESS": {"birth_date": None},
        "YOUNG": {"birth_date": date(2006, 7, 1)},
        "GROWN": {"birth_date": date(2006, 6, 30)},
        "OLD": {"birth_date": date(1958, 6, 30)},
        "NOT_OLD": {"birth_date": date(1958, 7, 1)},
        "NEW": {"opened_on": date(2023, 7, 1)},
        "LATE": {},
        "WAS_LATE": {},
        "WAS_SLIGHTLY_LATE": {},
        "POOR": {},
    }
    loans = [
        loan("L1", "LATE", 9, 9, late={"2024-06-30": 1}),
        loan("L2", "WAS_LATE", 9, 9, late={"2023-01-31": 31}),
        loan("L3", "WAS_SLIGHTLY_LATE", 9, 9, late={"2023-01-31": 30}),
    ]
    given = tables(
        [customer(name, **more) for name, more in people.items()],
        [row for name in people for row in deposits(name, 1_900 if name == "POOR" else 50_000)],
        merchants=[merchant(name) for name in people],
        staff=[{"staff_id": "S1", "customer_id": "STAFF", "left_on": None, "role": "staff"}],
        suppressions=[{"customer_id": "SUED", "reason": "litigation", "start_date": date(2024, 1, 1)}],
        loans=[one["loan"] for one in loans],
        loan_months=[row for one in loans for row in one["months"]],
    )
    rows = limits_of(tmp_path, given, nuts)
    assert {name: row["refusal"] for name, row in rows.items()} == {
        "STAFF": "staff",
        "SUED": "disputed",
        "FIRM": "firm",
        "AGELESS": "age_unknown",
        "YOUNG": "age_outside",
        "GROWN": None,
        "OLD": "age_outside",
        "NOT_OLD": None,
        "NEW": "too_new",
        "LATE": "arrears",
        "WAS_LATE": "arrears_before",
        "WAS_SLIGHTLY_LATE": None,
        "POOR": "too_small",
    }
    assert {row["limit_amount"] for row in rows.values() if row["refusal"]} == {0}


def test_who_was_born_on_29_february_is_a_year_older_on_that_day(tmp_path):
    """At the snapshot of 29 February 2024 two of them are 20 and 68 years old, the oldest allowed is 67."""
    born = {"TURNS_20": date(2004, 2, 29), "TURNS_68": date(1956, 2, 29), "STILL_67": date(1956, 3, 1)}
    ends = [str(month_end(date(2024, 2, 29), -lag)) for lag in range(12)]
    given = tables([customer(name, birth_date=day) for name, day in born.items()],
                   [row for name in born for row in deposits(name, 50_000, months=ends)],
                   merchants=[merchant(name) for name in born],
                   loan_months=loan("L0", "NOBODY", 1, 1, late={"2024-02-29": 0})["months"])  # fmt: skip
    bank, work = make_bank(tmp_path / "bank", given), workspace(tmp_path / "work")
    built = build_limits(bank, work, date(2024, 2, 29), rules_of(exclusions={"min_age": 20, "max_age": 67}))
    found = {row["customer_id"]: row["refusal"] for row in pq.read_table(built.path).to_pylist()}
    assert found == {"TURNS_20": None, "TURNS_68": "age_outside", "STILL_67": None}


def test_without_the_tables_that_a_check_needs_everybody_is_refused_unless_the_rules_excuse_it(tmp_path):
    given = tables([customer("C1")], deposits("C1", 50_000), merchants=[merchant("C1")], loans=[], loan_months=[])
    assert limits_of(tmp_path / "a", given, rules_of())["C1"]["refusal"] == "unchecked"
    excused = rules_of(exclusions={"may_be_unchecked": ["loan_months"]})
    assert limits_of(tmp_path / "b", given, excused)["C1"]["refusal"] is None


def test_arrears_of_a_loan_do_not_end_where_its_rows_do(tmp_path, nuts):
    """At the snapshot others have rows; three loans were 25 days late a month or three years before, one is repaid."""
    loans = {
        "RUNS": loan("L1", "RUNS", 9, 9, late={"2024-05-31": 25}),
        "LONG": loan("L2", "LONG", 9, 9, late={"2021-05-31": 25}),
        "REPAID": loan("L3", "REPAID", 9, 9, late={"2024-05-31": 25}, closed_on=date(2024, 6, 10)),
        "PAID_UP": loan("L4", "PAID_UP", 9, 9, late={"2024-04-30": 25, "2024-05-31": 0}),
    }
    rows = [row for one in loans.values() for row in one["months"] if row["month_end"] != AS_OF]
    given = tables([customer(name) for name in loans], [row for name in loans for row in deposits(name, 50_000)],
                   merchants=[merchant(name) for name in loans], loans=[one["loan"] for one in loans.values()],
                   loan_months=[*rows, *loan("L0", "NOBODY", 1, 1)["months"]])  # fmt: skip
    found = limits_of(tmp_path, given, nuts)
    assert {name: row["refusal"] for name, row in found.items()} == {
        "RUNS": "arrears",
        "LONG": "arrears",
        "REPAID": None,
        "PAID_UP": None,
    }


def test_yuan_in_arrears_are_arrears_where_nobody_says_for_how_many_days(tmp_path, nuts):
    """Of three loans nobody says the days: of one 300 yuan are in arrears, of one none, of one nobody knows."""
    loans = {name: loan(f"L{name}", name, 9, 9) for name in ("LATE", "PAID", "MUTE")}
    rows = [one["months"][0] | {"days_overdue": None, "overdue": yuan}
            for one, yuan in zip(loans.values(), (300, 0, None), strict=True)]  # fmt: skip
    given = tables([customer(name) for name in loans], [row for name in loans for row in deposits(name, 50_000)],
                   merchants=[merchant(name) for name in loans], loans=[one["loan"] for one in loans.values()],
                   loan_months=[*rows, *loan("L0", "NOBODY", 1, 1)["months"]])  # fmt: skip
    found = limits_of(tmp_path, given, nuts)
    assert {name: row["refusal"] for name, row in found.items()} == {"LATE": "arrears", "PAID": None, "MUTE": None}


def test_loans_by_month_that_end_before_the_snapshot_cannot_be_checked(tmp_path):
    late = loan("L1", "C1", 10_000, 10_000, late={"2024-05-31": 25})
    given = tables([customer("C1"), customer("C2")], deposits("C1", 50_000) + deposits("C2", 50_000),
                   merchants=[merchant("C1"), merchant("C2")], loans=[late["loan"]],
                   loan_months=[row for row in late["months"] if row["month_end"] != AS_OF])  # fmt: skip
    assert {row["refusal"] for row in limits_of(tmp_path / "a", given, rules_of()).values()} == {"unchecked"}
    excused = limits_of(tmp_path / "b", given, rules_of(exclusions={"may_be_unchecked": ["loan_months"]}))
    assert {name: row["refusal"] for name, row in excused.items()} == {"C1": "arrears", "C2": None}


def test_loans_by_month_without_the_loans_that_say_whose_they_are_cannot_be_checked(tmp_path):
    late = loan("L1", "C1", 10_000, 10_000, late={"2024-06-30": 25})["months"]
    given = tables([customer("C1")], deposits("C1", 50_000), merchants=[merchant("C1")], loans=[], loan_months=late)
    assert limits_of(tmp_path / "a", given, rules_of())["C1"]["refusal"] == "unchecked"
    excused = rules_of(exclusions={"may_be_unchecked": ["loan_months"]})
    assert limits_of(tmp_path / "b", given, excused)["C1"]["refusal"] is None


def test_without_loans_what_is_owed_is_the_balance_of_loans(tmp_path):
    held = deposits("C1", 50_000) + deposits("C1", 30_000, "loan")
    given = tables([customer("C1")], held, merchants=[merchant("C1")], loans=[], loan_months=[])
    row = limits_of(tmp_path, given, rules_of(exclusions={"may_be_unchecked": ["loan_months"]}))["C1"]
    assert (row["owed"], row["limit_amount"]) == (Decimal("30001.00"), Decimal("219000.00"))


def test_without_merchants_or_facts_a_product_is_off_and_says_so(tmp_path):
    fund = {"product_id": "L-FUND", "title": "Fund", "base": "provident_fund", "multiple": 6, "cap": 1, "rate_bp": 400}
    rules = rules_of()
    rules = rules_of(products={"nuts": rules.products["nuts"].model_dump(), "fund": fund})
    bank = make_bank(tmp_path / "bank", tables([customer("C1")], deposits("C1", 50_000)))
    built = build_limits(bank, workspace(tmp_path / "work"), AS_OF, rules)
    assert {name: str(why) for name, why in built.switched_off.items()} == {
        "nuts": "the bank has no table merchants",
        "fund": "the bank has no table external_facts",
    }
    assert pq.read_table(built.path).num_rows == 0


def test_a_product_by_deposits_is_off_while_a_month_of_the_year_is_missing_for_the_whole_bank(tmp_path):
    """A constant 100,000 of eleven delivered months would be an average of 91,530.05."""
    homes = {"product_id": "L-HOME", "title": "Homes", "base": "property", "multiple": 0.3, "cap": 90_000}
    rules = rules_of(products={"nuts": rules_of().products["nuts"].model_dump(), "homes": homes | {"rate_bp": 480}})
    held = deposits("C1", 100_000, months=[month for month in MONTHS if month != "2024-01-31"])
    fact = {"customer_id": "C1", "fact": "property", "amount": 100_000, "observed_on": date(2024, 1, 1)}
    given = tables([customer("C1")], held, merchants=[merchant("C1")], external_facts=[fact])
    built = build_limits(make_bank(tmp_path / "bank", given), workspace(tmp_path / "work"), AS_OF, rules)
    assert {name: str(why) for name, why in built.switched_off.items()} == {
        "nuts": "balances hold no rows of 2024-01, of the twelve that are averaged"
    }
    assert {name: offered for name, offered in built.offered.items() if offered[0]} == {"homes": (1, 30_000.0)}


def test_a_cap_of_0_gives_nobody_anything(tmp_path):
    product = rules_of().products["nuts"].model_dump() | {"cap": 0}
    given = tables([customer("C1")], deposits("C1", 50_000), merchants=[merchant("C1")])
    assert limits_of(tmp_path, given, rules_of(products={"nuts": product}))["C1"]["refusal"] == "too_small"


def test_a_negative_income_and_an_old_fact_are_no_base(tmp_path):
    fund = {"product_id": "L-FUND", "title": "Fund", "base": "provident_fund", "multiple": 6, "cap": 90_000}
    rules = rules_of(products={"fund": fund | {"rate_bp": 400, "max_fact_months": 12}})
    facts = [
        {"customer_id": name, "fact": "provident_fund", "amount": amount, "observed_on": day}
        for name, amount, day in (
            ("MINUS", -5_000, date(2024, 1, 1)),
            ("OLD", 5_000, date(2023, 6, 30)),
            ("GOOD", 4_000, date(2024, 1, 1)),
            ("GOOD", 9_000, date(2023, 9, 1)),
            ("LATER", 9_000, date(2024, 7, 1)),
        )
    ]
    names = ["MINUS", "OLD", "GOOD", "LATER"]
    given = tables([customer(name) for name in names], deposits("GOOD", 1), external_facts=facts)
    rows = limits_of(tmp_path, given, rules)
    assert {name: (row["refusal"], int(row["limit_amount"])) for name, row in rows.items()} == {
        "MINUS": ("no_base", 0),
        "GOOD": (None, 24_000),
    }


def test_a_merged_persons_rows_count_under_the_surviving_number(tmp_path, nuts):
    people = [customer("OLD", merged_into="NEW", merged_on=date(2023, 1, 1)), customer("NEW")]
    given = tables(people, deposits("OLD", 10_000) + deposits("NEW", 20_000), merchants=[merchant("OLD")])
    rows = limits_of(tmp_path, given, nuts)
    assert set(rows) == {"NEW"}
    assert rows["NEW"]["base_amount"] == Decimal("30000.00")


@pytest.mark.parametrize(
    ("season", "begins", "from_day"),
    [
        ((None, None), date(2024, 9, 1), date(2024, 7, 1)),
        ((5, 8), date(2024, 5, 1), date(2024, 3, 1)),
        ((7, 6), date(2023, 7, 1), date(2023, 5, 1)),
        ((1, 5), date(2025, 1, 1), date(2024, 11, 1)),
    ],
)
def test_a_season_that_runs_or_the_next_one_says_when_to_offer(tmp_path, nuts, season, begins, from_day):
    own = merchant("C1", season_start=season[0], season_end=season[1])
    row = limits_of(tmp_path, tables([customer("C1")], deposits("C1", 50_000), merchants=[own]), nuts)["C1"]
    if season == (7, 6):  # it ends on the day of the snapshot: the next one counts
        begins, from_day = date(2024, 7, 1), date(2024, 5, 1)
    assert (row["season_start"], row["offer_from"]) == (begins, from_day)


def test_a_product_without_a_price_is_refused_by_its_key():
    nuts = rules_of().products["nuts"].model_dump()
    del nuts["rate_bp"]
    with pytest.raises(SettingsError, match=r"products\.nuts\.rate_bp: is missing"):
        typed(CreditRules, {"exclusions": {}, "person_cap": 1, "products": {"nuts": nuts}}, "credit.yaml")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"multiple": 0.00001}, "more than four decimals"),
        ({"trades": {"nut_roasting": [9, 13]}}, "not two months"),
        (
            {"risk_bands": [{"max_probability": 0.1, "share": 1}, {"max_probability": 0.05, "share": 0.5}]},
            "do not rise",
        ),
        ({"risk_bands": [{"max_probability": 0.1, "share": 0.5}, {"max_probability": 0.2, "share": 1}]}, "grant more"),
        ({"colour": "red"}, "unknown key"),
    ],
)
def test_rules_that_make_no_sense_are_refused(change, message):
    nuts = rules_of().products["nuts"].model_dump() | change
    with pytest.raises(SettingsError, match=message):
        typed(CreditRules, {"exclusions": {}, "person_cap": 1, "products": {"nuts": nuts}}, "credit.yaml")


def test_months_of_the_tests_are_a_year():
    assert len(MONTHS) == 12


def test_manager_who_has_left_is_not_named_beside_a_limit(tmp_path, nuts):
    people = [customer("C1", manager_id="S1"), customer("C2", manager_id="S2")]
    staff = [
        {"staff_id": "S1", "customer_id": "NOBODY", "left_on": date(2024, 6, 18), "role": "manager"},
        {"staff_id": "S2", "customer_id": "NOBODY", "left_on": None, "role": "manager"},
    ]
    held = deposits("C1", 100_000) + deposits("C2", 100_000)
    given = tables(people, held, merchants=[merchant("C1"), merchant("C2")], staff=staff)
    rows = limits_of(tmp_path, given, nuts)
    assert {name: row["manager_id"] for name, row in rows.items()} == {"C1": None, "C2": "S2"}
