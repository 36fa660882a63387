"""Why two numbers are probably one person, or not, in words."""

from collections.abc import Iterable, Mapping
from typing import Any

from goldmine.core.i18n import LocalizedText, _, join_texts, pgettext
from goldmine.identity.linkage.comparisons import DIFFERENT, levels_of
from goldmine.identity.linkage.settings import ComparedColumn

COLUMN_TITLES: dict[str, LocalizedText] = {
    "name": pgettext("linkage", "name"),
    "birth_date": pgettext("linkage", "date of birth"),
    "gender": pgettext("linkage", "gender"),
    "id_number_hash": pgettext("linkage", "identity number"),
    "phone_hash": pgettext("linkage", "telephone"),
    "address": pgettext("linkage", "address"),
    "branch_id": pgettext("linkage", "branch"),
    "grid_id": pgettext("linkage", "grid"),
}
LEVELS: dict[str, LocalizedText] = {
    "same": pgettext("linkage", "same {column}"),
    "same_sound": pgettext("linkage", "{column} sounds the same"),
    "one_character": pgettext("linkage", "one character of the {column} differs"),
    "part_of": pgettext("linkage", "one {column} is part of the other"),
    "very_alike": pgettext("linkage", "{column} very alike"),
    "alike": pgettext("linkage", "{column} alike"),
    "somewhat_alike": pgettext("linkage", "{column} somewhat alike"),
    "one_digit": pgettext("linkage", "one digit of the {column} differs"),
    "two_digits": pgettext("linkage", "two digits of the {column} differ"),
    "within_a_month": pgettext("linkage", "{column} within a month"),
    "within_a_year": pgettext("linkage", "{column} within a year"),
    "within_ten_years": pgettext("linkage", "{column} within ten years"),
    DIFFERENT: pgettext("linkage", "{column} differs"),
}


def level_code(compared: ComparedColumn, level: int) -> str:
    """The code of a stored level: 0 is different, the highest the same.

    Examples
    --------
    >>> [level_code(ComparedColumn(column="name", kind="chinese_name"), level) for level in (3, 2, 0)]
    ['same', 'same_sound', 'different']
    """
    codes = [entry.code for entry in levels_of(compared)]
    return codes[len(codes) - level] if level else DIFFERENT


def reasons(pair: Mapping[str, Any], comparisons: Iterable[ComparedColumn], *, against: bool = False) -> LocalizedText:
    """What speaks for one person, the strongest first, or what speaks against it.

    Parameters
    ----------
    pair : mapping
        ``level_NAME`` and ``weight_NAME`` of each column; a level of -1 is unknown and says nothing.

    Examples
    --------
    >>> pair = {"level_name": 3, "weight_name": 14.2, "level_phone_hash": 0, "weight_phone_hash": -0.6}
    >>> name = ComparedColumn(column="name", kind="chinese_name")
    >>> phone = ComparedColumn(column="phone_hash", kind="exact")
    >>> reasons(pair, [name, phone]), reasons(pair, [name, phone], against=True)
    ('same name', 'telephone differs')
    """
    weighed = []
    for compared in comparisons:
        level, weight = pair[f"level_{compared.column}"], pair[f"weight_{compared.column}"]
        if level is None or level < 0 or not weight or (weight < 0) != against:
            continue
        title = COLUMN_TITLES.get(compared.column, compared.column)
        weighed.append(
            (
                -abs(weight),
                LocalizedText(str(LEVELS[level_code(compared, level)]), {"column": title}, context="linkage"),
            )
        )
    return join_texts([text for _weight, text in sorted(weighed, key=lambda entry: entry[0])], _("; "))
