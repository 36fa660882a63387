"""Typed values of Parquet and PostgreSQL columns: usual ones, and those at the edges of their types."""

import math
import struct
from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import numpy as np
import pyarrow as pa

Values = Callable[[Random], Any]
_FLOATS = [0.0, -0.0, math.nan, math.inf, -math.inf, 1e300, 5e-324, 1.005, 0.1 + 0.2, 1e-17, 2.675, 70368744177663.98]
_EPOCH = datetime(1970, 1, 1)


def whole(low: int, high: int) -> Values:
    """Whole numbers: the ends of a range, small ones, and any."""

    def value(random: Random) -> int:
        if random.random() < 0.1:
            return random.choice([low, high, max(low, 0), min(high, 1), max(low, -1), random.randint(low, high)])
        size = 10 ** random.randint(1, 12)
        return random.randint(max(low, -size), min(high, size))

    return value


def decimals(digits: int, places: int) -> Values:
    """Decimals of a number of digits, some of them after the point."""
    numbers = whole(-(10**digits) + 1, 10**digits - 1)
    return lambda random: Decimal(f"{numbers(random)}e-{places}")


def floats(random: Random) -> float:
    """Floating numbers: odd ones, amounts, and any bits."""
    way = random.random()
    if way < 0.85:
        return random.uniform(-1e7, 1e7)
    if way < 0.95:
        return random.choice(_FLOATS)
    return float(struct.unpack("d", random.randbytes(8))[0])


def float32(random: Random) -> float:
    """Floating numbers of four bytes."""
    with np.errstate(over="ignore"):
        return float(np.float32(floats(random)))


def float16(random: Random) -> float:
    """Floating numbers of two bytes."""
    return float(np.frombuffer(random.randbytes(2), np.float16)[0])


def days(first: int, last: int) -> Values:
    """Days of some years, and those that stand for none."""
    odd = [date(1, 1, 1), date(1899, 12, 30), date(1900, 1, 1), date(2099, 12, 31), date(9999, 12, 31)]
    kept = [day for day in odd if first <= day.year <= last]
    low, high = date(first, 1, 1).toordinal(), date(last, 12, 31).toordinal()

    def value(random: Random) -> date:
        way = random.random()
        if kept and way < 0.05:
            return random.choice(kept)
        if way < 0.95:
            return date(2023, 12, 1) + timedelta(days=random.randrange(60))
        return date.fromordinal(random.randint(low, high))

    return value


def moments(first: int, last: int, step: int = 1) -> Values:
    """Times of some years in steps of microseconds."""
    some = days(first, last)

    def value(random: Random) -> datetime:
        micro = random.randrange(86_400_000_000) // step * step
        return datetime.combine(some(random), time()) + timedelta(microseconds=micro)

    return value


def flags(random: Random) -> bool:
    """True or false."""
    return random.random() < 0.5


def choice(*options: Any) -> Values:
    """One of a few values."""
    return lambda random: random.choice(options)


DATES: list[tuple[pa.DataType, Values]] = [
    (pa.date32(), days(1, 9999)),
    (pa.date64(), days(1800, 2200)),
    (pa.timestamp("us"), moments(1, 9999)),
    (pa.timestamp("ns"), moments(1800, 2200)),
    (pa.timestamp("s"), moments(1, 9999, 1_000_000)),
    (pa.timestamp("us", "UTC"), moments(1, 9999)),
    (pa.time32("s"), choice(time(0), time(23, 59, 59))),
    (pa.int32(), choice(20240131, 45322, 0)),
    (pa.float64(), choice(45322.0)),
]
PARQUET: dict[str, list[tuple[pa.DataType, Values]]] = {
    "money": [
        (pa.float64(), floats),
        (pa.float32(), float32),
        (pa.float16(), float16),
        (pa.decimal128(18, 2), decimals(18, 2)),
        (pa.decimal128(38, 10), decimals(28, 10)),
        (pa.decimal128(5, 5), decimals(5, 5)),
        (pa.decimal256(50, 10), decimals(28, 10)),
        (pa.int64(), whole(-(2**63), 2**63 - 1)),
        (pa.uint64(), whole(0, 2**64 - 1)),
        (pa.int8(), whole(-128, 127)),
        (pa.duration("s"), whole(0, 10**6)),
        (pa.bool_(), flags),
    ],
    "whole": [
        (pa.int64(), whole(-(2**63), 2**63 - 1)),
        (pa.int8(), whole(-128, 127)),
        (pa.uint64(), whole(0, 2**64 - 1)),
        (pa.decimal128(20, 0), decimals(20, 0)),
        (pa.decimal128(20, 1), decimals(20, 1)),
        (pa.float64(), floats),
        (pa.float64(), choice(0.0, 435.0)),
        (pa.bool_(), flags),
        (pa.date32(), days(1, 9999)),
        (pa.duration("s"), whole(0, 10**6)),
        (pa.null(), choice(None)),
    ],
    "day": DATES,
    "moment": DATES,
    "flag": [
        (pa.bool_(), flags),
        (pa.int8(), whole(-1, 2)),
        (pa.uint8(), whole(0, 1)),
        (pa.float64(), choice(0.0, 1.0)),
    ],
    "text": [
        (pa.int64(), whole(-(2**63), 2**63 - 1)),
        (pa.uint64(), whole(0, 2**64 - 1)),
        (pa.decimal128(20, 0), decimals(19, 0)),
        (pa.decimal128(20, 1), decimals(19, 1)),
        (pa.float64(), floats),
        (pa.bool_(), flags),
        (pa.binary(), choice(b"", b"1", b"\xff")),
        (pa.date32(), days(1, 9999)),
        (pa.duration("us"), whole(0, 10**6)),
        (pa.list_(pa.string()), choice(["1"])),
        (pa.null(), choice(None)),
    ],
}
"""Types of a Parquet column by the contract's kind, with values."""
PARQUET["decimal"] = PARQUET["money"]
_SERVER_DATES: list[tuple[str, Values]] = [
    ("date", days(1, 9999)),
    ("timestamp", moments(1, 9999)),
    ("timestamptz", moments(1900, 2100)),
    ("time", choice(time(0), time(23, 59, 59))),
    ("integer", choice(20240131, 45322, 0)),
]
POSTGRES: dict[str, list[tuple[str, Values]]] = {
    "money": [
        ("double precision", floats),
        ("real", float32),
        ("numeric", decimals(30, 12)),
        ("numeric(18, 2)", decimals(18, 2)),
        ("bigint", whole(-(2**63), 2**63 - 1)),
        ("smallint", whole(-(2**15), 2**15 - 1)),
        ("boolean", flags),
        ("interval", choice(timedelta(days=1))),
    ],
    "whole": [
        ("bigint", whole(-(2**63), 2**63 - 1)),
        ("smallint", whole(-(2**15), 2**15 - 1)),
        ("numeric(20, 0)", decimals(20, 0)),
        ("numeric(18, 2)", decimals(18, 2)),
        ("double precision", floats),
        ("boolean", flags),
        ("date", days(1, 9999)),
    ],
    "day": _SERVER_DATES,
    "moment": _SERVER_DATES,
    "flag": [("boolean", flags), ("smallint", whole(-1, 2)), ("double precision", choice(0.0, 1.0))],
    "text": [
        ("bigint", whole(-(2**63), 2**63 - 1)),
        ("numeric(20, 0)", decimals(19, 0)),
        ("double precision", floats),
        ("boolean", flags),
        ("date", days(1, 9999)),
        ("bytea", choice(b"", b"1", b"\xff")),
        ("uuid", choice("6ecd8c99-4036-403d-bf84-cf8400f67836")),
    ],
}
"""Types of a PostgreSQL column by the contract's kind, with values."""
POSTGRES["decimal"] = POSTGRES["money"]
READABLE: dict[str, tuple[str, ...]] = {
    "money": ("double", "float", "halffloat", "decimal128", "int", "uint"),
    "decimal": ("double", "float", "halffloat", "decimal128", "int", "uint"),
    "whole": ("int", "uint", "decimal128(20, 0)"),
    "day": ("date", "timestamp"),
    "moment": ("date", "timestamp"),
    "flag": ("bool", "int", "uint"),
    "text": ("int", "uint", "decimal128(20, 0)"),
}
"""What the names of Parquet types begin with that are read; others may be refused."""
SERVER_READABLE: dict[str, tuple[str, ...]] = {
    "money": ("double precision", "real", "numeric", "bigint", "smallint"),
    "decimal": ("double precision", "real", "numeric", "bigint", "smallint"),
    "whole": ("bigint", "smallint", "numeric(20, 0)"),
    "day": ("date", "timestamp"),
    "moment": ("date", "timestamp"),
    "flag": ("boolean", "smallint"),
    "text": ("bigint", "numeric(20, 0)", "uuid"),
}
"""PostgreSQL types that are read; others may be refused."""


def chosen(random: Random, options: Sequence[tuple[Any, Values]], readable: tuple[str, ...]) -> tuple[Any, Values]:
    """A type and its values: nine times of ten one that is read."""
    if random.random() < 0.9:
        options = [option for option in options if str(option[0]).startswith(readable)]
    return random.choice(options)
