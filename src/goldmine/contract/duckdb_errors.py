"""DuckDB's errors without the rows that they quote."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from goldmine.core.errors import ContractError, DiskError, GoldmineError
from goldmine.core.i18n import LocalizedText, _

_NO_SPACE = ("no space left", "disk quota", "max_temp_directory_size", "file too large")
_ABOUT_NAMES = (duckdb.BinderException, duckdb.CatalogException, duckdb.ParserException)


@contextmanager
def duckdb_errors(table: str, scratch: Path) -> Iterator[None]:
    """Turn DuckDB's errors into ours.

    The original is dropped, not chained: a traceback in a notebook would print the customer's values in it.

    Parameters
    ----------
    table : str
        The canonical table that is being made.
    scratch : Path
        Where DuckDB writes: a folder for the table in the intake's folder in the work folder.

    Raises
    ------
    DiskError
        The disk is full.
    ContractError
        Anything else: a SELECT that fails, a row that cannot be read.
    """
    try:
        yield
    except duckdb.Error as error:
        raise reduced(error, table, scratch) from None


def reduced(error: duckdb.Error, table: str, scratch: Path) -> GoldmineError:
    """Our error for one of DuckDB's, without any value of a row."""
    text = str(error)
    if any(sign in text.lower() for sign in _NO_SPACE):
        return DiskError(
            _(
                "{folder}: no space left on its disk while {table} was taken in.",
                folder=scratch.parents[1],
                table=table,
            ),
            _("Free some space, then run again; nothing was changed."),
        )
    if isinstance(error, _ABOUT_NAMES):
        return ContractError(
            _("{table}: the SELECT cannot run: {reason}", table=table, reason=text.splitlines()[0]),
            _("Correct the SELECT in bank.yaml; it sees only the sources that its table names."),
        )
    if "CSV Error on Line" in text:
        return _csv(text, table)
    if "CSV Parser state machine" in text:
        return ContractError(
            _(
                "{table}: the lines of {file} do not all end alike, or a quote stands alone.",
                table=table,
                file=_file(text),
            ),
            _("Export it again with one kind of line end, or correct the lines that differ."),
        )
    what, do = _kind(error, text)
    return ContractError(_("{table}: {what}.", table=table, what=what), do)


def _kind(error: duckdb.Error, text: str) -> tuple[LocalizedText, LocalizedText]:
    if "arrow_scan" in text:
        return (
            _("the rows of the database broke off: a value did not convert, or the connection was lost"),
            _("Run again; if it fails again, take conversions out of the SELECT in bank.yaml."),
        )
    if isinstance(error, duckdb.OutOfMemoryException):
        return (
            _("the SELECT needs more memory than a table is given"),
            _("Simplify it: leave out joins and window functions over the whole table where they are not needed."),
        )
    reason = type(error).__name__
    if isinstance(error, duckdb.ConversionException | duckdb.InvalidInputException | duckdb.OutOfRangeException):
        return (
            _("the SELECT met a value that it could not convert ({reason})", reason=reason),
            _("Leave the conversion to the contract, or use TRY_CAST, TRY_STRPTIME or `dates:` of the source."),
        )
    return (
        _("a source could not be read ({reason})", reason=reason),
        _("Check that its files are whole, readable and not open in another program."),
    )


def _csv(text: str, table: str) -> ContractError:
    line = re.search(r"CSV Error on Line: (\d+)", text)
    counts = re.search(r"Expected Number of Columns: (\d+) Found: (\d+)", text)
    where = f"{_file(text)} line {line[1] if line else '?'}"
    if counts:
        return ContractError(
            _(
                "{table}: {where} has {found} columns where {expected} are expected.",
                table=table,
                where=where,
                found=counts[2],
                expected=counts[1],
            ),
            _("If it is the last line, the file was cut short: export it again. Else check delimiter and quotes."),
        )
    if "unterminated quote" in text:
        return ContractError(
            _("{table}: {where} opens a quote that never ends.", table=table, where=where),
            _("The file was cut short, or its quote character is another one: see `quote` in bank.yaml."),
        )
    return ContractError(
        _("{table}: {where} is not CSV as declared.", table=table, where=where),
        _("Check delimiter, quote and encoding in bank.yaml."),
    )


def _file(text: str) -> str:
    found = re.search(r"^\s*file = (.+)$", text, re.MULTILINE)
    return Path(found[1].strip()).name if found else "CSV"
