"""A month is held against the months before it and last year's same month."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from goldmine.validation.counts import Count, CountedSuite, count_tables
from goldmine.validation.month_comparison import compare
from goldmine.validation.month_profiles import Unjudged
from tests.expectations.clean import BOOKS_TO, clean_tables, write_tables

STEADY = dict.fromkeys(range(24), 100.0)


def test_a_month_is_compared_from_the_seventh_on() -> None:
    assert sorted(compare(dict.fromkeys(range(8), 100.0))) == [6, 7]


def test_half_a_month_is_half_of_what_was_expected() -> None:
    assert compare(STEADY | {23: 50.0})[23].ratio == pytest.approx(0.5)


def test_a_season_that_came_last_year_too_is_no_deviation() -> None:
    assert compare(STEADY | {11: 300.0, 23: 300.0})[23].ratio == pytest.approx(1)


def test_last_years_month_is_grown_as_the_bank_has_grown() -> None:
    doubled = {month: 100.0 if month < 12 else 200.0 for month in range(24)}
    assert compare(doubled | {11: 300.0, 23: 600.0})[23].ratio == pytest.approx(1)


def test_what_months_usually_deviate_is_told() -> None:
    restless = {month: 200.0 if month % 2 else 100.0 for month in range(11)}
    assert compare(restless)[10].usual == pytest.approx(1.5, abs=0.2)


def test_a_season_before_the_first_year_ago_does_not_excuse_a_month_that_has_one() -> None:
    restless = {month: 200.0 if month % 2 else 100.0 for month in range(16)}
    assert compare(restless)[11].usual == pytest.approx(1.5, abs=0.2)
    assert compare(restless)[15].usual == pytest.approx(1)


def case_of(spoil: str, rows: int = 1200, lot: int = 2, until: date = BOOKS_TO) -> CountedSuite:
    """The rules of ten months of transactions, `lot` a customer, after they were spoilt."""
    connection = clean_tables()
    day = "TIMESTAMP '2023-09-01' + to_months(m::INTEGER) + to_days((i % 28)::INTEGER) + to_seconds(i)"
    connection.execute(
        f"INSERT INTO transactions SELECT 'M' || m || '-' || i, 'C' || i % {rows // lot}, NULL, {day}, NULL, 100, "
        f"'in', 'mobile', 'salary', 'P1', NULL, NULL FROM range(10) AS months(m), range({rows}) AS drawn(i)"
    )
    connection.execute(spoil)
    with TemporaryDirectory() as folder:
        bank = replace(write_tables(connection, Path(folder), ["customers", "transactions"]), data_until=until)
        (case,) = count_tables(bank, ["transactions"], BOOKS_TO)
    return case


def months_of(spoil: str, rows: int = 1200, lot: int = 2, until: date = BOOKS_TO) -> dict[str, Count]:
    """Counts of the rules on months."""
    case = case_of(spoil, rows, lot, until)
    return {rule.name: case.counts[rule.name] for rule in case.rules if rule.of in {"month", "part"}}


def test_the_months_that_break_a_rule_are_named_with_their_figure() -> None:
    counts = months_of("UPDATE transactions SET amount = 100 * amount WHERE month(time) IN (5, 6)")
    named = ("2024-06 salary (median_ratio 100.00)", "2024-06 (median_ratio 100.00)")
    assert counts["snapshot_median_unlike_months"] == Count(20, 2, named)
    assert {month[:7] for month in counts["median_unlike_months"].months} == {"2024-05"}


def test_a_code_outside_the_list_is_not_named() -> None:
    counts = months_of(
        "UPDATE transactions SET kind = 'Zhang San', amount = IF(month(time) = 6, 100, 1) * amount",
    )
    assert counts["snapshot_median_unlike_months"].months[0] == "2024-06 - (median_ratio 100.00)"


def test_a_month_that_the_books_break_off_in_is_not_judged() -> None:
    counts = months_of("DELETE FROM transactions WHERE time >= '2024-06-10'", until=date(2024, 6, 9))
    assert {name: c.failing for name, c in counts.items() if c.failing} == {}


def test_a_row_that_stands_twice_under_one_number_counts_once() -> None:
    spoil = "INSERT INTO transactions FROM transactions WHERE month(time) = 6"
    assert months_of(spoil)["snapshot_rows_unlike_months"].failing == 0


def test_of_a_large_table_some_customers_tell_a_month_in_fen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("goldmine.validation.month_profiles._ROWS_LOOKED_AT", 10_000)
    counts = months_of("UPDATE transactions SET amount = 100 * amount WHERE month(time) = 6")
    assert counts["snapshot_median_unlike_months"].failing == 2
    assert counts["snapshot_customers_unlike_months"].failing == 0


HALF = "DELETE FROM transactions WHERE month(time) = 6 AND hash(transaction_id) % 2 = 0"


@pytest.mark.parametrize(("rows", "lot"), [(886, 2), (886, 5), (320, 5), (120, 1)])
def test_half_a_month_of_few_rows_is_noticed(rows: int, lot: int) -> None:
    counts = months_of(HALF, rows, lot)
    assert counts["snapshot_rows_unlike_months"].failing == 1
    assert counts["rows_unlike_months"].failing == 0


def test_a_month_that_is_a_tenth_smaller_is_none_to_be_noticed() -> None:
    counts = months_of(HALF.replace("% 2", "% 10"), 320, 5)
    assert {name: c.failing for name, c in counts.items() if c.failing} == {}


@pytest.mark.parametrize(
    ("rows", "lot", "said"),
    [(300, 5, [("rows", 300, 307), ("customers", 60, 61)]), (50, 1, [("rows", 50, 61), ("customers", 50, 61)])],
)
def test_months_too_small_to_judge_are_told_with_the_size_that_could_be(
    rows: int, lot: int, said: list[tuple[str, int, int]]
) -> None:
    case = case_of(HALF, rows, lot)
    assert case.counts["snapshot_rows_unlike_months"].failing == 0
    assert [(u.figure, u.usual, round(u.needed)) for u in case.unjudged] == said


def test_books_too_young_to_judge_a_month_are_told() -> None:
    case = case_of("DELETE FROM transactions WHERE time < '2024-02-01'")
    assert case.unjudged == [Unjudged("rows", 0, 0, 5), Unjudged("customers", 0, 0, 5)]


@pytest.mark.parametrize(("rows", "failing"), [(60, 1), (20, 0)])
def test_a_month_without_rows_is_no_chance_where_others_have_sixty(rows: int, failing: int) -> None:
    counts = months_of("DELETE FROM transactions WHERE month(time) = 6", rows, 2)
    assert counts["snapshot_month_without_rows"].failing == failing
