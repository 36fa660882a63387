"""Figures as PNG: what a notebook has shown is what is kept, drawn once."""

import io
from weakref import WeakKeyDictionary

import matplotlib
from matplotlib import pyplot
from matplotlib.figure import Figure

_shown: WeakKeyDictionary[Figure, bytes] = WeakKeyDictionary()


def png(figure: Figure) -> bytes:
    """A figure as it was last shown in this notebook; drawn now where it was not shown yet."""
    return _shown.get(figure) or draw(figure)


def draw(figure: Figure) -> bytes:
    """Draw a figure as PNG, and remember it for `png`."""
    stream = io.BytesIO()
    figure.savefig(stream, format="png")
    _shown[figure] = stream.getvalue()
    return _shown[figure]


def draw_in_notebook() -> None:
    """Let the notebook that this process belongs to, if any, show figures by `draw`.

    Notebooks would crop each picture to its ink, for which it is drawn twice; our layouts leave no empty edges.
    """
    from IPython import get_ipython

    shell = get_ipython()
    if shell is not None:
        pyplot.switch_backend(matplotlib.get_backend())  # which brings a way of its own to show figures
        shell.display_formatter.formatters["image/png"].for_type(Figure, draw)
