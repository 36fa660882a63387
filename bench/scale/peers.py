"""The same recency-frequency-value windows in Polars, in pandas and from the activity.

Sum and count of eight kinds of transaction over 1, 3, 6 and 12 months, and the last day and the number of all: a row a
customer, 66 columns, written as Parquet. Polars and pandas read the raw rows of a year; Goldmine reads the activity.
"""

from pathlib import Path

from bench.scale.stages import opened
from goldmine.activity.build import partition
from goldmine.contract.bank import Bank
from goldmine.core.dates import month_end, month_key, months_back
from goldmine.core.engine import connect
from goldmine.core.sql import literal

KINDS = ("salary", "transfer", "cash", "purchase", "merchant", "utility", "investment", "loan")
MONTHS = {30: 1, 90: 3, 180: 6, 365: 12}
AGES = (range(1), range(1, 3), range(3, 6), range(6, 12))
"""Ages in months of the months that each window adds to the one before it."""


def ours(folder: Path) -> None:
    """From the activity: each bucket summed without filters, windows as running totals."""
    bank, work = opened(folder)
    measures = _measures(bank)
    parts = []
    for bucket, ages in enumerate(AGES):
        months = [month_key(month_end(bank.data_until, -age)) for age in ages]
        files = ", ".join(literal(partition(work, "transactions", m)) for m in months if m in bank.months(_TABLE))
        sums = ", ".join(f"sum({total}) AS {name}_{bucket}" for name, total in measures.items())
        parts.append(
            f"(SELECT customer_id, {sums}, max(last_own) AS last_{bucket} FROM read_parquet([{files}]) GROUP BY 1)"
        )
    joined = parts[0] + "".join(f" FULL JOIN {part} USING (customer_id)" for part in parts[1:])
    columns = [
        "(" + " + ".join(f"coalesce({name}_{bucket}, 0)" for bucket in range(index + 1)) + f") AS {name}_{days}d"
        for index, days in enumerate(MONTHS)
        for name in measures
    ]
    last = "greatest(" + ", ".join(f"last_{bucket}" for bucket in range(len(AGES))) + ") AS last"
    connect().raw_sql(
        f"COPY (SELECT customer_id, {', '.join(columns)}, {last} FROM {joined}) TO {literal(_out(folder, 'ours'))} "
        "(FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1)"
    )


def polars(folder: Path) -> None:
    """One pass over a year's raw rows."""
    import polars as pl

    bank, _work = opened(folder)
    rows = pl.scan_parquet(_year(bank)).select("customer_id", "time", "kind", "amount")
    columns = []
    for days, months in MONTHS.items():
        within = pl.col("time").dt.date() > month_end(bank.data_until, -months)
        for kind in KINDS:
            where = (pl.col("kind") == kind) & within
            columns.append(pl.col("amount").filter(where).sum().alias(f"{kind}_sum_{days}d"))
            columns.append(where.sum().alias(f"{kind}_count_{days}d"))
    windows = rows.group_by("customer_id").agg(*columns, pl.col("time").max().alias("last"), pl.len().alias("rows"))
    windows.collect(engine="streaming").write_parquet(_out(folder, "polars"))


def pandas(folder: Path) -> None:
    """A year's raw rows as one frame, pivoted a window at a time."""
    import pandas as pd

    bank, _work = opened(folder)
    names = ["customer_id", "time", "kind", "amount"]
    rows = pd.concat([pd.read_parquet(file, columns=names) for file in _year(bank)], ignore_index=True)
    rows["customer_id"] = rows.customer_id.astype("category")
    rows["kind"] = rows.kind.astype("category")
    rows["amount"] = rows.amount.astype("float64")
    grouped = rows.groupby("customer_id", observed=True)
    parts = [grouped.agg(last=("time", "max"), rows=("time", "size"))]
    for days, months in MONTHS.items():
        within = rows[rows.time >= pd.Timestamp(month_end(bank.data_until, -months)) + pd.Timedelta(days=1)]
        sums = within[within.kind.isin(KINDS)].groupby(["customer_id", "kind"], observed=True).amount
        wide = sums.agg(["sum", "size"]).unstack("kind", fill_value=0)
        wide.columns = [f"{kind}_{part}_{days}d" for part, kind in wide.columns]
        parts.append(wide)
    pd.concat(parts, axis=1).fillna(0).reset_index().to_parquet(_out(folder, "pandas"))


_TABLE = "transactions"


def _measures(bank: Bank) -> dict[str, str]:
    """Measures by name, as sums over the activity's directions; the activity keeps a kind in each direction apart."""
    from goldmine.activity.measures import IN_KINDS, OUT_KINDS

    measures = {}
    for kind in KINDS:
        flows = [f"in_{kind}"] * (kind in IN_KINDS) + [f"out_{kind}"] * (kind in OUT_KINDS)
        for part in ("sum", "count"):
            # DuckDB sums whole numbers in 128 bits; as floating-point, exact to 2^53, they take a third less.
            measures[f"{kind}_{part}"] = " + ".join(f"{flow}_{part}::DOUBLE" for flow in flows)
    return measures


def _year(bank: Bank) -> list[str]:
    months = [month_key(day) for day in months_back(bank.data_until, 12)]
    return [str(file.path) for file in bank.tables[_TABLE].files if file.month in months]


def _out(folder: Path, name: str) -> Path:
    (folder / "peers").mkdir(exist_ok=True)
    return folder / "peers" / f"{name}.parquet"
