"""``bank.yaml``: which of a bank's own tables become which canonical ones. A frozen typed object at the edge."""

import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from goldmine.contract.bank_files import canonical_files
from goldmine.contract.sources import (
    KINDS,
    CsvSource,
    ParquetSource,
    PostgresSource,
    Source,
    SparkSource,
    SqliteSource,
    XlsxSource,
    expand,
    locate,
)
from goldmine.contract.tables import TABLES
from goldmine.contract.value_forms import MIN_YEAR, ValueForms, check_forms, merged
from goldmine.core.dates import today
from goldmine.core.engine import DUCKDB, Engine, engine_of
from goldmine.core.errors import ContractError, SettingsError
from goldmine.core.files import reading
from goldmine.core.i18n import _
from goldmine.core.settings import read_yaml, typed

FILE = "bank.yaml"
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_BANK = re.compile(r"\w([\w .()\uff08\uff09\u00b7-]*[\w)\uff09])?")
_LONGEST_NAME = 100
_WITHOUT_SELECT = ParquetSource | CsvSource | XlsxSource | SparkSource
"""Sources that may have the contract's columns under their own names."""


class TableMapping(ValueForms):
    """How one canonical table is made.

    Parameters
    ----------
    source : tuple of str
        The named sources it is read from. SQLite and PostgreSQL stand alone; Spark's tables stand by themselves.
    select : str
        A SELECT over those sources; empty where the files of the source already have the contract's columns.

    The other keys say how its values are written; those of the whole bank are filled in.
    """

    source: tuple[str, ...] = Field(min_length=1)
    select: str = ""


@dataclass(frozen=True)
class Mapping:
    """A bank's mapping.

    Parameters
    ----------
    name : str
        The bank's name; the folder's name where the file gives none.
    data_until : date
        The last day that the books cover; today where the file gives none.
    sources : dict of str to Source
        The sources by name, their paths absolute.
    tables : dict of str to TableMapping
        Canonical tables by name.
    engine : Engine
        Where its activity, features and scores are made.
    """

    name: str
    data_until: date
    sources: dict[str, Source]
    tables: dict[str, TableMapping]
    engine: Engine = DUCKDB


class _File(ValueForms):
    name: str = ""
    data_until: Annotated[date, Field(strict=True)] | None = None
    sources: dict[str, dict[str, Any]] = {}
    tables: dict[str, dict[str, Any]] = {}
    engine: str = DUCKDB.name
    spark_master: str = DUCKDB.spark_master
    slice_customers: int = DUCKDB.slice_customers


def load_mapping(folder: Path) -> Mapping:
    """Read a bank's ``bank.yaml``, or find the canonical files in a folder whose file maps no tables.

    Parameters
    ----------
    folder : Path
        The bank's folder. Paths in ``bank.yaml`` are relative to it; those that begin with an
        environment variable are relative to the project's folder.

    Raises
    ------
    SettingsError
        An unknown key, table or source, a value of the wrong type, an unset environment variable, a name that folders
        or MLflow could not have, a last day in the future.
    ContractError
        No such folder, a compulsory table that is not there, or a table that stands there twice.
    """
    with reading(folder, ContractError):
        return _read_mapping(folder)


def _read_mapping(folder: Path) -> Mapping:
    if not folder.is_dir():
        raise ContractError(
            _("{folder}: there is no such folder.", folder=folder),
            _("Give the folder of the bank's tables with --bank."),
        )
    file = folder / FILE
    top = typed(_File, read_yaml(file), str(file))
    name, until = _bank_name(top.name or folder.resolve().name, file), _data_until(top.data_until, file)
    check_forms(top, list(TABLES.values()), str(file))
    if top.tables:
        sources = {key: _source(key, raw, folder) for key, raw in top.sources.items()}
        tables = {key: _table(key, raw, sources, top, file) for key, raw in top.tables.items()}
    else:
        sources = canonical_files(folder.resolve())
        tables = {key: TableMapping(source=(key,), **merged(top, {}, TABLES[key])) for key in sources}
    for spec in TABLES.values():
        if spec.compulsory and spec.name not in tables:
            raise ContractError(
                _("{folder}: the compulsory table {table} is missing.", folder=folder, table=spec.name),
                _(
                    "Add {table}.parquet, {table}.csv or {table}/, or map it in {FILE} under tables.",
                    table=spec.name,
                    FILE=FILE,
                ),
            )
    engine = engine_of(top.engine, top.spark_master, top.slice_customers)
    _require_spark(sources, engine, file)
    return Mapping(name, until, sources, tables, engine)


def _require_spark(sources: dict[str, Source], engine: Engine, file: Path) -> None:
    for name, source in sources.items():
        if isinstance(source, SparkSource) and engine.name != "spark":
            raise SettingsError(
                _(
                    "{file}: sources.{name}: is a table of Spark, but engine is {engine}.",
                    file=file,
                    name=name,
                    engine=engine.name,
                ),
                _("Write `engine: spark` and `spark_master` in bank.yaml, or export the table as Parquet."),
            )


def _bank_name(name: str, file: Path) -> str:
    """A name that folders, MLflow's experiments and registered models can all have."""
    if len(name) > _LONGEST_NAME or not _BANK.fullmatch(name):
        raise SettingsError(
            _(
                "{file}: name: the bank's name, if not given its folder's, is too long or has signs that cannot "
                "be used.",
                file=file,
            ),
            _("Give name up to {n} letters and digits, with _ - . ( ) or spaces between them.", n=_LONGEST_NAME),
        )
    return name


def _data_until(day: date | None, file: Path) -> date:
    """The last day of the books: the stated one, or the bank's day."""
    latest = today()
    if day and not date(MIN_YEAR, 1, 1) <= day <= latest:
        raise SettingsError(
            _(
                "{file}: data_until: the books cannot cover all until {day}; the bank's day is {today}.",
                file=file,
                day=day,
                today=latest,
            ),
            _("Correct the day, or the machine's clock."),
        )
    return day or latest


def stated_end(folder: Path) -> date | None:
    """The last day that the books cover, as ``bank.yaml`` states it.

    Parameters
    ----------
    folder : Path
        The bank's folder.

    Returns
    -------
    date or None
        None if the file states no ``data_until``, or is not there.

    Raises
    ------
    SettingsError
        An unknown key or a value of the wrong type.
    """
    file = folder / FILE
    with reading(folder, ContractError):
        return typed(_File, read_yaml(file), str(file)).data_until if file.is_file() else None


def _source(name: str, raw: dict[str, Any], folder: Path) -> Source:
    where = f"{folder / FILE}: sources.{name}"
    if not _NAME.fullmatch(name):
        raise SettingsError(
            _("{where}: cannot be a name in SQL.", where=where), _("Use letters, digits and _; begin with a letter.")
        )
    kinds = [kind for kind in KINDS if kind in raw]
    if len(kinds) != 1:
        raise SettingsError(
            _("{where}: {n} of its keys name a source; exactly one must.", where=where, n=len(kinds)),
            _("Allowed: {names}.", names=", ".join(KINDS)),
        )
    kind = kinds[0]
    location = raw[kind]
    if isinstance(location, str):
        key = f"{where}.{kind}"
        location = expand(location, key) if KINDS[kind].served else locate(location, folder, key)
    source: Source = typed(KINDS[kind], {**raw, kind: location}, where)
    return source


def _table(name: str, raw: dict[str, Any], sources: dict[str, Source], top: _File, file: Path) -> TableMapping:
    where = f"{file}: tables.{name}"
    if name not in TABLES:
        raise SettingsError(
            _("{where}: the contract has no such table.", where=where),
            _("Allowed: {names}.", names=", ".join(TABLES)),
        )
    if isinstance(raw.get("source"), str):
        raw = {**raw, "source": [raw["source"]]}
    check_forms(typed(TableMapping, raw, where), [TABLES[name]], where)
    table = typed(TableMapping, merged(top, raw, TABLES[name]), where)
    for source in table.source:
        if source not in sources:
            raise SettingsError(
                _("{where}.source: there is no source {name}.", where=where, name=repr(source)),
                _("Allowed: {names}.", names=", ".join(sources)),
            )
    used = [sources[source] for source in table.source]
    if not table.select and not (len(used) == 1 and isinstance(used[0], _WITHOUT_SELECT)):
        raise SettingsError(
            _("{where}.select: is missing.", where=where), _("Write a SELECT that gives the contract's columns.")
        )
    if len(used) > 1 and any(isinstance(source, SqliteSource | PostgresSource) for source in used):
        raise SettingsError(
            _(
                "{where}.source: SQLite and PostgreSQL run the SELECT themselves and cannot be joined to other "
                "sources.",
                where=where,
            ),
            _("Name that source alone."),
        )
    tables = [source for source in used if isinstance(source, SparkSource)]
    if tables and (len(tables) < len(used) or len({source.timezone for source in tables}) > 1):
        raise SettingsError(
            _(
                "{where}.source: Spark runs the SELECT over its own tables, in one time zone, and cannot join them to "
                "other sources.",
                where=where,
            ),
            _("Name tables of Spark with the same timezone only."),
        )
    return table
