"""A bank's books as they stood on an earlier day: what the first of two quarters is run on."""

import shutil
from datetime import date
from pathlib import Path

import duckdb

from goldmine.contract.tables import TABLES
from goldmine.core.dates import month_key
from goldmine.core.sql import literal
from goldmine.features.point_in_time import ROW_DAYS, known_columns

BORN = {**ROW_DAYS, "suppressions": "start_date"}
"""By table: the day from which a row stands in the books."""


def books_until(bank: Path, day: date, out: Path) -> None:
    """Write a canonical bank's tables as they stood on a day: later rows are not there yet, later days are empty.

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
    held = [row[0] for row in connection.execute(f"DESCRIBE FROM {literal(source)}").fetchall()]
    columns = ", ".join(known_columns(name, held, day))
    born = BORN.get(name)
    where = f"WHERE {born} IS NULL OR {born} <= DATE '{day}'" if born else ""
    connection.execute(f"COPY (SELECT {columns} FROM {literal(source)} {where}) TO {literal(out)} (FORMAT parquet)")


def _month(connection: duckdb.DuckDBPyConnection, name: str, source: Path, day: date, out: Path) -> None:
    out.parent.mkdir(exist_ok=True)
    late = f"known_on > DATE '{day}'"
    asked = f"SELECT count(*) FROM {literal(source)} WHERE {late}"
    if name == "transactions" and connection.execute(asked).fetchall()[0][0]:
        kept = f"SELECT * FROM {literal(source)} WHERE NOT coalesce({late}, false)"
        connection.execute(f"COPY ({kept}) TO {literal(out)} (FORMAT parquet, COMPRESSION zstd)")
    else:
        out.symlink_to(source)
