"""Whether a tracking store answers, asked before MLflow is, which would try for minutes."""

import socket
import sqlite3
import urllib.error
import urllib.request
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

_SECONDS = 3.0
_PORTS = {"postgresql": 5432, "mysql": 3306, "mssql": 1433}


def reach(uri: str) -> str:
    """Ask a tracking store for a sign of life.

    Parameters
    ----------
    uri : str
        Address of an MLflow server, a SQLite file or a database server.

    Returns
    -------
    str
        Why it cannot be reached, in a few words; empty where it can.
    """
    parts = urlsplit(uri)
    kind = parts.scheme.split("+")[0]
    try:
        if kind in ("http", "https"):
            with urllib.request.urlopen(f"{uri.rstrip('/')}/health", timeout=_SECONDS):
                return ""
        if kind == "sqlite":
            return _sqlite(Path(uri.partition(":///")[2]))
        if kind in _PORTS:
            with socket.create_connection((parts.hostname or "", parts.port or _PORTS[kind]), timeout=_SECONDS):
                return ""
    except urllib.error.HTTPError as error:
        return f"it answers {error.code}" if error.code >= 500 else ""
    except OSError as error:
        return str(getattr(error, "reason", error)).partition("] ")[2] or str(error)
    return ""


def _sqlite(path: Path) -> str:
    if not path.exists():
        return ""  # it is made when it is first used
    try:
        with closing(sqlite3.connect(path, timeout=_SECONDS)) as connection:
            connection.execute("PRAGMA schema_version").fetchone()
    except sqlite3.DatabaseError as error:
        return "" if "locked" in str(error) else str(error)
    return ""
