"""Why a tracking store does not answer, or cannot be used."""

import socket
import sqlite3
import urllib.error
import urllib.request
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

from goldmine.core.errors import ModelError
from goldmine.core.i18n import _
from goldmine.models.store import PORTS, store_address

_TIMEOUT_SECONDS = 3.0
_LOCK_SECONDS = 20.0


def store_fault(uri: str) -> str:
    """Check whether a tracking store answers; MLflow itself would retry for minutes.

    Parameters
    ----------
    uri : str
        Address of an MLflow server, a SQLite file or a database server.

    Returns
    -------
    str
        Why it is unreachable, in a few words; empty where it is reachable.
    """
    parts = urlsplit(uri)
    kind, fault = parts.scheme.split("+")[0], ""
    try:
        if kind in ("http", "https"):
            with urllib.request.urlopen(f"{store_address(uri)}/health", timeout=_TIMEOUT_SECONDS):
                return ""
        if kind == "sqlite":
            return _sqlite_fault(Path(uri.partition(":///")[2]))
        if kind in PORTS:
            with socket.create_connection((parts.hostname or "", parts.port or PORTS[kind]), timeout=_TIMEOUT_SECONDS):
                return ""
    except urllib.error.HTTPError as error:
        fault = f"it answers {error.code}" if error.code >= 500 else ""
    except OSError as error:
        fault = str(getattr(error, "reason", error)).partition("] ")[2] or str(error)
    except ValueError:
        fault = "its address cannot be read"
    return fault


def _sqlite_fault(path: Path) -> str:
    """Why a file cannot be opened; one that is damaged or locked is no store that is away for a while.

    Raises
    ------
    ModelError
        If it is damaged, or another program keeps it locked.
    """
    if not path.exists():
        return ""  # MLflow creates it on first use
    try:
        with closing(sqlite3.connect(path, timeout=_LOCK_SECONDS)) as connection:
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
            connection.execute("BEGIN IMMEDIATE")
            connection.rollback()
    except sqlite3.DatabaseError as error:
        return _database_fault(f"tracking store {path.name}", error)
    return ""


def _database_fault(what: str, error: sqlite3.DatabaseError) -> str:
    """What a database's error means; that it is read-only or cannot be opened is said by whoever writes next."""
    text = str(error)
    if "locked" in text:
        raise ModelError(
            _(
                "{what}: another program has kept it locked for {seconds:.0f} s.",
                what=what,
                seconds=_LOCK_SECONDS,
            ),
            _("End that program, then run again."),
        ) from None
    if "not a database" in text or "malformed" in text:
        raise ModelError(
            _("{what}: is damaged ({text}).", what=what, text=text),
            _("Bring it back from a backup; it holds the models in use."),
        ) from None
    return "" if "readonly" in text else text
