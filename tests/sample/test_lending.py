"""Loans, their arrears, bureau scores and merchants in the sample bank, and what its truth knows of them."""

from datetime import date
from pathlib import Path

import duckdb
import pytest

from goldmine.sample import write_bank

END = date(2024, 6, 30)


@pytest.fixture(scope="module")
def bank(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("lending") / "bank"
    write_bank(folder, customers=8_000, months=24, seed=3, end=END)
    return folder


def row(query: str) -> tuple:
    return duckdb.sql(query).fetchone()


def test_who_was_refused_would_fail_far_more_often_than_who_was_granted(bank):
    """A model that learns from granted loans alone does not see this: reject inference is necessary."""
    refused, granted = (row(f"""SELECT avg(default_probability) FROM '{bank}/loan_applications.parquet'
        JOIN '{bank}/truth/credit_applications.parquet' USING (application_id)
        WHERE (decision = 'refused') = {flag}""")[0] for flag in (True, False))  # fmt: skip
    assert refused > 2.5 * granted


def test_failures_come_as_often_as_the_truth_says(bank):
    told, seen, loans = row(f"""SELECT avg(default_probability), avg(failed), count(*) FROM (
        SELECT loan_id, max((coalesce(days_overdue, 0) >= 90)::INT) AS failed
        FROM '{bank}/loans.parquet' LEFT JOIN '{bank}/loan_months.parquet' USING (loan_id)
        WHERE product_id = 'L-SMALL' AND granted_on BETWEEN '2022-07-01' AND '2023-06-30' GROUP BY ALL)
        JOIN '{bank}/loan_applications.parquet' USING (loan_id)
        JOIN '{bank}/truth/credit_applications.parquet' USING (application_id)""")  # fmt: skip
    assert loans > 100
    assert seen == pytest.approx(told, abs=0.025)


def test_a_default_shows_within_twelve_months_of_the_grant(bank):
    assert row(f"""SELECT count(*) > 3, bool_and(first_seen <= last_day(granted_on + INTERVAL 12 MONTH)) FROM (
        SELECT granted_on, min(month_end) AS first_seen FROM '{bank}/loan_months.parquet'
        JOIN '{bank}/loans.parquet' USING (loan_id) WHERE days_overdue >= 90 AND granted_on >= '2022-07-01'
        GROUP BY ALL)
        """) == (True, True)  # fmt: skip


def test_loans_of_the_ledger_are_its_events(bank):
    drawn = f"""SELECT customer_id, happened_on, amount FROM '{bank}/product_events.parquet'
        WHERE event = 'loan_drawn' AND product_id IN ('L-CITIZEN', 'L-NUTS', 'L-EMIGRANT')"""
    loans = f"""SELECT customer_id, granted_on, credit_limit FROM '{bank}/loans.parquet'
        WHERE product_id <> 'L-SMALL' AND granted_on >= DATE '2022-07-01'"""
    assert row(f"SELECT count(*) > 20 FROM ({drawn})") == (True,)
    for one, other in ((drawn, loans), (loans, drawn)):
        assert row(f"SELECT count(*) FROM ({one} EXCEPT ALL {other})") == (0,)


def test_an_owed_amount_is_never_above_the_limit_nor_the_arrears_above_what_is_owed(bank):
    assert row(f"""SELECT count(*) FILTER (owed > credit_limit), count(*) FILTER (overdue > owed),
        count(*) FILTER ((overdue > 0) <> (days_overdue > 0)) FROM '{bank}/loan_months.parquet'
        JOIN '{bank}/loans.parquet' USING (loan_id)""") == (0, 0, 0)  # fmt: skip


def test_demand_falls_with_the_rate(bank):
    low, high = (row(f"""SELECT avg((decision = 'granted')::INT) FROM '{bank}/loan_applications.parquet'
        WHERE decision <> 'refused' AND rate_bp {rates}""")[0] for rates in ("< 600", "> 800"))  # fmt: skip
    assert low > high + 0.1


def test_every_customer_in_trade_has_one_trade_and_nut_traders_have_theirs(bank):
    traders, trades, seasons = row(f"""SELECT count(*), count(DISTINCT customer_id),
        count(*) FILTER (trade = 'nut_roasting' AND (season_start, season_end) = (9, 2))
        FROM '{bank}/merchants.parquet'""")  # fmt: skip
    assert traders == trades > 200
    assert seasons == row(f"SELECT count(*) FROM '{bank}/merchants.parquet' WHERE trade = 'nut_roasting'")[0] > 20


def test_the_bureau_sees_a_part_of_the_risk(bank):
    poor, good = (row(f"""SELECT avg(default_probability) FROM '{bank}/bureau_scores.parquet'
        JOIN '{bank}/truth/credit.parquet' USING (customer_id) WHERE score {band}""")[0]
        for band in ("< 580", "> 660"))  # fmt: skip
    assert poor > 2 * good
