"""The parts of a model card, and the card as an HTML page."""

import base64
from dataclasses import dataclass

from matplotlib.figure import Figure

from goldmine.core.figure_png import png
from goldmine.core.i18n import in_language
from goldmine.core.page_text import page_templates


@dataclass(frozen=True)
class CardTable:
    """A table of a card; every heading and cell is a text."""

    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Section:
    """A section of a card: a heading, paragraphs, a table and figures."""

    heading: str
    paragraphs: tuple[str, ...] = ()
    table: CardTable | None = None
    figures: tuple[Figure, ...] = ()


@dataclass(frozen=True)
class Card:
    """A model card: a title, a subtitle and sections."""

    title: str
    subtitle: str
    sections: tuple[Section, ...]


def card_html(card: Card, language: str) -> str:
    """The card as one HTML file that needs no network; every text is escaped.

    Parameters
    ----------
    language : str
        ``en`` or ``zh``.
    """
    environment = page_templates("goldmine.governance")
    environment.filters["text"] = lambda value: str(in_language(value, language))
    environment.filters["png_base64"] = lambda figure: base64.b64encode(png(figure)).decode()
    return environment.get_template("model_card.html.jinja").render(card=card, language=language)
