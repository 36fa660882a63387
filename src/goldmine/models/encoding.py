"""Encoding of the stored feature table as LightGBM's float32 matrix: numbers, categories and target means."""

from dataclasses import dataclass, field, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from goldmine.core.errors import ModelError
from goldmine.core.i18n import _

MAX_CATEGORIES = 40
"""Levels of a text column above which it is target encoded rather than categorical."""
_FOLDS = 5


@dataclass(frozen=True)
class Encoding:
    """How columns become numbers; learnt in training and part of the model.

    Parameters
    ----------
    features : tuple of str
        Columns in the order of the matrix.
    categories : dict of str to tuple of str
        For each text column of few levels the categories seen in training; a category's code is its position.
    target_means : dict of str to dict of str to float
        For each text column of many levels the mean outcome of each level, shrunk towards the overall mean where rows
        are few.
    """

    features: tuple[str, ...]
    categories: dict[str, tuple[str, ...]]
    target_means: dict[str, dict[str, float]] = field(default_factory=dict)

    @property
    def categorical(self) -> list[int]:
        """Numbers of the matrix columns that hold category codes."""
        return [column for column, name in enumerate(self.features) if name in self.categories]

    @property
    def text(self) -> set[str]:
        """Names of the columns that are text."""
        return {*self.categories, *self.target_means}

    def unseen_categories(self, rows: pa.Table) -> dict[str, int]:
        """Rows that hold a category unseen in training, by text column; columns without any are left out."""
        counts = {}
        for name in self.features:
            known = self.categories.get(name) or tuple(self.target_means.get(name, ()))
            if name in self.text and name in rows.column_names:
                values = _as_text(rows[name]).drop_null()
                counts[name] = len(values) - (pc.sum(pc.is_in(values, pa.array(known, pa.string()))).as_py() or 0)
        return {name: count for name, count in counts.items() if count}


def fit_encoding(rows: pa.Table, names: list[str], *, max_categories: float = MAX_CATEGORIES) -> Encoding:
    """Learn the categories of a training table; columns with many levels are left to `fit_target_encoding`.

    Parameters
    ----------
    rows : pyarrow.Table
        Training rows.
    names : list of str
        The columns to learn from, in the order that the matrix takes.
    max_categories : float
        Levels of a text column above which it is target encoded.

    Raises
    ------
    ModelError
        If a column is neither number, flag nor text, or no column is left to learn from.
    """
    if not names:
        raise ModelError(_("training rows: no feature columns."), _("Check include and exclude in the use case."))
    categories = {}
    target_means: dict[str, dict[str, float]] = {}
    for name in names:
        kind = rows.schema.field(name).type
        if is_text(kind):
            seen = pc.unique(_as_text(rows[name])).drop_null().to_pylist()
            if len(seen) > max_categories:
                target_means[name] = {}
            else:
                categories[name] = tuple(sorted(seen))
        elif not is_number(kind):
            raise ModelError(
                _("column {name}: is {kind}, which cannot be learnt from.", name=name, kind=kind),
                _("Give numbers, flags or text, or exclude the column in the use case."),
            )
    return Encoding(tuple(names), categories, target_means)


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
        a category is unseen in training.

    Raises
    ------
    ModelError
        If columns are missing, or a column is text that was numeric in training.
    """
    missing = sorted(set(encoding.features) - set(rows.column_names))
    if missing:
        raise ModelError(
            _(
                "rows to score: {n} of the model's {total} features are not there: {names}.",
                n=len(missing),
                total=len(encoding.features),
                names=", ".join([*missing[:5], *(["..."] if len(missing) > 5 else [])]),
            ),
            _("Bring back the tables that they need, or train again without them."),
        )
    matrix = np.empty((rows.num_rows, len(encoding.features)), dtype=np.float32, order="F")
    for column, name in enumerate(encoding.features):
        if name in encoding.categories:
            matrix[:, column] = _codes(rows[name], encoding.categories[name])
        elif name in encoding.target_means:
            matrix[:, column] = _target_means(rows[name], encoding.target_means[name])
        else:
            matrix[:, column] = _numbers(rows[name], name)
    return matrix


def fit_target_encoding(
    encoding: Encoding, rows: pa.Table, outcome: np.ndarray, seed: int
) -> tuple[Encoding, np.ndarray]:
    """Fill in the target means of an encoding, and make the matrix of its training rows.

    In the matrix a level's mean is cross-fitted: it comes from the other four fifths of the customers. A row whose own
    outcome is in it would leak the outcome to the trees.

    Parameters
    ----------
    encoding : Encoding
        From `fit_encoding`.
    rows : pyarrow.Table
        Training rows; where they have ``customer_id``, all rows of a customer stay in one fold.
    outcome : numpy.ndarray
        0 or 1.
    seed : int
        Same seed, same folds.
    """
    names = list(encoding.target_means)
    if not names:
        return encoding, encode(encoding, rows)
    from sklearn.preprocessing import TargetEncoder

    values = np.column_stack([_as_text(rows[name]).fill_null("").to_numpy().astype(object) for name in names])
    encoder = TargetEncoder(target_type="binary", smooth="auto", cv=_customer_splits(rows, outcome, seed))
    crossed = encoder.fit_transform(values, outcome)
    means = {
        name: {level: float(mean) for level, mean in zip(levels, level_means, strict=True) if level}
        for name, levels, level_means in zip(names, encoder.categories_, encoder.encodings_, strict=True)
    }
    fitted = replace(encoding, target_means=means)
    matrix = encode(fitted, rows)
    for number, name in enumerate(names):
        column = encoding.features.index(name)
        matrix[:, column] = np.where(values[:, number] == "", np.nan, crossed[:, number])
    return fitted, matrix


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


def _target_means(column: pa.ChunkedArray, known: dict[str, float]) -> np.ndarray:
    codes = _codes(column, tuple(known))
    values = np.array([*known.values(), np.nan], dtype=np.float32)
    return values[np.where(np.isnan(codes), len(known), codes).astype(np.int64)]


def _numbers(column: pa.ChunkedArray, name: str) -> np.ndarray:
    if not is_number(column.type):
        raise ModelError(
            _("column {name}: is {type}, the model learnt numbers.", name=name, type=column.type),
            _("Correct the column's type."),
        )
    values = column.cast(pa.float32(), safe=False).to_numpy()
    return np.where(np.isfinite(values), values, np.float32("nan"))


def _customer_splits(rows: pa.Table, outcome: np.ndarray, seed: int) -> list[tuple[np.ndarray, np.ndarray]]:
    from sklearn.model_selection import GroupKFold, StratifiedKFold

    if "customer_id" in rows.column_names:
        customers = rows["customer_id"].dictionary_encode().combine_chunks().indices.to_numpy()
        if len(np.unique(customers)) < len(customers):
            splitter = GroupKFold(_FOLDS, shuffle=True, random_state=seed)
            return list(splitter.split(customers, outcome, customers))
    return list(StratifiedKFold(_FOLDS, shuffle=True, random_state=seed).split(outcome, outcome))
