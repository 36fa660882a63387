"""Names that banks give to tables and columns, and how well a heading fits one of the contract's."""

import re
import unicodedata
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from goldmine.contract.tables import TABLES

_FILE = Path(__file__).with_name("names.yaml")
_GENERIC = 0.9
_UNIT = re.compile(r"[(\[]([^)\]]+)[)\]]\s*$|_([A-Za-z]+)$")
_PREFIX = re.compile(r"^(tbl?|ods|dwd|dws|dim|fact|src|stg|core|crm|t|v)(?=_)")


def plain_name(heading: str) -> str:
    """A heading as it is compared: half-width, small letters, without a unit in brackets, spaces and punctuation.

    Examples
    --------
    >>> plain_name("Cust_No ")
    'custno'
    >>> plain_name("Amount (yuan)")
    'amount'
    """
    text = unicodedata.normalize("NFKC", heading).strip().lower()
    text = re.sub(r"[(\[][^)\]]*[)\]]\s*$", "", text)
    return "".join(letter for letter in text if letter.isalnum())


def unit_in(heading: str) -> str:
    """The unit that a heading names, ``fen`` or ``yuan``; empty where it names none.

    Examples
    --------
    >>> unit_in("amount_fen"), unit_in("Amount (yuan)"), unit_in("amount")
    ('fen', 'yuan', '')
    """
    match = _UNIT.search(unicodedata.normalize("NFKC", heading).strip())
    word = (match[1] or match[2]).lower() if match else ""
    return next((unit for unit, words in _names()["units"].items() if word in words), "")


def column_fit(heading: str, table: str, column: str) -> float:
    """How well a heading fits a column of the contract, from 0 to 1; 1 is a known name.

    Examples
    --------
    >>> column_fit("CUST_NO", "accounts", "customer_id")
    1.0
    >>> column_fit("core_cust_no", "accounts", "customer_id") > 0.5
    True
    >>> column_fit("weather", "accounts", "customer_id")
    0.0
    """
    names = {plain_name(column), *_columns().get(column, ()), *_columns().get(f"{table}.{column}", ())}
    if TABLES[table].key == (column,) and plain_name(heading) in _names()["generic"]:
        return _GENERIC
    return _fit(plain_name(heading), names)


def table_fit(name: str, table: str) -> float:
    """How well the name of a file, sheet or table fits a table of the contract, from 0 to 1.

    Examples
    --------
    >>> table_fit("T_CUST_INFO_202406", "customers"), table_fit("weather", "customers")
    (1.0, 0.0)
    """
    text = _PREFIX.sub("", unicodedata.normalize("NFKC", name).lower())
    text = re.sub(r"\d+", "", plain_name(text))
    names = {plain_name(table), plain_name(table).removesuffix("s"), *map(plain_name, _names()["tables"][table])}
    return _fit(text, names)


def null_words(*, machine: bool) -> list[str]:
    """Texts that stand for a missing value: those that machines write, or words that a person wrote."""
    words: list[str] = _names()["nulls"]["machine" if machine else "words"]
    return words


def standard_codes(table: str, column: str) -> dict[str, str]:
    """Codes of a national standard and the contract's for each."""
    codes: dict[str, str] = _names()["codes"].get(f"{table}.{column}", {})
    return codes


def _fit(text: str, names: set[str]) -> float:
    if text in names:
        return 1.0
    inside = [len(name) / len(text) for name in names if len(name) >= _least(name) and name in text]
    return 0.5 + 0.4 * max(inside) if inside else 0.0


def _least(name: str) -> int:
    """Shortest name that counts inside of a longer heading: two Chinese characters or four letters."""
    return 4 if name.isascii() else 2


@cache
def _columns() -> dict[str, set[str]]:
    columns = _names()["columns"]
    known = {column.name for spec in TABLES.values() for column in spec.columns}
    known |= {f"{spec.name}.{column.name}" for spec in TABLES.values() for column in spec.columns}
    if columns.keys() - known:
        raise KeyError(f"names.yaml: {', '.join(sorted(columns.keys() - known))}")
    return {column: set(map(plain_name, names)) for column, names in columns.items()}


@cache
def _names() -> dict[str, Any]:
    names: dict[str, Any] = yaml.safe_load(_FILE.read_text("utf-8"))
    return names
