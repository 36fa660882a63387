"""An independent reader of one value, written from docs/contract.md alone; of goldmine only the words' file is read."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta, timezone
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any, Literal

import yaml

WORDS = yaml.safe_load(
    (Path(__file__).parents[2] / "src" / "goldmine" / "contract" / "code_words.yaml").read_text("utf-8")
)
SPACES = " \t\r\n\u00a0\u3000"
NO_DAYS = {
    date(1, 1, 1),
    date(1899, 12, 30),
    date(1899, 12, 31),
    date(1900, 1, 1),
    date(2099, 12, 31),
    date(2999, 12, 31),
    date(9999, 12, 31),
}
WHOLE = range(-(2**63), 2**63)
LARGEST = Decimal("9999999999999999.99")
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
State = Literal["value", "empty", "placeholder", "unreadable", "infinite", "imprecise"]
Found = tuple[State, Any]
UNREADABLE: Found = ("unreadable", None)


class Single(float):
    """A floating number that its source keeps in four bytes."""


@dataclass(frozen=True)
class Forms:
    """Keys of bank.yaml about values."""

    nulls: tuple[str, ...] = ()
    dates: tuple[str, ...] = ()
    thousands: str = ""
    unit: str = "yuan"
    codes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def as_yaml(self) -> dict[str, Any]:
        """The keys that say something."""
        keys = {"nulls": list(self.nulls), "dates": list(self.dates), "thousands": self.thousands}
        return {key: value for key, value in keys.items() if value} | {"unit": self.unit, "codes": dict(self.codes)}


def read(table: str, column: Any, value: Any, forms: Forms) -> Found:
    """What a value of a column is: its state, and in the contract's type what it says."""
    if isinstance(value, str):
        value = value.strip(SPACES)
    if (
        value is None
        or value in ("", b"")
        or (isinstance(value, str) and value in {word.strip() for word in forms.nulls})
    ):
        return "empty", None
    if not _readable(column, value, forms):
        return UNREADABLE
    if column.kind in ("day", "moment"):
        return _day(column, value, forms)
    if column.kind in ("money", "decimal", "whole"):
        return _number(column.kind, value, forms)
    if column.kind == "flag":
        return _flag(table, column, value, forms)
    return _code(table, column, str(value), forms) if column.codes else ("value", str(value))


def _readable(column: Any, value: Any, forms: Forms) -> bool:
    """Whether a value's type is one of those that the kind is read from."""
    if isinstance(value, str):
        return True
    if column.kind in ("day", "moment"):
        whole = isinstance(value, int) and not isinstance(value, bool) and bool(forms.dates)
        return whole or (isinstance(value, date) and getattr(value, "tzinfo", None) is None)
    if isinstance(value, bool):
        return column.kind == "flag"
    if column.kind in ("money", "decimal"):
        return isinstance(value, int | float | Decimal)
    whole = isinstance(value, int) or (isinstance(value, Decimal) and value.as_tuple().exponent == 0)
    return whole and not (column.kind == "flag" and isinstance(value, Decimal))


def _number(kind: str, value: Any, forms: Forms) -> Found:
    """A number; the unit is of amounts alone."""
    if kind == "whole":
        return _whole(value, forms)
    return _decimal(value, forms if kind == "money" else replace(forms, unit="yuan"))


def _decimal(value: Any, forms: Forms) -> Found:
    if isinstance(value, str):
        if value.lower() in ("nan", "inf", "+inf", "-inf", "infinity", "+infinity", "-infinity"):
            return "infinite", None
        if not re.fullmatch(rf"[+-]?({_groups(forms)}(\.[0-9]+)?|\.[0-9]+)", value):
            return UNREADABLE
        value = value.replace(forms.thousands, "") if forms.thousands else value
    elif isinstance(value, float) and not math.isfinite(value):
        return "infinite", None
    number = Decimal(repr(float(value)) if isinstance(value, float) else value)
    if abs(number) > 10**25:
        return UNREADABLE
    yuan = number / 100 if forms.unit == "fen" else number
    rounded = yuan.quantize(Decimal("0.01"), ROUND_HALF_UP)
    if abs(rounded) > LARGEST:
        return UNREADABLE
    return ("imprecise", None) if isinstance(value, float) and _imprecise(value, forms) else ("value", rounded)


def _groups(forms: Forms) -> str:
    """Digits, or groups of three behind a separator that is declared."""
    group = re.escape(forms.thousands)
    return rf"([0-9]+|[0-9]{{1,3}}({group}[0-9]{{3}})+)" if group else "[0-9]+"


def _whole(value: Any, forms: Forms) -> Found:
    """A number of 64 bits; a text has a sign, digits, and between groups of three the separator that is declared."""
    if isinstance(value, str):
        if not re.fullmatch(rf"[+-]?{_groups(forms)}", value):
            return UNREADABLE
        value = value.replace(forms.thousands, "") if forms.thousands else value
    number = int(value)
    return ("value", number) if number in WHOLE else UNREADABLE


def _imprecise(value: float, forms: Forms) -> bool:
    """Whether the next number that its type has lies more than a fen away."""
    exact = 2**24 if isinstance(value, Single) else 2**53
    if forms.unit == "fen":
        return abs(value) >= exact or (abs(value) >= exact / 128 and not value.is_integer())
    return abs(value) >= exact / 128


def _flag(table: str, column: Any, value: Any, forms: Forms) -> Found:
    if isinstance(value, bool):
        return "value", value
    if not isinstance(value, str):
        return ("value", value == 1) if value in (0, 1) else UNREADABLE
    code = _words(table, column, forms).get(_normal(value))
    return ("value", code in ("true", "yes")) if code else UNREADABLE


def _code(table: str, column: Any, text: str, forms: Forms) -> Found:
    declared = {_normal(word) for word in forms.codes.get(column.name, {})}
    if text in column.codes and _normal(text) not in declared:
        return "value", text
    code = _words(table, column, forms).get(_normal(text), text)
    return ("value", code) if code else ("empty", None)


def _words(table: str, column: Any, forms: Forms) -> dict[str, str]:
    built_in = WORDS["flag"] if column.kind == "flag" else WORDS.get(f"{table}.{column.name}", {})
    words = {_normal(word): code for code, several in built_in.items() for word in several}
    words |= {_normal(code): code for code in column.codes or ("true", "false")}
    return words | {_normal(word): code for word, code in forms.codes.get(column.name, {}).items()}


def _normal(text: str) -> str:
    return text.strip().lower().replace("-", "_").replace(" ", "_")


def _day(column: Any, value: Any, forms: Forms) -> Found:
    if isinstance(value, int):
        value = str(value)
    if isinstance(value, str) and re.fullmatch(r"0{1,4}([-/.]?0{1,2}){2}([ T][0:.]*)?|0", value):
        return _no_day(column)
    moment = _of_text(column, value, forms) if isinstance(value, str) else value
    if moment is None:
        return UNREADABLE
    day = moment.date() if isinstance(moment, datetime) else moment
    if day in NO_DAYS:
        return _no_day(column)
    if not 1900 <= day.year <= 2100:
        return UNREADABLE
    if column.kind == "day":
        return "value", day
    return "value", moment if isinstance(moment, datetime) else datetime.combine(moment, datetime.min.time())


def _no_day(column: Any) -> Found:
    return ("value", date(1900, 1, 1)) if column.since_ever else ("placeholder", None)


def _of_text(column: Any, text: str, forms: Forms) -> datetime | None:
    if not forms.dates:
        clock = r"(?:[ T](\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d+))?)?)?"
        match = re.fullmatch(rf"(\d{{4}})([-/])(\d{{1,2}})\2(\d{{1,2}}){clock}", text, re.ASCII)
        if not match:
            return None
        year, _, month, day, hour, minute, second, part = match.groups()
        return _built(year, month, day, (hour, minute, second, part))
    for form in forms.dates:
        found = _of_form(text, form)
        if found and not (column.name == "birth_date" and "%y" in form):
            return found
    return None


def _built(year: str, month: str, day: str, clock: tuple[str | None, ...]) -> datetime | None:
    hour, minute, second, part = clock
    try:
        micro = int(((part or "0") + "000000")[:6])
        return datetime(int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0), micro)
    except ValueError:
        return None


def _of_form(text: str, form: str) -> datetime | None:
    """A text's time by one form, whose parts may have one digit where nothing but text stands beside them."""
    tokens = re.findall(r"%.|[^%]+", form)
    pattern = ""
    for index, token in enumerate(tokens):
        beside = tokens[max(index - 1, 0) : index] + tokens[index + 1 : index + 2]
        two = r"\d{2}" if any(other.startswith("%") for other in beside) else r"\d{1,2}"
        parts = {"%Y": r"\d{4}", "%y": r"\d{2}", "%f": r"\d{1,6}", "%b": "[A-Za-z]{3}", "%z": r"Z|[+-]\d{2}:?\d{2}"}
        pattern += f"(?P<{token[1]}>{parts.get(token, two)})" if token[0] == "%" else re.escape(token)
    match = re.fullmatch(pattern, text, re.ASCII)
    if not match:
        return None
    found = match.groupdict()
    if "b" in found:
        if found["b"].lower() not in MONTHS:
            return None
        found["m"] = str(MONTHS.index(found["b"].lower()) + 1)
    if "y" in found:
        found["Y"] = f"{'19' if int(found['y']) >= 69 else '20'}{found['y']}"
    clock = (found.get("H"), found.get("M"), found.get("S"), found.get("f"))
    moment = _built(found["Y"], found["m"], found["d"], clock)
    if moment and "z" in found:
        zone = "+0000" if found["z"] == "Z" else found["z"].replace(":", "")
        offset = timedelta(hours=int(zone[1:3]), minutes=int(zone[3:5])) * (-1 if zone[0] == "-" else 1)
        if abs(offset) >= timedelta(hours=24):
            return None
        china = timezone(timedelta(hours=8))
        moment = moment.replace(tzinfo=timezone(offset)).astimezone(china).replace(tzinfo=None)
    return moment
