"""Columns that a table lacks and that others give: a customer by the account, a key by the values that it shares."""

from dataclasses import dataclass

from goldmine.contract.proposal.matching import ColumnMatch, ProfiledTable, TableMatch, compatible
from goldmine.contract.proposal.names import column_fit
from goldmine.core.sql import literal, quoted

_SHARED = 0.95
_MOST_KINDS = 10


@dataclass(frozen=True)
class Join:
    """A table that gives the customer of an account.

    Parameters
    ----------
    table : ProfiledTable
        The table with both numbers.
    own, other : str
        The account's column here and there.
    customer : str
        The customer's column there.
    only : tuple of str
        A column there and its value by which an account has one customer; empty where it has one anyway.
    shared : float
        Share of the accounts here that stand there.
    """

    table: ProfiledTable
    own: str
    other: str
    customer: str
    only: tuple[str, str] | tuple[()]
    shared: float


def completed(match: TableMatch, customers: TableMatch | None) -> TableMatch:
    """Add compulsory columns that names did not give: by values shared with customers, or as the only one that fits."""
    for name in match.missing:
        column = match.spec.column(name)
        free = [raw for raw in match.table.columns if raw not in {m.raw for m in match.columns}]
        if match.table.raw.headless and (name,) == match.spec.key:
            keys = [raw for raw in free if match.table.columns[raw].distinct == match.table.columns[raw].rows]
            if keys:
                match = match.with_column(ColumnMatch(column, keys[0], "only"))
        elif name == "customer_id" and customers and customers.raw_of("customer_id"):
            known = customers.table.columns[customers.raw_of("customer_id") or ""]
            sharing = [
                raw
                for raw in free
                if match.table.columns[raw].identifying and match.table.columns[raw].shared_with(known) >= _SHARED
            ]
            if sharing:
                match = match.with_column(ColumnMatch(column, sharing[0], "values"))
        elif column.kind in ("day", "moment", "money"):
            fitting = [raw for raw in free if compatible(match.spec, column, match.table.columns[raw])]
            if column.kind == "money":
                fitting = [raw for raw in fitting if match.table.columns[raw].fractional]
            if len(fitting) == 1:
                match = match.with_column(ColumnMatch(column, fitting[0], "only"))
    return match


def join_for(match: TableMatch, tables: list[ProfiledTable]) -> Join | None:
    """A table that gives the customer of each account, where a matched table has no customer of its own."""
    own = match.raw_of("account_id")
    if own is None or "customer_id" not in match.missing:
        return None
    found = []
    for table in tables:
        others = [raw for raw in table.columns if column_fit(raw, "accounts", "account_id") == 1]
        customers = [raw for raw in table.columns if column_fit(raw, "accounts", "customer_id") == 1]
        if table is match.table or not others or not customers or table.raw.kind != match.table.raw.kind:
            continue
        if table.raw.kind in ("sqlite", "postgres") and table.raw.source != match.table.raw.source:
            continue
        shared = match.table.columns[own].shared_with(table.columns[others[0]])
        if shared >= _SHARED:
            found.append((shared, table, others[0], customers[0]))
    if not found:
        return None
    shared, table, other, customer = max(found, key=lambda entry: entry[0])
    return Join(table, own, other, customer, _only(table, other), shared)


def _only(table: ProfiledTable, other: str) -> tuple[str, str] | tuple[()]:
    """The code by which each account stands in one row, such as that of its owner."""
    profile = table.columns[other]
    if profile.distinct == profile.filled:
        return ()
    for raw, codes in table.columns.items():
        if not 1 < len(codes.codes) <= _MOST_KINDS:
            continue
        for word, rows in codes.codes.items():
            if rows == profile.distinct and _distinct(table, other, raw, word) == rows:
                return raw, word
    return ()


def _distinct(table: ProfiledTable, other: str, raw: str, word: str) -> int:
    connection = table.columns[other].connection
    query = (
        f"SELECT count(DISTINCT {quoted(other)}) FROM {quoted(table.view)} WHERE trim({quoted(raw)}) = {literal(word)}"
    )
    return int(connection.execute(query).fetchall()[0][0])
