"""Text of many levels, learnt by each level's share of outcomes without a row ever seeing its own outcome."""

from dataclasses import replace

import numpy as np
import pyarrow as pa

from goldmine.models.encoding import Encoding, encode

_FOLDS = 5


def fit_target_encoding(
    encoding: Encoding, rows: pa.Table, outcome: np.ndarray, seed: int
) -> tuple[Encoding, np.ndarray]:
    """Fill in the shares of an encoding, and make the matrix of its training rows.

    In the matrix a level's share comes from the other four fifths of the customers. Were a row's own outcome in it, the
    trees would take the column for an oracle, and find none when they score.

    Parameters
    ----------
    encoding : Encoding
        As `goldmine.models.encoding.fit_encoding` gives it.
    rows : pyarrow.Table
        Training rows; where they have ``customer_id``, all rows of a customer stay in one fifth.
    outcome : numpy.ndarray
        0 or 1.
    seed : int
        Same seed, same fifths.
    """
    names = list(encoding.shares)
    if not names:
        return encoding, encode(encoding, rows)
    from sklearn.preprocessing import TargetEncoder

    values = np.column_stack([_text(rows, name) for name in names])
    parts = list(_parts(rows, outcome, seed))
    encoder = TargetEncoder(target_type="binary", smooth="auto", cv=parts)
    crossed = encoder.fit_transform(values, outcome)
    learnt = {
        name: {level: float(share) for level, share in zip(levels, shares, strict=True) if level}
        for name, levels, shares in zip(names, encoder.categories_, encoder.encodings_, strict=True)
    }
    found = replace(encoding, shares=learnt)
    matrix = encode(found, rows)
    for column, name in enumerate(names):
        place = encoding.features.index(name)
        matrix[:, place] = np.where(values[:, column] == "", np.nan, crossed[:, column])
    return found, matrix


def _text(rows: pa.Table, name: str) -> np.ndarray:
    return rows[name].cast(pa.string()).fill_null("").to_numpy().astype(object)


def _parts(rows: pa.Table, outcome: np.ndarray, seed: int) -> list[tuple[np.ndarray, np.ndarray]]:
    from sklearn.model_selection import GroupKFold, StratifiedKFold

    if "customer_id" in rows.column_names:
        customers = rows["customer_id"].dictionary_encode().combine_chunks().indices.to_numpy()
        if len(np.unique(customers)) < len(customers):
            found = GroupKFold(_FOLDS, shuffle=True, random_state=seed).split(customers, outcome, customers)
            return list(found)
    return list(StratifiedKFold(_FOLDS, shuffle=True, random_state=seed).split(outcome, outcome))
