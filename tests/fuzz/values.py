"""Values for the contract's columns: most of them right, some of them as banks' systems get them wrong."""

from datetime import datetime, timedelta
from functools import cache
from random import Random
from typing import Any

from hypothesis import strategies as st

from goldmine.contract.tables import TABLES
from tests.fuzz.independent import WORDS, Forms

DATE_FORMS = (
    ("%Y%m%d",),
    ("%Y-%m-%d",),
    ("%Y/%m/%d", "%Y%m%d"),
    ("%y-%m-%d",),
    ("%d/%m/%Y",),
    ("%Y%m%d%H%M%S",),
    ("%Y-%m-%d %H:%M:%S.%f", "%Y-%m-%d"),
    ("%Y年%m月%d日",),
    ("%d-%b-%Y",),
    ("%Y-%m-%dT%H:%M:%S%z",),
)
_FIRST = datetime(1901, 1, 2)
_SECONDS = 197 * 365 * 86_400
_ODD_DATES = [
    "0001-01-01", "1899-12-30", "1900-01-01", "2099-12-31", "9999-12-31", "0000-00-00", "00000000", "0",
    "1899-01-01", "2101-01-01", "2024-02-30", "2023-02-29", "2024-02-29", "23-09-29", "2024-1-3", "2024/1/3",
    "2024-01/03", "20240131", "2024-01-31T25:00", "2024-01-31T23:59", "2024-01-31 23:59:59.9999999",
    "2024-01-31 24:00:00", "2024-01-31 23:59:60", "2024-01-31T19:00:00Z", "2024-01-31 19:00:00+08",
    "2024-02-01 or later",
    "-2024-02-01", "+2024-02-01", "2024-01-31 ", " 2024-01-31", "２０２４-01-31", "31/01/2024", "2024年1月31日",
    "infinity", "-infinity", "epoch", "now", "today", "2024-01-31 (BC)", "2024-01-31 1:5", "2024-01-31  12:00:00",
    "45322", "1706659200", "2024-W05-3", "2024-031", "NULL", "-", "null", "2024-01-31\t", "2024-01-31 12:00:00 AM",
]  # fmt: skip
_ODD_AMOUNTS = [
    "1_000", "1,000", "1,000.50", "1,00", "12.345", "0.004999", "0.005", "-0.005", "1.005", "2.675", ".5", "5.", "+3",
    "--3", "-", "1e5", "1E-3", "1e400", "nan", "NaN", "inf", "-Infinity", "0x1F", "１２", "¥5", "5 元", "(5)", "5-",
    "1.2.3", "9999999999999999.99", "9999999999999999.994", "9999999999999999.995", "10000000000000000",
    "-9999999999999999.99",
    "0000000000000000000000000000000000000000000000012.5", "0.0000000000000000000000000000000000000000000000009",
    "99999999999999999999999999999999999999999999", "1 000", "1'000", " 5 ", "\u3000" + "5", "true", "null", "NULL",
    "0.0049999999999999999999999999999999999999999999", "1234567890123456.785", "-0", "-0.00", "1.10", "١٢",
]  # fmt: skip
_ODD_NUMBERS = [
    "1,000", "1_000", "1 000", "1'000", "+3", "-3", "--3", "+-3", "-", "+", "- 3", "3-", "(3)", "-0", "007", "5.",
    "5.0", ".5", "1e5", "1E3", "0x1F", "0b1", "１２", "١٢", "12 bp", "4.35%", "nan", "inf", "true", "null", "NULL",
    " 5 ", "\u3000" + "5", "5\u00a0", "9223372036854775807", "9223372036854775808", "+9223372036854775807",
    "-9223372036854775808", "-9223372036854775809", "18446744073709551615", "9" * 44, "0" * 50 + "12",
]  # fmt: skip
_ODD_TEXTS = [
    "", " ", "\u3000", "-", "NULL", "null", "0012", "12", "C" + " " * 19, "张三", "a,b", 'a"b', '"', "a\nb",
    "a\r\nb", "a\rb", "a\tb", "a|b", "a;b", "'; DROP TABLE x; --", "=1+1", "\ufeff1", "😀", "𠮷", "\u200b",
    "\x00", "\x1f", "\x7f",
    "1.0", "1e5", "001" * 50, "\\", "\\N", "#x", "ß", "İ", "K", "e\u0301", "\ud7ff", "％", "NA", "nan",
    "None", "true", "A\u00a0",
]  # fmt: skip
_ODD_CODES = [
    "OPT-OUT",
    "Opt Out",
    "optout",
    "拒绝",
    "Ｍ",
    "m ",
    " F",
    "in ",
    "IN",
    "贷",
    "借",
    "unknown",
    "x",
    "1",
    "0",
    "Y",
    "2",
]

forms = st.builds(
    Forms,
    nulls=st.sampled_from([(), ("-",), ("NULL", "-"), (" - ",)]),
    dates=st.one_of(st.just(()), st.sampled_from(DATE_FORMS)),
    thousands=st.sampled_from(["", "", ",", "'", " ", "_"]),
    unit=st.sampled_from(["yuan", "yuan", "fen"]),
)


def right(table: str, column: Any, forms: Forms, random: Random) -> str:
    """A text of a column that is right by its forms."""
    if column.kind in ("day", "moment"):
        return _written(_FIRST + timedelta(seconds=random.randrange(_SECONDS)), _form(forms))
    if column.kind in ("money", "decimal"):
        return (
            f"{random.choice(('', '', '-'))}{random.randrange(10 ** random.choice((2, 7)))}.{random.randrange(100):02}"
        )
    if column.kind == "whole":
        return str(random.randrange(-(10 ** random.choice((1, 8))), 10 ** random.choice((4, 8))))
    if column.codes or column.kind == "flag":
        return random.choice(_known(table, column))
    return f"{random.choice(('', 'A', 'C'))}{random.randrange(10 ** random.randint(1, 8))}"


@cache
def odd(table: str, name: str, form: str) -> st.SearchStrategy[str]:
    """Odd texts of a column whose dates have a form."""
    column = TABLES[table].column(name)
    if column.kind in ("day", "moment"):
        mangled = st.tuples(
            st.integers(0, _SECONDS), st.sampled_from(["", "x", "0", " ", "-", ":", ".5"]), st.integers(0, 12)
        ).map(lambda parts: _mangled(_written(_FIRST + timedelta(seconds=parts[0]), form), parts[1], parts[2]))
        return st.one_of(st.sampled_from(_ODD_DATES), mangled, st.text("0123456789-/: TZ.", max_size=22))
    if column.kind in ("money", "decimal"):
        number = st.from_regex(r"[+-]?[0-9]{0,20}(\.[0-9]{0,30})?", fullmatch=True, alphabet="0123456789.+-")
        return st.one_of(st.sampled_from(_ODD_AMOUNTS), number, st.text("0123456789.,_' -+eE", max_size=30))
    if column.kind == "whole":
        number = st.integers(-(2**65), 2**65).map(str)
        return st.one_of(st.sampled_from(_ODD_NUMBERS), number, st.text("0123456789.,_' -+eE", max_size=22))
    if column.codes or column.kind == "flag":
        upper = st.sampled_from([word.upper() for word in _known(table, column)])
        return st.one_of(upper, st.sampled_from(_ODD_CODES), st.text(max_size=6))
    return st.one_of(st.sampled_from(_ODD_TEXTS), st.text(max_size=12))


def odd_of(table: str, column: Any, forms: Forms) -> st.SearchStrategy[str]:
    """Odd texts of a column by its forms."""
    return odd(table, column.name, _form(forms))


def _form(forms: Forms) -> str:
    return forms.dates[0] if forms.dates else "%Y-%m-%d"


def _mangled(text: str, part: str, place: int) -> str:
    return text[:place] + part + text[place:]


def _known(table: str, column: Any) -> list[str]:
    """The contract's codes and the words that are understood untold."""
    words = WORDS["flag"] if column.kind == "flag" else WORDS.get(f"{table}.{column.name}", {})
    return [*(column.codes or ("true", "false")), *(word for several in words.values() for word in several)]


def _written(moment: datetime, form: str) -> str:
    return moment.strftime(form.replace("%z", "+08:00").replace("%Y", f"{moment.year:04}"))
