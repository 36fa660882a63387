"""What an intake counted: rows and yuan in the sources and in each table, and the difference by reason."""

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from goldmine.contract.column_counts import ColumnCounts
from goldmine.contract.schema import TableSpec
from goldmine.contract.source_totals import SourceTotals
from goldmine.core.settings import RecordModel
from goldmine.core.sql import literals, quoted

_CENT = Decimal("0.01")


class ColumnIntake(RecordModel):
    """What became of one column's values.

    Parameters
    ----------
    column : str
        The contract's column.
    placeholders, unreadable, rounded, unknown_codes : int
        Days that stand for none and values that could not be read, both left empty; amounts rounded to fen; codes
        outside the column's list.
    """

    column: str
    placeholders: int
    unreadable: int
    rounded: int
    unknown_codes: int


class AmountIntake(RecordModel):
    """Yuan of one column: in its source, as read, as written, and the part of the difference that rounding explains.

    Parameters
    ----------
    source : Decimal, optional
        All of the source's column, before the SELECT; None where the SELECT makes the amount of something else.
    """

    column: str
    source: Decimal | None = None
    read: Decimal
    written: Decimal
    rounding: Decimal

    @property
    def unexplained(self) -> Decimal:
        """What is neither written nor rounding; up to a ten-billionth of the sum is the adding of floating numbers."""
        rest = self.written - self.read - self.rounding
        return rest if abs(rest) > max(_CENT, abs(self.read) * Decimal("1e-10")) else Decimal(0)


class TableIntake(RecordModel):
    """One table of an intake.

    Parameters
    ----------
    table : str
        The canonical table.
    sources : dict of str to int
        Rows of each source that the table reads, where they can be counted without its SELECT.
    looked_up : list of str
        Sources that its SELECT only joins, so that their rows are not the table's.
    left_out : list of str
        Columns of its source that the contract does not know.
    read, written : int
        Rows that the SELECT gave, and rows of the canonical table.
    columns : list of ColumnIntake
        Columns of which something was counted.
    amounts : list of AmountIntake
        Sums of the amounts.
    source_columns : dict of str to str
        Columns of its sources with their types, where they can be described.
    codes : dict of str to list of str
        By column with a code list, the codes of the list that its rows hold.
    forgotten : int
        Rows of forgotten customers, left out of those that were taken in; the amounts are from before.
    """

    table: str
    sources: dict[str, int]
    looked_up: list[str] = []
    left_out: list[str] = []
    read: int
    written: int
    columns: list[ColumnIntake]
    amounts: list[AmountIntake]
    source_columns: dict[str, str] = {}
    codes: dict[str, list[str]] = {}
    forgotten: int = 0

    def without(self, rows: int) -> "TableIntake":
        """The record when so many more rows of forgotten customers were left out."""
        return self.model_copy(update={"forgotten": self.forgotten + rows})

    def as_dict(self) -> dict[str, Any]:
        """The record as JSON-like values."""
        return self.model_dump(mode="json")


def reconciled(
    spec: TableSpec,
    sources: SourceTotals,
    counts: list[ColumnCounts],
    rows: tuple[int, int],
    left_out: Sequence[str] = (),
) -> TableIntake:
    """The record of a table that was cast.

    Parameters
    ----------
    rows : tuple of int
        Rows read and written.
    left_out : sequence of str
        Columns of its source that the contract does not know.
    """
    columns = [
        ColumnIntake(
            column=c.column,
            placeholders=c.placeholders,
            unreadable=c.unreadable,
            rounded=c.rounded,
            unknown_codes=c.unknown_codes,
        )
        for c in counts
        if c.placeholders or c.unreadable or c.rounded or c.unknown_codes
    ]
    amounts = [
        AmountIntake(
            column=c.column,
            source=_in_source(sources, c),
            read=_yuan(c.read_yuan),
            written=_yuan(c.yuan),
            rounding=_yuan(c.rounded_to) - _yuan(c.rounded_from),
        )
        for c in counts
        if spec.column(c.column).kind == "money"
    ]
    return TableIntake(
        table=spec.name,
        sources=sources.rows,
        looked_up=list(sources.looked_up),
        left_out=list(left_out),
        read=rows[0],
        written=rows[1],
        columns=columns,
        amounts=amounts,
    )


def standing(
    connection: duckdb.DuckDBPyConnection, spec: TableSpec, source: str, files: list[Path], rows: int
) -> TableIntake:
    """The record of canonical Parquet that is used where it lies."""
    read = f"read_parquet({literals(files)}, union_by_name = true, hive_partitioning = false)"
    there = {row[0] for row in connection.execute(f"DESCRIBE SELECT * FROM {read}").fetchall()}
    names = [column.name for column in spec.columns if column.kind == "money" and column.name in there]
    sums = ", ".join(f"sum({quoted(name)})" for name in names)
    yuan = connection.execute(f"SELECT {sums} FROM {read}").fetchall()[0] if names else ()
    amounts = [
        AmountIntake(
            column=name,
            source=_yuan(total or 0),
            read=_yuan(total or 0),
            written=_yuan(total or 0),
            rounding=Decimal(0),
        )
        for name, total in zip(names, yuan, strict=True)
    ]
    return TableIntake(table=spec.name, sources={source: rows}, read=rows, written=rows, columns=[], amounts=amounts)


def _in_source(sources: SourceTotals, counted: ColumnCounts) -> Decimal | None:
    if sources.as_read:
        return _yuan(counted.read_yuan)
    return _yuan(sources.yuan[counted.column]) if counted.column in sources.yuan else None


def _yuan(amount: Decimal | float) -> Decimal:
    return Decimal(str(amount)).quantize(Decimal("0.0001"))
