"""What came back to the workbench joins the bank's tables: contacts, decided mergers, visits and facts."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from pathlib import Path

from duckdb import DuckDBPyConnection

from goldmine.contract.canonical_writer import Written
from goldmine.contract.cast_tables import Taken
from goldmine.contract.duckdb_errors import duckdb_errors
from goldmine.contract.returned_contacts import join_returned
from goldmine.contract.returned_mergers import join_mergers
from goldmine.contract.returned_visits import DAYS, join_visits
from goldmine.contract.schema import DUCKDB_TYPES, TableSpec
from goldmine.contract.stage import connect
from goldmine.contract.tables import TABLES
from goldmine.core.sql import literal, quoted
from goldmine.core.workspace import Workspace

Join = Callable[[DuckDBPyConnection, TableSpec, Sequence[Path], Path, date], list[str]]
"""Puts the bank's files of a table and what came back into the view ``joined``; returns its columns."""


def with_returned_rows(taken: dict[str, Taken], work: Workspace, until: date, scratch: Path) -> dict[str, Taken]:
    """The bank's tables with what its work folder holds of them, each joined anew since both are small.

    Parameters
    ----------
    taken : dict of str to Taken
        The bank's tables by name.
    until : date
        Last day of the books; what is dated later waits for them.
    scratch : Path
        A folder for what is written.
    """
    joined: dict[str, Taken] = {}
    for table, returned, join in _returned(work):
        if returned.exists():
            joined |= _joined(table, taken.get(table), join, (returned, until, scratch / f"returned_{table}"))
    return taken | joined


def _returned(work: Workspace) -> Iterator[tuple[str, Path, Join]]:
    """Tables with the file that came back and what joins it."""
    yield "contacts", work.returned, join_returned
    yield "customers", work.mergers, join_mergers
    for name in DAYS:
        yield name, work.returned_visits(name), join_visits


def _joined(table: str, own: Taken | None, join: Join, given: tuple[Path, date, Path]) -> dict[str, Taken]:
    returned, until, scratch = given
    spec, files = TABLES[table], [*(f.path for f in own.standing), *(f.path for f in own.written)] if own else []
    scratch.mkdir()
    with connect(scratch) as connection:
        columns = join(connection, spec, files, returned, until)
        written = _write_joined(connection, spec, columns, scratch)
    return {table: Taken(tuple(columns), written=tuple(written))} if written else {}


def _write_joined(
    connection: DuckDBPyConnection, spec: TableSpec, columns: Sequence[str], scratch: Path
) -> list[Written]:
    """Write the view ``joined`` as the table's canonical file; none if it has no rows."""
    path = scratch / f"{spec.name}.parquet"
    casts = ", ".join(f"CAST({quoted(c)} AS {DUCKDB_TYPES[spec.column(c).kind]}) AS {quoted(c)}" for c in columns)
    order = ", ".join(quoted(name) for name in dict.fromkeys([*spec.key, *columns]))
    with duckdb_errors(spec.name, scratch):
        rows = connection.execute(
            f"COPY (SELECT {casts} FROM joined ORDER BY {order}) TO {literal(path)} (FORMAT parquet, COMPRESSION zstd)"
        ).fetchall()[0][0]
    return [Written(path, rows, "", tuple(columns))] if rows else []
