"""Figures of linkage: what each agreement is worth, and how probable the pairs are."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from goldmine.core.i18n import LocalizedText
from goldmine.identity.linkage.comparisons import SOUND
from goldmine.identity.linkage.model import LinkageModel
from goldmine.identity.linkage.reasons import COLUMN_TITLES, LEVELS
from goldmine.plots.style import BLUE, GOLD, RED, _, finished, localized, name_rows, pgettext, row_inches

_BINS = np.linspace(0.5, 1.0, 26)


def weights_figure(model: LinkageModel) -> Figure:
    """What each level of agreement says, in factors of two for or against one person."""
    rows = [row for row in model.weights if row["weight"] is not None]
    rows.sort(key=lambda row: -row["weight"])
    names = [_level_words(row) for row in rows]
    weights = [row["weight"] for row in rows]
    figure, axis = plt.subplots(figsize=(8, 1 + len(rows) * row_inches(names)))
    axis.barh(range(len(rows)), weights, color=[BLUE if weight > 0 else RED for weight in weights])
    name_rows(axis, names)
    axis.set_xlabel(_("weight: each unit doubles the odds"))
    axis.grid(visible=False, axis="y")
    axis.set_title(_("What speaks for one person, and what against it"), loc="left")
    return finished(figure)


def probabilities_figure(pairs: pd.DataFrame) -> Figure:
    """Pairs by probability, those that are sure beside those to be looked at.

    Parameters
    ----------
    pairs : pandas.DataFrame
        probability and zone of each pair.
    """
    figure, axis = plt.subplots(figsize=(8, 3.2))
    parts = [pairs.loc[pairs["zone"] == zone, "probability"].to_numpy() for zone in ("sure", "review")]
    axis.hist(parts, bins=_BINS.tolist(), stacked=True, color=[BLUE, GOLD], label=[_("sure"), _("to be looked at")])
    axis.set_xlabel(_("probability that both numbers are one person's"))
    axis.set_ylabel(_("pairs"))
    axis.grid(visible=False, axis="x")
    axis.legend()
    axis.set_title(_("How sure the pairs are"), loc="left")
    return finished(figure)


def key_table(model: LinkageModel) -> pd.DataFrame:
    """One row a key: pairs that it brings together, and values that too many customers share."""
    rows = [(_key_words(name), pairs, model.large_blocks.get(name, 0)) for name, pairs in model.candidates.items()]
    columns = [
        pgettext("column", "same in both"),
        pgettext("column", "pairs compared"),
        pgettext("column", "values shared by too many"),
    ]
    return pd.DataFrame(rows, columns=columns)


def _level_words(row: dict[str, Any]) -> str:
    title = COLUMN_TITLES.get(row["column"], row["column"])
    return localized(LocalizedText(str(LEVELS[row["level"]]), {"column": title}, context="linkage"))


def _key_words(name: str) -> str:
    """A key's columns in words; ``name:1`` is the first character of the name."""
    words = []
    for part in name.split("+"):
        column, _colon, characters = part.partition(":")
        of_sound = column.removesuffix(SOUND)
        title = localized(COLUMN_TITLES[of_sound]) if of_sound in COLUMN_TITLES else of_sound
        title = _("sound of the {column}", column=title) if column.endswith(SOUND) else title
        words.append(_("{column} (first {n})", n=characters, column=title) if characters else title)
    return " + ".join(words)
