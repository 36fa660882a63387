"""Steps that need no notebook."""

from typing import Any

from goldmine.core.i18n import _
from goldmine.labels.use_case import load_use_case
from goldmine.pipeline.snapshot import Snapshot


def write_staff_reports(run: Snapshot) -> dict[str, Any]:
    """Write the workbook of owners and every report, in Chinese, for the bank's staff."""
    from goldmine.coverage import load_coverage_rules, make_coverage, missing_for_coverage
    from goldmine.coverage.workbook import write_workbook
    from goldmine.pipeline.reports import ReportSelection, write_reports

    if not missing_for_coverage(run.bank):
        coverage = make_coverage(run.bank, run.work, run.as_of, load_coverage_rules())
        write_workbook(run.work.root / "coverage" / f"{run.as_of}.xlsx", coverage, "zh")
    return {"reports": len(write_reports(run.bank, run.work, run.as_of, ReportSelection(everybody=True)))}


def score_by_expected_rate(run: Snapshot) -> dict[str, Any]:
    """Score a use case without a model, and check its scores."""
    from goldmine.models.expected_rate import score_by_expected_rate as rate
    from goldmine.validation import require, validate_file

    case = load_use_case(run.use_case, run.work)
    rated = rate(run.bank, run.work, case, run.as_of, engine=run.engine)
    require([validate_file("scores", rated.path, run.work, bank=run.bank)])
    text = _("no model: {rate:.1%} of {n:,} eligible are expected", rate=case.expected_rate, n=rated.rows)
    run.tell(run.use_case, text)
    return {"rows": rated.rows}
