"""From the types a source has to the contract's: what is accepted, what is counted as wrong, the casts."""

import re

from goldmine.contract.schema import DUCKDB_TYPES, Column, Kind
from goldmine.contract.sql import quoted

_INTEGER = r"U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|DECIMAL\(\d+,0\)"
_ACCEPTED: dict[Kind, re.Pattern[str]] = {
    "text": re.compile(rf"VARCHAR|UUID|ENUM\(.*\)|{_INTEGER}", re.DOTALL),
    "day": re.compile(r"DATE|TIMESTAMP(_S|_MS|_NS)?|VARCHAR"),
    "moment": re.compile(r"DATE|TIMESTAMP(_S|_MS|_NS)?|VARCHAR"),
    "money": re.compile(rf"VARCHAR|DOUBLE|FLOAT|DECIMAL\(\d+,\d+\)|{_INTEGER}"),
    "whole": re.compile(rf"VARCHAR|{_INTEGER}"),
    "flag": re.compile(rf"VARCHAR|BOOLEAN|{_INTEGER}"),
}
_WORDS: dict[Kind, str] = {
    "text": "text",
    "day": "dates (YYYY-MM-DD)",
    "moment": "times (YYYY-MM-DD HH:MM:SS)",
    "money": "amounts of at most 16 digits before the point",
    "whole": "whole numbers",
    "flag": "true, false, 1 or 0",
}


def accepted(kind: Kind, found: str) -> bool:
    """Whether a DuckDB type can become a kind of the contract.

    A timestamp with a time zone cannot: which day it belongs to depends on where it is read.
    """
    return _ACCEPTED[kind].fullmatch(found) is not None


def describe(kind: Kind) -> str:
    """What values of a kind look like, for an error."""
    return _WORDS[kind]


def cast(column: Column, found: str) -> str:
    """SQL that gives a column in the contract's type; NULL where a value does not convert."""
    name, target = quoted(column.name), DUCKDB_TYPES[column.kind]
    if column.kind == "text":
        return f"nullif(CAST({name} AS VARCHAR), '')"
    if column.kind == "flag" and found not in ("BOOLEAN", "VARCHAR"):
        return f"CASE WHEN {name} IN (0, 1) THEN {name} = 1 END"
    if column.kind in ("day", "moment"):
        value = f"TRY_CAST({name} AS {target})"
        return f"CASE WHEN isfinite({value}) THEN {value} END"
    return f"TRY_CAST({name} AS {target})"


def wrong(column: Column, found: str) -> str:
    """SQL condition of a value that is there but does not convert."""
    return (
        "false" if column.kind == "text" else f"{quoted(column.name)} IS NOT NULL AND ({cast(column, found)}) IS NULL"
    )


def not_finite(column: Column, found: str) -> str:
    """SQL condition of an amount that is NaN or infinite."""
    name = quoted(column.name)
    if column.kind != "money" or found not in ("DOUBLE", "FLOAT", "VARCHAR"):
        return "false"
    return f"{name} IS NOT NULL AND NOT coalesce(isfinite(TRY_CAST({name} AS DOUBLE)), true)"


def month(column: Column, found: str) -> str:
    """SQL of the month ``YYYY-MM`` of a day or time; NULL where it is none."""
    return f"strftime({cast(column, found)}, '%Y-%m')"
