"""Figures of drift: what moved since training, and whether estimates came true."""

import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from goldmine.governance.drift.stability import TOLERATED
from goldmine.plots.style import PALETTE, say

BLUE, GOLD, _, RED, _, GREY = PALETTE
_COLOURS = {"alarm": RED, "moved": GOLD, "steady": BLUE}


def moved_most(seen: pd.DataFrame, labels: dict[str, str], span: str, top: int = 20) -> Figure:
    """The columns that moved most from what a model learnt from; a tick a column marks how far it may.

    Parameters
    ----------
    seen : pandas.DataFrame
        feature, psi, limit and state (``alarm``, ``moved`` or ``steady``), largest psi first.
    labels : dict of str to str
        Names for people by feature.
    span : str
        What was compared, for the title.
    top : int
        How many columns to show.
    """
    shown = seen.head(top)
    names = [
        labels.get(name, say("the score itself", "模型评分") if name == "score" else name) for name in shown.feature
    ]
    figure, axis = plt.subplots(figsize=(10, 0.28 * len(shown) + 1.6), layout="constrained")
    axis.barh(names, shown.psi, color=[_COLOURS[state] for state in shown.state])
    axis.scatter(shown.limit, names, marker="|", s=120, color=GREY, zorder=3)
    axis.invert_yaxis()
    axis.set_xlim(0, max(float(shown.psi.max()), TOLERATED) * 1.15)
    axis.grid(visible=False, axis="y")
    axis.set_xlabel(say("population stability index; | marks the limit", "群体稳定性指数PSI（|为阈值）"))
    axis.set_title(say(f"What moved most, {span}", f"变动最大的特征，{span}"), loc="left")
    words = {
        "alarm": say("alarm", "告警"),
        "moved": say("moved this time", "本次变动"),
        "steady": say("steady", "平稳"),
    }
    keys = [Patch(color=colour, label=words[state]) for state, colour in _COLOURS.items()]
    axis.legend(handles=keys, loc="lower right")
    plt.close(figure)
    return figure
