"""Figures of a release: from everyone scored to those on the lists."""

from collections.abc import Mapping

import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from goldmine.contactability.funnel import Funnel
from goldmine.core.i18n import in_language
from goldmine.labels.use_case_files import load_use_case, use_case_names
from goldmine.plots.style import PALETTE, language, say
from goldmine.publishing.manifest import ListFile

BLUE, GOLD, _, RED, _, GREY = PALETTE
_ROW_INCHES = 0.34
_HEAD_INCHES = 0.9


def funnel_counts(funnels: Mapping[str, Funnel]) -> pd.DataFrame:
    """A row a list and step of its funnel.

    Parameters
    ----------
    funnels : mapping of str to Funnel
        By use case, from a release's manifest.

    Returns
    -------
    pandas.DataFrame
        list (its title), step (who leaves; first of all everyone scored), left and remain (customers).
    """
    rows = []
    for name, funnel in funnels.items():
        title = _title(name)
        rows.append((title, say("scored by the model", "模型评分客户"), 0, funnel.scored))
        rows += [(title, in_language(step.who, language()), step.left, step.remain) for step in funnel.steps]
    return pd.DataFrame(rows, columns=["list", "step", "left", "remain"])


def rules_off(funnels: Mapping[str, Funnel]) -> pd.DataFrame:
    """A row a rule that could not be applied to a list, and the columns that the bank does not have."""
    rows = [
        (_title(name), in_language(rule.who, language()), ", ".join(rule.missing))
        for name, funnel in funnels.items()
        for rule in funnel.skipped
    ]
    return pd.DataFrame(rows, columns=["list", "not checked", "missing"])


def file_table(files: tuple[ListFile, ...]) -> pd.DataFrame:
    """A row a published file: path, rows, model, version and how many rules of its suite warned."""
    rows = [(f.path, f.rows, f.model_name, f.model_version, len(f.validation.get("warnings", ()))) for f in files]
    return pd.DataFrame(rows, columns=["file", "rows", "model", "version", "warnings"])


def list_funnel(counts: pd.DataFrame) -> Figure:
    """Customers that remain after each step, a panel a list; who left is written beside the bar.

    Parameters
    ----------
    counts : DataFrame
        From `funnel_counts`.
    """
    groups = list(counts.groupby("list", sort=False))
    heights = [_HEAD_INCHES + _ROW_INCHES * len(rows) for _, rows in groups]
    figure, axes = plt.subplots(
        len(groups), 1, figsize=(9, sum(heights)), squeeze=False, height_ratios=heights, layout="constrained"
    )
    for axis, (title, rows) in zip(axes[:, 0], groups, strict=True):
        _panel(axis, str(title), rows)
    axes[-1, 0].set_xlabel(say("customers that remain", "剩余客户数"))
    # Taken from pyplot, so that a notebook shows it once, as the value of its cell.
    plt.close(figure)
    return figure


def _panel(axis: Axes, title: str, rows: pd.DataFrame) -> None:
    colours = [GREY, *[BLUE] * (len(rows) - 2), GOLD]
    places = range(len(rows))
    axis.barh(places, rows["remain"], color=colours, height=0.72)
    axis.set_yticks(places, rows["step"])
    axis.invert_yaxis()
    axis.set_title(title, loc="left")
    axis.xaxis.set_major_locator(MaxNLocator(5))
    axis.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    axis.grid(axis="y", visible=False)
    widest = max(rows["remain"].max(), 1)
    axis.set_xlim(0, widest * 1.22)
    for place, left, remain in zip(places, rows["left"], rows["remain"], strict=True):
        axis.text(remain + widest * 0.01, place, f"{remain:,}", va="center", fontsize=9)
        if left:
            axis.text(widest * 1.21, place, f"−{left:,}", va="center", ha="right", fontsize=9, color=RED)


def _title(name: str) -> str:
    """A use case's title; a table that was brought in is called by its name."""
    if name not in use_case_names():
        return name
    use_case = load_use_case(name)
    return say(use_case.title_en, use_case.title_zh)
