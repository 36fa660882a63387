"""A longer bank begins with the rows of the shorter one, in every table."""

from datetime import date
from pathlib import Path

import duckdb
import pytest

from goldmine.sample import write_bank

SHORT_END = date(2023, 12, 31)
# What tables say of the books' last day: the shorter bank has it as it was then.
LATEST = ("risk_grade_on",)
LATER = {
    "customers": ("closed_on", "social_security_card_on", "mobile_bank_on", "merged_on", "credit_card_on"),
    "accounts": ("closed_on",),
    "staff": ("left_on",),
    "relations": ("ended_on",),
    "social_security_cards": ("activated_on",),
    "card_uses": ("ended_on",),
    "loans": ("closed_on",),
    "term_holdings": ("closed_on",),
}
FOLLOWS = {"merged_into": "merged_on"}
# The day by which a row is in the books.
KNOWN_BY = {
    "customers": "opened_on",
    "accounts": "opened_on",
    "suppressions": "start_date",
    "product_events": "happened_on",
    "term_holdings": "started_on",
    "contacts": "contacted_on",
    "external_facts": "observed_on",
    "association_members": "joined_on",
    "turnover": "month_end",
    "visits": "visited_on",
    "villages": "rated_on",
    "village_ratings": "rated_on",
    "social_security_cards": "issued_on",
    "card_uses": "since",
    "loan_applications": "applied_on",
    "loans": "granted_on",
    "loan_months": "month_end",
    "bureau_scores": "observed_on",
    "merchants": "since",
    "balances": "month_end",
    "transactions": "coalesce(known_on, time::DATE)",
    "truth": "cutoff",
}


@pytest.fixture(scope="module")
def banks(tmp_path_factory):
    folder = tmp_path_factory.mktemp("longer")
    write_bank(folder / "short", customers=3_000, months=24, seed=1, end=SHORT_END)
    write_bank(folder / "long", customers=3_000, months=30, seed=1, end=date(2024, 6, 30))
    return folder / "short", folder / "long"


def as_of_short_end(bank: Path, file: Path, rows: str) -> str:
    """Query for the rows of a file as they stood at the shorter bank's end."""
    table = file.parts[0].removesuffix(".parquet")
    columns = [row[0] for row in duckdb.sql(f"DESCRIBE FROM '{bank / file}'").fetchall()]
    values = {name: f'"{name}"' for name in columns if name not in LATEST}
    for name in LATER.get(table, ()):
        values[name] = f"CASE WHEN {name} <= DATE '{SHORT_END}' THEN {name} END AS {name}"
    for name, day in FOLLOWS.items():
        if name in values:
            values[name] = f"CASE WHEN {day} <= DATE '{SHORT_END}' THEN {name} END AS {name}"
    known_by = KNOWN_BY.get(table)
    condition = f"WHERE {known_by} <= DATE '{SHORT_END}'" if known_by else ""
    if table == "relations":
        known = f"SELECT customer_id FROM '{bank}/customers.parquet' WHERE opened_on <= DATE '{SHORT_END}'"
        condition = f"WHERE customer_id IN ({known}) AND related_id IN ({known}) AND since <= DATE '{SHORT_END}'"
    return f"SELECT {', '.join(values.values())} {rows} {condition}"


def test_a_longer_bank_begins_with_the_rows_of_the_shorter_one(banks):
    short, _ = banks
    files = sorted(path.relative_to(short) for path in short.rglob("*.parquet") if "truth" not in path.parts)
    assert len(files) == 27 + 2 * 24
    for file in files:
        ours, theirs = (duckdb.sql(as_of_short_end(bank, file, f"FROM '{bank / file}'")).fetchall() for bank in banks)
        assert ours == theirs, file
        assert len(ours) == duckdb.sql(f"SELECT count(*) FROM '{short / file}'").fetchone()[0], file


def test_the_truth_of_a_month_end_does_not_depend_on_the_last_month(banks):
    """The shorter bank has the truth of 2022 to 2023, the longer one that of the last two years."""
    for use_case in ("longtail", "dormancy", "wealth"):
        query = "FROM '{}/truth/effects/{}.parquet' WHERE cutoff BETWEEN '2022-07-31' AND '2023-12-31' ORDER BY ALL"
        ours, theirs = (duckdb.sql(query.format(bank, use_case)).fetchall() for bank in banks)
        assert len(ours) > 18 * 2_500
        assert ours == theirs, use_case


def test_a_longer_bank_has_what_came_later(banks):
    _, long = banks
    for table, day in KNOWN_BY.items():
        if table in ("truth", "balances", "transactions"):
            continue
        last = f"SELECT max({day}) > DATE '{SHORT_END}' FROM '{{}}/{table}.parquet'"
        assert duckdb.sql(last.format(long)).fetchone() == (True,), table
    assert (long / "transactions" / "2024-06.parquet").exists()


def test_both_banks_have_one_name(banks):
    names = {(bank / "bank.yaml").read_text("utf-8").splitlines()[0] for bank in banks}
    assert names == {"name: sample-3000-2022-01-1"}


def test_as_many_customers_as_asked_for_are_there_after_thirty_months(banks):
    counts = [duckdb.sql(f"SELECT count(*) FROM '{bank}/customers.parquet'").fetchone()[0] for bank in banks]
    assert counts == [3_000 - 52, 3_000]


def test_a_transaction_that_became_known_after_the_end_is_not_in_the_books(banks):
    short, long = banks
    known_later = f"FROM '{long}/transactions/2023-12.parquet' WHERE known_on > DATE '{SHORT_END}'"
    assert duckdb.sql(f"SELECT count(*) {known_later}").fetchone()[0] > 0
    both = (
        f"SELECT count(*) FROM '{short}/transactions/2023-12.parquet' SEMI JOIN (SELECT transaction_id {known_later})"
    )
    assert duckdb.sql(f"{both} USING (transaction_id)").fetchone() == (0,)
