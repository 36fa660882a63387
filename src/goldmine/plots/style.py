"""One look for all figures, and their language."""

import importlib.util
import logging
import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import seaborn as sns
from matplotlib import font_manager
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from goldmine.core.errors import ParameterError
from goldmine.core.figure_png import draw_in_notebook
from goldmine.core.i18n import LANGUAGES, LocalizedText, in_language

BLUE, GOLD, GREEN, RED, VIOLET, GREY = PALETTE = ("#1f4e79", "#c8963e", "#5b8c5a", "#a23b3b", "#6d5a8c", "#7a7a7a")
"""Blue for the model, gold for the baseline, then green, red, violet; grey for comparisons."""

CHINESE_FONT = "Noto Sans SC"
"""Draws Chinese and Latin letters; its file comes with the locked packages, so figures look the same everywhere."""

_chosen = {"language": "en"}


def _register_chinese_font() -> None:
    """Make the packaged font known to Matplotlib.

    The package that ships the file (zhplot; the font's licence is the SIL Open Font License) changes Matplotlib's
    settings when it is imported, so only its file is taken.
    """
    if any(font.name == CHINESE_FONT for font in font_manager.fontManager.ttflist):
        return
    package = importlib.util.find_spec("zhplot")
    if package is None or not package.submodule_search_locations:
        raise ParameterError(
            "language: figures need the package zhplot, which ships the font of Chinese names.", "Run `make`."
        )
    font_manager.fontManager.addfont(Path(package.submodule_search_locations[0]) / "fonts" / "NotoSansSC-Regular.ttf")


def use_language(language: str) -> None:
    """Set the figures' look, and the language of their texts.

    Parameters
    ----------
    language : str
        ``en`` or ``zh``.

    Raises
    ------
    ParameterError
        If it is another language, or the font is not installed.
    """
    if language not in LANGUAGES:
        raise ParameterError(f"language: {language!r} is not known.", f"Use one of {', '.join(LANGUAGES)}.")
    _register_chinese_font()
    _chosen["language"] = language
    # An English figure may hold Chinese names, of villages and branches; only a family named here replaces another.
    fonts = [CHINESE_FONT, "DejaVu Sans"] if language == "zh" else ["DejaVu Sans", CHINESE_FONT]
    sns.set_theme(style="whitegrid", context="notebook", palette=list(PALETTE))
    plt.rcParams.update(
        {
            "font.family": fonts,
            "axes.unicode_minus": False,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.titlesize": "medium",
            "axes.titleweight": "bold",
            "grid.color": "#e6e6e6",
            "figure.dpi": 90,
            "figure.autolayout": False,
            "text.parse_math": False,  # a bank's names may hold $
        }
    )
    draw_in_notebook()
    # The packaged font has the regular face only, and Matplotlib would report every bold title.
    logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)


def language() -> str:
    """The language in use: ``en`` or ``zh``."""
    return _chosen["language"]


def _(message: str, /, **values: object) -> str:
    """A message in the language in use, with values for its named placeholders if it has any."""
    return localized(LocalizedText(message, values))


def pgettext(context: str, message: str, /, **values: object) -> str:
    """A message in the language in use, whose translation depends on where it stands."""
    return localized(LocalizedText(message, values, context=context))


class ExactPercent(PercentFormatter):
    """Shares of 1 as percentages with the decimals that each has: 10%, 12.5%.

    Examples
    --------
    >>> [ExactPercent(1).format_pct(share, 1.0) for share in (0.1, 0.125, 0.3)]
    ['10%', '12.5%', '30%']
    """

    def format_pct(self, x: float, display_range: float) -> str:
        """One share, whatever the range of the axis."""
        return f"{round(100 * x, 6):g}%"


def localized(text: str) -> str:
    """A text in the language in use; a plain text as it is."""
    return str(in_language(text, language()))


def short_yuan(yuan: int) -> str:
    """A round amount as people say it: 50k and 2M in English, ten thousands in Chinese."""
    if language() == "zh":
        return _("{number}×10k", number=yuan // 10_000)
    return f"{yuan / 1e6:g}M" if yuan >= 1_000_000 else f"{yuan // 1000}k" if yuan else "0"


def yuan_words(amounts: Iterable[float]) -> Callable[[float], str]:
    """How the amounts of one axis are written: all in the unit that suits the largest of them.

    Parameters
    ----------
    amounts : iterable of float
        The amounts that the axis shows, yuan.

    Examples
    --------
    >>> few, many = yuan_words([400_000.0, 2_000_000.0]), yuan_words([400_000.0, 2_000_000_000.0])
    >>> few(400_000.0), many(400_000_000.0), many(2_000_000_000.0)
    ('0.4M', '400M', '2,000M')
    """
    largest = max((abs(yuan) for yuan in amounts), default=0.0)
    if language() == "zh":
        unit, decimals = (1e8, 2) if largest >= 1e9 else (1e4, 0)
    else:
        unit, decimals = 1e6, 1 if largest < 1e8 else 0

    def words(yuan: float) -> str:
        number = f"{yuan / unit:,.{decimals}f}"
        number = number.rstrip("0").rstrip(".") if decimals else number
        if language() != "zh":
            return f"{number}M"
        return _("{number}×100M", number=number) if unit == 1e8 else _("{number}×10k", number=number)

    return words


def wrapped(text: str, width: int = 40) -> str:
    """A text in lines of at most so many narrow characters; a Chinese character is as wide as two.

    Examples
    --------
    >>> wrapped("month-end AUM less that of the month before", 20).splitlines()
    ['month-end AUM less', 'that of the month', 'before']
    """
    lines, room = [""], width
    for part in re.findall(r"(?:[!-~]+|[^!-~])[\u3001\u3002\uff09\uff0c\uff1a\uff1b]*", text):
        taken = sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in part)
        if taken > room and lines[-1]:
            lines.append("")
            room = width
        lines[-1] += part if lines[-1] or part.strip() else ""
        room -= taken
    return "\n".join(line.rstrip() for line in lines)


def row_inches(names: Iterable[str], minimum: float = 0.28) -> float:
    """Height of a row beside its wrapped name, inches."""
    return max([minimum, *(0.1 + 0.16 * (wrapped(name).count("\n") + 1) for name in names)])


def name_rows(axis: Axes, names: Sequence[str]) -> None:
    """Name the rows 0, 1, ... of an axis from the top; long names take several lines, and the bars keep their room."""
    axis.set_yticks(range(len(names)), [wrapped(name) for name in names], fontsize=9)
    axis.set_ylim(len(names) - 0.5, -0.5)


def finished(figure: Figure) -> Figure:
    """The figure taken from pyplot, so that a notebook shows it once, as the value of its cell."""
    if figure.get_layout_engine() is None:
        figure.tight_layout()
    plt.close(figure)
    return figure


def nothing_to_draw(why: str) -> Figure:
    """A figure that says in words why there is nothing to draw."""
    figure, axis = plt.subplots(figsize=(7, 0.8))
    axis.axis("off")
    axis.text(0, 0.5, why, va="center")
    return finished(figure)
