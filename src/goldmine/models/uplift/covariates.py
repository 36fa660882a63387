"""Covariates, known before the treatment: a matrix for trees, and one for linear models."""

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray
from scipy.special import ndtri
from scipy.stats import rankdata

from goldmine.models.encoding import Encoding, encode, fit_encoding

_MAX_LEVELS = 20
_MAX_CATEGORIES = 200


@dataclass(frozen=True)
class Covariates:
    """Values known before the treatment.

    Parameters
    ----------
    matrix : array (rows, columns) of float32
        For trees; categories are codes, missing values are NaN.
    names : tuple of str
        Names of the columns.
    categorical : tuple of int
        Numbers of the categorical columns.
    """

    matrix: NDArray[np.float32]
    names: tuple[str, ...]
    categorical: tuple[int, ...]

    def rows(self, mask: NDArray[np.bool_]) -> "Covariates":
        """The same of some rows."""
        return Covariates(self.matrix[mask], self.names, self.categorical)

    def linear_design(self) -> NDArray[np.float64]:
        """For linear models: normal scores, a column for each common category, flags for missing values."""
        parts = [np.empty((len(self.matrix), 0))]
        for number in range(self.matrix.shape[1]):
            column = self.matrix[:, number].astype(np.float64)
            if number in self.categorical:
                values, counts = np.unique(column[~np.isnan(column)], return_counts=True)
                common = values[np.argsort(-counts, kind="stable")[:_MAX_LEVELS]]
                parts.append((column[:, None] == common).astype(np.float64))
            else:
                parts.append(_normal(column)[:, None])
            missing = np.isnan(column)
            if missing.any():
                parts.append(missing[:, None].astype(np.float64))
        return np.hstack(parts)


def covariates(frame: pd.DataFrame) -> tuple[Covariates, tuple[str, ...]]:
    """The covariates of a table, and the names of uninformative columns that were left out.

    Uninformative columns hold one value only, a row number, or texts that are nearly unique.

    Parameters
    ----------
    frame : DataFrame
        Numbers, flags, texts and days.
    """
    columns = {str(name): _converted(column) for name, column in frame.items() if not _uninformative(column)}
    left_out = tuple(str(name) for name in frame.columns if str(name) not in columns)
    if not columns:
        return Covariates(np.empty((len(frame), 0), dtype=np.float32), (), ()), left_out
    table = pa.table({name: pa.array(column, from_pandas=True) for name, column in columns.items()})
    encoding: Encoding = fit_encoding(table, list(columns), max_categories=math.inf)
    return Covariates(encode(encoding, table), encoding.features, tuple(encoding.categorical)), left_out


def _uninformative(column: pd.Series) -> bool:
    known = column.dropna()
    different = known.nunique()
    if different <= 1 and (different == 0 or len(known) == len(column)):
        return True
    if pd.api.types.is_bool_dtype(column) or pd.api.types.is_datetime64_any_dtype(column):
        return False
    if pd.api.types.is_numeric_dtype(column):
        numbered = different == len(column) and bool((known % 1 == 0).all())
        return numbered and bool(known.max() - known.min() == len(column) - 1)
    return different > min(_MAX_CATEGORIES, max(len(known) // 2, 2))


def _converted(column: pd.Series) -> pd.Series:
    if pd.api.types.is_datetime64_any_dtype(column):
        days = (column - pd.Timestamp(0, tz=column.dt.tz)) / pd.Timedelta(days=1)
        return days.astype("float64")
    if pd.api.types.is_bool_dtype(column) or pd.api.types.is_numeric_dtype(column):
        return column.astype("float64")
    return column.map(str, na_action="ignore").astype("str")


def _normal(column: NDArray[np.float64]) -> NDArray[np.float64]:
    known = ~np.isnan(column)
    scores = np.zeros(len(column))
    scores[known] = ndtri((rankdata(column[known]) - 0.5) / max(known.sum(), 1))
    return scores
