"""The label of a table: 0, 1 or empty, and nothing else."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from goldmine.core.errors import UseCaseError
from goldmine.core.i18n import all_languages, pgettext

_LABELS = (
    pgettext("words for the label 0", "0 0.0 no false n"),
    pgettext("words for the label 1", "1 1.0 yes true y"),
)


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
    labels = {
        word: label
        for label, text in enumerate(_LABELS)
        for translation in all_languages(text).values()
        for word in translation.split()
    }
    codes = pc.index_in(words, value_set=pa.array(list(labels)), skip_nulls=True)
    wrong = words.null_count - codes.null_count
    if wrong:
        raise UseCaseError(
            f"label column {name}: {-wrong:,} rows hold a label that is neither 0 nor 1.",
            "Labels are 0 or 1 (or no and yes, false and true); leave empty what is not known.",
        )
    places = codes.combine_chunks() if isinstance(codes, pa.ChunkedArray) else codes
    values = np.array([*labels.values()], np.int8)[places.fill_null(0).to_numpy()]
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
