"""Validating a bank's tables, and the files that Goldmine makes of them."""

from pathlib import Path

from goldmine.contract.bank import Bank
from goldmine.contract.tables import TABLES
from goldmine.core.files import write_json
from goldmine.core.work import Work
from goldmine.validation.cases import Case, Parameters, count_bank, count_file
from goldmine.validation.judge import judge
from goldmine.validation.results import RuleResult, SuiteResult
from goldmine.validation.rules import Rule
from goldmine.validation.site import finish_site


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
    results = _judged(count_bank(bank), work)
    for name in TABLES.keys() - bank.tables.keys():
        work.validation(name).unlink(missing_ok=True)
    finish_site(work)
    return results


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
        Takes the JSON result and a page of Data Docs; both show the file that was checked last.
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
    results = _judged([count_file(suite, path, parameters or {}, bank)], work)
    finish_site(work)
    return results[0]


def _judged(cases: list[Case], work: Work) -> list[SuiteResult]:
    results = [
        SuiteResult(case.suite, tuple(_result(rule, case, kept[rule.name]) for rule in case.rules), case.skipped)
        for case, kept in zip(cases, judge(cases, work.docs), strict=True)
    ]
    for result in results:
        write_json(work.validation(result.suite), result.as_dict())
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
