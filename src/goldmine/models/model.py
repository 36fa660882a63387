"""The model as one object: trees, calibration and encoding together, from feature table to probability."""

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from goldmine.core.errors import ModelError
from goldmine.core.files import write_json
from goldmine.core.progress import cores
from goldmine.models.boosting import lightgbm
from goldmine.models.calibration import Calibrator
from goldmine.models.encoding import Encoding, encode

_BATCH = 100_000
"""Rows laid out for the trees at a time: a judging cutoff of millions would be held twice else."""


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
        """The trees, always read from their text, so that a loaded model gives the same bits."""
        return lightgbm().Booster(model_str=self.trees)

    def predict(self, rows: pa.Table | pd.DataFrame) -> np.ndarray:
        """Calibrated probabilities of some rows.

        Parameters
        ----------
        rows : pyarrow.Table or pandas.DataFrame
            The feature table as it is stored; columns that the model does not know are ignored.

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
        table, found = self._table(rows), [np.empty(0)]
        for start in range(0, max(table.num_rows, 1), _BATCH):  # no rows still say which columns are missing
            matrix = encode(self.encoding, table.slice(start, _BATCH))
            if len(matrix):
                found.append(self.booster.predict(matrix, raw_score=True, num_threads=cores()))
        return np.concatenate(found)

    def effects(self, rows: pa.Table | pd.DataFrame) -> np.ndarray:
        """SHAP values in calibrated log-odds: float64, rows x features, without the base."""
        matrix = encode(self.encoding, self._table(rows))
        if not len(matrix):
            return np.empty((0, len(self.encoding.features)))
        raw = np.asarray(self.booster.predict(matrix, pred_contrib=True, num_threads=cores()))
        return raw[:, :-1] * self.calibrator.slope

    def save(self, path: Path) -> None:
        """Write the model as one JSON file; nothing in it is ever executed."""
        write_json(
            path,
            {
                "features": self.encoding.features,
                "categories": self.encoding.categories,
                "shares": self.encoding.shares,
                "calibrator": {"slope": self.calibrator.slope, "offset": self.calibrator.offset},
                "trees": self.trees,
            },
        )

    def _table(self, rows: pa.Table | pd.DataFrame) -> pa.Table:
        if isinstance(rows, pa.Table):
            return rows
        known = [name for name in self.encoding.features if name in rows.columns]
        return pa.Table.from_pandas(rows[known], preserve_index=False)


def load_model(path: Path) -> Model:
    """Read a model that `Model.save` wrote.

    Raises
    ------
    ModelError
        If there is no whole model.
    """
    try:
        stored = json.loads(path.read_text("utf-8"))
        return Model(
            Encoding(
                tuple(stored["features"]), {k: tuple(v) for k, v in stored["categories"].items()}, stored["shares"]
            ),
            stored["trees"],
            Calibrator(**stored["calibrator"]),
        )
    except (OSError, ValueError, KeyError) as error:
        raise ModelError(f"{path.name}: no whole model is stored there.", "Train the use case again.") from error


class _Served:
    """The model as MLflow's Python function: frame in, probabilities out."""

    def __init__(self, model: Model) -> None:
        self.model = model

    def predict(self, model_input: pd.DataFrame, params: dict[str, Any] | None = None) -> np.ndarray:
        return self.model.predict(model_input)


def _load_pyfunc(path: str) -> _Served:
    """MLflow's entry: read the logged file."""
    place = Path(path)
    return _Served(load_model(place if place.is_file() else place / "model.json"))
