"""The seven-level ladder of average daily AUM, and the three layers that its rungs belong to."""

from collections.abc import Sequence
from itertools import pairwise

import ibis
import numpy as np
import numpy.typing as npt
from ibis.expr.types import NumericValue

from goldmine.core.errors import SettingsError
from goldmine.core.i18n import LocalizedText, _, join_texts, pgettext

LEVELS = (0, 10_000, 50_000, 200_000, 500_000, 2_000_000, 5_000_000)
"""Where each level begins, in yuan of average daily AUM; a level is its index in this table."""

LAYERS = {"basic": 0, "wealth": 2, "high_end": 4}
"""The first level of each layer: 0, 50,000 and 500,000 yuan."""

LAYER_TITLES = {
    "basic": pgettext("layer", "basic"),
    "wealth": pgettext("layer", "wealth"),
    "high_end": pgettext("layer", "high-end"),
}
"""Names of the layers."""


def check_levels(levels: Sequence[float]) -> None:
    """Check that a table of levels begins at 0 and rises from each level to the next.

    Raises
    ------
    SettingsError
        If it does not.
    """
    if not levels or levels[0] != 0:
        raise SettingsError(_("levels: the first level does not begin at 0 yuan."), _("Let the table begin with 0."))
    for index, (lower, upper) in enumerate(pairwise(levels), start=1):
        if not upper > lower:
            raise SettingsError(
                _(
                    "levels: level {index} begins at {upper:,} yuan, which is not above level {before} ({lower:,}).",
                    index=index,
                    upper=upper,
                    before=index - 1,
                    lower=lower,
                ),
                _("List the levels from the lowest to the highest, each once."),
            )


def level_of(aum: npt.ArrayLike, levels: Sequence[float] = LEVELS) -> npt.NDArray[np.int8]:
    """Level of each amount of average daily AUM.

    Parameters
    ----------
    aum : array of float
        Yuan; unknown and negative amounts count as 0.
    levels : sequence of float
        Where each level begins, rising from 0.

    Returns
    -------
    numpy.ndarray of int8
        Indices in `levels`; an amount equal to the beginning of a level is on that level.

    Raises
    ------
    SettingsError
        If the levels are out of order.

    Examples
    --------
    >>> level_of([0, 9_999.99, 10_000, 6_000_000]).tolist()
    [0, 0, 1, 6]
    """
    check_levels(levels)
    known = np.nan_to_num(np.asarray(aum, dtype=float), nan=0.0)
    return np.searchsorted(np.asarray(levels, dtype=float)[1:], known, side="right").astype(np.int8)


def layer_of(level: npt.ArrayLike) -> npt.NDArray[np.str_]:
    """Layer of each level: ``basic``, ``wealth`` or ``high_end``."""
    names, starts = np.array(list(LAYERS)), list(LAYERS.values())
    return names[np.searchsorted(starts, np.asarray(level), side="right") - 1]


def level_expression(aum: NumericValue) -> ibis.Value:
    """`level_of` for a column of an Ibis table."""
    check_levels(LEVELS)
    known = aum.fill_null(0)
    rungs = [(known < upper, ibis.literal(index, "int8")) for index, upper in enumerate(LEVELS[1:])]
    return ibis.cases(*rungs, else_=ibis.literal(len(LEVELS) - 1, "int8"))


def layer_expression(level: NumericValue) -> ibis.Value:
    """`layer_of` for a column of an Ibis table."""
    *lower, highest = LAYERS
    ends = list(LAYERS.values())[1:]
    return ibis.cases(*[(level < end, name) for name, end in zip(lower, ends, strict=True)], else_=highest)


def level_title(level: int) -> LocalizedText:
    """A level of the ladder by where it begins and ends, in yuan.

    Examples
    --------
    >>> level_title(3), level_title(6)
    ('200k–500k', '5M and more')
    """
    start = _yuan(LEVELS[level])
    if level == len(LEVELS) - 1:
        return _("{start} and more", start=start)
    return join_texts([start, _yuan(LEVELS[level + 1])], "–")


def _yuan(amount: int) -> str:
    """A round amount as people say it: thousands and millions in English, ten thousands in Chinese."""
    if amount >= 1_000_000:
        return _("{millions}M", millions=amount // 1_000_000)
    return _("{tens_of_thousands}0k", tens_of_thousands=amount // 10_000) if amount else "0"
