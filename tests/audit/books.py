"""A bank's raw tables, and what was known of them on a day (docs/contract.md: columns, codes, merged numbers)."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

CLASSES = ("demand", "time", "wealth", "loan", "other")
ASSETS = ("demand", "time", "wealth", "other")
CHANNELS = ("counter", "atm", "pos", "mobile", "online", "third_party", "batch")
KINDS = (
    *("salary", "pension", "subsidy", "transfer", "cash", "purchase", "merchant"),
    *("utility", "investment", "loan", "interest", "fee"),
)
CODES = {
    "customers": {
        "gender": ("F", "M"),
        "kind": ("person", "sole_trader", "firm"),
        "identity": ("farmer", "worker", "public_servant", "merchant", "student", "retired", "migrant", "other"),
        "risk_grade": ("C1", "C2", "C3", "C4", "C5"),
    },
    "transactions": {"channel": CHANNELS, "kind": KINDS, "direction": ("in", "out")},
    "balances": {"product_class": CLASSES},
    "accounts": {"product_class": CLASSES},
    "product_events": {
        "event": ("bought", "redeemed", "loan_drawn", "loan_repaid"),
        "product_class": CLASSES,
    },
    "contacts": {"answer": ("yes", "bought", "no", "later", "not_reached", "opt_out")},
    "external_facts": {"fact": ("property", "tax", "provident_fund")},
    "relations": {"relation": ("family", "guarantor", "supplier", "buyer", "shareholder", "executive")},
}
"""A code outside its list is read as missing."""


def month_end(day: pd.Timestamp, months: int = 0) -> pd.Timestamp:
    """Last day of a day's month, so many months later."""
    return (day.to_period("M") + months).end_time.normalize()


def month_number(days: pd.Series) -> pd.Series:
    """Months since the year 0."""
    return days.dt.year * 12 + days.dt.month - 1


def age_in_months(days: pd.Series, day: pd.Timestamp) -> pd.Series:
    """How many calendar months a day's month lies before that of `day`; 0 is the same month."""
    return day.year * 12 + day.month - 1 - month_number(days)


def read_table(folder: Path, name: str) -> pd.DataFrame:
    """A table of the bank, days as timestamps, amounts in fen, unknown codes missing."""
    single = folder / f"{name}.parquet"
    files = [single] if single.exists() else sorted((folder / name).glob("*.parquet"))
    rows = pd.concat([pd.read_parquet(file) for file in files], ignore_index=True)
    for column in rows.columns:
        if column.endswith(("_on", "_date")) or column in ("month_end", "time", "since"):
            rows[column] = pd.to_datetime(rows[column])
    for column in ("amount", "balance", "average_daily_balance"):
        if column in rows:
            rows[column] = (rows[column].astype(float) * 100).round()
    for column, codes in CODES.get(name, {}).items():
        if column in rows:
            rows[column] = rows[column].where(rows[column].isin(codes))
    return rows


@dataclass(frozen=True)
class Books:
    """The raw tables of a bank's folder."""

    folder: Path

    @cached_property
    def tables(self) -> dict[str, pd.DataFrame]:
        """Every table that the bank has, by name."""
        names = {path.stem for path in self.folder.iterdir() if path.suffix == ".parquet"}
        names |= {path.name for path in self.folder.iterdir() if path.is_dir() and path.name != "truth"}
        tables = {name: read_table(self.folder, name) for name in sorted(names)}
        tables["transactions"] = tables["transactions"].drop_duplicates("transaction_id")
        return tables

    def has_month(self, name: str, day: pd.Timestamp) -> bool:
        """Whether a table partitioned by month has rows of a day's month."""
        column = {"balances": "month_end", "transactions": "time"}[name]
        return bool((age_in_months(self.tables[name][column], day) == 0).any())

    def survivors(self, day: pd.Timestamp) -> pd.Series:
        """The surviving number of each number that had been merged away by a day."""
        customers = self.tables["customers"].set_index("customer_id")
        known = customers[customers.opened_on.isna() | (customers.opened_on <= day)]
        merged = known.merged_into[known.merged_into.notna() & (known.merged_on.isna() | (known.merged_on <= day))]
        into = {number: other for number, other in merged.items() if other in known.index and other != number}
        survivors = {}
        for number in into:
            path = [number]
            while path[-1] in into and into[path[-1]] not in path:
                path.append(into[path[-1]])
            last = path[-1]
            survivors[number] = min(path[path.index(into[last]) :]) if last in into else last
        return pd.Series({number: last for number, last in survivors.items() if number != last}, dtype=object)

    def under_survivors(self, rows: pd.DataFrame, day: pd.Timestamp, columns: tuple[str, ...]) -> pd.DataFrame:
        """Rows under the numbers that survive on a day."""
        survivors = self.survivors(day).to_dict()
        return rows.assign(**{name: rows[name].replace(survivors) for name in columns})

    def known(self, name: str, day: pd.Timestamp, merged_by: pd.Timestamp | None = None) -> pd.DataFrame:
        """Rows of a table that are dated and known by a day, under the numbers that survive on it.

        Parameters
        ----------
        merged_by : pandas.Timestamp, optional
            A later day whose mergers count instead.
        """
        rows = self.tables[name]
        dated = {
            "accounts": "opened_on",
            "balances": "month_end",
            "transactions": "time",
            "product_events": "happened_on",
            "contacts": "contacted_on",
            "relations": "since",
            "external_facts": "observed_on",
            "association_members": "joined_on",
            "merchants": "since",
            "term_holdings": "started_on",
        }[name]
        on = rows[dated].dt.normalize()
        rows = rows[on.isna() | (on <= day)]
        if "known_on" in rows:
            rows = rows[rows.known_on.isna() | (rows.known_on <= day)]
        columns = ("customer_id", "related_id") if name == "relations" else ("customer_id",)
        return self.under_survivors(rows, merged_by or day, columns)

    def leavers(self, day: pd.Timestamp) -> set[str]:
        """Numbers of the staff who had left by a day."""
        staff = self.tables["staff"]
        return set(staff.staff_id[staff.left_on <= day]) - set(staff.staff_id[~(staff.left_on <= day)])

    def on_the_books(self, day: pd.Timestamp, merged_by: pd.Timestamp | None = None) -> pd.DataFrame:
        """Customers opened by a day, neither closed nor merged by then (or by a later day); indexed by their number.

        A customer manager who had left by the day is not named.
        """
        customers = self.tables["customers"]
        survivors = self.survivors(merged_by or day)
        customers = customers[customers.opened_on.isna() | (customers.opened_on <= day)]
        survivor = customers.customer_id.replace(survivors.to_dict())
        opened = customers.opened_on.groupby(survivor).min()
        rows = customers[~customers.customer_id.isin(survivors.index)].set_index("customer_id")
        rows = rows.assign(opened_on=opened.reindex(rows.index))
        rows["manager_id"] = rows.manager_id.where(~rows.manager_id.isin(self.leavers(day)))
        return rows[rows.closed_on.isna() | (rows.closed_on > day)].sort_index()


def own_transactions(rows: pd.DataFrame) -> pd.DataFrame:
    """Those that the customer made: no interest, no fee, nothing in the batch channel."""
    return rows[~rows.kind.isin(["interest", "fee"]) & (rows.channel != "batch")]


def ratio(part: pd.Series, whole: pd.Series) -> pd.Series:
    """`part` over `whole`, empty where `whole` is not above zero."""
    return part / whole.where(whole > 0)


def by_age(values: pd.Series, ages: pd.Series, customers: pd.Series, index: pd.Index) -> pd.DataFrame:
    """Sums by customer and age in months: a row a customer of `index`, a column for each of 24 ages."""
    table = values.groupby([customers, ages]).sum().unstack(fill_value=0)
    return table.reindex(index=index, columns=range(24), fill_value=0).fillna(0).astype(np.float64)
