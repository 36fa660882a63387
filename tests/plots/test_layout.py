"""Every figure as it is published, in both languages and at its own size: texts, points and ticks can be read."""

import re
from itertools import combinations

import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.backend_bases import RendererBase
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.ticker import FixedLocator, PercentFormatter

from goldmine.plots import style
from tests.plots.gallery import DRAWN, FIGURE_FUNCTIONS

MIN_AXES_SHARE = 0.42
"""Least part of its column that an axes takes; the rest are the labels beside it."""


@pytest.fixture(autouse=True)
def _english_again():
    yield
    style.use_language("en")
    plt.close("all")


def drawn_texts(figure: Figure) -> list[Text]:
    """The texts that are drawn: tick labels outside the axes' limits, and those of axes without axis lines, are not."""
    absent = set()
    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            low, high = sorted(axis.get_view_interval())
            for tick in (*axis.get_major_ticks(), *axis.get_minor_ticks()):
                inside = low <= tick.get_loc() <= high
                absent |= set() if inside and axes.axison else {tick.label1, tick.label2}
            absent |= set() if axes.axison else {axis.label, axis.offsetText}
    texts = figure.findobj(Text, include_self=False)
    return [text for text in texts if text.get_visible() and text.get_text().strip() and text not in absent]


def layout_problems(figure: Figure) -> list[str]:
    """What is wrong with the texts and axes of a figure at its own size."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    renderer = canvas.get_renderer()
    page = figure.bbox.padded(0.5)
    boxes = [(text, text.get_window_extent(renderer)) for text in drawn_texts(figure)]
    problems = [
        f"cut off: {text.get_text()!r}"
        for text, box in boxes
        if not (page.x0 <= box.x0 and box.x1 <= page.x1 and page.y0 <= box.y0 and box.y1 <= page.y1)
    ]
    problems += [
        f"overlap: {text.get_text()!r} and {other.get_text()!r}"
        for (text, box), (other, others) in combinations(boxes, 2)
        if min(box.x1, others.x1) - max(box.x0, others.x0) > 1 and min(box.y1, others.y1) - max(box.y0, others.y0) > 1
    ]
    problems += [f"rounded: {label!r}" for axes in figure.axes for label in rounded_percentages(axes)]
    problems += [f"hidden points: {axes.get_title()!r}" for axes in figure.axes if hidden_points(axes, renderer)]
    return problems + [f"squeezed: {axes.get_title(loc='left')!r}" for axes in figure.axes if squeezed(axes)]


def rounded_percentages(axes: Axes) -> list[str]:
    """Tick labels that say another percentage than the one at which they stand."""
    ticks = [
        (tick.get_loc(), tick.label1.get_text())
        for axis in (axes.xaxis, axes.yaxis)
        if isinstance(axis.get_major_formatter(), PercentFormatter)
        for tick in axis.get_major_ticks()
    ]
    figures = [(place, label, float(label.rstrip("%").replace("\u2212", "-"))) for place, label in ticks if label]
    return [label for place, label, figure in figures if abs(figure - 100 * place) > 1e-6]


def hidden_points(axes: Axes, renderer: RendererBase) -> bool:
    """Whether a round point is cut off by the axes' edge or lies under its legend."""
    legend = axes.get_legend()
    box = legend.get_window_extent(renderer) if legend else None
    points = [line for line in axes.get_lines() if line.get_marker() == "o" and line.get_clip_on()]
    places = [axes.transData.transform(place) for line in points for place in line.get_xydata()]
    places = [place for place in places if np.isfinite(place).all()]
    inside = axes.get_window_extent(renderer).padded(-2)
    return any(not inside.contains(*place) or (box is not None and box.contains(*place)) for place in places)


def squeezed(axes: Axes) -> bool:
    """Whether labels leave an axes less than its share of its column of the figure; colour bars have no column."""
    place = axes.get_subplotspec()
    if place is None or axes.get_label() == "<colorbar>":
        return False
    ratios = place.get_gridspec().get_width_ratios() or [1] * place.get_gridspec().ncols
    column = ratios[place.colspan.start] / sum(ratios)
    return axes.get_position().width < MIN_AXES_SHARE * column


UNITS = {"en": re.compile(r"\d(k|M)"), "zh": re.compile(r"\d(万|亿)")}
"""Units of amounts on an axis, after a figure."""


def units_of(axis: Axis, language: str) -> set[str]:
    """The units of an axis' tick labels; levels of assets in English, whose names are 500k and 2M, are no scale."""
    if language == "en" and isinstance(axis.get_major_locator(), FixedLocator):
        return set()
    return {unit for label in axis.get_ticklabels() for unit in UNITS[language].findall(label.get_text())}


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("name", DRAWN)
def test_an_axis_shows_amounts_in_one_unit(name, language):
    style.use_language(language)
    for figure in DRAWN[name]():
        FigureCanvasAgg(figure).draw()
        for axis in (axis for axes in figure.axes for axis in (axes.xaxis, axes.yaxis)):
            assert len(units_of(axis, language)) <= 1, axis.get_ticklabels()


def test_every_figure_function_is_drawn_here():
    """A new one gets a line in the gallery."""
    assert sorted(FIGURE_FUNCTIONS) == sorted(DRAWN)


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("name", DRAWN)
def test_no_text_of_a_figure_is_cut_off_or_overlaps_another(name, language):
    style.use_language(language)
    assert [problem for figure in DRAWN[name]() for problem in layout_problems(figure)] == []
