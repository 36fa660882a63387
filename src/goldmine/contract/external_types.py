"""What the types of a table made elsewhere mean: the same for every command that reads one."""

from collections.abc import Collection
from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc

from goldmine.contract.date_sql import MAX_YEAR, PLACEHOLDERS
from goldmine.contract.value_forms import MIN_YEAR
from goldmine.core.errors import ContractError
from goldmine.core.i18n import _

_DAY_US = 86_400e6
_HERE = "Asia/Shanghai"
_EMPTIED = b"goldmine.placeholders"


def plain_types(table: pa.Table, where: str, texts: Collection[str] = ()) -> pa.Table:
    """A table of texts, whole and floating numbers, booleans and times to the microsecond.

    A decimal or half float becomes a floating number, a day its midnight, a time with a zone that time in China, a
    dictionary its values. Days that stand for none, such as 9999-12-31, are missing, and `emptied_days` counts them.
    Columns of other types stay. A decimal among `texts`, such as an id of twenty digits, becomes text to the last
    digit.

    Raises
    ------
    ContractError
        If days lie before 1900 or after 2100.
    """
    columns, fields = [], []
    for name in table.column_names:
        if name in texts and pa.types.is_decimal(table[name].type):
            column = table[name].cast(pa.string())
        else:
            column = _plain(table[name], _("{where}: column {name}", where=where, name=name))
        emptied = column.null_count - table[name].null_count if pa.types.is_timestamp(column.type) else 0
        columns.append(column)
        fields.append(pa.field(name, column.type, metadata={_EMPTIED: str(emptied)} if emptied else None))
    return pa.table(columns, schema=pa.schema(fields))


def emptied_days(table: pa.Table, names: Collection[str]) -> tuple[str, ...]:
    """A line for each of these columns in which `plain_types` found days that stand for none."""
    counts = {name: int((table.schema.field(name).metadata or {}).get(_EMPTIED, 0)) for name in names}
    return tuple(
        _("column {name}: {n:,} days that stand for none are taken as missing", name=name, n=count)
        for name, count in counts.items()
        if count
    )


def learnable(kind: pa.DataType) -> bool:
    """Whether a column of such a type can be a feature, label, id or treatment."""
    types = pa.types
    return bool(
        types.is_string(kind)
        or types.is_integer(kind)
        or types.is_floating(kind)
        or types.is_boolean(kind)
        or types.is_timestamp(kind)
        or types.is_null(kind)
    )


def require_learnable(table: pa.Table, roles: Collection[str], where: str) -> None:
    """Refuse columns with a role whose type has no order and no words, such as a list or a duration.

    Raises
    ------
    ContractError
        Names the column and its type.
    """
    for name in roles:
        if name in table.column_names and not learnable(table.schema.field(name).type):
            raise ContractError(
                _(
                    "{where}: column {name} is {type}, which cannot be an id, label, treatment, outcome or time.",
                    where=where,
                    name=name,
                    type=table.schema.field(name).type,
                ),
                _("Give it as text, a whole number, a decimal, a day or a boolean."),
            )


def days_since_1970(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Times as floating days, as a model learns them."""
    return pc.divide(column.cast(pa.timestamp("us"), safe=False).cast(pa.int64()).cast(pa.float64()), _DAY_US)


def _plain(column: pa.ChunkedArray, where: str) -> pa.ChunkedArray:
    types = pa.types
    if types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    kind = column.type
    if types.is_large_string(kind) or types.is_string_view(kind):
        return column.cast(pa.string())
    if types.is_decimal(kind):
        return _numbers(column)
    if types.is_float16(kind):
        return column.cast(pa.float32())
    if types.is_timestamp(kind) or types.is_date(kind):
        return _times(column, where)
    return column


def _numbers(column: pa.ChunkedArray) -> pa.ChunkedArray:
    if pa.types.is_decimal256(column.type):
        return pa.chunked_array([pa.array([None if v is None else float(v) for v in column.to_pylist()], pa.float64())])
    return column.cast(pa.float64())


def _times(column: pa.ChunkedArray, where: str) -> pa.ChunkedArray:
    if pa.types.is_timestamp(column.type) and column.type.tz:
        column = pc.local_timestamp(column.cast(pa.timestamp("us", _HERE), safe=False))
    times = column.cast(pa.timestamp("us"), safe=False)
    days = [datetime.fromisoformat(day) for day in PLACEHOLDERS]
    placeholder = pc.is_in(pc.floor_temporal(times, unit="day"), value_set=pa.array(days, pa.timestamp("us")))
    times = pc.if_else(placeholder, None, times)
    first, after = (pa.scalar(datetime(year, 1, 1), pa.timestamp("us")) for year in (MIN_YEAR, MAX_YEAR + 1))
    outside = pc.sum(pc.or_(pc.less(times, first), pc.greater_equal(times, after))).as_py() or 0
    if outside:
        raise ContractError(
            _(
                "{where}: {n:,} days lie before {first} or after {last}.",
                where=where,
                n=outside,
                first=MIN_YEAR,
                last=MAX_YEAR,
            ),
            _("Correct them, or leave them empty."),
        )
    return times
