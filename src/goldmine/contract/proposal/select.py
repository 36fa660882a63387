"""The SELECT that gives a table of the contract from a bank's own."""

from collections.abc import Sequence

from goldmine.contract.proposal.clock import clock_of
from goldmine.contract.proposal.joins import Join
from goldmine.contract.proposal.matching import ColumnMatch, TableMatch
from goldmine.contract.proposal.profile import half_width, half_width_in_sqlite
from goldmine.core.sql import literal, quoted

_HOW = {
    "like": "guessed: the heading holds a known name",
    "codes": "guessed: its codes are those of the contract",
    "values": "guessed: its values are numbers of customers",
    "only": "guessed: no other column of the table fits",
}
_BY_POSITION = ("sqlite", "postgres")
"""Databases whose UNION goes by position; DuckDB's goes by name."""


def select_of(parts: Sequence[tuple[TableMatch, Join | None]]) -> tuple[str, ...]:
    """The SELECT that gives a table of the contract, a line a column.

    Parameters
    ----------
    parts : sequence of pairs of TableMatch and Join or None
        The tables that give it, and for each the one that gives the customer of each account. A database that knows no
        UNION BY NAME gets all columns of each, in one order.
    """
    if len(parts) == 1:
        return _one_select(*parts[0])
    by_name = parts[0][0].table.raw.kind not in _BY_POSITION
    there = {column.column.name for match, _ in parts for column in match.columns}
    there |= {"customer_id" for _, join in parts if join} | {"direction" for match, _ in parts if signed_amounts(match)}
    order = [] if by_name else [column.name for column in parts[0][0].spec.columns if column.name in there]
    lines: list[str] = []
    for match, join in parts:
        lines += ["UNION ALL BY NAME" if by_name else "UNION ALL"] if lines else []
        lines += _one_select(match, join, order)
    return tuple(lines)


def _one_select(match: TableMatch, join: Join | None, order: Sequence[str] = ()) -> tuple[str, ...]:
    """The SELECT of one table; with an order all of its columns, empty where the table has none."""
    signed = signed_amounts(match)
    own, columns = match.table.raw.source_name if not match.table.raw.table else "t", {}
    for column in match.columns:
        expression = _expression(match, column, own if join else "", signed=signed)
        columns[column.column.name] = expression, _HOW.get(column.how, "")
    if join:
        columns["customer_id"] = f"owner.{quoted(join.customer)}", "guessed: joined by the account"
    if signed:
        text = _text(quoted(match.raw_of("amount") or ""), match.table.raw.kind)
        columns["direction"] = f"CASE WHEN {text} LIKE '-%' THEN 'out' ELSE 'in' END", "guessed: by the amount's sign"
    if order:
        columns = {name: columns.get(name, ("NULL", "guessed: not in this table")) for name in order}
    if order and match.table.raw.kind == "postgres":  # whose types may differ from table to table
        columns = {name: (f"CAST({value} AS text)", comment) for name, (value, comment) in columns.items()}
    lines = ["SELECT"]
    for place, (name, (expression, comment)) in enumerate(columns.items(), start=1):
        comma = "," if place < len(columns) else ""
        lines.append(f"  {expression} AS {name}{comma}{f'  -- {comment}' if comment else ''}")
    return (*lines, *_from(match, join))


def signed_amounts(match: TableMatch) -> bool:
    """Whether the sign of the amount says which way a transaction goes, for want of a column that does."""
    raw = match.raw_of("amount")
    if match.spec.name != "transactions" or raw is None or match.raw_of("direction"):
        return False
    return match.table.columns[raw].negative > 0


def _expression(match: TableMatch, column: ColumnMatch, prefix: str, *, signed: bool) -> str:
    raw = f"{prefix}.{quoted(column.raw)}" if prefix else quoted(column.raw)
    profile, kind = match.table.columns[column.raw], match.table.raw.kind
    if profile.full_width:
        raw = half_width_in_sqlite(raw) if kind == "sqlite" else half_width(raw)
    if signed and column.column.name == "amount":
        raw = f"ltrim({_text(raw, kind)}, '-')"
    clock = clock_of(match)
    if clock and clock.column == column.column.name:
        time = f"{prefix}.{quoted(clock.raw)}" if prefix else quoted(clock.raw)
        raw = clock.sql(raw, time, kind)
    if kind == "postgres" and profile.duckdb_type == "TIMESTAMP WITH TIME ZONE":
        raw = f"{raw} AT TIME ZONE 'Asia/Shanghai'"
    return raw


def _from(match: TableMatch, join: Join | None) -> list[str]:
    lines = [f"FROM {match.table.raw.relation}"]
    own, kind = match.table.raw.source_name, match.table.raw.kind
    if match.table.raw.table and join:
        lines[0] += " AS t"
        own = "t"
    if join:
        one, other = _text(f"{own}.{quoted(join.own)}", kind), _text(f"owner.{quoted(join.other)}", kind)
        only = f" AND {_text(f'owner.{quoted(join.only[0])}', kind)} = {literal(join.only[1])}" if join.only else ""
        lines.append(f"LEFT JOIN {join.table.raw.relation} AS owner ON {one} = {other}{only}")
    return lines


def _text(value: str, kind: str) -> str:
    """SQL of a value as a text without spaces around it; PostgreSQL trims no numbers."""
    return f"trim(CAST({value} AS text))" if kind == "postgres" else f"trim({value})"
