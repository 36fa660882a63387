"""Features stay the same to the bit when rows after the cutoff are removed or scrambled."""

import shutil
from datetime import date
from pathlib import Path

import duckdb
import pytest

from goldmine.activity import build_activity
from goldmine.contract.intake import open_bank
from goldmine.contract.tables import TABLES
from goldmine.core import fingerprint
from goldmine.core.workspace import Workspace
from goldmine.features import build_features
from goldmine.sample import write_bank

CUTOFF = date(2024, 1, 31)
DATED = {
    "customers": ["opened_on", "closed_on", "risk_grade_on", "social_security_card_on", "mobile_bank_on", "merged_on"],
    "accounts": ["opened_on", "closed_on"],
    "product_events": ["happened_on"],
    "contacts": ["contacted_on"],
    "relations": ["since"],
    "external_facts": ["observed_on"],
    "association_members": ["joined_on"],
    "merchants": ["since"],
    "term_holdings": ["started_on", "closed_on"],
    "balances": ["month_end"],
}


@pytest.fixture(scope="module")
def books(tmp_path_factory):
    folder = tmp_path_factory.mktemp("books")
    write_bank(folder / "bank", customers=600, months=20, seed=5, end=date(2024, 6, 30))
    return folder / "bank"


def features_fingerprint(bank_folder: Path, work_folder: Path) -> str:
    work = Workspace(work_folder)
    bank = open_bank(bank_folder, work)
    build_activity(bank, work)
    build_features(bank, work, [CUTOFF])
    return fingerprint.of_file(work.features(CUTOFF))


def rewrite(source: Path, target: Path, query: str) -> None:
    """Write a table again through a query over `t`."""
    target.parent.mkdir(parents=True, exist_ok=True)
    duckdb.sql(f"COPY (WITH t AS (SELECT * FROM '{source}') {query}) TO '{target}' (FORMAT parquet)")


def scramble(query_of, books: Path, target: Path) -> Path:
    """Copy the books with every table rewritten by the query that `query_of(table)` returns."""
    for source in sorted(books.rglob("*.parquet")):
        path = source.relative_to(books)
        table = path.parts[0].removesuffix(".parquet")
        if table in TABLES:
            rewrite(source, target / path, query_of(table))
    (target / "bank.yaml").write_bytes((books / "bank.yaml").read_bytes())
    return target


def without_the_future(table: str) -> str:
    if table == "transactions":
        return f"SELECT * FROM t WHERE time::DATE <= '{CUTOFF}' AND coalesce(known_on, time::DATE) <= '{CUTOFF}'"
    if table == "customers":
        later = DATED["customers"][1:]
        blank = ", ".join(f"CASE WHEN {c} <= '{CUTOFF}' THEN {c} END AS {c}" for c in later)
        blank += f", CASE WHEN risk_grade_on <= '{CUTOFF}' THEN risk_grade END AS risk_grade"
        blank += f", CASE WHEN merged_on <= '{CUTOFF}' THEN merged_into END AS merged_into"
        return f"SELECT * REPLACE ({blank}) FROM t WHERE opened_on <= '{CUTOFF}'"
    if table == "accounts":
        return (
            f"SELECT * REPLACE (CASE WHEN closed_on <= '{CUTOFF}' THEN closed_on END AS closed_on) FROM t "
            f"WHERE opened_on <= '{CUTOFF}'"
        )
    column = DATED.get(table, [""])[0]
    return f"SELECT * FROM t WHERE {column} IS NULL OR {column} <= '{CUTOFF}'" if column else "SELECT * FROM t"


def with_the_future_scrambled(table: str) -> str:
    if table == "transactions":
        late = f"(time::DATE > '{CUTOFF}' OR coalesce(known_on, time::DATE) > '{CUTOFF}')"
        return (
            f"SELECT * REPLACE (CASE WHEN {late} THEN amount * 3 + 7 ELSE amount END AS amount, "
            f"CASE WHEN {late} THEN 'fee' ELSE kind END AS kind, "
            f"CASE WHEN {late} THEN 'in' ELSE direction END AS direction) FROM t"
        )
    if table == "balances":
        return (
            f"SELECT * REPLACE (CAST(CASE WHEN month_end > '{CUTOFF}' THEN average_daily_balance * 9 "
            "ELSE average_daily_balance END AS DECIMAL(18, 2)) AS average_daily_balance) FROM t"
        )
    columns = DATED.get(table, [])
    moved = ", ".join(f"CASE WHEN {c} > '{CUTOFF}' THEN DATE '2024-06-30' ELSE {c} END AS {c}" for c in columns)
    return f"SELECT * REPLACE ({moved}) FROM t" if moved else "SELECT * FROM t"


@pytest.mark.parametrize("query_of", [without_the_future, with_the_future_scrambled])
def test_future_rows_do_not_change_features(books, tmp_path, query_of):
    first = features_fingerprint(books, tmp_path / "first")
    changed = scramble(query_of, books, tmp_path / "changed")
    assert features_fingerprint(changed, tmp_path / "second") == first


def test_past_rows_change_features(books, tmp_path):
    def doubled(table: str) -> str:
        change = "SELECT * REPLACE (CAST(amount * 2 AS DECIMAL(18, 2)) AS amount) FROM t"
        return change if table == "transactions" else "SELECT * FROM t"

    first = features_fingerprint(books, tmp_path / "first")
    assert features_fingerprint(scramble(doubled, books, tmp_path / "changed"), tmp_path / "second") != first


def test_features_do_not_use_the_truth_of_the_sample_bank(books, tmp_path):
    first = features_fingerprint(books, tmp_path / "first")
    copy = scramble(lambda _table: "SELECT * FROM t", books, tmp_path / "copy")
    assert not (copy / "truth").exists()
    assert features_fingerprint(copy, tmp_path / "second") == first


def rewritten(books: Path, target: Path, query_of) -> Path:
    """A copy of the books whose small tables are rewritten; the months' rows stay as they are."""
    shutil.copytree(books, target)
    for table in DATED.keys() - {"balances"}:
        rewrite(books / f"{table}.parquet", target / f"{table}.parquet", query_of(table))
    return target


def test_past_cutoffs_are_kept_when_only_their_future_changes(books, tmp_path):
    later = rewritten(books, tmp_path / "later", without_the_future)
    wrong = rewritten(
        later,
        tmp_path / "wrong",
        lambda table: "SELECT * REPLACE (DATE '2020-01-01' AS closed_on) FROM t" if table == "accounts" else "FROM t",
    )
    work, reports = Workspace(tmp_path / "work"), []
    for folder in (books, later, wrong):
        bank = open_bank(folder, work)
        build_activity(bank, work)
        reports.append(build_features(bank, work, [CUTOFF]))
    assert [report.made for report in reports] == [(CUTOFF,), (), (CUTOFF,)]
