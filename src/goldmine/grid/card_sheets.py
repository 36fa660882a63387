"""The card in workbooks: coverage by village, age and agency, and lists with words for agencies."""

from datetime import date
from pathlib import Path

import pandas as pd

from goldmine.contract.display_names import DisplayNames
from goldmine.core.columns import column
from goldmine.core.i18n import _, in_language, pgettext
from goldmine.grid.cards import Cards
from goldmine.grid.workbook import write_sheets

LISTS = ("cards_unused", "cards_entitled", "cards_events")
_COUNTS = ("residents", "card_holders", "active_cards", "used_cards", "card_share", "active_share")
_LISTED = ("customer_id", "branch_id", "visitor_id", "grid_id", "age", "card_status")


def card_lists(cards: Cards, language: str) -> dict[str, pd.DataFrame]:
    """The three lists of customers, for `goldmine.publishing.on_request_list`, by name."""
    more = {
        "cards_unused": (cards.unused, ["entitled_by"]),
        "cards_entitled": (cards.entitled, ["entitled_by"]),
        "cards_events": (cards.events, ["life_event", "event_on", "entitled_by"]),
    }
    return {
        name: rows[[*_LISTED, *names]].assign(entitled_by=agencies_in_words(rows["entitled_by"], language))
        for name, (rows, names) in more.items()
    }


def agencies_in_words(codes: "pd.Series[str]", language: str) -> list[str]:
    """Lists of agencies as people read them.

    Examples
    --------
    >>> agencies_in_words(pd.Series(["agriculture,finance", ""]), "en")
    ['agriculture bureau, finance bureau', '']
    """
    words = {code: str(in_language(text, language)) for code, text in column("agency").words.items()}
    comma = str(in_language(pgettext("list", ", "), language))
    return [comma.join(words.get(code, code) for code in text.split(",") if code) for text in codes]


def write_cards(path: Path, cards: Cards, as_of: date, look: tuple[DisplayNames, str]) -> Path:
    """Coverage and activation by village, age and agency."""
    village = look[0].by_table.get("grids", {})
    by_village = cards.by_village.assign(grid_name=cards.by_village["grid_id"].map(village))
    sheets = {
        _("By village"): (by_village, ["branch_id", "grid_id", "grid_name", *_COUNTS]),
        _("By age"): (cards.by_age, ["age", *_COUNTS]),
        _("By agency"): (cards.by_agency, ["agency", *_COUNTS]),
    }
    return write_sheets(path, _("Social security cards"), as_of, sheets, look)
