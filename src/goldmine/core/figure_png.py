"""Figures as PNG, drawn once: the bytes that a notebook shows are the bytes that are stored."""

import io
from weakref import WeakKeyDictionary

import matplotlib
from matplotlib import pyplot
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

_shown: WeakKeyDictionary[Figure, bytes] = WeakKeyDictionary()


def png(figure: Figure) -> bytes:
    """A figure as it was last shown in this notebook; drawn now if it was not shown yet."""
    return _shown.get(figure) or draw(figure)


def draw(figure: Figure) -> bytes:
    """Draw a figure as PNG and store it for `png`.

    ``savefig`` would draw a figure with a layout engine twice, for the same bytes.
    """
    stream = io.BytesIO()
    FigureCanvasAgg(figure).print_png(stream)
    _shown[figure] = stream.getvalue()
    return _shown[figure]


def draw_in_notebook() -> None:
    """Make the notebook that this process belongs to, if any, show figures with `draw`.

    Notebooks would draw each figure twice to crop its empty edges; our layouts leave none. Pyplot would draw it once
    more after the cell, to the screen.
    """
    from IPython import get_ipython

    shell = get_ipython()
    if shell is not None:
        pyplot.switch_backend(matplotlib.get_backend())  # this installs another way to show figures
        pyplot.uninstall_repl_displayhook()
        shell.display_formatter.formatters["image/png"].for_type(Figure, draw)
