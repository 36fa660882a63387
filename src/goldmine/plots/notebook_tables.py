"""Tables of notebooks in the session's language: heads, names of rows, and the words in their cells."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
from markupsafe import escape
from pandas.io.formats.style import Styler

from goldmine.core.i18n import LocalizedText, pgettext
from goldmine.plots.style import localized

_HEADS = frozenset(
    {
        pgettext("column", "alpha"),
        pgettext("column", "among"),
        pgettext("column", "at_most"),
        pgettext("column", "aum"),
        pgettext("column", "aum_mean"),
        pgettext("column", "auc"),
        pgettext("column", "average_precision"),
        pgettext("column", "base_rate"),
        pgettext("column", "baseline"),
        pgettext("column", "before"),
        pgettext("column", "best"),
        pgettext("column", "brier"),
        pgettext("column", "by"),
        pgettext("column", "calibrate"),
        pgettext("column", "calibration_error"),
        pgettext("column", "by_chance"),
        pgettext("column", "campaign"),
        pgettext("column", "categories never seen in training, rows"),
        pgettext("column", "challenger"),
        pgettext("column", "champion"),
        pgettext("column", "column"),
        pgettext("column", "columns"),
        pgettext("column", "contact"),
        pgettext("column", "control"),
        pgettext("column", "count"),
        pgettext("column", "customers"),
        pgettext("column", "cutoff"),
        pgettext("column", "decile"),
        pgettext("column", "difference"),
        pgettext("column", "direction"),
        pgettext("column", "error"),
        pgettext("column", "estimated"),
        pgettext("column", "expected"),
        pgettext("column", "expected_yuan"),
        pgettext("column", "failing"),
        pgettext("column", "feature"),
        pgettext("column", "features"),
        pgettext("column", "figure"),
        pgettext("column", "file"),
        pgettext("column", "found"),
        pgettext("column", "gain"),
        pgettext("column", "group"),
        pgettext("column", "here"),
        pgettext("column", "high"),
        pgettext("column", "known"),
        pgettext("column", "layer"),
        pgettext("column", "left"),
        pgettext("column", "left_behind"),
        pgettext("column", "level"),
        pgettext("column", "lift_10pct"),
        pgettext("column", "lift_1pct"),
        pgettext("column", "lift_20pct"),
        pgettext("column", "lift_5pct"),
        pgettext("column", "lift_list"),
        pgettext("column", "limit"),
        pgettext("column", "list"),
        pgettext("column", "looked for"),
        pgettext("column", "loss"),
        pgettext("column", "loss_lower_bound"),
        pgettext("column", "low"),
        pgettext("column", "max"),
        pgettext("column", "mean"),
        pgettext("column", "meaning"),
        pgettext("column", "min"),
        pgettext("column", "missing"),
        pgettext("column", "model"),
        pgettext("column", "model_version"),
        pgettext("column", "months"),
        pgettext("column", "more_contacts"),
        pgettext("column", "moved"),
        pgettext("column", "name"),
        pgettext("column", "nearest"),
        pgettext("column", "no_skill"),
        pgettext("column", "no_skill_brier"),
        pgettext("column", "not checked"),
        pgettext("column", "of"),
        pgettext("column", "outflow_amount"),
        pgettext("column", "outflow_type"),
        pgettext("column", "positives"),
        pgettext("column", "pruned"),
        pgettext("column", "psi"),
        pgettext("column", "ranked_by"),
        pgettext("column", "rate"),
        pgettext("column", "realised"),
        pgettext("column", "recall_10pct"),
        pgettext("column", "recall_1pct"),
        pgettext("column", "recall_20pct"),
        pgettext("column", "recall_5pct"),
        pgettext("column", "recall_list"),
        pgettext("column", "remain"),
        pgettext("column", "rows"),
        pgettext("column", "rule"),
        pgettext("column", "rule_auc"),
        pgettext("column", "scored_at"),
        pgettext("column", "segment"),
        pgettext("column", "set"),
        pgettext("column", "severity"),
        pgettext("column", "share"),
        pgettext("column", "smallest_effect"),
        pgettext("column", "stage"),
        pgettext("column", "state"),
        pgettext("column", "step"),
        pgettext("column", "such as"),
        pgettext("column", "suite"),
        pgettext("column", "sum"),
        pgettext("column", "table"),
        pgettext("column", "tag"),
        pgettext("column", "test"),
        pgettext("column", "train"),
        pgettext("column", "trials"),
        pgettext("column", "used"),
        pgettext("column", "useful"),
        pgettext("column", "verdict"),
        pgettext("column", "version"),
        pgettext("column", "warnings"),
        pgettext("column", "weight"),
        pgettext("column", "weighted_rows"),
        pgettext("column", "why"),
        pgettext("column", "windows"),
        pgettext("column", "with"),
        pgettext("column", "without"),
        pgettext("column", "worth"),
        pgettext("column", "yuan"),
    }
)
_WORDS = frozenset(
    {
        pgettext("cell", "age_band"),
        pgettext("cell", "alarm"),
        pgettext("cell", "auc"),
        pgettext("cell", "down"),
        pgettext("cell", "drawn rows of the table"),
        pgettext("cell", "drifted"),
        pgettext("cell", "fatal"),
        pgettext("cell", "gender"),
        pgettext("cell", "lift_list"),
        pgettext("cell", "model"),
        pgettext("cell", "nearest"),
        pgettext("cell", "nothing"),
        pgettext("cell", "not known"),
        pgettext("cell", "others, together"),
        pgettext("cell", "rate"),
        pgettext("cell", "stable"),
        pgettext("cell", "the earlier rows of the table"),
        pgettext("cell", "the latest rows of the table"),
        pgettext("cell", "the other rows of the table"),
        pgettext("cell", "up"),
        pgettext("cell", "village"),
        pgettext("cell", "warning"),
    }
)
_YES, _NO = pgettext("cell", "yes"), pgettext("cell", "no")


def show_table(
    table: pd.DataFrame,
    forms: Mapping[Any, Any] | str | None = None,
    *,
    index: bool = False,
    names: Mapping[str, str] | None = None,
    precision: int | None = None,
) -> Styler:
    """A table as a notebook shows it: heads, names of rows and words in the session's language.

    Parameters
    ----------
    table : pandas.DataFrame
        With the names that the code uses; what is no known name or word stays as it is.
    forms : mapping or str, optional
        How cells are written, as for `pandas.io.formats.style.Styler.format`; columns that are not there are ignored.
    index : bool
        Whether the names of the rows are shown.
    names : mapping of str to str, optional
        Heads for other names, such as features.
    precision : int, optional
        Digits after the point of numbers without a form.

    Examples
    --------
    >>> show_table(pd.DataFrame({"rows": [1200], "here": [True]}), {"rows": "{:,}"}).to_string().split()
    ['rows', 'here', '1,200', 'yes']
    """

    def head(label: Any) -> Any:
        return _escaped((names or {}).get(label) or _translated("column", label, _HEADS))

    def row_name(label: Any) -> Any:
        return _escaped(_word(label)) if label in _WORDS else head(label)

    shown, words = table.copy(), [place for place in range(table.shape[1]) if _has_words(table, place)]
    for place in words:
        shown.isetitem(place, table.iloc[:, place].map(_word))
    if isinstance(forms, Mapping):
        forms = {name: form for name, form in forms.items() if name in table}
    styler = shown.style.format(forms, na_rep="", precision=precision, thousands=",", escape="html")
    styler = styler.format_index(head, axis="columns").format_index(row_name, axis="index")
    styler = styler.format_index_names(head, axis="columns").format_index_names(head, axis="index")
    # Words begin where the head begins; numbers end under each other, as a notebook puts everything.
    left = [("text-align", "left")]
    styler.set_table_styles([{"selector": f"th.col{place}, td.col{place}", "props": left} for place in words])
    return styler if index else styler.hide(axis="index")


def _escaped(label: Any) -> Any:
    """A label as HTML; figures as they are."""
    return str(escape(label)) if isinstance(label, str) else label


def _has_words(table: pd.DataFrame, place: int) -> bool:
    kind, types = table.dtypes.iloc[place], pd.api.types
    return bool(types.is_bool_dtype(kind) or types.is_object_dtype(kind) or types.is_string_dtype(kind))


def _word(value: Any) -> Any:
    """A word of a cell in the session's language; anything else as it is."""
    if pd.api.types.is_bool(value):
        return localized(_YES if value else _NO)
    return localized(value) if isinstance(value, LocalizedText) else _translated("cell", value, _WORDS)


def _translated(context: str, label: Any, known: frozenset[LocalizedText]) -> Any:
    return localized(LocalizedText(label, context=context)) if isinstance(label, str) and label in known else label
