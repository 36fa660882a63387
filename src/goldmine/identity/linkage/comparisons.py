"""How two values are compared: the levels of agreement of each kind of column, from the closest to none."""

from dataclasses import dataclass
from typing import Any

from splink.comparison_library import CustomComparison

from goldmine.identity.linkage.settings import ComparedColumn, Kind

SAME, DIFFERENT = "same", "different"
SOUND = "_sound"
"""Ending of the column that holds the pronunciation of a Chinese name."""


@dataclass(frozen=True)
class Level:
    """A level of agreement.

    Parameters
    ----------
    code : str
        Its name: ``same``, ``same_sound``, ``one_character``, ...
    sql : str
        Its condition on the columns ``NAME_l`` and ``NAME_r``.
    """

    code: str
    sql: str


def levels_of(compared: ComparedColumn) -> list[Level]:
    """Levels of a column, the closest first; a pair below them all is different.

    Examples
    --------
    >>> [level.code for level in levels_of(ComparedColumn(column="name", kind="chinese_name"))]
    ['same', 'same_sound', 'one_character']
    """
    left, right = f'"{compared.column}_l"', f'"{compared.column}_r"'
    return [Level(SAME, f"{left} = {right}"), *_near(compared, left, right)]


def _near(compared: ComparedColumn, left: str, right: str) -> list[Level]:
    """Levels between the same and different."""
    levels: dict[Kind, list[Level]] = {
        "exact": [],
        "chinese_name": [
            Level("same_sound", f'"{compared.column}{SOUND}_l" = "{compared.column}{SOUND}_r"'),
            Level("one_character", _one_character_differs(left, right)),
        ],
        "latin_name": _alike(left, right, (0.92, 0.88, 0.7)),
        "text": _alike(left, right, (0.92, 0.8)),
        "address": [
            Level("part_of", f"suffix({left}, {right}) OR suffix({right}, {left})"),
            *_alike(left, right, (0.95,)),
        ],
        "digits": [
            Level("one_digit", f"damerau_levenshtein({left}, {right}) <= 1"),
            Level("two_digits", f"damerau_levenshtein({left}, {right}) <= 2"),
        ],
        "date": _near_dates(left, right),
    }
    return levels[compared.kind]


def _alike(left: str, right: str, thresholds: tuple[float, ...]) -> list[Level]:
    codes = ("very_alike", "alike", "somewhat_alike")
    return [
        Level(code, f"jaro_winkler_similarity({left}, {right}) >= {threshold}")
        for code, threshold in zip(codes, thresholds, strict=False)
    ]


def _near_dates(left: str, right: str) -> list[Level]:
    days = f"abs(date_diff('day', {left}, {right}))"
    digits = f"damerau_levenshtein(CAST({left} AS VARCHAR), CAST({right} AS VARCHAR))"
    return [
        Level("one_digit", f"{digits} <= 1"),
        Level("within_a_month", f"{days} <= 31"),
        Level("within_a_year", f"{days} <= 366"),
        Level("within_ten_years", f"{days} <= 3653"),
    ]


def _one_character_differs(left: str, right: str) -> str:
    """Whether two texts of the same length differ in one character; DuckDB's edit distances count bytes."""
    length = f"length({left}) = length({right}) AND length({left}) > 1"
    agreeing = " + ".join(f"CAST(substr({left}, {n}, 1) = substr({right}, {n}, 1) AS INTEGER)" for n in (1, 2, 3, 4))
    return f"{length} AND {agreeing} = 3 AND substr({left}, 5) = substr({right}, 5)"


def splink_comparison(compared: ComparedColumn) -> CustomComparison:
    """A column's comparison as Splink takes it."""
    unknown = f'"{compared.column}_l" IS NULL OR "{compared.column}_r" IS NULL'
    levels: list[Any] = [{"sql_condition": unknown, "label_for_charts": "unknown", "is_null_level": True}]
    for level in levels_of(compared):
        entry: dict[str, Any] = {"sql_condition": level.sql, "label_for_charts": level.code}
        if compared.rare_counts_more and level.code == SAME:
            entry["tf_adjustment_column"] = compared.column
        levels.append(entry)
    levels.append({"sql_condition": "ELSE", "label_for_charts": DIFFERENT})
    return CustomComparison(levels, output_column_name=compared.column)
