"""How a bank writes its values: the keys `nulls`, `dates`, `thousands`, `codes`, `unit` and `max_year` of bank.yaml."""

import re
from collections.abc import Mapping
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, field_validator

from goldmine.contract.schema import Column, TableSpec
from goldmine.core.errors import SettingsError
from goldmine.core.i18n import _

Unit = Literal["yuan", "fen"]
MIN_YEAR = 1900
_BUILT_IN = Path(__file__).with_name("code_words.yaml")
_DIRECTIVES = {
    "Y": r"\d{4}",
    "y": r"\d{2}",
    "m": r"\d{1,2}",
    "d": r"\d{1,2}",
    "H": r"\d{1,2}",
    "I": r"\d{1,2}",
    "M": r"\d{1,2}",
    "S": r"\d{1,2}",
    "f": r"\d{1,6}",
    "j": r"\d{3}",
    "b": r"[A-Za-z]+",
    "B": r"[A-Za-z]+",
    "p": r"[AaPp][Mm]",
    "z": r"(Z|[+-]\d{2}(:?\d{2})?)",
    "%": "%",
}
EXCEL_SERIAL = "excel"
"""The form of dates that are numbers of days since 1899-12-30, as Excel keeps them."""
_PART = re.compile(r"%(.)|([^%]+)|(%)", re.DOTALL)


class ValueForms(BaseModel):
    """How the values of a table are written. Keys of the whole bank hold for each table that does not give its own.

    Parameters
    ----------
    nulls : tuple of str, optional
        Texts that mean a missing value, beside the empty one.
    dates : tuple of str or dict, optional
        Forms of dates and times, of all such columns or by column, such as ``%Y%m%d``; no others are read then.
        ``excel`` are numbers of days as Excel keeps them.
    thousands : str, optional
        What separates groups of three digits in amounts and whole numbers.
    codes : dict
        For each column the bank's codes and the contract's: ``{gender: {1: M, 2: F}}``.
    unit : str or dict, optional
        ``yuan`` (default) or ``fen``, of all amounts or by column.
    max_year : int, optional
        Last year that a date may lie in; the first is 1900.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    nulls: tuple[str, ...] | None = None
    dates: tuple[str, ...] | dict[str, tuple[str, ...]] | None = None
    thousands: Literal[",", "'", " ", "_"] | None = None
    codes: dict[str, dict[str, str]] = {}
    unit: Unit | dict[str, Unit] | None = None
    max_year: int | None = Field(default=None, ge=MIN_YEAR, le=9998)

    @field_validator("codes", mode="before")
    @classmethod
    def _as_text(cls, value: Any) -> Any:
        """YAML reads 1 as a number and `yes` as true: codes are texts."""
        if not isinstance(value, Mapping):
            return value
        return {
            column: {_code(theirs): _code(ours) for theirs, ours in words.items()}
            if isinstance(words, Mapping)
            else words
            for column, words in value.items()
        }

    @field_validator("dates")
    @classmethod
    def _known_directives(cls, value: Any) -> Any:
        groups = value.values() if isinstance(value, dict) else [value or ()]
        for forms in groups:
            for form in forms:
                date_pattern(form)
            for first, second in combinations(forms, 2):
                if fit_same_text(first, second):
                    raise ValueError(
                        _(
                            "the forms {first} and {second} fit the same texts; keep the right one",
                            first=repr(first),
                            second=repr(second),
                        )
                    )
        return value

    def dates_of(self, column: str) -> tuple[str, ...]:
        """Declared forms of a column; none where nothing is declared."""
        return self.dates.get(column, ()) if isinstance(self.dates, dict) else self.dates or ()

    def unit_of(self, column: str) -> Unit:
        """Unit of an amount."""
        return (self.unit.get(column) if isinstance(self.unit, dict) else self.unit) or "yuan"

    @property
    def declared(self) -> bool:
        """Whether anything is declared, so that even Parquet in the contract's types has to be read."""
        return any(getattr(self, key) for key in ValueForms.model_fields)


def date_pattern(form: str) -> str:
    r"""A regular expression of exactly the texts of a form, which an engine's own parser is too lenient for.

    Examples
    --------
    >>> date_pattern("%Y/%m/%d")
    '\\d{4}/\\d{1,2}/\\d{1,2}'
    >>> date_pattern("%Y%m%d")
    '\\d{4}\\d{2}\\d{2}'

    Raises
    ------
    ValueError
        If a directive is unknown.
    """
    if form == EXCEL_SERIAL:
        return r"\d{1,5}(\.\d+)?"
    parts = [match.groups() for match in _PART.finditer(form)]
    if not parts or any(broken or (letter and letter not in _DIRECTIVES) for letter, _text, broken in parts):
        raise ValueError(
            _(
                "{form} is no form of a date; it may have {directives}",
                form=repr(form),
                directives=", ".join(f"%{name}" for name in _DIRECTIVES),
            )
        )
    pattern = ""
    for index, (letter, text, _broken) in enumerate(parts):
        if text:
            pattern += re.escape(text)
            continue
        beside = [parts[i][0] for i in (index - 1, index + 1) if 0 <= i < len(parts)]
        digits = _DIRECTIVES[letter]
        pattern += digits.replace("{1,2}", "{2}") if any(other and other != "%" for other in beside) else digits
    return pattern


def says_year(column: Column, form: str) -> bool:
    """Whether a form says the year of a column's days: two digits do not say the century of a birth."""
    return not (column.whole_years and "%y" in form)


def fit_same_text(first: str, second: str) -> bool:
    """Whether a text could be of both forms: the same signs, and between them as many digits."""
    parts = _runs(first), _runs(second)
    return len(parts[0]) == len(parts[1]) and all(
        one == other
        if isinstance(one, str) or isinstance(other, str)
        else max(one[0], other[0]) <= min(one[1], other[1])
        for one, other in zip(*parts, strict=True)
    )


def _runs(form: str) -> list[str | tuple[int, int]]:
    """A form's signs, and between them the least and most digits."""
    pattern = date_pattern(form) if form != EXCEL_SERIAL else r"\d{1,5}"
    runs: list[str | tuple[int, int]] = []
    for low, high, sign in re.findall(r"\\d\{(\d),?(\d)?\}|(\[.+?\][^\[]?|.)", pattern, re.DOTALL):
        if sign:
            runs.append(sign)
        elif runs and isinstance(runs[-1], tuple):
            runs[-1] = (runs[-1][0] + int(low), runs[-1][1] + int(high or low))
        else:
            runs.append((int(low), int(high or low)))
    return runs


def merged(bank: ValueForms, table: Mapping[str, Any], spec: TableSpec) -> dict[str, Any]:
    """A table's keys, completed by those of the whole bank as far as they concern it."""
    own = {key: table[key] for key in table if table[key] is not None}
    for key in ("nulls", "thousands", "unit", "max_year", "dates"):
        if key not in own and getattr(bank, key) is not None:
            own[key] = getattr(bank, key)
    codes = dict(table.get("codes", {}))
    for column in spec.columns:
        fitting = {theirs: ours for theirs, ours in bank.codes.get(column.name, {}).items() if _fits(column, ours)}
        if fitting:
            codes[column.name] = fitting | codes.get(column.name, {})
    return {**own, "codes": codes} if codes else own


def check_forms(forms: ValueForms, specs: list[TableSpec], where: str) -> None:
    """Refuse keys about columns, or codes, that the contract does not have.

    Raises
    ------
    SettingsError
        Names the key and what is allowed.
    """
    columns = [column for spec in specs for column in spec.columns]
    kinds = {"dates": ("day", "moment"), "unit": ("money",)}
    for key, allowed_kinds in kinds.items():
        allowed = sorted({column.name for column in columns if column.kind in allowed_kinds})
        given = getattr(forms, key)
        for name in given if isinstance(given, dict) else ():
            if name not in allowed:
                raise SettingsError(
                    _("{where}: there is no such column {name}.", where=f"{where}.{key}", name=repr(name)),
                    _("Allowed: {names}.", names=_list(allowed)),
                )
    coded = [column for column in columns if column.codes or column.kind == "flag"]
    for name, words in forms.codes.items():
        same = [column for column in coded if column.name == name]
        if not same:
            raise SettingsError(
                _("{where}.codes: there is no column {name} with codes.", where=where, name=repr(name)),
                _("Allowed: {names}.", names=_list(sorted({column.name for column in coded}))),
            )
        for ours in words.values():
            if not any(_fits(column, ours) for column in same):
                known = sorted({code for column in same for code in codes_of(column)})
                raise SettingsError(
                    _("{where}: the contract has no code {code}.", where=f"{where}.codes.{name}", code=repr(ours)),
                    _("Allowed: {names}.", names=_list(known)),
                )


def codes_of(column: Column) -> tuple[str, ...]:
    """Codes that a column's values may become."""
    return ("true", "false") if column.kind == "flag" else column.codes


def code_words(table: str, column: Column, forms: ValueForms) -> dict[str, str]:
    """Words for the codes of a column and the contract's code for each: those understood untold, then the declared.

    Keys are written as `normal_code` writes them.
    """
    built_in = built_in_words()
    words = built_in["flag"] if column.kind == "flag" else built_in.get(f"{table}.{column.name}", {})
    understood = {normal_code(word): code for code, several in words.items() for word in several}
    plain = {normal_code(code): code for code in codes_of(column)}
    declared = {normal_code(theirs): ours for theirs, ours in forms.codes.get(column.name, {}).items()}
    return understood | plain | declared


def normal_code(text: str) -> str:
    """A code as it is compared: small letters, ``_`` for a hyphen or space.

    Examples
    --------
    >>> normal_code("OPT-OUT")
    'opt_out'
    """
    return text.strip().lower().replace("-", "_").replace(" ", "_")


@cache
def built_in_words() -> dict[str, dict[str, list[str]]]:
    """Words that are understood untold: by ``table.column`` or ``flag``, for each of the contract's codes."""
    words: dict[str, dict[str, list[str]]] = yaml.safe_load(_BUILT_IN.read_text("utf-8"))
    return words


def _fits(column: Column, ours: str) -> bool:
    if column.kind == "flag":
        return ours in ("true", "false", "yes", "no")
    return ours in ("", *column.codes)


def _code(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value) if isinstance(value, int) else value


def _list(names: list[str]) -> str:
    return ", ".join(names)
