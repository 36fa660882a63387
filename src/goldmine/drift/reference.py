"""What a model learnt from, kept with its training so that whoever is scored later can be compared."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from goldmine.core.errors import ModelError
from goldmine.drift.expected import Performance, estimate, realised
from goldmine.drift.stability import Profile, compare_profiles, evenly, profiles_of
from goldmine.models.model import Model
from goldmine.models.rows import Rows

SCORE = "score"
"""Name of the model's own probability among the compared columns."""
ARTIFACT = "drift/reference.json"


@dataclass(frozen=True)
class Window:
    """One month end compared with what was learnt from.

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
    def moved(self) -> list[str]:
        """What lies beyond its limit, furthest first."""
        beyond = [name for name, psi in self.psi.items() if psi > self.limit[name]]
        return sorted(beyond, key=lambda name: (-self.psi[name], name))


@dataclass(frozen=True)
class Reference:
    """A training as later snapshots are compared with it.

    Parameters
    ----------
    profiles : dict of str to Profile
        Its features over the training cutoffs, and the score over the calibration cutoff, which no tree grew on.
    windows : tuple of Window
        The calibration and the judging cutoff, oldest first.
    judged : dict of str to Performance
        At the judging cutoff: ``estimated`` as if its outcomes were unknown, and ``realised``.
    """

    profiles: dict[str, Profile]
    windows: tuple[Window, ...]
    judged: dict[str, Performance]

    def stored(self) -> dict[str, Any]:
        """The form that JSON keeps: bins and counts, no rows."""
        return asdict(self)


def learn_reference(model: Model, rows: Rows, list_size: int) -> Reference:
    """Compare a training's own later cutoffs with what it learnt from.

    Parameters
    ----------
    model : Model
        What came out.
    rows : Rows
        What went in.
    list_size : int
        Rows of the use case's list.
    """
    names = model.encoding.features
    promised = model.predict(rows.judge)
    profiles = profiles_of(rows.train, names) | score_profile(model.predict(evenly(rows.calibrate)))
    judged = {
        "estimated": estimate(promised, list_size).middle,
        "realised": realised(rows.judge["outcome"].to_numpy(), promised, list_size),
    }
    windows = (
        compare_window(profiles, rows.calibrate, None, str(rows.cutoffs.calibrate)),
        compare_window(profiles, rows.judge, promised, str(rows.cutoffs.judge)),
    )
    return Reference(profiles, windows, judged)


def score_profile(probability: np.ndarray, like: dict[str, Profile] | None = None) -> dict[str, Profile]:
    """The probabilities as one more column to compare."""
    return profiles_of(pa.table({SCORE: probability}), [SCORE], like)


def compare_window(profiles: dict[str, Profile], rows: pa.Table, probability: np.ndarray | None, cutoff: str) -> Window:
    """Compare some rows, and their probabilities where there are, with a training's profiles."""
    found = profiles_of(rows, list(profiles), profiles)
    found |= score_profile(probability, profiles) if probability is not None else {}
    compared = compare_profiles(profiles, found).set_index("feature")
    return Window(cutoff, rows.num_rows, compared.psi.to_dict(), compared.limit.to_dict())


def read_reference(run_id: str) -> Reference:
    """The reference that a training run keeps; the tracking store must be in use.

    Raises
    ------
    ModelError
        If the run keeps none.
    """
    import mlflow

    try:
        stored = mlflow.artifacts.load_dict(f"runs:/{run_id}/{ARTIFACT}")
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
    return Reference(profiles, windows, {name: Performance(**figures) for name, figures in stored["judged"].items()})


def log_reference(reference: Reference) -> None:
    """Keep a reference on the active MLflow run."""
    import mlflow

    mlflow.log_dict(reference.stored(), ARTIFACT)
