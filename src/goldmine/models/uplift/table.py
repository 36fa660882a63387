"""An external table as a trial: its treatment, outcome and covariates."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from goldmine.contract.csv_file import is_value
from goldmine.core.errors import ContractError
from goldmine.core.i18n import _, all_languages, pgettext
from goldmine.models.uplift.covariates import Covariates, covariates
from goldmine.models.uplift.crossfit import Array

_YES = pgettext(
    "words that mean treated or yes",
    "1 1.0 true yes y t treated treatment contact contacted test converted",
)
_NO = pgettext(
    "words that mean control or no",
    "0 0.0 false no n f c control untreated holdout hold-out not_converted",
)


@dataclass(frozen=True)
class Roles:
    """Roles of a table's columns.

    Parameters
    ----------
    treatment, outcome : str
        Names of columns.
    id : str
        Column of the row ids; empty where there is none.
    drop : tuple of str
        Columns to leave out, such as those known only after the treatment.
    treated_value : str
        Value of the treatment column that means treated; empty where the words tell.
    """

    treatment: str
    outcome: str
    id: str = ""
    drop: tuple[str, ...] = ()
    treated_value: str = ""


@dataclass(frozen=True)
class TrialTable:
    """A table prepared for a study.

    Parameters
    ----------
    known : Covariates
        All other columns, of every row.
    used : array (rows,) of bool
        Rows with a treatment and an outcome.
    treated : array (used rows,) of bool
        Who was treated.
    outcome : array (used rows,)
        0 or 1, or a number.
    lost : tuple of int
        Rows without an outcome among the treated, and among the control.
    uninformative : tuple of str
        Columns left out by `covariates`.
    repeated : int
        Used rows whose id an earlier one has.
    """

    known: Covariates
    used: NDArray[np.bool_]
    treated: NDArray[np.bool_]
    outcome: Array
    lost: tuple[int, int]
    uninformative: tuple[str, ...]
    repeated: int = 0


def trial_table(frame: pd.DataFrame, roles: Roles) -> TrialTable:
    """Prepare a table for a study.

    Raises
    ------
    ContractError
        If a column is missing or has two roles, the treatment has more than two values or unclear ones, or the outcome
        is neither numeric nor yes and no.
    """
    named = [roles.treatment, roles.outcome, *([roles.id] if roles.id else [])]
    for name in (*named, *roles.drop):
        if name not in frame.columns:
            columns = ", ".join(map(str, frame.columns[:20])) + (", ..." if len(frame.columns) > 20 else "")
            raise ContractError(
                _("table: has no column {name}.", name=repr(name)),
                _("Its first line seems to hold values, not names of columns.")
                if any(is_value(str(column)) for column in frame.columns)
                else _("Columns: {columns}.", columns=columns),
            )
    if len(set(named)) < len(named):
        raise ContractError(_("table: one column has two roles."), _("Name different columns for each."))
    treatment = _treatment(frame[roles.treatment], roles)
    outcome = _outcome(frame[roles.outcome])
    assigned = ~np.isnan(treatment)
    used = assigned & ~np.isnan(outcome)
    lost = int((treatment[~used & assigned] == 1).sum()), int((treatment[~used & assigned] == 0).sum())
    others = [name for name in frame.columns if name not in {*named, *roles.drop}]
    known, uninformative = covariates(frame[others])
    repeated = int(frame.loc[used, roles.id].dropna().duplicated().sum()) if roles.id else 0
    return TrialTable(known, used, treatment[used] == 1, outcome[used], lost, uninformative, repeated)


def _treatment(column: pd.Series, roles: Roles) -> Array:
    words = _words(column)
    different = words.dropna().nunique()
    if different > 2:
        raise ContractError(
            _(
                "{treatment}: holds {different} different values; a treatment has two, given and withheld.",
                treatment=roles.treatment,
                different=different,
            ),
            _("Keep the rows of two arms, and write 1 for treated and 0 for control."),
        )
    if roles.treated_value:
        flags = (words == roles.treated_value.strip().lower()).astype(float).where(words.notna())
        if not (flags == 1).any():
            raise ContractError(
                _("{treatment}: no row holds what --treated names.", treatment=roles.treatment),
                _("Give the value as the column has it."),
            )
        return flags.to_numpy(dtype=np.float64, na_value=np.nan)
    flags = _flags(words)
    flags = _arm_names(words) if flags is None else flags
    if flags is None:
        raise ContractError(
            _("{treatment}: it is not plain which of its values means treated.", treatment=roles.treatment),
            _("Name that value with --treated, or write 1 for treated and 0 for control."),
        )
    return flags


def _arm_names(words: pd.Series) -> Array | None:
    """1 for treated, 0 for control, where one of two arms has a plain name (``control``) and the other its own.

    A number or a single letter names nothing plainly.
    """
    plain = {word: word in _all_words(_YES) for word in words.dropna().unique() if _is_plain(word)}
    if words.dropna().nunique() != 2 or len(plain) != 1:
        return None
    if any(word.replace(".", "").isdigit() or (len(word) == 1 and word.isascii()) for word in words.dropna().unique()):
        return None
    ((word, treated),) = plain.items()
    flags = (words == word).astype(float) if treated else (words != word).astype(float)
    return flags.where(words.notna()).to_numpy(dtype=np.float64, na_value=np.nan)


def _is_plain(word: str) -> bool:
    return word in _all_words(_YES) | _all_words(_NO)


def _outcome(column: pd.Series) -> Array:
    if pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column):
        numbers = column.to_numpy(dtype=np.float64, na_value=np.nan)
    else:
        words = _words(column)
        flags = _flags(words)
        numbers = flags if flags is not None else pd.to_numeric(words, errors="coerce").to_numpy(dtype=np.float64)
        if np.isnan(numbers[words.notna().to_numpy()]).any():
            raise ContractError(
                _("{name}: is neither a number nor yes and no in every row.", name=column.name),
                _("Write 1 where the outcome happened and 0 where not, or an amount."),
            )
    return np.where(np.isfinite(numbers), numbers, np.nan)


def _words(column: pd.Series) -> pd.Series:
    """Values in lower case; empty ones are missing."""
    words = column.map(_word, na_action="ignore").astype("object")
    return words.where(words.notna() & (words != ""), None)


def _word(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value).strip().lower()


def _flags(words: pd.Series) -> Array | None:
    """1 for yes, 0 for no; None where a value is neither."""
    yes, no = _all_words(_YES), _all_words(_NO)
    if not words.dropna().isin(yes | no).all():
        return None
    return words.isin(yes).astype(float).where(words.notna()).to_numpy(dtype=np.float64, na_value=np.nan)


def _all_words(text: str) -> set[str]:
    """The words of a list in every language."""
    return {word for translation in all_languages(text).values() for word in translation.split()}
