"""The intake of a bank: every table becomes canonical, strictly typed Parquet, or nothing changes."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb

from goldmine.contract.bank import Bank, CanonicalTable, TableFile
from goldmine.contract.bank_files import unused_files
from goldmine.contract.canonical_parquet import canonical_footers
from goldmine.contract.canonical_writer import Written
from goldmine.contract.cast_all import cast_all
from goldmine.contract.cast_tables import Cast, Taken
from goldmine.contract.forgotten_rows import place_of, without_forgotten
from goldmine.contract.manifest import Hashes, IntakeRecord, load_bank, read_manifest, saved_files, write_manifest
from goldmine.contract.mapping import Mapping, load_mapping
from goldmine.contract.reconciliation import TableIntake, standing
from goldmine.contract.returned_rows import with_returned_rows
from goldmine.contract.schema import TableSpec
from goldmine.contract.shape import codes_held, file_columns
from goldmine.contract.sources import ParquetSource, SparkSource
from goldmine.contract.spark_months import Kept, SparkMonths
from goldmine.contract.spark_tables import read_spark
from goldmine.contract.tables import TABLES
from goldmine.contract.unchanged_sources import SourceFiles
from goldmine.contract.value_forms import built_in_words
from goldmine.core.code_fingerprint import code_fingerprint
from goldmine.core.engine import Engine
from goldmine.core.errors import ContractError
from goldmine.core.files import disk_errors
from goldmine.core.fingerprint import of_value
from goldmine.core.forgotten import Forgotten, read_forgotten
from goldmine.core.i18n import _, join_texts
from goldmine.core.progress import track
from goldmine.core.workspace import Workspace

__all__ = ["load_bank", "open_bank"]


@dataclass(frozen=True)
class _Intake:
    """One bank during its intake: its mapping, its work folder, the last intake's manifest."""

    mapping: Mapping
    work: Workspace
    saved: dict[str, Any]
    hashes: Hashes
    engine: Engine


def open_bank(source: Path, work: Workspace, engine: Engine | None = None) -> Bank:
    """Resolve every table that a bank has to canonical Parquet.

    Parquet that already keeps the contract is used where it lies. Everything else is cast and written
    into the work folder, a file a month where the table is partitioned. What did not change since the
    last time is not read again, and a month whose rows did not change keeps its file.

    Parameters
    ----------
    source : Path
        The bank's folder, with a ``bank.yaml`` or with canonical tables.
    work : Workspace
        The bank's work folder; it is tied to the bank's name.
    engine : Engine, optional
        Where tables are cast; if not given, as ``bank.yaml`` says. The files are the same to the byte.

    Returns
    -------
    Bank
        The tables that have rows. An optional table that is empty counts as absent.

    Raises
    ------
    SettingsError
        If ``bank.yaml`` cannot be used.
    ContractError
        If a table does not keep the contract. Nothing in the work folder has changed then.
    WorkFolderError
        If the work folder belongs to another bank or is held by another run.
    DiskError
        If the disk is full.
    """
    mapping = load_mapping(source)
    if engine and engine.name == "spark":
        mapping = replace(mapping, engine=engine)
    if (work.root / "bank.json").exists():
        work.claim(mapping.name)
    with work.lock(), disk_errors(work.root), _scratch(work) as scratch:
        saved = read_manifest(work)
        where = engine or mapping.engine
        intake = _Intake(mapping, work, saved, Hashes(saved.get("hashes", {}), engine=where), where)
        taken = _take_in_all(intake, scratch)
        counted = [table.intake for table in taken.values() if table.intake]
        taken = with_returned_rows(taken, work, mapping.data_until, scratch)
        rows = {name: _rows(table) for name, table in taken.items()}
        taken = _without_forgotten(taken, read_forgotten(mapping.name), scratch)
        counted = [one.without(rows[one.table] - _rows(taken.get(one.table))) for one in counted]
        work.claim(mapping.name, source)
        used = (
            path for table in mapping.tables.values() for name in table.source for path in mapping.sources[name].files()
        )
        return _settle(intake, taken, IntakeRecord(counted, unused_files(source, used, work.root)))


def _take_in_all(intake: _Intake, scratch: Path) -> dict[str, Taken]:
    """Every table that has rows; the faults of all tables come in one error."""
    names = [name for name in TABLES if name in intake.mapping.tables]
    # Spark casts all tables at once; here one after the other keeps a file's bytes in memory from hashing to casting.
    groups = [names] if intake.engine.name == "spark" else [[name] for name in names]
    found: dict[str, Taken | ContractError] = {}
    for group in track(groups, "taking in tables"):
        found |= _take_in(intake, group, scratch)
    taken, faults = {}, []
    for name, table in found.items():
        if isinstance(table, ContractError):
            faults.append(table)
        elif table.standing or table.written:
            taken[name] = table
        elif TABLES[name].compulsory:
            empty = _("{name}: the table is empty.", name=name)
            faults.append(ContractError(empty, _("Put its rows where bank.yaml says they are.")))
    if len(faults) == 1:
        raise faults[0]
    if faults:
        advice = dict.fromkeys(fault.do for fault in faults)
        raise ContractError(join_texts((fault.what for fault in faults), " "), join_texts(advice, " "))
    return taken


def _take_in(intake: _Intake, names: list[str], scratch: Path) -> dict[str, Taken | ContractError]:
    """Some tables, or what is wrong with each."""
    found: dict[str, Taken | Cast | ContractError] = {}
    sources: dict[str, SourceFiles] = {}
    try:
        for name in names:
            try:
                sources[name] = SourceFiles.before_reading(intake.mapping, TABLES[name], intake.hashes)
                found[name] = _ready(intake, TABLES[name], scratch)
            except ContractError as fault:
                found[name] = fault
        done = cast_all(intake.engine, [table for table in found.values() if isinstance(table, Cast)])
    except Exception:
        for held in sources.values():
            held.require_unchanged()
        raise
    for name, held in sources.items():
        try:
            held.require_unchanged()
        except ContractError as fault:
            done[name] = fault
    ready = {name: table for name, table in found.items() if not isinstance(table, Cast)} | done
    return {name: ready[name] for name in names}


def _ready(intake: _Intake, spec: TableSpec, scratch: Path) -> Taken | Cast:
    """A table that can be used as it lies or as the last intake left it, or what has to be done."""
    table = intake.mapping.tables[spec.name]
    source = intake.mapping.sources[table.source[0]]
    if isinstance(source, ParquetSource) and not table.select and not table.declared:
        footers = canonical_footers(source.files(), spec)
        if footers is not None:
            files = tuple(intake.hashes.table_file(f.path, f.rows, f.month) for f in footers)
            return Taken(footers[0].columns if footers else (), files, intake=_counted_in_place(intake, spec, files))
    rows = read_spark(spec, intake.mapping) if isinstance(source, SparkSource) else None
    tables = rows.tables() if rows else None
    made_by = "" if source.served and tables is None else _made_from(intake, spec, tables)
    states = rows.files() if made_by and rows else {}
    made_from = of_value([made_by, states]) if made_by and rows else made_by
    entry = intake.saved.get("tables", {}).get(spec.name, {})
    saved = saved_files(entry, intake.work) if made_by and "made_from" in entry else None
    months = SparkMonths.of(entry)
    if saved and made_from == entry["made_from"]:
        intake.hashes.of_all(file.path for file in saved)
        columns = tuple(entry["columns"])
        return Taken(columns, saved, made_from=made_from, intake=_saved_intake(entry), months=months)
    kept = Kept(months, saved, tuple(entry["columns"])) if saved and months and months.made_by == made_by else None
    if kept:
        intake.hashes.of_all(file.path for file in kept.files)
    return Cast(intake.mapping, spec.name, made_from, scratch, made_by if rows else "", states, kept)


def _saved_intake(entry: dict[str, Any]) -> TableIntake | None:
    return TableIntake.model_validate(entry["intake"]) if entry.get("intake") else None


def _counted_in_place(intake: _Intake, spec: TableSpec, files: tuple[TableFile, ...]) -> TableIntake | None:
    """Sums of canonical files, which are read for that only if the last intake did not."""
    entry = intake.saved.get("tables", {}).get(spec.name, {})
    if entry.get("intake") and [file["fingerprint"] for file in entry["files"]] == [f.fingerprint for f in files]:
        return _saved_intake(entry)
    if not files:
        return None
    source, paths = intake.mapping.tables[spec.name].source[0], [file.path for file in files]
    with duckdb.connect() as connection:
        counted = standing(connection, spec, source, paths, sum(file.rows for file in files))
    columns = file_columns(paths)
    return counted.model_copy(update={"source_columns": columns, "codes": codes_held(spec, paths, list(columns))})


def _rows(table: Taken | None) -> int:
    if table is None:
        return 0
    return sum(file.rows for file in table.standing) + sum(file.rows for file in table.written)


def _without_forgotten(taken: dict[str, Taken], forgotten: Forgotten, scratch: Path) -> dict[str, Taken]:
    """The tables without customers whom the workbench has forgotten; a table that is left without rows is absent."""
    kept = {}
    for name, table in taken.items():
        months = {file.path: file.month for file in table.standing} | {file.path: file.month for file in table.written}
        changed = without_forgotten(TABLES[name], list(months), forgotten, scratch / f"kept_{name}", table.columns)
        standing = tuple(file for file in table.standing if file.path not in changed)
        written = [file for file in table.written if file.path not in changed]
        written += [replace(file, month=months[path]) for path, file in changed.items() if file.rows]
        if standing or written:
            kept[name] = replace(table, standing=standing, written=tuple(written))
    return kept


def _made_from(intake: _Intake, spec: TableSpec, tables: list[str] | None) -> str:
    """Fingerprint of a table's SELECT, of the files and of Spark's tables that it reads, and of this code."""
    table = intake.mapping.tables[spec.name]
    sources = [(name, intake.mapping.sources[name]) for name in table.source]
    return of_value(
        {
            "table": table.model_dump(),
            "words": built_in_words(),
            "sources": [[name, source.settings(), intake.hashes.of_all(source.files())] for name, source in sources],
            "in_spark": [tables, *(source.location for _, source in sources if tables is not None)],
            "code": code_fingerprint(__name__),
        }
    )


def _settle(intake: _Intake, taken: dict[str, Taken], record: IntakeRecord) -> Bank:
    """Move the written files to their places and write the manifest. Only now does the work folder change."""
    work, hashes = intake.work, intake.hashes
    tables = {}
    for name, table in taken.items():
        files = [*table.standing, *(_move(work, hashes, name, file) for file in table.written)]
        if table.standing and table.written:
            files.sort(key=lambda file: (file.month, file.path))
        tables[name] = CanonicalTable(name, tuple(files), table.columns)
    _remove_others(work, {file.path for table in tables.values() for file in table.files})
    bank = Bank(intake.mapping.name, intake.mapping.data_until, tables)
    months = {name: table.months.model_dump(mode="json") for name, table in taken.items() if table.months}
    write_manifest(work, bank, {name: table.made_from for name, table in taken.items()}, hashes, record, months=months)
    return bank


def _move(work: Workspace, hashes: Hashes, table: str, file: Written) -> TableFile:
    path = place_of(work, table, file.path, file.month)
    content = file.content()
    if not path.exists() or hashes.of(path) != content:
        path.parent.mkdir(parents=True, exist_ok=True)
        hashes.move(file.path, path, content)
    return hashes.table_file(path, file.rows, file.month)


def _remove_others(work: Workspace, needed: set[Path]) -> None:
    """Remove files that an earlier intake wrote and this one does not need."""
    for path in work.tables.rglob("*.parquet"):
        if path not in needed:
            path.unlink()


@contextmanager
def _scratch(work: Workspace) -> Iterator[Path]:
    """A temporary folder on the work folder's disk; if this run is killed, the next one removes it."""
    for left in work.root.glob(".intake.*.part"):
        shutil.rmtree(left, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix=".intake.", suffix=".part", dir=work.root))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
