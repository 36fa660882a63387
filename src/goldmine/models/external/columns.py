"""The columns of an external table: its label, its usable features, and the baseline among them."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from sklearn.metrics import roc_auc_score

from goldmine.contract.external_types import days_since_1970
from goldmine.core.errors import UseCaseError
from goldmine.core.i18n import LocalizedText, _, all_languages, pgettext
from goldmine.labels.eligibility import KEYS, LABEL_COLUMNS
from goldmine.models.encoding import MAX_CATEGORIES, Encoding, encode, is_number, is_text
from goldmine.models.external.table import IS_TEST

_UNIQUE_SHARE = 0.5
"""Share of distinct texts above which a text column names rows rather than describes them."""
_FEW_LEVELS = 10
_MOSTLY = 0.9
"""Share of a text column's values that look like numbers or days, from which on it is told."""
_NUMBER = r"^\s*[+-]?[\d,\x{ff0c} ]*\d(\.\d+)?\s*%?\s*$"
_DAY = r"^\s*\d{1,4}[-/.\x{5e74}]\d{1,2}[-/.\x{6708}]\d{1,4}\x{65e5}?(\s.*)?$"
"""A number with separators or a percent sign, and a day however it is written (with its Chinese words too)."""
COUNT = "known_columns"
"""Feature added to a table of text columns only, as the baseline needs a number to order rows by."""


_LABELS = (
    pgettext("words for the label 0", "0 0.0 no false n"),
    pgettext("words for the label 1", "1 1.0 yes true y"),
)


@dataclass(frozen=True)
class Columns:
    """Features of an external table, and how they were prepared.

    Parameters
    ----------
    features : pyarrow.Table
        Numbers, flags and text, under names that differ from the reserved ones.
    notes : tuple of str
        Messages about dropped columns and values set to missing; they hold no values.
    """

    features: pa.Table
    notes: tuple[str, ...]


def read_label(column: pa.ChunkedArray, name: str) -> pa.Array:
    """The label as int8, null where unknown.

    Raises
    ------
    UseCaseError
        If a label is none of 0, 1, yes, no, true, false and empty, or all are empty or of one class.
    """
    words = column.cast(pa.string()) if not pa.types.is_floating(column.type) else _float_words(column)
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
            _("label column {name}: {n:,} rows hold a label that is neither 0 nor 1.", name=name, n=-wrong),
            _("Labels are 0 or 1 (or no and yes, false and true); leave empty what is not known."),
        )
    positions = codes.combine_chunks() if isinstance(codes, pa.ChunkedArray) else codes
    values = np.array([*labels.values()], np.int8)[positions.fill_null(0).to_numpy()]
    label = pa.array(values, pa.int8(), mask=np.asarray(positions.is_null()))
    known = label.drop_null().to_numpy()
    if not len(known) or known.min() == known.max():
        what = _("label column {name}: no row holds a label.", name=name)
        if len(known):
            what = _("label column {name}: its {n:,} labels are all the same.", name=name, n=len(known))
        raise UseCaseError(what, _("A model learns from rows of both classes; bring more rows."))
    return label


def usable_columns(table: pa.Table, names: list[str]) -> Columns:
    """Turn some columns of a table into features.

    Raises
    ------
    UseCaseError
        If nothing is left to learn from.
    """
    features: dict[str, pa.ChunkedArray] = {}
    notes: list[str] = []
    for name in names:
        infinite = _infinite(table[name])
        if infinite:
            notes.append(_("column {name}: {n:,} infinite values are taken as missing", name=name, n=infinite))
        column, reason = _prepared(table[name])
        notes += _mistaken(name, column)
        reason = reason or _uninformative(column)
        if reason:
            notes.append(_("column {name}: dropped, {reason}", name=name, reason=reason))
            continue
        features[_free_name(name, names)] = column
    if not features:
        raise UseCaseError(
            _("the table: no column is left to learn from."), _("Bring columns that differ between rows.")
        )
    if not any(is_number(column.type) for column in features.values()):
        known = sum(column.is_valid().to_numpy().astype(np.int32) for column in features.values())
        features[_free_name(COUNT, names)] = pa.chunked_array([pa.array(known)])
    return Columns(pa.table(features), tuple(notes))


def refuse_copies(features: pa.Table, outcome: np.ndarray) -> None:
    """Refuse a column that is a copy of the label.

    Parameters
    ----------
    features : pyarrow.Table
        Columns of the labelled rows.
    outcome : numpy.ndarray
        0 or 1.

    Raises
    ------
    UseCaseError
        If a column of at most ten levels determines the label of every row.
    """
    for name in features.column_names:
        codes = features[name].dictionary_encode().combine_chunks()
        levels = codes.indices.fill_null(len(codes.dictionary)).to_numpy().astype(np.int64)
        if len(codes.dictionary) > _FEW_LEVELS:
            continue
        rows = np.bincount(levels, minlength=len(codes.dictionary) + 1)
        positives = np.bincount(levels, weights=outcome, minlength=len(rows))
        if np.all((positives == 0) | (positives == rows)):
            raise UseCaseError(
                _("column {name}: determines the label of every row, so it is a copy of the label.", name=name),
                _("Leave it out with --drop {name}.", name=name),
            )


def best_column(rows: pa.Table, names: list[str]) -> tuple[str, bool]:
    """The baseline: the single number or flag that ranks the training rows best, and whether high values come first.

    Parameters
    ----------
    rows : pyarrow.Table
        Training rows, with ``outcome``.
    names : list of str
        Candidate columns; text columns are skipped.

    Raises
    ------
    UseCaseError
        If the rows hold one class only.
    """
    outcome = rows["outcome"].to_numpy()
    numbers = [name for name in names if is_number(rows.schema.field(name).type)]
    if outcome.min() == outcome.max():
        raise UseCaseError(_("the table: the rows to learn from hold one class only."), _("Bring more labelled rows."))
    aucs = {name: _auc(rows, name, outcome) for name in numbers}
    best = max(numbers, key=lambda name: abs(aucs[name] - 0.5))
    return best, bool(aucs[best] > 0.5)


def _prepared(column: pa.ChunkedArray) -> tuple[pa.ChunkedArray, LocalizedText | None]:
    kind = column.type
    if pa.types.is_timestamp(kind):
        return days_since_1970(column), None
    if is_text(kind):
        return column.cast(pa.string()), None
    if pa.types.is_floating(kind):
        return pc.if_else(pc.is_finite(column), column, None), None
    if is_number(kind):
        return column, None
    return column, _("as {type} cannot be learnt from", type=kind)


def _uninformative(column: pa.ChunkedArray) -> LocalizedText | None:
    if column.null_count == len(column):
        return _("all its values are missing")
    different = pc.count_distinct(column, mode="only_valid").as_py()
    if different == 1 and column.null_count == 0:
        return _("it has the same value in every row")
    if is_text(column.type) and different > max(MAX_CATEGORIES, _UNIQUE_SHARE * (len(column) - column.null_count)):
        return _("nearly every row has a text of its own")
    return None


def _mistaken(name: str, column: pa.ChunkedArray) -> list[str]:
    """A note about texts that look like numbers or days: as texts they have no order, and often no level repeats."""
    if not is_text(column.type):
        return []
    known = column.drop_null()

    def share(pattern: str) -> float:
        return (pc.sum(pc.match_substring_regex(known, pattern)).as_py() or 0) / max(len(known), 1)

    if share(_DAY) >= _MOSTLY:
        told = _("column {name}: its texts look like days and are taken as texts; write days as 2024-01-31", name=name)
        return [told]
    if share(_NUMBER) >= _MOSTLY:
        return [
            _(
                "column {name}: its texts look like numbers and are taken as texts; write numbers as 1234.5",
                name=name,
            )
        ]
    return []


def _infinite(column: pa.ChunkedArray) -> int:
    return (pc.sum(pc.is_inf(column)).as_py() or 0) if pa.types.is_floating(column.type) else 0


def _free_name(name: str, names: list[str]) -> str:
    """The column's name, with underscores appended where it is reserved."""
    while name in (*KEYS, *LABEL_COLUMNS, IS_TEST):
        name += "_"
        while name in names:
            name += "_"
    return name


def _float_words(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Floating numbers as text: 1.0 as 1, and NaN as null."""
    numbers = pc.if_else(pc.is_nan(column), None, column)
    return numbers.cast(pa.string())


def _auc(rows: pa.Table, name: str, outcome: np.ndarray) -> float:
    values = encode(Encoding((name,), {}), rows)[:, 0]
    known = np.isfinite(values)
    lowest = values[known].min() - 1 if known.any() else 0.0
    return float(roc_auc_score(outcome, np.where(known, values, lowest)))
