"""The drift report of a scoring run: drift of features and scores since training, and the estimated performance."""

from dataclasses import asdict, dataclass
from datetime import date

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from goldmine.contract.bank import Bank
from goldmine.core.engine import connect
from goldmine.core.errors import DriftError
from goldmine.core.files import read_json, read_record, write_json
from goldmine.core.i18n import LocalizedText, _
from goldmine.core.parquet import parquet_schema
from goldmine.core.workspace import Workspace
from goldmine.features.peer_aggregates import PEER_FEATURES
from goldmine.governance.base_rate import scoring_warnings
from goldmine.governance.drift.performance_estimation import Estimate, Performance, estimate, realised
from goldmine.governance.drift.reference import SCORE, Reference, Window, compare_window, read_reference
from goldmine.governance.drift.stability import evenly
from goldmine.governance.limits import read_limits
from goldmine.labels.cutoffs import outcome_end
from goldmine.labels.eligibility import feature_rows, labelled
from goldmine.labels.use_case import UseCase
from goldmine.models.score import ScoreReport

ALARM_WINDOWS, MIN_DRIFTED_WINDOWS = 3, 2
"""Alarm if a feature drifted now and in at least two of the last three windows."""
MIN_GAIN_SHARE = 0.01
"""Features with a smaller share of the trees' gain hardly move a score and do not alarm by themselves."""
MIN_COMBINED_GAIN_SHARE = 0.03
"""Such features alarm together from this share of the gain, as when a source of transactions breaks."""
MIN_DRIFTED_FEATURES, MIN_DRIFTED_SHARE = 10, 0.05
"""They also alarm, whatever their gain, if so many, and so large a share of all features, drifted: a model that looks
back two years hardly notices that a source went silent two months ago."""


@dataclass(frozen=True)
class DriftReport:
    """Drift and estimated performance of one scoring run.

    Parameters
    ----------
    use_case, as_of, model_version : str
        The use case, snapshot and model of the scores.
    windows : tuple of Window
        The latest windows, this snapshot's last.
    weight : dict of str to float
        By feature, its share of the trees' gain.
    alarms : tuple of str
        Features, or the score, that drifted now and in enough windows; largest PSI first.
    estimate : Estimate
        Performance estimated from the scores.
    test_cutoff : str
        The model's test cutoff.
    tested : dict of str to Performance
        The performance there: ``estimated`` and ``realised``.
    rate_warnings : tuple of str
        What is to be said of the rate that the scores predict.
    """

    use_case: str
    as_of: str
    model_version: str
    windows: tuple[Window, ...]
    weight: dict[str, float]
    alarms: tuple[str, ...]
    estimate: Estimate
    test_cutoff: str
    tested: dict[str, Performance]
    rate_warnings: tuple[str, ...] = ()

    def frame(self) -> pd.DataFrame:
        """A row per column: feature; psi and limit at this snapshot; windows (how many it drifted in); weight; state.

        The state is ``alarm``, ``drifted`` (above its limit now, but in too few windows, or of little gain) or
        ``stable``. The score itself has no weight.
        """
        now = self.windows[-1]
        rows = [
            {
                "feature": name,
                "psi": psi,
                "limit": now.limit[name],
                "windows": sum(name in window.drifted for window in self.windows),
                "weight": self.weight.get(name, np.nan),
                "state": "alarm" if name in self.alarms else "drifted" if name in now.drifted else "stable",
            }
            for name, psi in now.psi.items()
        ]
        return pd.DataFrame(rows).sort_values(["psi", "feature"], ascending=[False, True], ignore_index=True)

    def performance(self) -> pd.DataFrame:
        """The estimated performance: a row per figure (rate, auc, lift_list), columns estimated, low, high."""
        parts = {"estimated": self.estimate.middle, "low": self.estimate.low, "high": self.estimate.high}
        return pd.DataFrame({name: part.flat() for name, part in parts.items()})

    def metrics(self) -> dict[str, float]:
        """The figures as MLflow metrics."""
        now = self.windows[-1]
        return {
            "drifted_features": float(len(now.drifted)),
            "drift_alarms": float(len(self.alarms)),
            "drift_score_psi": now.psi[SCORE],
            **{f"expected_{name}": value for name, value in self.estimate.middle.flat().items()},
            **{f"expected_{name}_low": value for name, value in self.estimate.low.flat().items()},
            **{f"expected_{name}_high": value for name, value in self.estimate.high.flat().items()},
        }


def drift_report(work: Workspace, use_case: UseCase, as_of: date, report: ScoreReport, bank: str = "") -> DriftReport:
    """Compare a snapshot's features and scores with the training of the model that scored, and store the report.

    The tracking store must be in use: the reference is stored with the model's training run.

    Raises
    ------
    ModelError
        If that run has no reference.
    """
    reference = read_reference(report.mlflow_run)
    scores = pq.read_table(report.path, columns=["customer_id", "probability"])
    probability = scores["probability"].to_numpy()
    sample = evenly(scores)
    names = [name for name in parquet_schema(work.features(as_of)).names if name in reference.profiles]
    rows = feature_rows(connect(), work.features(as_of), sample.select(["customer_id"]), names).to_arrow_table()
    now = compare_window((reference.profiles, reference.usual), rows, sample["probability"].to_numpy(), str(as_of))
    windows = (*_earlier(work, use_case.name, as_of, report.model_version, reference), now)[-ALARM_WINDOWS:]
    expected = estimate(probability, use_case.list_size)
    drift = DriftReport(
        use_case.name,
        str(as_of),
        report.model_version,
        windows,
        reference.weight,
        alarms_of(windows, reference),
        expected,
        reference.windows[-1].cutoff,
        reference.tested,
        rate_warnings(expected.middle.rate, reference, bank),
    )
    write_json(work.drift(as_of, use_case.name), asdict(drift))
    return drift


def rate_warnings(estimated: float, reference: Reference, bank: str) -> tuple[LocalizedText, ...]:
    """Warnings on the mean probability of new scores, from the rates at the model's test cutoff."""
    tested = reference.tested["estimated"].rate, reference.tested["realised"].rate
    return scoring_warnings(estimated, tested, reference.windows[-1].rows, read_limits(bank))


def alarms_of(windows: tuple[Window, ...], reference: Reference) -> tuple[str, ...]:
    """Features that drifted in the last window and in enough windows, and matter to the model; largest PSI first.

    Peer aggregates do not alarm: many customers share one value, so they drift more than single rows would, and the
    features they are made of are compared anyway.
    """
    drifts = {name: sum(name in window.drifted for window in windows) for name in windows[-1].drifted}
    lasting = [name for name, count in drifts.items() if count >= MIN_DRIFTED_WINDOWS and name not in PEER_FEATURES]
    light = [name for name in lasting if name != SCORE and reference.weight[name] < MIN_GAIN_SHARE]
    heavy = sum(reference.weight[name] for name in light) >= MIN_COMBINED_GAIN_SHARE
    many = len(light) >= max(MIN_DRIFTED_FEATURES, MIN_DRIFTED_SHARE * len(reference.weight))
    return tuple(name for name in lasting if heavy or many or name not in light)


def estimated_and_realised(bank: Bank, work: Workspace, use_case: UseCase, as_of: date) -> pd.DataFrame:
    """Earlier estimates and the observed figures, for each snapshot whose outcomes are complete by now.

    Returns
    -------
    pandas.DataFrame
        scored_at, model_version, figure (rate, auc, lift_list), estimated, low, high, realised, error (realised less
        estimated); the test cutoff of this snapshot's model comes first, if the snapshot was scored.
    """
    rows: list[tuple[object, ...]] = []
    now = read_json(work.drift(as_of, use_case.name), {})
    if now:
        expected = now["tested"]["estimated"]
        tested_on = _("{day} (test cutoff)", day=now["test_cutoff"])
        rows += [
            (tested_on, now["model_version"], name, expected[name], np.nan, np.nan, value)
            for name, value in now["tested"]["realised"].items()
        ]
    for path in sorted((work.root / "drift").glob(f"*/{use_case.name}.json")):
        scored = date.fromisoformat(path.parent.name)
        if outcome_end(use_case, scored) <= as_of and work.scores(scored, use_case.name).exists():
            rows += _realised(bank, work, use_case, scored, as_of)
    columns = ["scored_at", "model_version", "figure", "estimated", "low", "high", "realised"]
    table = pd.DataFrame(rows, columns=columns).assign(error=lambda f: f.realised - f.estimated)
    return table.assign(scored_at=pd.Series([row[0] for row in rows], dtype=object))  # keeps a text's languages


def _realised(bank: Bank, work: Workspace, use_case: UseCase, scored: date, as_of: date) -> list[tuple[object, ...]]:
    note = read_json(work.drift(scored, use_case.name), {})
    if not note:
        return []
    outcomes = labelled(bank, work, use_case, scored, as_of)
    scores = pq.read_table(work.scores(scored, use_case.name), columns=["customer_id", "probability"])
    joined = outcomes.join(scores, "customer_id", join_type="inner")
    outcome = joined["outcome"].to_numpy()
    if outcome.min(initial=1) == outcome.max(initial=0):
        return []
    figures = realised(outcome, joined["probability"].to_numpy(), use_case.list_size).flat()
    parts = [note["estimate"][part] for part in ("middle", "low", "high")]
    return [
        (str(scored), note["model_version"], name, *(part[name] for part in parts), figures[name]) for name in figures
    ]


def require_stable(work: Workspace, as_of: date, use_cases: tuple[str, ...] = ()) -> None:
    """Raise if a scoring run of the snapshot alarmed.

    Parameters
    ----------
    use_cases : tuple of str
        Use cases to check; empty for all that were scored.

    Raises
    ------
    DriftError
        Names the features, or the score, that alarm.
    """
    alarms = {}
    for path in sorted((work.root / "drift" / str(as_of)).glob("*.json")):
        if path.stem in use_cases or not use_cases:
            alarms[path.stem] = read_record(path, {}, "Run `goldmine score` again.")["alarms"]
    alarming = {name: features for name, features in alarms.items() if features}
    if alarming:
        summary = "; ".join(
            f"{name}: {len(features)} drifted, first {', '.join(features[:3])}" for name, features in alarming.items()
        )
        raise DriftError(
            _("Drift at {as_of}: {summary}.", as_of=as_of, summary=summary),
            _(
                "Look at the notebook 5_score of each; find out what changed, and train again if the change is "
                "permanent."
            ),
        )


def _earlier(work: Workspace, use_case: str, as_of: date, version: str, reference: Reference) -> list[Window]:
    """Windows before the snapshot, oldest first: those of the training, and of snapshots that the same model scored.

    The window of an external table has a name instead of a date; it comes before all snapshots.
    """
    windows = {window.cutoff: window for window in reference.windows}
    for path in sorted((work.root / "drift").glob(f"*/{use_case}.json")):
        note = read_json(path, {})
        if note.get("model_version") == version:
            windows[path.parent.name] = Window(**note["windows"][-1])
    days = {cutoff: cutoff if cutoff[0].isdigit() else "" for cutoff in windows}
    return [windows[cutoff] for cutoff in sorted(windows, key=lambda cutoff: days[cutoff]) if days[cutoff] < str(as_of)]


def log_drift_report(report: DriftReport) -> None:
    """Log the report to the active run."""
    import mlflow

    state = "alarm" if report.alarms else "drifted" if report.windows[-1].drifted else "stable"
    mlflow.set_tag("goldmine.drift", state)
    mlflow.log_metrics(report.metrics())
    mlflow.log_dict(asdict(report), "drift/seen.json")
