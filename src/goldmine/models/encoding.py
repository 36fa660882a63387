"""From the feature table as it is stored to the float32 matrix that LightGBM learns from."""

from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from goldmine.core.errors import ModelError

MAX_CATEGORIES = 40
"""Levels of a text column above which it is learnt by each level's outcome rather than as categories."""


@dataclass(frozen=True)
class Encoding:
    """How columns become numbers; learnt in training and part of the model.

    Parameters
    ----------
    features : tuple of str
        Columns in the order of the matrix.
    categories : dict of str to tuple of str
        For each text column of few levels the categories seen in training; a category's code is its place.
    shares : dict of str to dict of str to float
        For each text column of many levels the share of outcomes at each, drawn towards that of all where rows are
        few.
    """

    features: tuple[str, ...]
    categories: dict[str, tuple[str, ...]]
    shares: dict[str, dict[str, float]] = field(default_factory=dict)

    @property
    def categorical(self) -> list[int]:
        """Places of the columns in the matrix that hold codes of categories."""
        return [place for place, name in enumerate(self.features) if name in self.categories]

    @property
    def text(self) -> set[str]:
        """Names of the columns that are text."""
        return {*self.categories, *self.shares}

    def unseen_categories(self, rows: pa.Table) -> dict[str, int]:
        """For each text column how many rows hold a category that training never saw; those without any left out."""
        found = {}
        for name in self.features:
            known = self.categories.get(name) or tuple(self.shares.get(name, ()))
            if name in self.text and name in rows.column_names:
                values = _as_text(rows[name]).drop_null()
                found[name] = len(values) - (pc.sum(pc.is_in(values, pa.array(known, pa.string()))).as_py() or 0)
        return {name: count for name, count in found.items() if count}


def fit_encoding(rows: pa.Table, names: list[str], *, max_categories: float = MAX_CATEGORIES) -> Encoding:
    """Learn the categories of a training table; of the columns with many levels only their names.

    Parameters
    ----------
    rows : pyarrow.Table
        Training rows.
    names : list of str
        The columns to learn from, in the order that the matrix takes.
    max_categories : float
        Levels of a text column above which its shares are to be learnt by `fit_target_encoding`.

    Raises
    ------
    ModelError
        If a column is neither number, flag nor text, or no column is left to learn from.
    """
    if not names:
        raise ModelError("training rows: no feature columns.", "Check include and exclude in the use case.")
    categories = {}
    shares: dict[str, dict[str, float]] = {}
    for name in names:
        kind = rows.schema.field(name).type
        if is_text(kind):
            seen = pc.unique(_as_text(rows[name])).drop_null().to_pylist()
            if len(seen) > max_categories:
                shares[name] = {}
            else:
                categories[name] = tuple(sorted(seen))
        elif not is_number(kind):
            raise ModelError(
                f"column {name}: is {kind}, which cannot be learnt from.",
                "Give numbers, flags or text, or exclude the column in the use case.",
            )
    return Encoding(tuple(names), categories, shares)


def encode(encoding: Encoding, rows: pa.Table) -> np.ndarray:
    """Make the matrix of some rows.

    Parameters
    ----------
    encoding : Encoding
        Learnt in training.
    rows : pyarrow.Table
        Any table that holds the encoding's columns; others are ignored.

    Returns
    -------
    numpy.ndarray
        float32, rows x features, column by column in memory. NaN where a value is missing or
        a category was never seen in training.

    Raises
    ------
    ModelError
        If columns are missing, or text stands where numbers were learnt.
    """
    missing = sorted(set(encoding.features) - set(rows.column_names))
    if missing:
        raise ModelError(
            f"rows to score: {len(missing)} of the model's {len(encoding.features)} features are not there: "
            f"{', '.join(missing[:5])}{', ...' if len(missing) > 5 else ''}.",
            "Bring back the tables that they need, or train again without them.",
        )
    matrix = np.empty((rows.num_rows, len(encoding.features)), dtype=np.float32, order="F")
    for place, name in enumerate(encoding.features):
        if name in encoding.categories:
            matrix[:, place] = _codes(rows[name], encoding.categories[name])
        elif name in encoding.shares:
            matrix[:, place] = _shares(rows[name], encoding.shares[name])
        else:
            matrix[:, place] = _numbers(rows[name], name)
    return matrix


def is_text(kind: pa.DataType) -> bool:
    """Whether columns of a type are learnt as text."""
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_dictionary(kind))


def is_number(kind: pa.DataType) -> bool:
    """Whether columns of a type are learnt as numbers."""
    types = pa.types
    return bool(
        types.is_floating(kind)
        or types.is_integer(kind)
        or types.is_boolean(kind)
        or types.is_decimal(kind)
        or types.is_null(kind)
    )


def _as_text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return column.cast(pa.string())


def _codes(column: pa.ChunkedArray, known: tuple[str, ...]) -> np.ndarray:
    codes = pc.index_in(_as_text(column), value_set=pa.array(known, pa.string()), skip_nulls=True)
    return codes.cast(pa.float32(), safe=False).to_numpy()


def _shares(column: pa.ChunkedArray, known: dict[str, float]) -> np.ndarray:
    places = _codes(column, tuple(known))
    values = np.array([*known.values(), np.nan], dtype=np.float32)
    return values[np.where(np.isnan(places), len(known), places).astype(np.int64)]


def _numbers(column: pa.ChunkedArray, name: str) -> np.ndarray:
    if not is_number(column.type):
        raise ModelError(f"column {name}: is {column.type}, the model learnt numbers.", "Mend the column's type.")
    values = column.cast(pa.float32(), safe=False).to_numpy()
    return np.where(np.isfinite(values), values, np.float32("nan"))
