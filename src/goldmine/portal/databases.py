"""The portal's two databases: SQLite in the work folder, or PostgreSQL by an address."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from psycopg.conninfo import conninfo_to_dict

NUMBERS = "numbers"
"""The database of names and telephone numbers, apart from all others."""

_KEYS = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
_SQLITE = {
    "timeout": 20,
    "transaction_mode": "IMMEDIATE",
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-65536;",
}


def database(url: str, file: Path) -> dict[str, Any]:
    """Django's settings of one database.

    Parameters
    ----------
    url : str
        Address of a PostgreSQL database; empty: SQLite.
    file : Path
        SQLite's file.

    Examples
    --------
    >>> settings = database("postgresql://portal@127.0.0.1:5433/goldmine?connect_timeout=3", Path("x"))
    >>> settings["ENGINE"], settings["NAME"], settings["PORT"], settings["OPTIONS"]["connect_timeout"]
    ('django.db.backends.postgresql', 'goldmine', '5433', 3)
    """
    if not url:
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": str(file), "OPTIONS": dict(_SQLITE), "CONN_MAX_AGE": 60}
    parts: dict[str, Any] = dict(conninfo_to_dict(url))
    settings = {_KEYS[name]: str(parts.pop(name)) for name in _KEYS if name in parts}
    options = {name: int(value) if str(value).isdigit() else value for name, value in parts.items()}
    return {
        "ENGINE": "django.db.backends.postgresql",
        **settings,
        "OPTIONS": {"connect_timeout": 5, **options},
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
    }


class Router:
    """Names and telephone numbers stand in their own database, everything else in the default one."""

    def db_for_read(self, model: Any, **hints: Any) -> str:
        """Database that a model is read from."""
        return NUMBERS if model._meta.model_name == "contactnumber" else "default"

    db_for_write = db_for_read

    def allow_migrate(self, db: str, app_label: str, model_name: str | None = None, **hints: Any) -> bool:
        """Whether a model's table is made in a database."""
        return (model_name == "contactnumber") == (db == NUMBERS)


@contextmanager
def unhurried_transaction() -> Iterator[None]:
    """A transaction that does not wait for the disk at its end.

    What it wrote outlives the process; a power cut may take the last seconds of it, and no more than that.
    """
    from django.db import connection, transaction

    own = not connection.in_atomic_block
    if connection.vendor == "postgresql":
        with transaction.atomic():
            if own:
                connection.cursor().execute("SET LOCAL synchronous_commit = off")
            yield
        return
    try:
        if own:
            connection.cursor().execute("PRAGMA synchronous = NORMAL")
        with transaction.atomic():
            yield
    finally:
        if own:
            connection.cursor().execute("PRAGMA synchronous = FULL")


def refresh_statistics(*models: Any) -> None:
    """Let the database count the values of some tables' indexes, so that it reads each query by the best one.

    SQLite knows nothing about its tables otherwise, and PostgreSQL only after some minutes.
    """
    from django.db import connection

    with connection.cursor() as cursor:
        for model in models:
            cursor.execute(f"ANALYZE {connection.ops.quote_name(model._meta.db_table)}")
