"""Lines of the bank's audit log about what users of the portal see and do.

What cannot be logged does not happen: `record` raises, so call it before something is shown, and in the transaction of
what is stored.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from goldmine.core.audit.actions import Action
from goldmine.core.audit.log import AuditLog, system_user
from goldmine.core.workspace import Workspace
from goldmine.portal.models import User

_together: ContextVar[bool] = ContextVar("together", default=False)


def record(actor: HttpRequest | User | None, action: Action, subject: str = "", /, **details: Any) -> None:
    """Log what somebody sees or does; when this returns, the disk holds the line.

    Parameters
    ----------
    actor : HttpRequest, User or None
        Who: a request's user, a user, or None for whoever runs a command.
    action : Action
        What was done.
    subject : str
        Kind and id, such as ``customer:000123``; never a name or a telephone number.
    **details
        A few counts, filters and checksums.

    Raises
    ------
    AuditError
        If the log is damaged.
    DiskError
        If it cannot be written.
    WorkFolderError
        If the work folder belongs to no bank yet.
    """
    user: Any = actor.user if isinstance(actor, HttpRequest) else actor
    if user is None:
        who, role = system_user(), ""
    else:
        who, role = user.get_username(), getattr(user, "role", "")
    bank_log().append(action, who=who, role=role, subject=subject, details=details, wait=not _together.get())


@contextmanager
def together() -> Iterator[None]:
    """Log several lines that wait for the disk once, at the end; a transaction around it is committed after that."""
    before = _together.set(True)
    try:
        yield
    finally:
        _together.reset(before)
        bank_log().sync()


@cache
def bank_log() -> AuditLog:
    """The log of the work folder's bank, whose name is read once a process."""
    return AuditLog.of_bank(Workspace(settings.GOLDMINE_WORK).bank_name())
