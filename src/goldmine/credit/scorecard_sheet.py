"""The scorecard learnt, judged and written as a workbook of points."""

from datetime import date
from pathlib import Path

import pandas as pd
import pyarrow as pa

from goldmine.contactability.tables import ContactTables
from goldmine.contract.bank import Bank
from goldmine.core.columns import columns
from goldmine.core.errors import UseCaseError
from goldmine.core.excel import workbook, write_table
from goldmine.core.files import whole_file
from goldmine.core.i18n import _, in_language
from goldmine.core.workspace import Workspace
from goldmine.credit.applications import past_applications
from goldmine.credit.risk import first_judged
from goldmine.credit.risk_evaluation import RiskEvaluation, evaluate
from goldmine.credit.risk_model import with_refused
from goldmine.credit.rules import CreditRules
from goldmine.credit.scorecard import fit_scorecard

COLUMNS = ("feature_name", "bin", "points", "share", "rate")


def build_scorecard(
    bank: Bank, work: Workspace, as_of: date, rules: CreditRules, language: str
) -> tuple[RiskEvaluation, Path]:
    """Learn the scorecard from the earlier applications, judge it on the later loans, and write its points.

    Raises
    ------
    UseCaseError
        If no rules of risk are given, or too few loans failed.
    SettingsError
        If optbinning is not installed.
    """
    if rules.risk is None:
        raise UseCaseError(_("credit: pipelines/credit.yaml has no risk."), _("Add it: docs/credit.md."))
    past = past_applications(ContactTables.open(bank, work, as_of), rules.risk.outcome)
    later = (past.known["applied_on"] >= pd.Timestamp(first_judged(past))).to_numpy()
    refused = past.known["decision"] == "refused"
    rows = with_refused(past.features[~later], past.known["bad"][~later], refused[~later], rules.risk.reject_factor)
    card = fit_scorecard(*rows)
    judged = later & past.decided.to_numpy()
    learnt = card.probability(past.features[~later & past.decided.to_numpy()])
    found = evaluate(card.probability(past.features[judged]), past.known[judged], rules.risk, learnt)
    points = card.points.rename(columns={"feature": "feature_name"}).astype(
        {"bin": str, "points": "float64", "share": "float64", "rate": "float64"}
    )
    path = work.root / "credit" / str(as_of) / "scorecard.xlsx"
    title = str(in_language(_("Scorecard"), language))
    with whole_file(path) as temporary, workbook(temporary, title, as_of, language) as book:
        table = pa.Table.from_pandas(points[list(COLUMNS)], preserve_index=False)
        write_table(book, title, table, columns(COLUMNS), language=language)
    return found, path
