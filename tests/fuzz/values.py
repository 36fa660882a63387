"""Values for the contract's columns: most of them right, some of them as banks' systems get them wrong."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

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
moments = st.datetimes(datetime(1901, 1, 1), datetime(2098, 12, 31))


def texts_of(table: str, column: Any, forms: Forms, *, odd: bool) -> st.SearchStrategy[str]:
    """Texts of a column: right by its forms, or odd ones."""
    if column.kind in ("day", "moment"):
        right = moments.map(lambda moment: _written(moment, forms.dates[0] if forms.dates else "%Y-%m-%d"))
        mangled = st.tuples(right, st.sampled_from(["", "x", "0", " ", "-", ":", ".5"]), st.integers(0, 12)).map(
            lambda parts: parts[0][: parts[2]] + parts[1] + parts[0][parts[2] :]
        )
        wrong = st.one_of(st.sampled_from(_ODD_DATES), mangled, st.text("0123456789-/: TZ.", max_size=22))
    elif column.kind == "money":
        right = st.decimals(Decimal(-(10**7)), Decimal(10**7), places=2).map(str)
        number = st.from_regex(r"[+-]?[0-9]{0,20}(\.[0-9]{0,30})?", fullmatch=True, alphabet="0123456789.+-")
        wrong = st.one_of(st.sampled_from(_ODD_AMOUNTS), number, st.text("0123456789.,_' -+eE", max_size=30))
    elif column.codes or column.kind == "flag":
        codes = column.codes or ("true", "false")
        words = WORDS["flag"] if column.kind == "flag" else WORDS.get(f"{table}.{column.name}", {})
        right = st.sampled_from([*codes, *(word for several in words.values() for word in several)])
        wrong = st.one_of(right.map(str.upper), st.sampled_from(_ODD_CODES), st.text(max_size=6))
    else:
        right = st.from_regex(r"[A-Z]?[0-9]{1,8}", fullmatch=True, alphabet="ABC0123456789")
        wrong = st.one_of(st.sampled_from(_ODD_TEXTS), st.text(max_size=12))
    return wrong if odd else right


def _written(moment: datetime, form: str) -> str:
    return moment.strftime(form.replace("%z", "+08:00").replace("%Y", f"{moment.year:04}"))
