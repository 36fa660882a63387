"""PostgreSQL's row security, the second wall behind `goldmine.portal.scope`: the database is told who asks.

The policies of the tables with customers' rows (migration ``row_security``) read three settings of the connection. They
are empty for a new one, and then it sees no row. A request asks as its user, what the portal does for itself (loading,
statuses, claims) as a system task. A query that comes for another one than the query before on its connection, which
outlives requests, tells the database first. Other databases have no such wall, and nothing here touches them.
"""

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

from django.db import connection
from psycopg.pq import TransactionStatus

from goldmine.core.errors import SettingsError

_VENDOR = "postgresql"


class Asker(NamedTuple):
    """Who asks: role, branch number, and staff numbers as a JSON list."""

    role: str
    branch_id: str = ""
    staff: str = "[]"


NOBODY = Asker("")
SYSTEM_TASK = Asker("system task")
_asker: ContextVar[Asker] = ContextVar("asker", default=NOBODY)
_told: WeakKeyDictionary[Any, Asker] = WeakKeyDictionary()
"""Whom a connection was told last, outside of a transaction."""
_TELL = (
    "SELECT set_config('goldmine.role', %s, false), set_config('goldmine.branch', %s, false), "
    "set_config('goldmine.staff', %s, false)"
)


@contextmanager
def system_task() -> Iterator[None]:
    """Do what the portal does for itself, beyond any one user's rows; also a decorator.

    The caller sees to it that nothing is told to a user beyond `goldmine.portal.scope`.
    """
    with _acting_as(SYSTEM_TASK):
        yield


def become_system_task() -> None:
    """Let this process, a command, be a system task until it ends."""
    _asker.set(SYSTEM_TASK)


@contextmanager
def request_scope() -> Iterator[None]:
    """Answer one request: as nobody until `act_for` says for whom; what was before holds again at its end."""
    with _acting_as(NOBODY):
        yield


def act_for(user: Any) -> None:
    """Let the rest of a request see a user's rows only."""
    from goldmine.portal.scope import staff_of

    if connection.vendor == _VENDOR:
        staff = staff_of(user) if user.role == "manager" and user.staff_id else []
        _asker.set(Asker(user.role if user.is_active else "", user.branch_id, json.dumps(staff)))


def streamed(parts: Iterable[bytes]) -> Iterator[bytes]:
    """The parts of an answer that is made while it is sent, for the one who asked."""
    asker = _asker.get()

    def sent() -> Iterator[bytes]:
        with _acting_as(asker):
            yield from parts

    return sent()


def watch_connection(connection: Any, **_: Any) -> None:
    """Let each query of a connection that was just opened tell the database who asks, where it was not told before."""
    if connection.alias == "default" and connection.vendor == _VENDOR:
        _told.pop(connection, None)
        if _tell_first not in connection.execute_wrappers:
            connection.execute_wrappers.append(_tell_first)


def require_row_security() -> None:
    """Check that the database's user is one for whom row security holds.

    Raises
    ------
    SettingsError
        If it is not, so that the second wall would not stand.
    """
    if connection.vendor != _VENDOR:
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolname, rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user")
        name, exempt = cursor.fetchone()
    if exempt:
        raise SettingsError(
            f"GOLDMINE_DATABASE_URL: the database user {name} is exempt from row security.",
            "Give the portal a user of its own that is no superuser and owns its database (docs/portal.md).",
        )


@contextmanager
def _acting_as(asker: Asker) -> Iterator[None]:
    before = _asker.get()
    _asker.set(asker)
    try:
        yield
    finally:
        _asker.set(before)


def _tell_first(execute: Any, sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
    connection, asker = context["connection"], _asker.get()
    failed = connection.connection.info.transaction_status == TransactionStatus.INERROR
    if sql is not _TELL and not failed and _told.get(connection) != asker:
        # A rollback takes back what was told in its transaction, so there each query is told anew.
        _told.pop(connection, None)
        with connection.cursor() as cursor:
            cursor.execute(_TELL, list(asker))
        if not connection.in_atomic_block:
            _told[connection] = asker
    return execute(sql, params, many, context)
