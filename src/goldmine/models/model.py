"""The model as one object: encoding, trees and calibration, from feature table to probability."""

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from scipy.special import expit
from sklearn.linear_model import LogisticRegression

from goldmine.core.errors import ModelError
from goldmine.core.files import whole_file
from goldmine.core.fingerprint import of_bytes
from goldmine.core.i18n import _
from goldmine.core.progress import cores
from goldmine.models.boosting import lightgbm
from goldmine.models.encoding import Encoding, encode

_BATCH = 100_000
"""Rows encoded at a time, so that millions of rows are not held in memory twice."""
_MIN_SLOPE = 0.01


@dataclass(frozen=True)
class Calibrator:
    """Probability = expit(slope * log-odds + offset): strictly rising, so ranks and ties stay as they are.

    Parameters
    ----------
    slope, offset : float
        Slope above zero.
    """

    slope: float = 1.0
    offset: float = 0.0

    def apply(self, log_odds: np.ndarray) -> np.ndarray:
        """Probabilities, float64, of the same shape."""
        return expit(self.slope * np.asarray(log_odds, dtype=np.float64) + self.offset)


def fit_calibrator(log_odds: np.ndarray, outcome: np.ndarray) -> Calibrator:
    """Platt scaling on rows that the trees did not learn from.

    Isotonic steps would fit the few hundred positives of one cutoff more closely but tie customers
    that the trees tell apart, and swing at the top of the list where positives are fewest.

    Parameters
    ----------
    log_odds : numpy.ndarray
        The trees' log-odds.
    outcome : numpy.ndarray
        0 or 1, both present.
    """
    mean = float(np.mean(log_odds))
    spread = float(np.std(log_odds)) or 1.0
    scaled = ((log_odds - mean) / spread).reshape(-1, 1)
    regression = LogisticRegression(C=np.inf, tol=1e-10, max_iter=1000).fit(scaled, outcome)
    slope = float(regression.coef_[0, 0]) / spread
    if slope >= _MIN_SLOPE:
        return Calibrator(slope, float(regression.intercept_[0]) - slope * mean)
    # A model without skill may want its ranking reversed; the ranking stays, nearly flat, at the base rate.
    share = float(np.mean(outcome))
    return Calibrator(_MIN_SLOPE, float(np.log(share / (1 - share))) - _MIN_SLOPE * mean)


@dataclass(frozen=True)
class Model:
    """Everything that turns stored features into calibrated probabilities.

    Parameters
    ----------
    encoding : Encoding
        Columns, their order and the categories that training saw.
    trees : str
        LightGBM's own text form of the booster.
    calibrator : Calibrator
        From the trees' log-odds to probabilities.
    """

    encoding: Encoding
    trees: str
    calibrator: Calibrator

    @cached_property
    def booster(self) -> Any:
        """The trees, always read from their text, so that a loaded model predicts the same bits."""
        return lightgbm().Booster(model_str=self.trees)

    def predict(self, rows: pa.Table | pd.DataFrame) -> np.ndarray:
        """Calibrated probabilities of some rows.

        Parameters
        ----------
        rows : pyarrow.Table or pandas.DataFrame
            The feature table as it is stored; other columns are ignored.

        Returns
        -------
        numpy.ndarray
            float64, one a row, between 0 and 1.

        Raises
        ------
        ModelError
            If columns are missing or of the wrong type.
        """
        return self.calibrator.apply(self.log_odds(rows))

    def log_odds(self, rows: pa.Table | pd.DataFrame) -> np.ndarray:
        """The trees' log-odds before calibration, float64, one a row."""
        table, parts = self._table(rows), [np.empty(0)]
        for start in range(0, max(table.num_rows, 1), _BATCH):  # without rows, missing columns are still reported
            matrix = encode(self.encoding, table.slice(start, _BATCH))
            if len(matrix):
                parts.append(self.booster.predict(matrix, raw_score=True, num_threads=cores()))
        return np.concatenate(parts)

    def effects(self, rows: pa.Table | pd.DataFrame) -> np.ndarray:
        """SHAP values in calibrated log-odds: float64, rows x features, without the base."""
        matrix = encode(self.encoding, self._table(rows))
        if not len(matrix):
            return np.empty((0, len(self.encoding.features)))
        raw = np.asarray(self.booster.predict(matrix, pred_contrib=True, num_threads=cores()))
        return raw[:, :-1] * self.calibrator.slope

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of the file that `save` writes: the same for the same model, and for no other."""
        return of_bytes(self._content())

    def save(self, path: Path) -> None:
        """Write the model as one JSON file; nothing in it is ever executed."""
        with whole_file(path) as temporary:
            temporary.write_bytes(self._content())

    def _content(self) -> bytes:
        stored = {
            "features": self.encoding.features,
            "categories": self.encoding.categories,
            "target_means": self.encoding.target_means,
            "calibrator": {"slope": self.calibrator.slope, "offset": self.calibrator.offset},
            "trees": self.trees,
        }
        return (json.dumps(stored, indent=2, ensure_ascii=False) + "\n").encode()

    def _table(self, rows: pa.Table | pd.DataFrame) -> pa.Table:
        if isinstance(rows, pa.Table):
            return rows
        names = [name for name in self.encoding.features if name in rows.columns]
        return pa.Table.from_pandas(rows[names], preserve_index=False)


@dataclass(frozen=True)
class Fitted:
    """A trained model and how the training went.

    Parameters
    ----------
    model : Model
        Trees, cut at the best iteration, and their calibration.
    best_iteration : int
        Iterations of boosting kept.
    settings : dict
        LightGBM's parameters.
    losses : dict of str to list of float
        Log loss after each iteration, on ``train`` and ``calibrate`` rows.
    held_out : numpy.ndarray
        Uncalibrated log-odds of the calibration rows by trees that did not see them; for an external table, out-of-fold
        log-odds of every training row.
    saw_calibration : bool
        Whether the final trees learnt from the calibration rows too.
    """

    model: Model
    best_iteration: int
    settings: dict[str, Any]
    losses: dict[str, list[float]]
    held_out: np.ndarray
    saw_calibration: bool


def load_model(path: Path) -> Model:
    """Read a model that `Model.save` wrote.

    Raises
    ------
    ModelError
        If the file is missing or incomplete.
    """
    try:
        stored = json.loads(path.read_text("utf-8"))
        categories = {name: tuple(levels) for name, levels in stored["categories"].items()}
        return Model(
            Encoding(tuple(stored["features"]), categories, stored["target_means"]),
            stored["trees"],
            Calibrator(**stored["calibrator"]),
        )
    except (OSError, ValueError, KeyError) as error:
        raise ModelError(
            _("{path}: no whole model is stored there.", path=path.name), _("Train the use case again.")
        ) from error


class _Served:
    """The model as MLflow's Python function: takes a frame, returns probabilities."""

    def __init__(self, model: Model) -> None:
        self.model = model

    def predict(self, model_input: pd.DataFrame, params: dict[str, Any] | None = None) -> np.ndarray:
        return self.model.predict(model_input)


def _load_pyfunc(path: str) -> _Served:
    """MLflow's entry point: read the logged file."""
    logged = Path(path)
    return _Served(load_model(logged if logged.is_file() else logged / "model.json"))
