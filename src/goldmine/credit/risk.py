"""Risk of all customers: a model learnt from past applications, evaluated on later ones, and each one's chance."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from goldmine.contactability.tables import ContactTables
from goldmine.contract.bank import Bank
from goldmine.core.dates import months_back
from goldmine.core.errors import UseCaseError
from goldmine.core.i18n import LocalizedText, _
from goldmine.core.seals import remove_sealed, sealed_file
from goldmine.core.workspace import Workspace
from goldmine.credit.acceptance import Acceptance, AcceptanceEvaluation, fit_acceptance
from goldmine.credit.applications import Applications, past_applications
from goldmine.credit.limits import people_on_books
from goldmine.credit.risk_evaluation import RiskEvaluation, evaluate
from goldmine.credit.risk_features import risk_features
from goldmine.credit.risk_model import RiskModel, fit_risk, monotone_violations
from goldmine.credit.rules import CreditRules, RiskRules

TEST_SHARE = 0.3
"""Share of the loans, the latest, that the model is evaluated on."""
MIN_LEARNT, MIN_JUDGED = 20, 10
"""Failed loans that are needed to train and to evaluate."""
SCORE_ROWS = 250_000


@dataclass(frozen=True)
class BuiltRisk:
    """What was learnt.

    Parameters
    ----------
    path : Path
        Chance of default of every customer: customer_id, default_probability, and risk_reasons, the features that spoke
        most against those who do not get the whole amount; acceptance_log_odds (at a rate of 0) and
        acceptance_per_percent, empty where past offers do not tell who takes one.
    model, granted_only : RiskModel
        The model in use, and one that learnt from granted loans alone.
    evaluation : RiskEvaluation
        On the latest loans.
    violations : dict of str to int
        By feature, pairs ordered the wrong way.
    chance, chance_granted_only : float
        Mean chance of default of all applicants by either model.
    judged_from : date
        First day of the applications that it is evaluated on.
    applications : Applications
        What it learnt from and was evaluated on.
    acceptance : tuple of Acceptance and AcceptanceEvaluation, or None
        Who takes an offer at which rate; None where past offers do not tell.
    """

    path: Path
    model: RiskModel
    granted_only: RiskModel
    evaluation: RiskEvaluation
    violations: dict[str, int]
    chance: float
    chance_granted_only: float
    judged_from: date
    applications: Applications
    acceptance: tuple[Acceptance, AcceptanceEvaluation] | None


def risk_path(work: Workspace, as_of: date) -> Path:
    """The chances of default of a month end."""
    return work.root / "credit" / str(as_of) / "risk.parquet"


def build_risk(bank: Bank, work: Workspace, as_of: date, rules: CreditRules) -> BuiltRisk:
    """Train, evaluate, and work out the chance of default of every customer on the books.

    Raises
    ------
    UseCaseError
        If no rules of risk are given, too few loans failed, or the model does not tell failures from others beyond
        chance, or orders one pair the wrong way: no chances are written then, and earlier ones of the day are gone.
    """
    # What an earlier model said must not go on granting where this one is refused.
    path = risk_path(work, as_of)
    remove_sealed(path)
    if rules.risk is None:
        raise UseCaseError(_("credit: pipelines/credit.yaml has no risk."), _("Add it: docs/credit.md."))
    tables = ContactTables.open(bank, work, as_of)
    past = past_applications(tables, rules.risk.outcome)
    first = first_judged(past)
    later = (past.known["applied_on"] >= pd.Timestamp(first)).to_numpy()
    refused = past.known["decision"] == "refused"
    learnt = past.features[~later], past.known["bad"][~later]
    model = fit_risk(*learnt, refused[~later], rules.risk.reject_factor)
    granted_only = fit_risk(*learnt, refused[~later], 0)
    evaluation = judge(model, past, later, rules.risk)
    violations = monotone_violations(model.probability, past.features)
    require_better_than_chance(_("the model of risk"), evaluation, violations)
    acceptance = fit_acceptance(past, later)
    _score(tables, model, acceptance[0] if acceptance else None, path, _whole_up_to(rules))
    return BuiltRisk(
        path,
        model,
        granted_only,
        evaluation,
        violations,
        _mean(model, past.features),
        _mean(granted_only, past.features),
        first,
        past,
        acceptance,
    )


def require_better_than_chance(model: LocalizedText, found: RiskEvaluation, violations: Mapping[str, int]) -> None:
    """Refuse a model that does not tell failed loans from others beyond chance, or orders a pair the wrong way.

    Raises
    ------
    UseCaseError
        If it does not.
    """
    wrong = sum(violations.values())
    if found.auc_low <= 0.5 or wrong:
        raise UseCaseError(
            _("credit: {model} is refused: AUC {auc} (at least {low}; 0.5 is chance) on {bad} failed loans of {loans}, "
              "{wrong} pairs ordered the wrong way.", model=model, auc=f"{found.auc:.3f}", low=f"{found.auc_low:.3f}",
              bad=found.bad, loans=f"{found.loans:,}", wrong=wrong),
            _("Give more months of loans, or a table of bureau scores or facts."),
        )  # fmt: skip


def _mean(model: RiskModel, rows: pd.DataFrame) -> float:
    return float(model.probability(rows).mean()) if len(rows) else 0.0


def judge(model: RiskModel, past: Applications, later: np.ndarray, rules: RiskRules) -> RiskEvaluation:
    """Evaluate a model on the later granted loans."""
    rows = later & past.decided.to_numpy()
    learnt = model.probability(past.features[~later & past.decided.to_numpy()])
    return evaluate(model.probability(past.features[rows]), past.known[rows], rules, learnt)


def first_judged(past: Applications) -> date:
    """The day from which applications are used to evaluate.

    Raises
    ------
    UseCaseError
        If too few loans failed before it or after.
    """
    loans = past.known[past.decided.to_numpy()]
    days = loans["applied_on"].sort_values()
    first = days.iloc[int(len(days) * (1 - TEST_SHARE))] if len(days) else pd.Timestamp("1900-01-01")
    later = loans["applied_on"] >= first
    bad = int(loans["bad"][~later].sum()), int(loans["bad"][later].sum())
    if bad[0] < MIN_LEARNT or bad[1] < MIN_JUDGED:
        raise UseCaseError(
            _("credit: {learnt} and {judged} failed loans to train and to evaluate on; {min_learnt} and {min_judged} "
              "are needed.", learnt=bad[0], judged=bad[1], min_learnt=MIN_LEARNT, min_judged=MIN_JUDGED),
            _("Give more months of loans, or count a loan as failed after fewer days in arrears "
              "(risk.outcome in pipelines/credit.yaml)."),
        )  # fmt: skip
    return pd.Timestamp(first).date()


def _whole_up_to(rules: CreditRules) -> float:
    """The chance of default up to which every product offers its whole amount; nobody there needs a reason."""
    first = [product.risk_bands[0] for product in rules.products.values() if product.risk_bands]
    return min((band.max_probability if band.share == 1 else 0.0 for band in first), default=1.0)


def _score(
    tables: ContactTables, model: RiskModel, acceptance: Acceptance | None, path: Path, whole_up_to: float
) -> None:
    """Write the chances of every customer, in parts that fit into memory."""
    people_on_books(tables)
    run = tables.connection.raw_sql
    customers = tables.connection.con.execute("SELECT count(*) FROM credit_people").fetchall()[0][0]
    numbers = ("default_probability", "acceptance_log_odds", "acceptance_per_percent")
    schema = pa.schema(
        [("customer_id", pa.string()), ("risk_reasons", pa.string()), *((name, pa.float64()) for name in numbers)]
    )
    with sealed_file(path) as temporary, pq.ParquetWriter(temporary, schema, compression="zstd") as writer:
        for start in range(0, customers, SCORE_ROWS):
            run(
                f"CREATE OR REPLACE TEMP TABLE credit_asked AS SELECT customer_id, row_number() OVER () AS row_id, "
                f"DATE '{tables.as_of}' AS day, DATE '{tables.as_of}' AS month FROM "
                f"(SELECT customer_id FROM credit_people ORDER BY customer_id LIMIT {SCORE_ROWS} OFFSET {start})"
            )
            features = risk_features(tables, "credit_asked", months_back(tables.as_of, 12))
            names = tables.connection.con.execute(
                "SELECT customer_id FROM credit_asked ORDER BY row_id"
            ).to_arrow_table()
            chance = model.probability(features)
            reasons = np.full(len(chance), None, dtype=object)
            told = np.flatnonzero(chance > whole_up_to)
            if len(told):
                reasons[told] = [",".join(codes) for codes in model.reasons(features.iloc[told])]
            unknown = pa.nulls(len(chance), pa.float64())
            taken = (
                [pa.array(acceptance.log_odds(features)), pa.array(np.full(len(chance), acceptance.per_percent))]
                if acceptance
                else [unknown, unknown]
            )
            columns = [names["customer_id"], pa.array(reasons, pa.string()), pa.array(chance), *taken]
            writer.write_table(pa.table(columns, schema=schema))
