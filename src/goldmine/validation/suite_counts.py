"""Counts for a suite: which of its rules apply to a table or file, and how many rows break each."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from duckdb import DuckDBPyConnection
from ibis.backends.duckdb import Backend

from goldmine.contract.bank import Bank
from goldmine.contract.tables import TABLES
from goldmine.core.dates import month_end, month_key
from goldmine.core.engine import connect
from goldmine.validation.counts import Count, Subject, count
from goldmine.validation.rules import Rule, load_rules

Parameters = Mapping[str, str | date]


@dataclass(frozen=True)
class CountedSuite:
    """A suite with the counts of its rules.

    Parameters
    ----------
    suite : str
        Its name.
    rules : tuple of Rule
        The rules that apply.
    counts : dict of str to Count
        By the rule's name.
    skipped : dict of str to list of str
        Rules that do not apply, and the columns or parameters that are absent.
    """

    suite: str
    rules: tuple[Rule, ...]
    counts: dict[str, Count]
    skipped: dict[str, list[str]]


@dataclass(frozen=True)
class _RuleContext:
    """What a rule can read: the views of the connection, the bank behind them, the parameters."""

    connection: DuckDBPyConnection
    bank: Bank | None
    parameters: Parameters

    def case(self, subject: Subject) -> CountedSuite:
        rules = load_rules(subject.table)
        absent = {rule.name: [need for need in rule.needs if not self._there(need, subject)] for rule in rules}
        applying = tuple(rule for rule in rules if not absent[rule.name])
        skipped = {name: needs for name, needs in absent.items() if needs}
        return CountedSuite(subject.table, applying, count(self.connection, subject, applying), skipped)

    def _there(self, need: str, subject: Subject) -> bool:
        if need.startswith("$"):
            return need[1:] in self.parameters
        table, dot, column = need.partition(".")
        if not dot:
            return need in subject.columns
        return self.bank is not None and self.bank.has(table, column)


def count_tables(bank: Bank, tables: Iterable[str] | None = None) -> list[CountedSuite]:
    """Count what breaks the rules of a bank's tables: all that it has, or some."""
    scene = _rule_context(connect(), bank, {"data_until": bank.data_until})
    return [scene.case(_canonical(bank, name)) for name in (bank.tables if tables is None else tables)]


def count_file(suite: str, path: Path, parameters: Parameters, bank: Bank | None) -> CountedSuite:
    """Count what breaks the rules of a file that Goldmine made."""
    scene = _rule_context(connect(), bank, parameters)
    file = scene.connection.read_parquet(str(path))
    file.create_view(suite)
    return scene.case(Subject(suite, tuple(file.columns), {}))


def _rule_context(connection: Backend, bank: Bank | None, parameters: Parameters) -> _RuleContext:
    if bank is not None:
        for name in bank.tables:
            rows = connection.compile(bank.read(connection, name, raw=True))
            connection.con.execute(f'CREATE VIEW "{name}" AS {rows}')
    for name, value in parameters.items():
        connection.con.execute(f"SET VARIABLE {name} = ?", [value])
    return _RuleContext(connection.con, bank, parameters)


def _canonical(bank: Bank, name: str) -> Subject:
    table = bank.tables[name]
    months: dict[str, int] = {}
    held = [f.month for f in table.files if f.rows]
    if TABLES[name].month_of and held:
        month = date.fromisoformat(f"{min(held)}-01")
        while month <= bank.data_until:
            months[month_key(month)] = sum(f.rows for f in table.files if f.month == month_key(month))
            month = month_end(month, 1).replace(day=1)
    return Subject(name, table.columns, months)
