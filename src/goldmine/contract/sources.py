"""The kinds of source that hold a bank's own tables, and how their paths and addresses are read."""

import glob
import os
import re
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any, ClassVar, Literal
from zoneinfo import available_timezones

from pydantic import BaseModel, ConfigDict, Field, field_validator

from goldmine.core.errors import ContractError, SettingsError
from goldmine.core.i18n import _
from goldmine.core.workspace import at_home

_VARIABLE = re.compile(r"\$\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?::-(?P<default>[^}]*))?\}")


def expand(text: str, where: str) -> str:
    """Fill in ``${NAME}`` and ``${NAME:-default}``.

    Raises
    ------
    SettingsError
        If a variable without a default is not set.
    """

    def fill(match: re.Match[str]) -> str:
        value = os.environ.get(match["name"]) or match["default"]
        if value is None:
            raise SettingsError(
                _("{where}: the environment variable {name} is not set.", where=where, name=match["name"]),
                _("Set it, or give it a default: {example}.", example=f"${{{match['name']}:-default}}"),
            )
        return value

    return _VARIABLE.sub(fill, text)


def locate(text: str, folder: Path, where: str) -> str:
    """An absolute path or glob.

    One that begins with an environment variable is relative to the project's folder, so that a variable
    means the same wherever the bank's folder stands; all others are relative to the bank's folder.
    """
    base = at_home("") if text.startswith("${") else folder.resolve()
    return os.path.normpath(Path(glob.escape(str(base))) / expand(text, where))


ENCODINGS = Literal["utf-8", "gb18030", "gbk", "big5", "utf-16", "latin-1", "cp1250", "cp1252"]


class _Source(BaseModel, ABC):
    model_config = ConfigDict(frozen=True, extra="forbid")
    served: ClassVar[bool] = False
    """Whether a server holds it, so that no file here shows when it changes."""

    @property
    @abstractmethod
    def location(self) -> str:
        """The path, glob or address."""

    def settings(self) -> dict[str, Any]:
        """How the source is read, without its location."""
        return {key: value for key, value in self.model_dump().items() if key not in KINDS}

    def files(self) -> list[Path]:
        """Files of the source, sorted by name; none where a server holds it.

        What Excel leaves beside a workbook while somebody has it open (``~$name.xlsx``) is none.

        Raises
        ------
        ContractError
            If nothing stands there.
        """
        if self.served:
            return []
        names = sorted(glob.glob(self.location, recursive=True))  # noqa: PTH207 - an absolute glob from bank.yaml
        paths = [path for path in map(Path, names) if path.is_file() and not path.name.startswith("~$")]
        if not paths:
            raise ContractError(
                _("{path}: there is no such file.", path=self.location),
                _("Correct the path in bank.yaml, or put the file there."),
            )
        return paths


class ParquetSource(_Source):
    """Parquet files: a path or a glob."""

    parquet: str

    @property
    def location(self) -> str:
        """The path or glob."""
        return self.parquet


class CsvSource(_Source):
    """CSV files: a path or a glob, all with the same columns. Every column reads as text, an empty one as missing.

    Parameters
    ----------
    csv : str
        Path or glob.
    delimiter, quote : str
        One character each.
    encoding : str
        What the bytes are; a byte that is not is an error.
    header : bool
        Whether the first line of each file names the columns.
    columns : tuple of str
        The columns' names, where there is no header.
    dates : dict of str to tuple of str
        Columns to be read as timestamps, and the formats that they may be written in (``%Y%m%d``).
    final_newline : bool
        Whether the last row ends with a newline; if so, a file without one has been cut short.
    """

    csv: str
    delimiter: str = Field(default=",", min_length=1, max_length=1)
    quote: str = Field(default='"', min_length=1, max_length=1)
    encoding: ENCODINGS = "utf-8"
    header: bool = True
    columns: tuple[str, ...] = ()
    dates: dict[str, tuple[str, ...]] = {}
    final_newline: bool = True

    @property
    def location(self) -> str:
        """The path or glob."""
        return self.csv


class XlsxSource(_Source):
    """Excel workbooks: a path or a glob, all with the same columns. Every cell reads as text.

    Parameters
    ----------
    xlsx : str
        Path or glob.
    sheet : str
        Name of the sheet; the first one if empty.
    header_row : int
        Row that names the columns; rows above it, such as a title, are left out.
    """

    xlsx: str
    sheet: str = ""
    header_row: int = Field(default=1, ge=1)

    @property
    def location(self) -> str:
        """The path or glob."""
        return self.xlsx


class DuckdbSource(_Source):
    """A DuckDB file; its tables are read as ``source_name.table``."""

    duckdb: str

    @property
    def location(self) -> str:
        """The path."""
        return self.duckdb

    def files(self) -> list[Path]:
        """The file, and the log beside it that may hold rows not yet in the file."""
        return _with_log(super().files()[:1], ".wal")


class SqliteSource(_Source):
    """A SQLite file, read through its ADBC driver; the SELECT runs in SQLite."""

    sqlite: str

    @property
    def location(self) -> str:
        """The path."""
        return self.sqlite

    def files(self) -> list[Path]:
        """The file, and the log beside it that may hold rows not yet in the file."""
        return _with_log(super().files()[:1], "-wal")


class PostgresSource(_Source):
    """A PostgreSQL server, read through its ADBC driver; the SELECT runs there."""

    postgres: str
    served: ClassVar[bool] = True

    @property
    def location(self) -> str:
        """The address. It may hold a password: never show it."""
        return self.postgres


class SparkSource(_Source):
    """A table of one of Spark's catalogues; the SELECT runs in Spark, which names it by its source's name.

    Parameters
    ----------
    spark : str
        The table as Spark's SQL names it: ``table``, ``schema.table`` or ``catalogue.schema.table``.
    timezone : str
        Time zone whose clock a moment of Spark's type TIMESTAMP is read by, such as ``Asia/Shanghai``; without it such
        columns are refused.
    """

    spark: str
    timezone: str = ""
    served: ClassVar[bool] = True

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, zone: str) -> str:
        if zone and zone not in available_timezones():
            raise ValueError(_("{zone} is no time zone, such as Asia/Shanghai", zone=repr(zone)))
        return zone

    @property
    def location(self) -> str:
        """The table's name."""
        return self.spark


def _with_log(files: list[Path], ending: str) -> list[Path]:
    log = Path(f"{files[0]}{ending}")
    return [*files, log] if log.exists() else files


Source = ParquetSource | CsvSource | XlsxSource | DuckdbSource | SqliteSource | PostgresSource | SparkSource
KINDS: dict[str, Any] = {
    "parquet": ParquetSource,
    "csv": CsvSource,
    "xlsx": XlsxSource,
    "duckdb": DuckdbSource,
    "sqlite": SqliteSource,
    "postgres": PostgresSource,
    "spark": SparkSource,
}
