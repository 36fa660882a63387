"""Users as an operator makes them: with a role, the branch or staff number it needs, and a one-time password."""

import secrets
from typing import NamedTuple

from axes.utils import reset as forget_failures
from django.db import transaction
from django.db.models import Count

from goldmine.core.errors import PortalError
from goldmine.portal.models import ListRow, User
from goldmine.portal.roles import ROLES
from goldmine.portal.row_security import system_task
from goldmine.portal.scope import current_release_id

NEEDS_BRANCH = ("branch", "counter", "system")
NEEDS_STAFF = ("manager",)
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


class NewUser(NamedTuple):
    """A user's name and one-time password; empty for a system, which signs in by token alone."""

    name: str
    role: str
    password: str


def one_time_password() -> str:
    """Four groups of four letters and digits that are not taken for each other: 79 bits."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(4))


def add_user(name: str, role: str, branch_id: str = "", staff_id: str = "") -> NewUser:
    """Make a user, who has to replace the one-time password at the first sign-in.

    Parameters
    ----------
    branch_id, staff_id : str
        Numbers of the bank's tables: a branch's, a counter's and a system's user needs the first, a manager the second.

    Raises
    ------
    PortalError
        If the name is taken, the role unknown, or the number that the role needs is not given.
    """
    if role not in ROLES:
        raise PortalError(f"role: {role!r} is none.", f"Give one of {', '.join(ROLES)}.")
    if role in NEEDS_BRANCH and not branch_id:
        raise PortalError(f"{name}: the role {role} needs a branch.", "Give its number with --branch.")
    if role in NEEDS_STAFF and not staff_id:
        raise PortalError(f"{name}: the role {role} needs a staff number.", "Give it with --staff.")
    if User.objects.filter(username=name).exists():
        raise PortalError(f"{name}: there is such a user already.", "Choose another name, or reset the password.")
    user = User(username=name, role=role, branch_id=branch_id, staff_id=staff_id)
    password = "" if role == "system" else one_time_password()
    user.set_password(password or None)
    user.save()
    return NewUser(name, role, password)


def reset_password(name: str) -> NewUser:
    """Give a user a new one-time password; sessions end, and failed attempts are forgotten.

    Raises
    ------
    PortalError
        If there is no such user, or it signs in by token.
    """
    user = find_user(name)
    if user.role == "system":
        raise PortalError(f"{name}: a system signs in by token.", "Give it one with `goldmine users token`.")
    password = one_time_password()
    user.set_password(password)
    user.must_change_password = True
    user.save()
    forget_failures(username=name)
    return NewUser(name, user.role, password)


def set_locked(name: str, *, locked: bool) -> None:
    """Lock a user, which ends sessions and stops tokens at once; or unlock, which forgets failed attempts too.

    Raises
    ------
    PortalError
        If there is no such user.
    """
    user = find_user(name)
    user.is_active = not locked
    user.save(update_fields=["is_active"])
    if not locked:
        forget_failures(username=name)


def find_user(name: str) -> User:
    """The user of a name.

    Raises
    ------
    PortalError
        If there is none.
    """
    user = User.objects.filter(username=name).first()
    if user is None:
        raise PortalError(f"{name}: there is no such user.", "`goldmine users list` shows the names.")
    return user


@system_task()
def first_users() -> list[NewUser]:
    """One user a role, if the database has none: of the branch and the manager with most rows in the current release.

    Raises
    ------
    PortalError
        If no release was loaded, so that no branch is known.
    """
    if User.objects.exists():
        return []
    rows = ListRow.objects.filter(release_id=current_release_id()).exclude(manager_id="")
    busiest = rows.values("branch_id", "manager_id").annotate(n=Count("id")).order_by("-n", "manager_id").first()
    if busiest is None:
        raise PortalError("no release with rows is loaded.", "Run `goldmine portal load` first.")
    branch_id, staff_id = busiest["branch_id"], busiest["manager_id"]
    with transaction.atomic():
        return [
            add_user(
                role.replace("_", "-"),
                role,
                "" if role in ("head_office", "operator", "auditor") else branch_id,
                staff_id if role in NEEDS_STAFF else "",
            )
            for role in ROLES
        ]
