"""Tables of a PostgreSQL server, named by GOLDMINE_TEST_POSTGRES; what is written there as SQL is what must be read."""

import atexit
import os
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from random import Random
from typing import Any

from adbc_driver_manager import dbapi

from goldmine.contract.schema import Column
from goldmine.contract.sources import PostgresSource
from tests.fuzz import typed
from tests.fuzz.independent import Single

SERVER = os.environ.get("GOLDMINE_TEST_POSTGRES", "")
_TABLE = f"generated_by_{os.getpid()}"
_TEXTS = ("text", "varchar", "char(200)")


def postgres_table(
    random: Random, columns: Sequence[Column], texts: dict[str, list[str]]
) -> tuple[PostgresSource, str, dict[str, list[Any]], bool]:
    """Write a table: its source, the SELECT, its values by column, and whether it may be refused for a type.

    A time with a zone and a character 0, which the server refuses, make it refusable or are left out.
    """
    kept: dict[str, list[Any]] = {}
    kinds, refusable = {}, False
    for column in columns:
        count = len(texts[column.name])
        if random.random() < 0.6:
            kind, value = typed.chosen(random, typed.POSTGRES[column.kind], typed.SERVER_READABLE[column.kind])
            some = [value(random) for _ in range(min(count, 3))]
            some = [Single(number) for number in some] if kind == "real" else some
            kept[column.name] = [some[i % len(some)] for i in range(count)]
            refusable |= kind == "timestamptz" or not kind.startswith(typed.SERVER_READABLE[column.kind])
        else:
            kind = random.choice(_TEXTS)
            kept[column.name] = [text.replace("\x00", "") or None for text in texts[column.name]]
        kinds[column.name] = kind
    rows = ", ".join(f"({', '.join(map(_literal, row))})" for row in zip(*kept.values(), strict=True))
    connection = _connection()
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS {_TABLE}")
        cursor.execute(f"CREATE TABLE {_TABLE} ({', '.join(f'{name} {kind}' for name, kind in kinds.items())})")
        cursor.execute(f"INSERT INTO {_TABLE} VALUES {rows}")
    return PostgresSource(postgres=SERVER), f"SELECT {', '.join(kinds)} FROM {_TABLE}", kept, refusable


@cache
def _connection() -> dbapi.Connection:
    import adbc_driver_postgresql.dbapi

    connection = adbc_driver_postgresql.dbapi.connect(SERVER, autocommit=True)
    atexit.register(_close, connection)
    return connection


def _close(connection: dbapi.Connection) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS {_TABLE}")
    connection.close()


def _literal(value: Any) -> str:
    """A value in SQL; most are quoted texts, which the server reads by the column's type."""
    if value is None:
        return "NULL"
    texts: dict[type, Callable[[Any], str]] = {
        Single: lambda number: repr(float(number)),
        Decimal: "{:f}".format,
        timedelta: lambda span: f"{span.total_seconds()} s",
        datetime: lambda moment: moment.replace(tzinfo=UTC).isoformat(),
        bytes: lambda some: f"\\x{some.hex()}",
    }
    return "'" + texts.get(type(value), str)(value).replace("'", "''") + "'"
