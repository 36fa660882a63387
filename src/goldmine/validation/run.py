"""Validating a bank's tables, and the files that Goldmine writes from them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from goldmine.contract.bank import Bank
from goldmine.contract.tables import TABLES
from goldmine.core.engine import DUCKDB, Engine
from goldmine.core.files import write_json
from goldmine.core.i18n import stored_text
from goldmine.core.workspace import Workspace
from goldmine.validation.counts import CountedSuite, count_file, count_tables
from goldmine.validation.great_expectations import evaluate, finish_site
from goldmine.validation.results import RuleResult, SuiteResult
from goldmine.validation.rules import Rule
from goldmine.validation.subject import Counting
from goldmine.validation.tally import Parameters


def validate_bank(bank: Bank, work: Workspace, as_of: date | None = None, engine: Engine = DUCKDB) -> list[SuiteResult]:
    """Check every canonical table that the bank has against its suite.

    Parameters
    ----------
    bank : Bank
        Its tables.
    work : Workspace
        Takes a JSON result a suite, and the Data Docs.
    as_of : date, optional
        The snapshot, whose month is judged more strictly than others; if not given, the last of the books.
    engine : Engine
        Where rows are counted; the results are the same.

    Returns
    -------
    list of SuiteResult
        A suite a table. Nothing is raised for broken rules: see `require`.

    Raises
    ------
    ContractError
        If a table changed while it was being read.
    """
    try:
        counted = count_tables(bank, as_of=as_of, how=Counting(engine, work.root))
    finally:
        bank.require_unchanged()
    results = _evaluated(counted, work)
    for name in TABLES.keys() - bank.tables.keys():
        work.validation(name).unlink(missing_ok=True)
    finish_site(work)
    return results


@dataclass(frozen=True)
class FileToCheck:
    """A Parquet file that Goldmine wrote, and the suite that it must pass.

    Parameters
    ----------
    suite : str
        ``features``, ``scores``, ``lists``, ``offers`` or ``control``.
    path : Path
        The file, a folder of parts, or a pattern of several files that are checked as one.
    says : dict
        What the file should say: `cutoff` for features; `as_of`, `use_case` and `release_id` for lists; `as_of`,
        `release_id` and `data_until` for offers, with the files of the `control` and of what was `returned`.
        A rule whose parameter is not given is skipped.
    """

    suite: str
    path: Path
    says: Parameters = field(default_factory=dict)


def validate_files(
    files: Sequence[FileToCheck], work: Workspace, bank: Bank | None = None, engine: Engine = DUCKDB
) -> list[SuiteResult]:
    """Check Parquet files that Goldmine wrote against their suites.

    Parameters
    ----------
    files : sequence of FileToCheck
        Files and suites.
    work : Workspace
        Takes a JSON result a suite and a page of Data Docs a file. Of several files of one suite the JSON keeps the
        last, or the last that failed.
    bank : Bank, optional
        Its customers are looked up: unknown ones, and on lists those who left or opted out.
    engine : Engine
        Where rows are counted; the results are the same.

    Returns
    -------
    list of SuiteResult
        One a file. Nothing is raised for broken rules: see `require`.
    """
    how = Counting(engine, work.root)
    results = _evaluated([count_file(file.suite, file.path, file.says, bank, how) for file in files], work)
    finish_site(work)
    return results


def validate_file(
    suite: str,
    path: Path,
    work: Workspace,
    parameters: Parameters | None = None,
    bank: Bank | None = None,
    *,
    engine: Engine = DUCKDB,
) -> SuiteResult:
    """Check one Parquet file; see `validate_files`."""
    return validate_files([FileToCheck(suite, path, parameters or {})], work, bank, engine)[0]


def _evaluated(cases: list[CountedSuite], work: Workspace) -> list[SuiteResult]:
    results = [
        SuiteResult(
            case.suite,
            tuple(_result(rule, case, passed[rule.name]) for rule in case.rules),
            case.skipped,
            case.unjudged,
        )
        for case, passed in zip(cases, evaluate(cases, work.docs), strict=True)
    ]
    for result in sorted(results, key=lambda result: result.success, reverse=True):
        write_json(work.validation(result.suite), result.as_dict())
    return results


def _result(rule: Rule, case: CountedSuite, passed: bool) -> RuleResult:
    counted = case.counts[rule.name]
    return RuleResult(
        rule=rule.name,
        column=rule.column,
        expectation=rule.config["type"],
        severity=rule.severity,
        success=passed,
        rows=counted.checked,
        failing=counted.failing,
        meaning=stored_text({"en": rule.config["description"], "zh": rule.config["notes"]}),
        months=counted.months,
    )
