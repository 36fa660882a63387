"""The SELECT that gives a table of the contract from a bank's own."""

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


def select_of(match: TableMatch, join: Join | None) -> tuple[str, ...]:
    """The SELECT that gives a table of the contract, a line a column."""
    signed = signed_amounts(match)
    own, columns = match.table.raw.source_name if not match.table.raw.table else "t", []
    for column in match.columns:
        columns.append((_expression(match, column, own if join else "", signed=signed), _HOW.get(column.how, "")))
    if join:
        columns.append((f"owner.{quoted(join.customer)} AS customer_id", "guessed: joined by the account"))
    if signed:
        raw = quoted(match.raw_of("amount") or "")
        columns.append(
            (f"CASE WHEN trim({raw}) LIKE '-%' THEN 'out' ELSE 'in' END AS direction", "guessed: by the amount's sign")
        )
    lines = ["SELECT"]
    for place, (expression, comment) in enumerate(columns, start=1):
        comma = "," if place < len(columns) else ""
        lines.append(f"  {expression}{comma}{f'  -- {comment}' if comment else ''}")
    return (*lines, *_from(match, join))


def signed_amounts(match: TableMatch) -> bool:
    """Whether the sign of the amount says which way a transaction goes, for want of a column that does."""
    raw = match.raw_of("amount")
    if match.spec.name != "transactions" or raw is None or match.raw_of("direction"):
        return False
    return match.table.columns[raw].negative > 0


def _expression(match: TableMatch, column: ColumnMatch, prefix: str, *, signed: bool) -> str:
    raw = f"{prefix}.{quoted(column.raw)}" if prefix else quoted(column.raw)
    profile = match.table.columns[column.raw]
    if profile.full_width:
        raw = half_width_in_sqlite(raw) if match.table.raw.kind == "sqlite" else half_width(raw)
    if signed and column.column.name == "amount":
        raw = f"ltrim(trim({raw}), '-')"
    return f"{raw} AS {column.column.name}"


def _from(match: TableMatch, join: Join | None) -> list[str]:
    lines = [f"FROM {_relation(match.table.raw.source_name, match.table.raw.kind, match.table.raw.table)}"]
    own = match.table.raw.source_name
    if match.table.raw.table and join:
        lines[0] += " AS t"
        own = "t"
    if join:
        other = _relation(join.table.raw.source_name, join.table.raw.kind, join.table.raw.table)
        only = f" AND trim(owner.{quoted(join.only[0])}) = {literal(join.only[1])}" if join.only else ""
        lines.append(
            f"LEFT JOIN {other} AS owner ON trim({own}.{quoted(join.own)}) = trim(owner.{quoted(join.other)}){only}"
        )
    return lines


def _relation(source: str, kind: str, table: str) -> str:
    if not table:
        return source
    return quoted(table) if kind == "sqlite" else f"{source}.{quoted(table)}"
