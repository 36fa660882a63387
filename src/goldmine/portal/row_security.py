"""PostgreSQL's row security, the second wall behind `goldmine.portal.scope`: the database is told who asks.

The policies of the tables with customers' rows (migration ``row_security``) read three settings of the connection. They
are empty for a new one, and then it sees no row. A request sets them for its user and clears them at its end, as
connections outlive requests; what the portal does for itself (loading, statuses, claims) runs as a system task.
Other databases have no such wall, and nothing here touches them.
"""

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, NamedTuple

from django.db import DatabaseError, connection

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


@contextmanager
def system_task() -> Iterator[None]:
    """Do what the portal does for itself, beyond any one user's rows; also a decorator.

    The caller sees to it that nothing is told to a user beyond `goldmine.portal.scope`.
    """
    with _acting_as(SYSTEM_TASK):
        yield


def become_system_task() -> None:
    """Let this process, a command, be a system task until it ends."""
    _tell(SYSTEM_TASK)


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
        _tell(Asker(user.role if user.is_active else "", user.branch_id, json.dumps(staff)))


def streamed(parts: Iterable[bytes]) -> Iterator[bytes]:
    """The parts of an answer that is made while it is sent, for the one who asked."""
    asker = _asker.get()

    def sent() -> Iterator[bytes]:
        with _acting_as(asker):
            yield from parts

    return sent()


def tell_new_connection(connection: Any, **_: Any) -> None:
    """Tell a connection that was just opened who asks."""
    if connection.alias == "default" and connection.vendor == _VENDOR:
        _set(connection, _asker.get())


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
    _tell(asker)
    try:
        yield
    finally:
        _tell(before)


def _tell(asker: Asker) -> None:
    if asker == _asker.get():
        return
    _asker.set(asker)
    if connection.vendor != _VENDOR or connection.connection is None:
        return
    try:
        _set(connection, asker)
    except DatabaseError:
        # A failed transaction is rolled back, and its settings with it; outside of one the connection is of no use.
        if not connection.in_atomic_block:
            connection.close()


def _set(connection: Any, asker: Asker) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('goldmine.role', %s, false), set_config('goldmine.branch', %s, false), "
            "set_config('goldmine.staff', %s, false)",
            list(asker),
        )
