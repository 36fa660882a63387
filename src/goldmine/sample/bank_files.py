"""A sample bank's files: outcomes without a contact, and the rows that a campaign's effect adds."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from goldmine.core.dates import month_end, month_key
from goldmine.core.files import whole_file
from goldmine.core.sql import literal

GAP, HORIZON = 15, 90
"""Days of the use cases whose truth the sample bank knows."""
ACCEPTED = {"payroll": ("payroll",), "association": ("L-EMIGRANT", "L-NUTS")}
"""Use cases of those who take a product once they are asked, and its numbers in ``truth/prospects.parquet``."""
LEVEL = 10_000
_OWN = "channel <> 'batch' AND kind NOT IN ('interest', 'fee')"


def horizon(as_of: date) -> tuple[date, date]:
    """The day after which outcomes count, and the last day on which they do."""
    return as_of + timedelta(days=GAP), as_of + timedelta(days=GAP + HORIZON)


def outcome_month(as_of: date) -> date:
    """Month end of the horizon's last full month."""
    last = horizon(as_of)[1]
    return last if last == month_end(last) else month_end(last, -1)


def happened(bank: Path, use_case: str, as_of: date) -> set[str]:
    """Customers who reached a use case's aim within the horizon, as the books have it."""
    start, end = horizon(as_of)
    months = [month_key(month_end(start, lag)) for lag in range(5)]
    moves = [bank / "transactions" / f"{month}.parquet" for month in months]
    files = "[" + ", ".join(literal(path) for path in moves if path.exists()) + "]"
    held = literal(bank / "balances" / f"{month_key(outcome_month(as_of))}.parquet")
    events = literal(bank / "product_events.parquet")
    within = f"> DATE '{start}' AND {{}} <= DATE '{end}'"
    query = {
        "longtail": f"FROM (SELECT customer_id, sum(average_daily_balance) AS aum FROM {held} "
        f"WHERE product_class <> 'loan' GROUP BY ALL) SELECT customer_id WHERE aum >= {LEVEL}",
        "dormancy": f"SELECT DISTINCT customer_id FROM read_parquet({files}) "
        f"WHERE {_OWN} AND time::DATE {within.format('time::DATE')}",
        "wealth": f"SELECT DISTINCT customer_id FROM {events} WHERE event = 'bought' AND product_class = 'wealth' "
        f"AND happened_on {within.format('happened_on')}",
        "payroll": f"SELECT DISTINCT customer_id FROM read_parquet({files}) WHERE kind = 'salary' AND direction = 'in' "
        f"AND time::DATE {within.format('time::DATE')}",
        "association": f"SELECT DISTINCT customer_id FROM {events} WHERE event = 'loan_drawn' "
        f"AND happened_on {within.format('happened_on')}",
    }[use_case]
    return {row[0] for row in duckdb.sql(query).fetchall()}


def enter(bank: Path, use_case: str, as_of: date, campaign: str, moved: pd.DataFrame) -> None:
    """Add the rows that a campaign's effect causes to the bank's files.

    Parameters
    ----------
    moved : DataFrame
        customer_id, contacted_on, product_id of those who reached the aim because of the contact.
    """
    if use_case == "longtail":
        _deposit(bank, as_of, moved["customer_id"].tolist())
    elif use_case in _MONTHLY:
        _transact(bank, as_of, campaign, moved.assign(**_MONTHLY[use_case]))
    else:
        _take(bank, as_of, campaign, moved.assign(**_TAKEN[use_case]))


def append(path: Path, rows: pd.DataFrame) -> None:
    """Add rows to a table; columns that they do not have stay empty."""
    old = pq.read_table(path)
    columns = {
        field.name: pa.array(rows[field.name], from_pandas=True).cast(field.type)
        if field.name in rows
        else pa.nulls(len(rows), field.type)
        for field in old.schema
    }
    _write(path, pa.concat_tables([old, pa.table(columns, schema=old.schema)]))


def _deposit(bank: Path, as_of: date, who: Sequence[str]) -> None:
    """Money from elsewhere that lifts customers a tenth above the level, and stays."""
    month = outcome_month(as_of)
    held = pq.read_table(bank / "balances" / f"{month_key(month)}.parquet").to_pandas()
    held = held[held["customer_id"].isin(who) & (held["product_class"] != "loan")]
    has = held.groupby("customer_id")["average_daily_balance"].sum().reindex(who).fillna(Decimal(0))
    lacks = {name: Decimal(LEVEL) * Decimal("1.1") - Decimal(yuan) for name, yuan in has.items()}
    for path in sorted((bank / "balances").glob("*.parquet")):
        if path.stem >= month_key(month):
            _lift(path, lacks)


def _lift(path: Path, lacks: dict[str, Decimal]) -> None:
    table = pq.read_table(path)
    frame = table.to_pandas()
    demand = frame["customer_id"].isin(lacks) & (frame["product_class"] == "demand")
    added = frame.loc[demand, "customer_id"].map(lacks)
    for column in ("balance", "average_daily_balance"):
        frame.loc[demand, column] = [old + more for old, more in zip(frame.loc[demand, column], added, strict=True)]
    new = sorted(set(lacks) - set(frame.loc[demand, "customer_id"]))
    rows = [(name, frame["month_end"].iloc[0], "demand", lacks[name], lacks[name]) for name in new]
    frame = pd.concat([frame, pd.DataFrame(rows, columns=frame.columns)], ignore_index=True)
    _write(path, pa.Table.from_pandas(frame, schema=table.schema, preserve_index=False))


_MONTHLY = {
    "dormancy": {"amount": Decimal("200.00"), "channel": "counter", "kind": "transfer"},
    "payroll": {"amount": Decimal("4000.00"), "channel": "batch", "kind": "salary"},
}
_TAKEN = {
    "wealth": {"amount": Decimal("20000.00"), "event": "bought", "product_class": "wealth"},
    "association": {"amount": Decimal("50000.00"), "event": "loan_drawn", "product_class": "loan"},
}


def _transact(bank: Path, as_of: date, campaign: str, moved: pd.DataFrame) -> None:
    """What comes in in the middle of each month of the horizon."""
    for lag in range(1, 4):
        middle = month_end(as_of, lag).replace(day=20)
        path = bank / "transactions" / f"{month_key(middle)}.parquet"
        count = range(len(moved))
        rows = moved[["customer_id", "amount", "channel", "kind"]].assign(
            transaction_id=[f"{campaign}-{month_key(middle)}-{index}" for index in count],
            time=pd.Timestamp(middle) + pd.Timedelta(hours=10),
            direction="in",
        )
        append(path, rows)


def _take(bank: Path, as_of: date, campaign: str, moved: pd.DataFrame) -> None:
    """A purchase, or a loan drawn, on the twentieth day of the horizon."""
    rows = moved[["customer_id", "product_id", "amount", "event", "product_class"]].assign(
        event_id=[f"{campaign}-{index}" for index in range(len(moved))],
        happened_on=horizon(as_of)[0] + timedelta(days=20),
    )
    append(bank / "product_events.parquet", rows)


def _write(path: Path, table: pa.Table) -> None:
    with whole_file(path) as temporary:
        pq.write_table(table, temporary, compression="zstd")


def truth(bank: Path, use_case: str, as_of: date) -> pd.DataFrame:
    """The true values of everybody at a month end: customer_id, probability, effect, reach."""
    if use_case in ACCEPTED:
        return _of_those_asked(bank, use_case, as_of)
    path = bank / "truth" / "effects" / f"{use_case}.parquet"
    table = pq.read_table(path)
    return table.filter(pc.equal(table["cutoff"], as_of)).drop_columns(["cutoff"]).to_pandas()


def _of_those_asked(bank: Path, use_case: str, as_of: date) -> pd.DataFrame:
    """The true values where nobody takes the product unasked: the effect is the chance that they accept it."""
    known = truth(bank, "wealth", as_of)[["customer_id", "reach"]]
    accepts = pq.read_table(prospects(bank)).to_pandas()
    accepts = accepts[accepts["product_id"].isin(ACCEPTED[use_case])].groupby("customer_id")["probability"].max()
    return known.assign(probability=0.0, effect=known["customer_id"].map(accepts).fillna(0.0))


def prospects(bank: Path) -> Path:
    """Where a sample bank's truth has who would accept what."""
    return bank / "truth" / "prospects.parquet"
