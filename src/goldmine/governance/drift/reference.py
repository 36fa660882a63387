"""The reference distribution of a training, stored with its run so that later snapshots can be compared."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from goldmine.core.errors import ModelError
from goldmine.governance.drift.performance_estimation import Performance, estimate, realised
from goldmine.governance.drift.stability import Profile, compare_profiles, profiles_of, psi_between
from goldmine.models.model import Fitted
from goldmine.models.tracking import run_dict
from goldmine.models.training_set import TrainingSet

SCORE = "score"
"""Name of the model's own probability among the compared columns."""
ARTIFACT = "drift/reference.json"
_ROWS_A_CUTOFF = 2_500


@dataclass(frozen=True)
class Window:
    """One month end compared with the training data.

    Parameters
    ----------
    cutoff : str
        The month end.
    rows : int
        Rows compared.
    psi, limit : dict of str to float
        By feature, and of the score: the index, and what it may be by tolerance and chance.
    """

    cutoff: str
    rows: int
    psi: dict[str, float]
    limit: dict[str, float]

    @property
    def drifted(self) -> list[str]:
        """Features beyond their limit, furthest first."""
        beyond = [name for name, psi in self.psi.items() if psi > self.limit[name]]
        return sorted(beyond, key=lambda name: (-self.psi[name], name))


@dataclass(frozen=True)
class Reference:
    """The training data as later snapshots are compared with it.

    Parameters
    ----------
    profiles : dict of str to Profile
        Its features over the training cutoffs, and the score over a later one, which no tree grew on.
    usual : dict of str to float
        By feature, the furthest that a single training cutoff lies from all of them: the usual distance of months.
    weight : dict of str to float
        By feature, its share of the trees' gain.
    windows : tuple of Window
        The calibration cutoff where there is one, and the test cutoff.
    judged : dict of str to Performance
        At the test cutoff: ``estimated`` as if its outcomes were unknown, and ``realised``.
    """

    profiles: dict[str, Profile]
    usual: dict[str, float]
    weight: dict[str, float]
    windows: tuple[Window, ...]
    judged: dict[str, Performance]

    def frame(self) -> pd.DataFrame:
        """Drift of the last window: feature, psi, limit, weight and state (``drifted`` or ``stable``)."""
        last = self.windows[-1]
        found = pd.DataFrame({"psi": last.psi, "limit": last.limit}).rename_axis("feature").reset_index()
        found["weight"] = found.feature.map(self.weight)
        found["state"] = np.where(found.feature.isin(last.drifted), "drifted", "stable")
        return found.sort_values(["psi", "feature"], ascending=[False, True], ignore_index=True)

    def stored(self) -> dict[str, Any]:
        """The form that JSON keeps: bins and counts, no rows."""
        return asdict(self)


def learn_reference(fitted: Fitted, rows: TrainingSet, predicted: np.ndarray, list_size: int) -> Reference:
    """Compare a training's calibration and test cutoffs with its training data.

    Parameters
    ----------
    fitted : Fitted
        The fitted model.
    rows : TrainingSet
        The rows it was fitted, calibrated and tested on.
    predicted : numpy.ndarray
        The model's probabilities of the test rows.
    list_size : int
        Rows of the list that was judged.
    """
    model, spans = fitted.model, rows.spans()
    names = model.encoding.features
    # A table made elsewhere has no calibration rows: its test rows' own scores are what later ones are held against.
    later = model.calibrator.apply(fitted.held_out) if rows.calibrate is not None else predicted
    profiles = profiles_of(rows.train, names) | score_profile(later)
    judged = {
        "estimated": estimate(predicted, list_size).middle,
        "realised": realised(rows.test["outcome"].to_numpy(), predicted, list_size),
    }
    usual = _between_cutoffs(profiles, rows)
    windows = [compare_window((profiles, usual), rows.test, predicted, spans["test"])]
    if rows.calibrate is not None:
        windows.insert(0, compare_window((profiles, usual), rows.calibrate, None, spans["calibrate"]))
    gain = model.booster.feature_importance("gain")
    weight = dict(zip(names, (gain / (gain.sum() or 1.0)).tolist(), strict=True))
    return Reference(profiles, usual, weight, tuple(windows), judged)


def _between_cutoffs(profiles: dict[str, Profile], rows: TrainingSet) -> dict[str, float]:
    """The furthest that each feature of one training cutoff lies from all of them."""
    furthest = dict.fromkeys(profiles, 0.0)
    if "cutoff" not in rows.train.column_names:
        return furthest
    for cutoff in pc.unique(rows.train["cutoff"]).to_pylist():
        part = rows.train.filter(pc.equal(rows.train["cutoff"], cutoff))
        found = profiles_of(part, list(profiles), profiles, most=_ROWS_A_CUTOFF)
        furthest |= {name: max(furthest[name], psi_between(profiles[name], one)) for name, one in found.items()}
    return furthest


def score_profile(probability: np.ndarray, like: dict[str, Profile] | None = None) -> dict[str, Profile]:
    """The probabilities as one more column to compare."""
    return profiles_of(pa.table({SCORE: probability}), [SCORE], like)


def compare_window(
    learnt: tuple[dict[str, Profile], dict[str, float]], rows: pa.Table, probability: np.ndarray | None, cutoff: str
) -> Window:
    """Compare some rows, and their probabilities where there are, with a training's profiles.

    A feature's limit is that of tolerance and chance, or how far training cutoffs lay apart where that is more.
    """
    profiles, usual = learnt
    found = profiles_of(rows, list(profiles), profiles)
    found |= score_profile(probability, profiles) if probability is not None else {}
    compared = compare_profiles(profiles, found).set_index("feature")
    limit = {name: max(limit, usual[name]) for name, limit in compared.limit.items()}
    return Window(cutoff, rows.num_rows, compared.psi.to_dict(), limit)


def read_reference(run_id: str) -> Reference:
    """The reference that a training run keeps; the tracking store must be in use.

    Raises
    ------
    ModelError
        If the run keeps none.
    """
    import mlflow

    try:
        stored = run_dict(run_id, ARTIFACT)
    except (mlflow.MlflowException, OSError) as error:
        raise ModelError(
            f"run {run_id}: keeps no drift reference, so nothing can be compared with its training.",
            "Train the use case again.",
        ) from error
    profiles = {
        name: Profile(tuple(kept["edges"]), tuple(kept["categories"]), tuple(kept["counts"]))
        for name, kept in stored["profiles"].items()
    }
    windows = tuple(Window(**window) for window in stored["windows"])
    judged = {name: Performance(**figures) for name, figures in stored["judged"].items()}
    return Reference(profiles, stored["usual"], stored["weight"], windows, judged)


def log_reference(reference: Reference) -> None:
    """Keep a reference on the active MLflow run."""
    import mlflow

    mlflow.log_dict(reference.stored(), ARTIFACT)
