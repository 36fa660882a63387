"""What a cutoff can know of the small tables: rows that had come by then, and in them no day after it.

The fingerprint of just that keeps a past cutoff's features where a later quarter adds rows and fills in days.
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

CAME = {
    "customers": "opened_on",
    "accounts": "opened_on",
    "product_events": "happened_on",
    "contacts": "contacted_on",
    "relations": "since",
    "external_facts": "observed_on",
}
"""The day on which a row of each table came to be."""
_BORN = "birth_date"
_FOLLOWS = {"risk_grade": "risk_grade_on", "merged_into": "merged_on"}
"""Columns that were not known before the day in another."""


def known_columns(table: str, held: Sequence[str], cutoff: date) -> list[str]:
    """SQL of each column of a table that is held, with what was not known by the cutoff left empty."""
    day = f"DATE '{cutoff}'"
    days = {c.name for c in TABLES[table].columns if c.kind == "day"} - {CAME.get(table), _BORN}
    columns = []
    for name in held:
        when = _FOLLOWS.get(name, name)
        if when in days and when in held:
            columns.append(f'CASE WHEN "{when}" <= {day} OR "{when}" IS NULL THEN "{name}" END AS "{name}"')
        else:
            columns.append(f'"{name}"')
    return columns


def had_come(table: str, cutoff: date) -> str:
    """SQL of whether a row of a table had come by the cutoff, or on an unknown day."""
    return f"({CAME[table]} IS NULL OR {CAME[table]} <= DATE '{cutoff}')"


def known_fingerprint(bank: Bank, work: Workspace, cutoff: date) -> str:
    """Fingerprint of all that a cutoff can know of the small tables; worked out once for as long as they stay."""
    tables = [bank.tables[name] for name in CAME if bank.has(name)]
    files = of_value([[file.fingerprint for file in table.files] for table in tables])
    kept = work.root / "features" / "known.json"
    found = read_json(kept, {})
    if found.get("files") != files:
        found = {"files": files, "marks": {}}
    if str(cutoff) not in found["marks"]:
        with duckdb.connect() as connection:
            found["marks"][str(cutoff)] = of_value([_digest(connection, table, cutoff) for table in tables])
        write_json(kept, found)
    return str(found["marks"][str(cutoff)])


def _digest(connection: duckdb.DuckDBPyConnection, table: CanonicalTable, cutoff: date) -> list[str]:
    """Rows and the sum of their hashes, which no order of rows changes."""
    if not table.files:
        return [table.name]
    listed = ", ".join(literal(file.path) for file in table.files)
    columns = ", ".join(known_columns(table.name, table.columns, cutoff))
    where = had_come(table.name, cutoff) if CAME[table.name] in table.columns else "true"
    told = connection.execute(
        f"SELECT count(*), sum(hash(known)::HUGEINT) FROM (SELECT {columns} "
        f"FROM read_parquet([{listed}], hive_partitioning = false) WHERE {where}) known"
    ).fetchone()
    return [table.name, *table.columns, *map(str, told or ())]
