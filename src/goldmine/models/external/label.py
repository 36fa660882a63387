"""The label of a table: 0, 1 or empty, and nothing else."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from goldmine.core.errors import UseCaseError

_WORDS = {
    "0": 0,
    "1": 1,
    "0.0": 0,
    "1.0": 1,
    "no": 0,
    "yes": 1,
    "false": 0,
    "true": 1,
    "n": 0,
    "y": 1,
    "否": 0,
    "是": 1,
}


def read_label(column: pa.ChunkedArray, name: str) -> pa.Array:
    """The label as int8, empty where it is not known.

    Raises
    ------
    UseCaseError
        If a label is none of 0, 1, yes, no, true, false and empty, or all are empty or of one class.
    """
    words = column.cast(pa.string()) if not pa.types.is_floating(column.type) else _plain(column)
    words = pc.utf8_lower(pc.utf8_trim_whitespace(words))
    words = pc.if_else(pc.equal(words, ""), None, words)
    codes = pc.index_in(words, value_set=pa.array(list(_WORDS)), skip_nulls=True)
    wrong = words.null_count - codes.null_count
    if wrong:
        raise UseCaseError(
            f"label column {name}: {-wrong:,} rows hold a label that is neither 0 nor 1.",
            "Labels are 0 or 1 (or no and yes, false and true); leave empty what is not known.",
        )
    places = codes.combine_chunks() if isinstance(codes, pa.ChunkedArray) else codes
    values = np.array([*_WORDS.values()], np.int8)[places.fill_null(0).to_numpy()]
    label = pa.array(values, pa.int8(), mask=np.asarray(places.is_null()))
    known = label.drop_null().to_numpy()
    if not len(known) or known.min() == known.max():
        held = "no label at all" if not len(known) else "one class only"
        raise UseCaseError(
            f"label column {name}: {len(known):,} labelled rows hold {held}.",
            "A model learns from rows of both classes; bring more rows.",
        )
    return label


def _plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Floating numbers as text: 1.0 as 1, and what is no number as empty."""
    known = pc.if_else(pc.is_nan(column), None, column)
    return known.cast(pa.string())
