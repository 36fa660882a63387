"""What is known of the small tables at a cutoff: rows that existed by then, without later days.

The fingerprint covers only that, so that a past cutoff's features stay valid when a later quarter adds rows and days.
"""

from collections.abc import Sequence
from datetime import date

import duckdb

from goldmine.contract.bank import Bank, CanonicalTable
from goldmine.contract.tables import TABLES
from goldmine.core.files import read_json, write_json
from goldmine.core.fingerprint import of_value
from goldmine.core.sql import literal
from goldmine.core.workspace import Workspace

ROW_DAYS = {
    "customers": "opened_on",
    "accounts": "opened_on",
    "product_events": "happened_on",
    "contacts": "contacted_on",
    "relations": "since",
    "external_facts": "observed_on",
    "association_members": "joined_on",
    "merchants": "since",
    "term_holdings": "started_on",
}
"""By table: the column with the day from which a row exists."""
_KNOWN_ON = {"risk_grade": "risk_grade_on", "merged_into": "merged_on"}
"""Columns whose value is known only from the day in another column."""


def known_columns(table: str, names: Sequence[str], cutoff: date) -> list[str]:
    """SQL of the given columns of a table, empty where the value was not known by the cutoff.

    A day that may lie after the books, such as the day a deposit ends, is known as long as its row is.
    """
    day = f"DATE '{cutoff}'"
    dated = (column for column in TABLES[table].columns if column.kind == "day" and column.after_books != "allowed")
    days = {column.name for column in dated} - {ROW_DAYS.get(table)}
    columns = []
    for name in names:
        known_on = _KNOWN_ON.get(name, name)
        if known_on in days and known_on in names:
            columns.append(f'CASE WHEN "{known_on}" <= {day} OR "{known_on}" IS NULL THEN "{name}" END AS "{name}"')
        else:
            columns.append(f'"{name}"')
    return columns


def row_existed(table: str, cutoff: date) -> str:
    """SQL condition: the row existed by the cutoff, or since an unknown day."""
    return f"({ROW_DAYS[table]} IS NULL OR {ROW_DAYS[table]} <= DATE '{cutoff}')"


def known_fingerprint(bank: Bank, work: Workspace, cutoff: date) -> str:
    """Fingerprint of what is known of the small tables at a cutoff; computed once for each state of the files."""
    tables = [bank.tables[name] for name in ROW_DAYS if bank.has(name)]
    files = of_value([[file.fingerprint for file in table.files] for table in tables])
    path = work.root / "features" / "known.json"
    stored = read_json(path, {})
    if stored.get("files") != files:
        stored = {"files": files, "fingerprints": {}}
    fingerprints = stored["fingerprints"]
    if str(cutoff) not in fingerprints:
        try:
            with duckdb.connect() as connection:
                fingerprints[str(cutoff)] = of_value([_digest(connection, table, cutoff) for table in tables])
        finally:
            bank.require_unchanged()
        write_json(path, stored)
    return str(fingerprints[str(cutoff)])


def _digest(connection: duckdb.DuckDBPyConnection, table: CanonicalTable, cutoff: date) -> list[str]:
    """The number of rows and the sum of their hashes, which do not depend on the order of rows."""
    if not table.files:
        return [table.name]
    listed = ", ".join(literal(file.path) for file in table.files)
    columns = ", ".join(known_columns(table.name, table.columns, cutoff))
    where = row_existed(table.name, cutoff) if ROW_DAYS[table.name] in table.columns else "true"
    digest = connection.execute(
        f"SELECT count(*), sum(hash(known)::HUGEINT) FROM (SELECT {columns} "
        f"FROM read_parquet([{listed}], hive_partitioning = false) WHERE {where}) known"
    ).fetchone()
    return [table.name, *table.columns, *map(str, digest or ())]
