"""Tiny literal banks for tests: rows in, canonical Parquet and a Bank out."""

from collections import defaultdict
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from goldmine.contract.bank import Bank, CanonicalTable, TableFile
from goldmine.contract.schema import DUCKDB_TYPES
from goldmine.contract.tables import TABLES
from goldmine.core import fingerprint
from goldmine.core.workspace import Workspace

Row = dict[str, Any]


def make_bank(folder: Path, tables: dict[str, list[Row]], data_until: date = date(2024, 6, 30)) -> Bank:
    """Write rows as canonical Parquet, a file a month where the contract says so."""
    return Bank("tiny", data_until, {name: _table(folder, name, rows) for name, rows in tables.items()})


def workspace(folder: Path) -> Workspace:
    """A work folder whose universal hold-out has none of the tests' customers."""
    work = Workspace(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "holdout.salt").write_text("nobody is held out", "utf-8")
    return work


def _table(folder: Path, name: str, rows: list[Row]) -> CanonicalTable:
    spec = TABLES[name]
    given = {key for row in rows for key in row}
    columns = [c for c in spec.columns if c.name in given]
    months: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        months[f"{row[spec.month_of]:%Y-%m}" if spec.month_of else ""].append(row)
    files = []
    for month, held in sorted(months.items()):
        path = folder / name / f"{month or name}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        loose = pa.Table.from_pylist([{c.name: _text(row.get(c.name)) for c in columns} for row in held])
        casts = ", ".join(f'CAST("{c.name}" AS {DUCKDB_TYPES[c.kind]}) AS "{c.name}"' for c in columns)
        with duckdb.connect() as connection:
            connection.register("loose", loose)
            pq.write_table(connection.sql(f"SELECT {casts} FROM loose").to_arrow_table(), path)
        files.append(TableFile(path, fingerprint.of_file(path), len(held), month))
    return CanonicalTable(name, tuple(files), tuple(c.name for c in columns))


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def transaction(number: int, customer: str, time: str, **more: Any) -> Row:
    """A transaction of 100 yuan out at a card terminal, unless told otherwise."""
    from datetime import datetime

    row: Row = {
        "transaction_id": f"T{number}",
        "customer_id": customer,
        "time": datetime.fromisoformat(time),
        "known_on": None,
        "amount": "100.00",
        "direction": "out",
        "channel": "pos",
        "kind": "purchase",
    }
    return row | more


def balance(customer: str, month_end: str, product_class: str, average: str, end: str | None = None) -> Row:
    """A month-end balance; the end is the average unless told otherwise."""
    return {
        "customer_id": customer,
        "month_end": date.fromisoformat(month_end),
        "product_class": product_class,
        "balance": end or average,
        "average_daily_balance": average,
    }
