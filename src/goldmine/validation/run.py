"""Validating a bank's tables, and the files that Goldmine makes of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import ibis
from duckdb import DuckDBPyConnection
from ibis.backends.duckdb import Backend

from goldmine.contract.bank import Bank
from goldmine.contract.tables import TABLES
from goldmine.core.dates import month_end, month_key
from goldmine.core.files import write_json
from goldmine.core.work import Work
from goldmine.validation.counts import Subject, count
from goldmine.validation.judge import Case, judge
from goldmine.validation.results import RuleResult, SuiteResult
from goldmine.validation.rules import Rule, load_rules
from goldmine.validation.site import finish_site

Parameters = Mapping[str, str | date]


@dataclass(frozen=True)
class _Scene:
    """What the rules can see: the connection with its views, the bank behind them, the parameters."""

    connection: DuckDBPyConnection
    bank: Bank | None
    parameters: Parameters

    def absent(self, rule: Rule, subject: Subject) -> list[str]:
        """What the rule needs and cannot have."""
        return [need for need in rule.needs if not self._there(need, subject)]

    def _there(self, need: str, subject: Subject) -> bool:
        if need.startswith("$"):
            return need[1:] in self.parameters
        table, dot, column = need.partition(".")
        if not dot:
            return need in subject.columns
        return self.bank is not None and self.bank.has(table, column)


def validate_bank(bank: Bank, work: Work) -> list[SuiteResult]:
    """Check every canonical table that the bank has against its suite.

    Parameters
    ----------
    bank : Bank
        Its tables.
    work : Work
        Takes a JSON result a suite, and the Data Docs.

    Returns
    -------
    list of SuiteResult
        A suite a table. Nothing is raised for broken rules: see `require`.
    """
    connection = ibis.duckdb.connect()
    scene = _scene(connection, bank, {"books_to": bank.books_to})
    return _validate(scene, [_canonical(bank, name) for name in bank.tables], work)


def validate_file(
    suite: str, path: Path, work: Work, parameters: Parameters | None = None, bank: Bank | None = None
) -> SuiteResult:
    """Check a Parquet file that Goldmine made against its suite.

    Parameters
    ----------
    suite : str
        ``features``, ``scores`` or ``lists``.
    path : Path
        The file.
    work : Work
        Takes the JSON result and a page of Data Docs.
    parameters : dict, optional
        What the file should say: `cutoff` for features; `as_of`, `use_case` and `release_id` for lists.
        A rule whose parameter is not given is skipped.
    bank : Bank, optional
        Its customers are looked up: unknown ones, and on lists those who left or opted out.

    Returns
    -------
    SuiteResult
        Nothing is raised for broken rules: see `require`.
    """
    connection = ibis.duckdb.connect()
    scene = _scene(connection, bank, parameters or {})
    connection.read_parquet(str(path), table_name=suite)
    columns = tuple(connection.table(suite).columns)
    return _validate(scene, [Subject(suite, columns, {})], work)[0]


def _scene(connection: Backend, bank: Bank | None, parameters: Parameters) -> _Scene:
    if bank is not None:
        for name in bank.tables:
            connection.create_view(name, bank.read(connection, name, raw=True))
    for name, value in parameters.items():
        connection.con.execute(f"SET VARIABLE {name} = ?", [value])
    return _Scene(connection.con, bank, parameters)


def _canonical(bank: Bank, name: str) -> Subject:
    table = bank.tables[name]
    months: dict[str, int] = {}
    if TABLES[name].month_of and table.files:
        month = date.fromisoformat(f"{min(f.month for f in table.files)}-01")
        while month <= bank.books_to:
            months[month_key(month)] = sum(f.rows for f in table.files if f.month == month_key(month))
            month = month_end(month, 1)
    return Subject(name, table.columns, months)


def _validate(scene: _Scene, subjects: list[Subject], work: Work) -> list[SuiteResult]:
    cases, skipped = [], []
    for subject in subjects:
        rules = load_rules(subject.table)
        absent = {rule.name: scene.absent(rule, subject) for rule in rules}
        rules = tuple(rule for rule in rules if not absent[rule.name])
        cases.append(Case(subject.table, rules, count(scene.connection, subject, rules)))
        skipped.append({name: needs for name, needs in absent.items() if needs})
    verdicts = judge(cases, work.docs)
    results = [
        SuiteResult(case.suite, tuple(_result(rule, case, kept[rule.name]) for rule in case.rules), left_out)
        for case, kept, left_out in zip(cases, verdicts, skipped, strict=True)
    ]
    for result in results:
        write_json(work.validation(result.suite), result.as_dict())
    finish_site(work)
    return results


def _result(rule: Rule, case: Case, kept: bool) -> RuleResult:
    counted = case.counts[rule.name]
    return RuleResult(
        rule=rule.name,
        column=rule.column,
        expectation=rule.config["type"],
        severity=rule.severity,
        success=kept,
        rows=counted.checked,
        failing=counted.failing,
        meaning=rule.config["description"],
        meaning_zh=rule.config["notes"],
    )
