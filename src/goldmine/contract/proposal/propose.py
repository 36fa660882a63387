"""The proposal for a bank: its tables are read, profiled and matched, and how their values are written is found."""

import os
import tempfile
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from statistics import median

import duckdb

from goldmine.contract.databases import rows_of
from goldmine.contract.duckdb_errors import duckdb_errors
from goldmine.contract.mapping import FILE
from goldmine.contract.proposal.joins import completed
from goldmine.contract.proposal.matching import ProfiledTable, TableMatch, match_columns
from goldmine.contract.proposal.profile import profiles
from goldmine.contract.proposal.raw_tables import RawTable, raw_tables, server_tables
from goldmine.contract.proposal.select import select_of
from goldmine.contract.proposal.unions import LEAST_SCORE, Part, match_with_parts, newest, union_of
from goldmine.contract.proposal.values import ValueKeys
from goldmine.contract.sources import PostgresSource, SqliteSource
from goldmine.contract.stage import add_source, connect
from goldmine.contract.tables import TABLES
from goldmine.core.dates import month_end
from goldmine.core.errors import ContractError
from goldmine.core.i18n import _
from goldmine.core.sql import quoted

_USUAL_MONTH = 0.2
_MONTHS = 12
_LAST = " last"
_DAYS_TO_MONTH_END = 3


@dataclass(frozen=True)
class TableProposal:
    """What is proposed for one table of the contract: the bank's tables that give it, and how they are read."""

    parts: tuple[Part, ...]
    values: ValueKeys
    select: tuple[str, ...]
    apart: dict[str, str] = field(default_factory=dict)

    @property
    def match(self) -> TableMatch:
        """The bank's table that fits best."""
        return self.parts[0].match

    @property
    def missing(self) -> tuple[str, ...]:
        """Compulsory columns that nothing gives."""
        return self.parts[0].missing

    @property
    def tables(self) -> list[ProfiledTable]:
        """The bank's tables that its SELECT names."""
        return [part.match.table for part in self.parts] + [part.join.table for part in self.parts if part.join]


@dataclass(frozen=True)
class Proposal:
    """A bank.yaml that is proposed.

    Parameters
    ----------
    folder : Path
        The bank's folder.
    data_until : date or None
        Last day that the books seem to cover.
    tables : tuple of TableProposal
        By table of the contract.
    unmatched : tuple of ProfiledTable
        Tables that are not used.
    unused : dict of str to str
        Files that hold no table, and why.
    rivals : dict of str to str
        Tables that are not used though they have all compulsory columns of a table for which another is used.
    """

    folder: Path
    data_until: date | None
    tables: tuple[TableProposal, ...]
    unmatched: tuple[ProfiledTable, ...]
    unused: dict[str, str]
    rivals: dict[str, str]

    @property
    def to_tell(self) -> list[str]:
        """What the whole bank has to be told: what is missing, above all what would permit a contact by that."""
        there = {table.match.spec.name: table.match for table in self.tables}
        lines = [f"{name}: no table was found; it is compulsory" for name in self.absent]
        if "suppressions" not in there:
            lines.append("suppressions: no table was found; customers on the ledger are not kept off the lists")
        if "customers" in there and there["customers"].raw_of("marketing_consent") is None:
            lines.append(
                "customers.marketing_consent: no column was found; customers who opted out are not kept off the lists"
            )
        read = [*(part.match.table for table in self.tables for part in table.parts), *self.unmatched]
        lines += [
            f"{table.raw.where}: no row names its columns; write their names under columns of its source"
            for table in read
            if table.raw.headless
        ]
        lines += [
            f"{table.raw.where}: {len(columns)} columns are months, {columns[0]} to {columns[-1]}; "
            "make rows of them with UNPIVOT in the SELECT of balances"
            for table in self.unmatched
            if (columns := table.raw.month_columns)
        ]
        lines += [
            f"{table.match.spec.name}: {where} is not joined to {table.match.table.raw.where}: {reason}"
            for table in self.tables
            for where, reason in table.apart.items()
        ]
        return lines + [
            f"{name}: {where} has its columns too and is not used; add its rows with UNION ALL if they belong there"
            for where, name in self.rivals.items()
        ]

    @property
    def absent(self) -> list[str]:
        """Compulsory tables that were not found."""
        there = {table.match.spec.name for table in self.tables}
        return [spec.name for spec in TABLES.values() if spec.compulsory and spec.name not in there]


def propose(target: Path, postgres: str = "") -> Proposal:
    """Propose a mapping for a folder of tables, for one database or file, or for a PostgreSQL server.

    Parameters
    ----------
    target : Path
        The folder, or a file in it.
    postgres : str, optional
        The environment variable with a server's address; its tables are proposed in place of the folder's.

    Raises
    ------
    ContractError
        If nothing stands there, or no table can be read.
    """
    if not target.exists():
        raise ContractError(
            _("{target}: there is no such folder.", target=target), _("Give the folder of the bank's tables.")
        )
    folder = (target if target.is_dir() else target.parent).resolve()
    paths = _files(folder) if target.is_dir() else [target.resolve()]
    raws, unused = (server_tables(postgres), {}) if postgres else raw_tables(folder, paths)
    with tempfile.TemporaryDirectory() as scratch, connect(Path(scratch)) as connection:
        tables = []
        for place, raw in enumerate(raws):
            try:
                tables.append(_profiled(connection, raw, folder, f"raw {place}", Path(scratch)))
            except ContractError as error:
                unused |= dict.fromkeys(raw.files, error.what)
        if not tables:
            raise ContractError(
                _("{target}: no table can be read there.", target=target),
                _("Give a folder of CSV, Parquet or Excel files."),
            )
        return _proposal(folder, tables, unused, connection, Path(scratch))


def _files(folder: Path) -> list[Path]:
    paths = []
    for name, folders, files in os.walk(folder):
        folders[:] = sorted(n for n in folders if not n.startswith("."))
        paths += [Path(name, file) for file in sorted(files) if not file.startswith((".", "~$")) and file != FILE]
    return paths


def _profiled(
    connection: duckdb.DuckDBPyConnection, raw: RawTable, folder: Path, view: str, scratch: Path
) -> ProfiledTable:
    """Read a table once into the scratch folder and count its columns' values."""
    source = raw.opened(folder)
    with duckdb_errors(raw.where, scratch):
        if isinstance(source, SqliteSource | PostgresSource):
            with rows_of(source, f"SELECT * FROM {raw.relation}", raw.where) as reader:
                connection.register("rows of the database", reader)
                connection.execute(f'CREATE TABLE {quoted(view)} AS SELECT * FROM "rows of the database"')
        else:
            name = f"{view} source"
            add_source(connection, name, source, raw.where, scratch)
            table = f"{quoted(name)}.{quoted(raw.table)}" if raw.table else quoted(name)
            connection.execute(f"CREATE TABLE {quoted(view)} AS SELECT * FROM {table}")
            if raw.table:
                connection.execute(f"DETACH {quoted(name)}")
        return ProfiledTable(raw, view, profiles(connection, view))


def _proposal(
    folder: Path,
    tables: list[ProfiledTable],
    unused: dict[str, str],
    connection: duckdb.DuckDBPyConnection,
    scratch: Path,
) -> Proposal:
    matches = []
    for several in match_with_parts(tables):
        kept, apart = newest(several)
        kept[0] = _latest(kept[0], folder, connection, scratch) if len(kept) == 1 else kept[0]
        matches.append((kept, apart))
    customers = next((completed(kept[0], None) for kept, _ in matches if kept[0].spec.name == "customers"), None)
    proposed = []
    for kept, apart in matches:
        union = union_of(kept, customers, tables, connection)
        select = select_of([(part.match, part.join) for part in union.parts])
        table = TableProposal(union.parts, union.values, select, apart | union.apart)
        if not table.missing or table.match.spec.compulsory or table.match.named:
            proposed.append(table)
    used = {table.view.removesuffix(_LAST) for proposal in proposed for table in proposal.tables}
    unmatched = [table for table in tables if table.view not in used]
    until = _data_until(proposed, connection)
    return Proposal(folder, until, tuple(proposed), tuple(unmatched), unused, _rivals(proposed, unmatched))


def _rivals(proposed: list[TableProposal], unmatched: list[ProfiledTable]) -> dict[str, str]:
    """Unused tables that could be a part of a table of the contract, such as last year's transactions."""
    rivals = {}
    told = {where for known in proposed for where in known.apart}
    for table in unmatched:
        if table.raw.where in told:
            continue
        fits = [match_columns(known.match.spec, table) for known in proposed]
        whole = [fit for fit in fits if not fit.missing and len(fit.columns) > 1 and fit.score >= LEAST_SCORE]
        if whole:
            rivals[table.raw.where] = max(whole, key=lambda fit: fit.score).spec.name
    return rivals


def _latest(match: TableMatch, folder: Path, connection: duckdb.DuckDBPyConnection, scratch: Path) -> TableMatch:
    """The last file alone, where files hold the same rows again month after month."""
    raw, keys = match.table.raw, match.spec.key
    key = match.raw_of(keys[0]) if len(keys) == 1 and not match.spec.month_of else None
    if key is None or len(raw.files) < 2 or match.table.columns[key].distinct > 0.9 * match.table.columns[key].filled:
        return match
    alone = replace(raw, source={**raw.source, raw.kind: raw.files[-1]}, files=raw.files[-1:])
    table = _profiled(connection, alone, folder, f"{match.table.view}{_LAST}", scratch)
    if table.columns[key].distinct < table.columns[key].filled:
        return match
    return match_columns(match.spec, table)


def _data_until(tables: list[TableProposal], connection: duckdb.DuckDBPyConnection) -> date | None:
    """Last day of transactions, where months without a gap lead to it from one as full as the others.

    So a stray day in years to come is none. Where few days lack to the month's end, it is that day.
    """
    parts = next((table.parts for table in tables if table.match.spec.name == "transactions"), ())
    months: dict[date, tuple[date, int]] = {}
    for part in parts:
        raw = part.match.raw_of("time")
        for day, rows in connection.execute(part.match.table.columns[raw].months()).fetchall() if raw else ():
            last_day, more = months.get(month_end(day), (day, 0))
            months[month_end(day)] = max(day, last_day), rows + more
    if not months:
        return None
    days = sorted(months.values())
    usual = median(rows for _, rows in days[-_MONTHS:])
    last = max(day for day, rows in days if rows >= _USUAL_MONTH * usual)
    for day, _rows in days:
        if month_end(day) == month_end(last, 1):
            last = day
    return month_end(last) if (month_end(last) - last).days <= _DAYS_TO_MONTH_END else last
