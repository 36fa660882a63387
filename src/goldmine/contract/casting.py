"""The one place where values become the contract's types: texts by pattern and range, never by an engine's casts.

A value is first cleaned (spaces around it, words for missing), then read, then held against its range. Every amount
is in yuan and rounds to fen, any other decimal to two places; a date is one of `ValueForms.dates`, or year, month and
day in this order.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from goldmine.contract.date_sql import MAX_YEAR, NO_DAY, date_of_forms, is_placeholder, matching
from goldmine.contract.schema import DUCKDB_TYPES, Column, Kind
from goldmine.contract.value_forms import MIN_YEAR, ValueForms, code_words, normal_code, says_year
from goldmine.core.i18n import LocalizedText, _
from goldmine.core.sql import literal, quoted

_TEXT = r"VARCHAR|UUID|ENUM\(.*\)"
_INTEGER = r"U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|DECIMAL\(\d+,0\)"
_MOMENT = r"DATE|TIMESTAMP(_S|_MS|_NS)?"
_NUMBER = re.compile(rf"DOUBLE|FLOAT|DECIMAL\(\d+,\d+\)|{_INTEGER}|{_TEXT}", re.DOTALL)
_ACCEPTED: dict[Kind, re.Pattern[str]] = {
    "text": re.compile(rf"{_TEXT}|{_INTEGER}", re.DOTALL),
    "day": re.compile(rf"{_MOMENT}|{_TEXT}", re.DOTALL),
    "moment": re.compile(rf"{_MOMENT}|{_TEXT}", re.DOTALL),
    "money": _NUMBER,
    "decimal": _NUMBER,
    "whole": re.compile(rf"{_TEXT}|{_INTEGER}", re.DOTALL),
    "flag": re.compile(rf"BOOLEAN|{_TEXT}|{_INTEGER}", re.DOTALL),
}
_WORDS: dict[Kind, LocalizedText] = {
    "text": _("text"),
    "day": _("dates (YYYY-MM-DD)"),
    "moment": _("times (YYYY-MM-DD HH:MM:SS)"),
    "money": _("amounts of at most 16 digits before the point"),
    "decimal": _("numbers of at most 16 digits before the point"),
    "whole": _("whole numbers"),
    "flag": _("true, false, 1 or 0"),
}
SPACES = literal(" \t\r\n\u00a0\u3000")
_EXACT_BITS = {"DOUBLE": 53, "FLOAT": 24}
_INFINITE = "('nan', 'inf', '+inf', '-inf', 'infinity', '+infinity', '-infinity')"


def accepted(kind: Kind, duckdb_type: str, *, declared: bool = False) -> bool:
    """Whether a DuckDB type can become a kind of the contract.

    A timestamp with a time zone cannot: which day it belongs to depends on where it is read. A whole number is a date
    only where its form is declared.
    """
    if declared and kind in ("day", "moment") and re.fullmatch(_INTEGER, duckdb_type):
        return True
    return _ACCEPTED[kind].fullmatch(duckdb_type) is not None


def describe(kind: Kind) -> LocalizedText:
    """What values of a kind look like, for an error."""
    return _WORDS[kind]


@dataclass(frozen=True)
class ColumnCast:
    """How one column is read.

    Parameters
    ----------
    table : str
        The canonical table.
    column : Column
        The contract's column.
    duckdb_type : str
        Type of the staged values.
    forms : ValueForms
        How the bank writes them.
    """

    table: str
    column: Column
    duckdb_type: str
    forms: ValueForms

    @property
    def fits(self) -> bool:
        """Whether the staged type can be read at all."""
        return accepted(self.column.kind, self.duckdb_type, declared=bool(self.forms.dates_of(self.column.name)))

    @property
    def text(self) -> bool:
        """Whether the values are read from texts."""
        is_text = re.fullmatch(_TEXT, self.duckdb_type, re.DOTALL) is not None
        return is_text or self.column.kind == "text" or (self._dated and not self._typed_date)

    @property
    def date_forms(self) -> tuple[str, ...]:
        """Declared forms of dates that are read."""
        return tuple(form for form in self.forms.dates_of(self.column.name) if says_year(self.column, form))

    @property
    def _dated(self) -> bool:
        return self.column.kind in ("day", "moment")

    @property
    def _decimal(self) -> bool:
        return self.column.kind in ("money", "decimal")

    @property
    def _in_fen(self) -> bool:
        """Whether the values are divided by 100: a unit is of money alone."""
        return self.column.kind == "money" and self.forms.unit_of(self.column.name) == "fen"

    @property
    def _typed_date(self) -> bool:
        return re.fullmatch(_MOMENT, self.duckdb_type) is not None

    def given(self) -> str:
        """SQL of the cleaned value; NULL if it is missing."""
        name = quoted(self.column.name)
        if not self.text:
            return name
        trimmed = f"trim(CAST({name} AS VARCHAR), {SPACES})"
        nothing = ", ".join(map(literal, ("", *(word.strip() for word in self.forms.nulls or ()))))
        return f"CASE WHEN {trimmed} NOT IN ({nothing}) THEN {trimmed} END"

    def read(self, given: str) -> str:
        """SQL of a cleaned value in the contract's type, before its range; NULL if it cannot be read."""
        empty = self.forms.codes.get(self.column.name, {}).get("")
        if empty and self.fits:
            code = str(empty in ("true", "yes")).lower() if self.column.kind == "flag" else literal(empty)
            return f"CASE WHEN {given} IS NULL THEN {code} ELSE {self._read(given)} END"
        return self._read(given)

    def _read(self, given: str) -> str:
        target = DUCKDB_TYPES[self.column.kind]
        if not self.fits:
            return f"NULL::{target}"
        if self._dated:
            if self.forms.dates_of(self.column.name) and not self.date_forms:
                given = "NULL"
            return date_of_forms(given, self.date_forms) if self.text else f"TRY_CAST({given} AS TIMESTAMP)"
        if self._decimal:
            return self._number(given)
        if self.column.kind == "flag":
            return self._flag(given)
        if self.column.kind == "whole":
            number = f"TRY_CAST({self._digits(given) if self.text else given} AS {target})"
            return matching(given, rf"[+-]?{self._digit_groups}", number) if self.text else number
        return self._code(given) if self.column.codes else given

    def value(self, given: str, read: str) -> str:
        """SQL of the value that is written."""
        if not self._dated:
            return read
        target = DUCKDB_TYPES[self.column.kind]
        otherwise = (
            f"WHEN {self.placeholder(given, read)} THEN DATE '{MIN_YEAR}-01-01'" if self.column.since_ever else ""
        )
        years = f"year({read}) BETWEEN {MIN_YEAR} AND {self.forms.max_year or MAX_YEAR}"
        usual = f"{years} AND NOT {is_placeholder(read)}"
        return f"CASE WHEN {usual} THEN CAST({read} AS {target}) {otherwise} END"

    def placeholder(self, given: str, read: str) -> str:
        """SQL condition of a day that stands for none."""
        if not self._dated:
            return "false"
        zeros = f" OR coalesce(regexp_full_match({given}, {literal(NO_DAY)}), false)" if self.text else ""
        return f"({is_placeholder(read)}{zeros})"

    def infinite(self, given: str) -> str:
        """SQL condition of an amount that is NaN or infinite."""
        if not self._decimal or not self.fits:
            return "false"
        if self.text:
            return f"lower({given}) IN {_INFINITE}"
        return f"NOT isfinite({given})" if self.duckdb_type in ("DOUBLE", "FLOAT") else "false"

    def imprecise(self, given: str) -> str:
        """SQL condition of a floating amount so large that its neighbours lie more than a fen away."""
        if not self._decimal or self.duckdb_type not in _EXACT_BITS:
            return "false"
        bits = _EXACT_BITS[self.duckdb_type]
        large = f"isfinite({given}) AND abs({given}) >= {2 ** (bits - 7)}"
        if self._in_fen:
            return f"{large} AND ({given} <> floor({given}) OR abs({given}) >= {2**bits})"
        return large

    def rounded(self, given: str, value: str) -> str:
        """SQL condition of an amount with more than fen, which is rounded."""
        if not self._decimal or not self.fits:
            return "false"
        fen = self._in_fen
        if self.text:
            more = r"\.\d*[1-9]" if fen else r"\.\d{2}\d*[1-9]"
            return f"regexp_matches({given}, {literal(more)})"
        if self.duckdb_type in ("DOUBLE", "FLOAT"):
            scaled = given if fen else f"{given} * 100"
            return f"coalesce(abs({scaled} - round({scaled})) > 0.0001 + abs({scaled}) * 1e-14, false)"
        if re.fullmatch(_INTEGER, self.duckdb_type):
            return "false"
        kept = f"TRY_CAST({given} AS DECIMAL(38, 0))" if fen else value
        # What its own type cannot hold, such as the 1.00 of 0.99999 as DECIMAL(5, 5), is another number.
        return f"({kept} IS NOT NULL AND coalesce({given} <> TRY_CAST({kept} AS {self.duckdb_type}), true))"

    def exact(self, given: str) -> str:
        """SQL of an amount in yuan before it is rounded."""
        digits = self._digits(given) if self.text else given
        scale = " / 100" if self._in_fen else ""
        return f"TRY_CAST({digits} AS DOUBLE){scale}"

    def amount(self, given: str) -> str:
        """SQL condition of a value that is an amount, be it larger than any that is taken in."""
        return f"regexp_full_match({given}, {literal(self._amount)})" if self.text else "true"

    @property
    def _digit_groups(self) -> str:
        """Pattern of a whole number without its sign: digits, or groups of three behind the separator."""
        group = re.escape(self.forms.thousands or "")
        return rf"(\d+|\d{{1,3}}({group}\d{{3}})+)" if group else r"\d+"

    @property
    def _amount(self) -> str:
        """Pattern of an amount."""
        return rf"[+-]?({self._digit_groups}(\.\d+)?|\.\d+)"

    def _digits(self, given: str) -> str:
        return f"replace({given}, {literal(self.forms.thousands)}, '')" if self.forms.thousands else given

    def _number(self, given: str) -> str:
        floating = self.duckdb_type in _EXACT_BITS
        # A cast of DOUBLE to DECIMAL makes 1.00 of 1.005, which is 1.01 as a text; one of the text 1e-17 makes 0.01.
        text = f"CASE WHEN abs({given}) < 0.001 THEN '0' ELSE CAST(CAST({given} AS DOUBLE) AS VARCHAR) END"
        number = text if floating else given
        digits = self._digits(given) if self.text else number
        fen = self._in_fen
        value = f"TRY_CAST({digits} AS DECIMAL(18, 2))"
        if fen:
            value = f"CAST(TRY_CAST({digits} AS DECIMAL(18, 0)) * 0.01::DECIMAL(2, 2) AS DECIMAL(18, 2))"
        if not self.text:
            return value
        return matching(given, self._amount, value)

    def _flag(self, given: str) -> str:
        if self.duckdb_type == "BOOLEAN":
            return given
        if not self.text:
            return f"CASE WHEN {given} IN (0, 1) THEN {given} = 1 END"
        words = code_words(self.table, self.column, self.forms)
        truth = {word: "true" if code in ("true", "yes") else "false" for word, code in words.items()}
        return f"{_map(truth)}[{_normal(given)}]"

    def _code(self, given: str) -> str:
        words = code_words(self.table, self.column, self.forms)
        declared = {normal_code(theirs) for theirs in self.forms.codes.get(self.column.name, {})}
        plain = [code for code in self.column.codes if normal_code(code) not in declared]
        known = f"WHEN {given} IN ({', '.join(map(literal, plain))}) THEN {given} " if plain else ""
        understood = _map({word: literal(code) for word, code in words.items()})
        return f"CASE {known}ELSE nullif(coalesce({understood}[{_normal(given)}], {given}), '') END"


def casted_rows(casts: list[ColumnCast], rows: str) -> str:
    """A SELECT of each column's value under its name, beside what is needed to count what is lost.

    The steps are nested, so that each is computed once a value. Beside column ``c`` stand ``c given`` (cleaned) and
    ``c read`` (before its range).
    """
    given = ", ".join(f"{cast.given()} AS {_step(cast, 'given')}" for cast in casts)
    read = ", ".join(f"{cast.read(_step(cast, 'given'))} AS {_step(cast, 'read')}" for cast in casts)
    values = ", ".join(
        f"{cast.value(_step(cast, 'given'), _step(cast, 'read'))} AS {quoted(cast.column.name)}" for cast in casts
    )
    return f"SELECT *, {values} FROM (SELECT *, {read} FROM (SELECT {given} FROM ({rows})))"


def _step(cast: ColumnCast, step: str) -> str:
    return quoted(f"{cast.column.name} {step}")


def counts_of(cast: ColumnCast) -> dict[str, str]:
    """SQL of what is counted of a column in `casted_rows`."""
    given, read, value = _step(cast, "given"), _step(cast, "read"), quoted(cast.column.name)
    placeholder, rounded = cast.placeholder(given, read), f"{value} IS NOT NULL AND {cast.rounded(given, value)}"
    lost = f"{given} IS NOT NULL AND {value} IS NULL"
    if cast.column.codes:
        lost = "false"
    money = cast.column.kind == "money" and cast.fits
    return {
        "empty": f"count(*) FILTER ({value if cast.column.codes and cast.fits else given} IS NULL)",
        "infinite": f"count(*) FILTER ({cast.infinite(given)})",
        "imprecise": f"count(*) FILTER ({cast.imprecise(given)} AND {value} IS NOT NULL)",
        "placeholders": f"count(*) FILTER ({placeholder})",
        "unreadable": f"count(*) FILTER ({lost} AND NOT coalesce({placeholder}, false))",
        "rounded": f"count(*) FILTER ({rounded})",
        # fsum loses nothing of a sum on the way, so that it does not depend on the order of the rows.
        "rounded_from": f"fsum({cast.exact(given)}) FILTER ({rounded})" if money else "NULL",
        "rounded_to": f"sum({value}) FILTER ({rounded})" if money else "NULL",
        # The engine reads 1_000 as an amount; the pattern, which is dear, is tried on what was not taken in.
        "read_yuan": f"fsum({cast.exact(given)}) FILTER ({value} IS NOT NULL OR {cast.amount(given)})"
        if money
        else "NULL",
        "yuan": f"sum({value})" if money else "NULL",
        "unknown_codes": _unknown_codes(cast, value),
    }


def _unknown_codes(cast: ColumnCast, value: str) -> str:
    if not cast.column.codes:
        return "0"
    return f"count(*) FILTER ({value} NOT IN ({', '.join(map(literal, cast.column.codes))}))"


def month_rows(cast: ColumnCast, rows: str) -> str:
    """A SELECT of rows with their month ``YYYY-MM`` by one column; NULL where it cannot be read."""
    step = _step(cast, "given")
    inner = f"SELECT *, {cast.given()} AS {step} FROM (\n{rows}\n)"
    return f"SELECT * EXCLUDE ({step}), strftime({cast.read(step)}, '%Y-%m') AS month FROM ({inner})"


def _normal(given: str) -> str:
    return f"replace(replace(lower({given}), '-', '_'), ' ', '_')"


def _map(words: Mapping[str, str]) -> str:
    return f"MAP {{{', '.join(f'{literal(word)}: {sql}' for word, sql in words.items())}}}"
