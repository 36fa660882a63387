"""One look for all figures, and their language: English, or Chinese where a font can draw it."""

import logging
from contextlib import suppress

import seaborn as sns
from matplotlib import font_manager
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from goldmine.core.errors import ParameterError
from goldmine.core.figure_png import draw_in_notebook
from goldmine.core.i18n import LANGUAGES, LocalizedText, in_language

BLUE, GOLD, GREEN, RED, VIOLET, GREY = PALETTE = ("#1f4e79", "#c8963e", "#5b8c5a", "#a23b3b", "#6d5a8c", "#7a7a7a")
"""Blue for the model, gold for the baseline, then green, red, violet; grey for comparisons."""

CJK_FONTS = (
    "Noto Sans CJK SC",
    "Source Han Sans SC",
    "Source Han Sans CN",
    "Noto Sans SC",
    "Microsoft YaHei",
    "SimHei",
    "PingFang SC",
    "Heiti SC",
    "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei",
    "Noto Sans CJK JP",
    "Noto Serif CJK SC",
    "SimSun",
    "STSong",
    "Arial Unicode MS",
)
"""Fonts that can draw Chinese, best first."""

_chosen = {"language": "en"}


def cjk_font() -> str | None:
    """Name of the best installed font that can draw Chinese, or None."""
    return _best_listed() or (_best_listed() if _list_new_fonts() else None)


def _best_listed() -> str | None:
    listed = {font.name for font in font_manager.fontManager.ttflist}
    return next((name for name in CJK_FONTS if name in listed), None)


def _list_new_fonts() -> bool:
    """Add fonts installed after Matplotlib built its list, which it never rebuilds; return whether there were any."""
    listed = {font.fname for font in font_manager.fontManager.ttflist}
    new = [path for path in font_manager.findSystemFonts() if path not in listed]
    for path in new:
        with suppress(OSError, RuntimeError):  # a file that is no font
            font_manager.fontManager.addfont(path)
    return bool(new)


def use_language(language: str) -> None:
    """Set the figures' look, and the language of their texts.

    Chinese is taken only where an installed font can draw it; otherwise figures stay English.

    Parameters
    ----------
    language : str
        ``en`` or ``zh``.

    Raises
    ------
    ParameterError
        If it is another language.
    """
    if language not in LANGUAGES:
        raise ParameterError(f"language: {language!r} is not known.", f"Use one of {', '.join(LANGUAGES)}.")
    font = cjk_font() if language == "zh" else None
    _chosen["language"] = "zh" if font else "en"
    fonts = ["DejaVu Sans"] if font is None else [font, "DejaVu Sans"]
    sns.set_theme(style="whitegrid", context="notebook", palette=list(PALETTE))
    plt.rcParams.update(
        {
            "font.family": "sans-serif",
            "font.sans-serif": fonts,
            "axes.unicode_minus": False,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.titlesize": "medium",
            "axes.titleweight": "bold",
            "grid.color": "#e6e6e6",
            "figure.dpi": 90,
            "figure.autolayout": False,
        }
    )
    draw_in_notebook()
    # A regular-only CJK font makes Matplotlib report every bold title; the regular face serves.
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


def localized(text: str) -> str:
    """A text in the language in use; a plain text as it is."""
    return str(in_language(text, language()))


def short_yuan(yuan: int) -> str:
    """A round amount as people say it: 50k and 2M in English, ten thousands in Chinese."""
    if language() == "zh":
        return _("{number}×10k", number=yuan // 10_000)
    return f"{yuan / 1e6:g}M" if yuan >= 1_000_000 else f"{yuan // 1000}k" if yuan else "0"


def finished(figure: Figure) -> Figure:
    """The figure taken from pyplot, so that a notebook shows it once, as the value of its cell."""
    if figure.get_layout_engine() is None:
        figure.tight_layout()
    plt.close(figure)
    return figure
