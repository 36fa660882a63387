"""Parquet that already meets the contract is used in place; its footers alone decide."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from goldmine.contract.date_sql import MAX_YEAR
from goldmine.contract.schema import Column, Kind, TableSpec
from goldmine.contract.value_forms import MIN_YEAR
from goldmine.core.dates import month_key
from goldmine.core.errors import ContractError
from goldmine.core.i18n import _, join_texts

_ARROW: dict[Kind, tuple[pa.DataType, ...]] = {
    "text": (pa.string(), pa.large_string(), pa.dictionary(pa.int32(), pa.string())),
    "day": (pa.date32(),),
    "moment": (pa.timestamp("us"),),
    "money": (pa.decimal128(18, 2),),
    "decimal": (pa.decimal128(18, 2),),
    "whole": (pa.int64(),),
    "flag": (pa.bool_(),),
}


@dataclass(frozen=True)
class Footer:
    """A canonical Parquet file by its footer: columns, rows, the month of all its rows."""

    path: Path
    columns: tuple[str, ...]
    rows: int
    month: str


def canonical_footers(files: list[Path], spec: TableSpec) -> list[Footer] | None:
    """Footers of files that can be used in place, or None if the table has to be rewritten.

    They can be if all hold the same columns in the contract's types, nothing required is missing or empty,
    and in a table that is partitioned by month each file holds one month. Files without rows are left out.

    Raises
    ------
    ContractError
        If a file is not whole Parquet.
    """
    footers = [_footer(path, spec) for path in files]
    filled = [footer for footer in footers if footer is None or footer.rows]
    if None in filled or len({footer.columns for footer in filled if footer}) > 1:
        return None
    return [footer for footer in filled if footer]


def read_footer(path: Path, table: str) -> pq.FileMetaData:
    """A Parquet file's footer, which is at its end.

    Raises
    ------
    ContractError
        If the file is not whole Parquet.
    """
    try:
        metadata = pq.read_metadata(path)
        schema = metadata.schema.to_arrow_schema()
    except (pa.ArrowException, OSError) as error:
        raise ContractError(
            _("{table}: {path} is not a whole Parquet file.", table=table, path=path),
            _("It may have been cut short: copy or export it again."),
        ) from error
    require_own_names(schema.names, _("{table}: {file}", table=table, file=path.name))
    wide = [field.name for field in schema if pa.types.is_decimal256(field.type)]
    if wide:
        raise ContractError(
            _(
                "{table}: columns of {file} are decimals of more than 38 digits: {columns}.",
                table=table,
                file=path.name,
                columns=", ".join(wide),
            ),
            _("Export them as decimal(38, ...) or narrower."),
        )
    durations = [field.name for field in schema if pa.types.is_duration(field.type)]
    if durations:
        raise ContractError(
            _(
                "{table}: columns of {file} are durations, which would be read as numbers: {columns}.",
                table=table,
                file=path.name,
                columns=", ".join(durations),
            ),
            _("Export them as whole numbers or texts, or leave them out."),
        )
    return metadata


def require_own_names(names: Sequence[str], where: str) -> None:
    """Refuse a table whose columns cannot be told apart: capitals do not count in SQL.

    Raises
    ------
    ContractError
        Names the columns.
    """
    lower = [name.lower() for name in names]
    same = sorted({name for name in names if lower.count(name.lower()) > 1})
    if len(same) > 1:
        columns = join_texts(map(repr, same), _(" and "))
        raise ContractError(
            _("{where}: the columns {columns} differ only in capitals.", where=where, columns=columns),
            _("Give each column a name of its own."),
        )
    if same:
        name = repr(same[0])
        raise ContractError(
            _("{where}: the column {name} stands twice.", where=where, name=name),
            _("Give each column a name of its own."),
        )


def _footer(path: Path, spec: TableSpec) -> Footer | None:
    metadata = read_footer(path, spec.name)
    schema = metadata.schema.to_arrow_schema()
    columns = tuple(c.name for c in spec.columns if c.name in schema.names)
    exact = all(schema.field(name).type in _ARROW[spec.column(name).kind] for name in columns)
    if not exact or not {c.name for c in spec.columns if c.required} <= set(columns):
        return None
    if any(_statistic(metadata, c.name, "null_count") != 0 for c in spec.columns if c.required and metadata.num_rows):
        return None
    if not all(_plain(metadata, c) for c in spec.columns if c.name in columns):
        return None
    month = _month(metadata, spec.month_of) if spec.month_of and metadata.num_rows else ""
    return None if month is None else Footer(path, columns, metadata.num_rows, month)


def _plain(metadata: pq.FileMetaData, column: Column) -> bool:
    """Whether the least and greatest value of a column, where the footer has them, need no cleaning."""
    for chunk in _chunks(metadata, column.name):
        if not chunk.is_stats_set or not chunk.statistics.has_min_max:
            continue
        for value in (chunk.statistics.min, chunk.statistics.max):
            if isinstance(value, str) and (value != value.strip() or (column.codes and value not in column.codes)):
                return False
            if isinstance(value, date) and not (date(MIN_YEAR, 1, 2) <= _day(value) < date(MAX_YEAR - 1, 12, 31)):
                return False
    return True


def _day(value: date) -> date:
    return date(value.year, value.month, value.day)


def _statistic(metadata: pq.FileMetaData, column: str, which: str) -> int | None:
    """Sum of a count over the row groups; None if a row group has no statistics."""
    total = 0
    for chunk in _chunks(metadata, column):
        value = getattr(chunk.statistics, which, None) if chunk.is_stats_set else None
        if value is None:
            return None
        total += value
    return total


def _month(metadata: pq.FileMetaData, column: str) -> str | None:
    """The month of every row, or None if there are several or no statistics."""
    months = set()
    for chunk in _chunks(metadata, column):
        if not chunk.is_stats_set or not chunk.statistics.has_min_max:
            return None
        for day in (chunk.statistics.min, chunk.statistics.max):
            if not isinstance(day, date):
                return None
            months.add(month_key(day))
    return months.pop() if len(months) == 1 else None


def _chunks(metadata: pq.FileMetaData, column: str) -> list[pq.ColumnChunkMetaData]:
    index = next(i for i in range(metadata.num_columns) if metadata.schema.column(i).path == column)
    groups = map(metadata.row_group, range(metadata.num_row_groups))
    return [group.column(index) for group in groups if group.num_rows]  # one without rows has no statistics
