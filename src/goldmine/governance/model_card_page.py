"""A model card as one HTML file that needs nothing from a network."""

import base64
from html import escape

from matplotlib.figure import Figure

from goldmine.core.figure_png import png
from goldmine.governance.model_card import Card, Section

_STYLE = """
body { font: 15px/1.55 "Noto Sans", "Noto Sans CJK SC", "Microsoft YaHei", sans-serif; color: #222; margin: 2.5em auto;
  max-width: 62em; padding: 0 1.5em; }
h1 { font-size: 1.7em; margin: 0; color: #1f4e79; }
h2 { font-size: 1.15em; margin: 2em 0 .4em; padding-bottom: .2em; border-bottom: 2px solid #c8963e; color: #1f4e79; }
p { margin: .4em 0; }
.subtitle { color: #666; margin: .2em 0 1em; }
table { border-collapse: collapse; margin: .8em 0; font-size: .93em; }
th, td { padding: .25em .9em .25em 0; border-bottom: 1px solid #e2e2e2; text-align: left; vertical-align: top; }
th { color: #666; font-weight: normal; }
td { font-variant-numeric: tabular-nums; }
img { max-width: 100%; margin: .6em 0; }
@media print { h2 { break-after: avoid; } table, img { break-inside: avoid; } }
"""


def card_page(card: Card) -> str:
    """The card as HTML; every text of it is escaped."""
    language = "zh-CN" if card.language == "zh" else "en"
    parts = "\n".join(_section(section) for section in card.sections)
    return (
        f'<!DOCTYPE html>\n<html lang="{language}">\n<head>\n<meta charset="utf-8">\n'
        f"<title>{escape(card.title)}</title>\n"
        f"<style>{_STYLE}</style>\n</head>\n<body>\n<h1>{escape(card.title)}</h1>\n"
        f'<p class="subtitle">{escape(card.subtitle)}</p>\n{parts}\n</body>\n</html>\n'
    )


def _section(section: Section) -> str:
    lines = "\n".join(f"<p>{escape(line)}</p>" for line in section.lines)
    table = "" if section.table is None else section.table.to_html(index=False, border=0, escape=True)
    return "\n".join([f"<h2>{escape(section.heading)}</h2>", lines, table, *map(_image, section.figures)])


def _image(figure: Figure) -> str:
    return f'<img alt="" src="data:image/png;base64,{base64.b64encode(png(figure)).decode()}">'
