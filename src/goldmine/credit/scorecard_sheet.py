"""The scorecard learnt, evaluated and written as a workbook of points."""

from collections.abc import Iterator
from dataclasses import dataclass
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
from goldmine.core.i18n import LocalizedText, _, in_language, join_texts, pgettext
from goldmine.core.workspace import Workspace
from goldmine.credit.applications import past_applications
from goldmine.credit.risk import first_judged, require_better_than_chance
from goldmine.credit.risk_evaluation import RiskEvaluation, evaluate
from goldmine.credit.risk_features import RISK_FEATURES
from goldmine.credit.risk_model import monotone_violations, with_refused
from goldmine.credit.rules import CreditRules
from goldmine.credit.scorecard import RiskScorecard, fit_scorecard

COLUMNS = ("feature_name", "bin", "points", "share", "rate")


@dataclass(frozen=True)
class BuiltScorecard:
    """The scorecard in use.

    Parameters
    ----------
    card : RiskScorecard
        Its points.
    evaluation : RiskEvaluation
        On the latest loans.
    violations : dict of str to int
        By feature, pairs ordered the wrong way.
    """

    card: RiskScorecard
    evaluation: RiskEvaluation
    violations: dict[str, int]


def build_scorecard(
    bank: Bank, work: Workspace, as_of: date, rules: CreditRules, language: str
) -> tuple[BuiltScorecard, Path]:
    """Learn the scorecard from the earlier applications, evaluate it on the later loans, and write its points.

    Raises
    ------
    UseCaseError
        If no rules of risk are given, too few loans failed, or the scorecard does not tell failures from others beyond
        chance: nothing is written then.
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
    built = BuiltScorecard(card, found, monotone_violations(card.probability, past.features[card.features]))
    require_better_than_chance(_("the scorecard"), found, built.violations)
    path = work.root / "credit" / str(as_of) / "scorecard.xlsx"
    title = str(in_language(_("Scorecard"), language))
    with whole_file(path) as temporary, workbook(temporary, title, as_of, language) as book:
        table = pa.Table.from_pandas(points_in_words(card, language), preserve_index=False)
        write_table(book, title, table, columns(COLUMNS), language=language)
    return built, path


def points_in_words(card: RiskScorecard, language: str) -> pd.DataFrame:
    """The points with the features' titles, and a word for what is missing."""
    titles = {name: str(in_language(feature.title, language)) for name, feature in RISK_FEATURES.items()}
    other = {"Missing": str(in_language(_("not known"), language))}
    points = card.points.rename(columns={"feature": "feature_name"})
    points = points.assign(feature_name=points["feature_name"].map(titles), bin=points["bin"].replace(other))
    return points[list(COLUMNS)].astype({"points": "float64", "share": "float64", "rate": "float64"})


def scorecard_lines(built: BuiltScorecard) -> Iterator[LocalizedText]:
    """The lines that the command prints."""
    found = built.evaluation
    yield _("Scorecard: AUC {auc} (at least {low}), KS {ks}, PSI {psi} on {loans} later loans, {bad} failed",
            auc=f"{found.auc:.3f}", low=f"{found.auc_low:.3f}", ks=f"{found.ks:.3f}", psi=f"{found.psi:.3f}",
            loans=f"{found.loans:,}", bad=found.bad)  # fmt: skip
    yield _("pairs ordered the wrong way: {wrong} of 10,000 a feature", wrong=sum(built.violations.values()))
    if built.card.left_out:
        names = [RISK_FEATURES[name].title for name in built.card.left_out]
        yield _("left out, since their points ran the wrong way: {names}",
                names=join_texts(names, pgettext("list", ", ")))  # fmt: skip
