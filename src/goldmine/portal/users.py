"""Users as an operator makes them: with a role, the branch or staff number it needs, and a one-time password."""

import re
import secrets
from typing import NamedTuple

from axes.utils import reset as forget_failures
from django.db import transaction
from django.db.models import Count
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice

from goldmine.core.errors import PortalError
from goldmine.core.i18n import _
from goldmine.portal.journal import record
from goldmine.portal.models import ListRow, User
from goldmine.portal.roles import ROLES
from goldmine.portal.row_security import system_task
from goldmine.portal.scope import current_release_id
from goldmine.portal.work import end_hand_overs_of

NEEDS_BRANCH = ("branch", "counter", "system")
NEEDS_STAFF = ("manager",)
_NAME = re.compile(r"[\w.@+-]{1,64}")
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


class Place(NamedTuple):
    """A user's role, and the numbers of the bank's tables that say whose customers they see.

    A branch's, a counter's and a system's user need a branch, a manager a staff number.
    """

    role: str
    branch_id: str = ""
    staff_id: str = ""


class NewUser(NamedTuple):
    """A user's name and one-time password; empty for a system, which signs in by token, and for external users."""

    name: str
    role: str
    password: str


def one_time_password() -> str:
    """Four groups of four letters and digits that are not taken for each other: 79 bits."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(4))


def add_user(
    name: str, place: Place, *, full_name: str = "", external: bool = False, by: User | None = None
) -> NewUser:
    """Make a user, who has to replace the one-time password at the first sign-in.

    Parameters
    ----------
    external : bool
        The user signs in through the bank's own directory and has no password here.
    by : User, optional
        The operator; None: whoever runs the command.

    Raises
    ------
    PortalError
        If the name is taken or none, the role unknown, or a number that the role needs is not given.
    """
    check_place(name, place)
    if not _NAME.fullmatch(name):
        raise PortalError(
            _("{name}: a user cannot have this name.", name=name[:40]),
            _("Use letters, digits and . _ - @ +, 64 at most."),
        )
    if User.objects.filter(username__iexact=name).exists():
        raise PortalError(
            _("{name}: there is such a user already.", name=name), _("Choose another name, or reset the password.")
        )
    password = "" if place.role == "system" or external else one_time_password()
    user = User(username=name, last_name=full_name[:150], must_change_password=not external, **place._asdict())
    user.set_password(password or None)
    _save(user, by, "added")
    return NewUser(name, place.role, password)


def check_place(name: str, place: Place) -> None:
    """Refuse a role that is none, or that lacks the number it needs.

    Raises
    ------
    PortalError
        Naming what is missing.
    """
    if place.role not in ROLES:
        raise PortalError(
            _("role: {role} is none.", role=place.role[:40]), _("Give one of {names}.", names=", ".join(ROLES))
        )
    if place.role in NEEDS_BRANCH and not place.branch_id:
        raise PortalError(
            _("{name}: this role needs a branch.", name=name), _("Give its number as the bank's tables write it.")
        )
    if place.role in NEEDS_STAFF and not place.staff_id:
        raise PortalError(
            _("{name}: this role needs a staff number.", name=name), _("Give it as the bank's tables write it.")
        )


def move_user(name: str, place: Place, by: User | None = None) -> None:
    """Give a user another role, branch or staff number, from the next request on.

    With another branch or staff number, what the person handed over or was handed ends.

    Raises
    ------
    PortalError
        If there is no such user, or the place is refused.
    """
    user = find_user(name)
    check_place(name, place)
    with transaction.atomic():
        if user.staff_id and (user.branch_id, user.staff_id) != (place.branch_id, place.staff_id):
            end_hand_overs_of(user, by)
        user.role, user.branch_id, user.staff_id = place
        _save(user, by, "moved")


def forget_codes(name: str, by: User | None = None) -> None:
    """Forget a user's app and backup codes, as after a loss: the user enrols an app anew at the next sign-in.

    Raises
    ------
    PortalError
        If there is no such user.
    """
    user = find_user(name)
    with transaction.atomic():
        TOTPDevice.objects.filter(user=user).delete()
        StaticDevice.objects.filter(user=user).delete()
        record(by, "user_change", f"user:{name}", what="codes forgotten")


def reset_password(name: str, by: User | None = None) -> NewUser:
    """Give a user a new one-time password; sessions end, and failed attempts are forgotten.

    Raises
    ------
    PortalError
        If there is no such user, or it signs in by token.
    """
    user = find_user(name)
    if user.role == "system":
        raise PortalError(
            _("{name}: a system signs in by token.", name=name), _("Give it one with `goldmine users token`.")
        )
    password = one_time_password()
    user.set_password(password)
    user.must_change_password = True
    _save(user, by, "password reset")
    forget_failures(username=name)
    return NewUser(name, user.role, password)


def set_locked(name: str, *, locked: bool, by: User | None = None) -> None:
    """Lock a user, which ends sessions and stops tokens at once; or unlock, which forgets failed attempts too.

    Raises
    ------
    PortalError
        If there is no such user.
    """
    user = find_user(name)
    user.is_active = not locked
    _save(user, by, "locked" if locked else "unlocked")
    if not locked:
        forget_failures(username=name)


def _save(user: User, by: User | None, what: str) -> None:
    """Store a user that an operator changes, and log what the user may do from now on."""
    with transaction.atomic():
        user.save()
        place = {"to_role": user.role, "branch": user.branch_id, "staff": user.staff_id}
        record(by, "user_change", f"user:{user.username}", what=what, **place)


def find_user(name: str) -> User:
    """The user of a name.

    Raises
    ------
    PortalError
        If there is none.
    """
    user = User.objects.filter(username=name).first()
    if user is None:
        raise PortalError(
            _("{name}: there is no such user.", name=name[:40]), _("`goldmine users list` shows the names.")
        )
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
                Place(
                    role,
                    "" if role in ("head_office", "operator", "auditor") else branch_id,
                    staff_id if role in NEEDS_STAFF else "",
                ),
            )
            for role in ROLES
        ]
