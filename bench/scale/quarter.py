"""A bank's tables as of an earlier day, for the first of two quarters."""

import shutil
from datetime import date
from pathlib import Path

import duckdb

from goldmine.contract.tables import TABLES
from goldmine.core.dates import month_key
from goldmine.core.sql import literal
from goldmine.features.point_in_time import ROW_DAYS, known_columns

BORN = {**ROW_DAYS, "suppressions": "start_date"}
"""Column of the day from which a row is in the table, by table; a compulsory day is one too."""


def books_until(bank: Path, day: date, out: Path) -> None:
    """Write a canonical bank's tables as of a day: without later rows, and with later dates empty.

    Parameters
    ----------
    bank : Path
        A folder of canonical Parquet with ``bank.yaml``, as the sample bank writes it.
    day : date
        A month end.
    out : Path
        Replaced. Months without a late row are links to the bank's own.
    """
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    lines = (bank / "bank.yaml").read_text("utf-8").splitlines()
    (out / "bank.yaml").write_text(
        "\n".join(f"data_until: {day}" if line.startswith("data_until:") else line for line in lines) + "\n", "utf-8"
    )
    connection = duckdb.connect()
    for name in TABLES:
        if (bank / f"{name}.parquet").exists():
            _table(connection, name, bank / f"{name}.parquet", day, out / f"{name}.parquet")
        for month in sorted((bank / name).glob("*.parquet")):
            if month.stem[-7:] <= month_key(day):
                _month(connection, name, month, day, out / name / month.name)


def _table(connection: duckdb.DuckDBPyConnection, name: str, source: Path, day: date, out: Path) -> None:
    names = [row[0] for row in connection.execute(f"DESCRIBE FROM {literal(source)}").fetchall()]
    columns = ", ".join(known_columns(name, names, day))
    compulsory = {c.name for c in TABLES[name].columns if c.required and c.kind == "day" and c.after_books != "allowed"}
    born = sorted({*filter(None, [BORN.get(name)]), *compulsory} & set(names))
    there = " AND ".join(f"({column} <= DATE '{day}') IS NOT FALSE" for column in born) or "true"
    connection.execute(
        f"COPY (SELECT {columns} FROM {literal(source)} WHERE {there}) TO {literal(out)} (FORMAT parquet)"
    )


def _month(connection: duckdb.DuckDBPyConnection, name: str, source: Path, day: date, out: Path) -> None:
    out.parent.mkdir(exist_ok=True)
    late = f"known_on > DATE '{day}'"
    count = f"SELECT count(*) FROM {literal(source)} WHERE {late}"
    if name == "transactions" and connection.execute(count).fetchall()[0][0]:
        known = f"SELECT * FROM {literal(source)} WHERE NOT coalesce({late}, false)"
        connection.execute(f"COPY ({known}) TO {literal(out)} (FORMAT parquet, COMPRESSION zstd)")
    else:
        out.symlink_to(source)
