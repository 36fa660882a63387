"""Users, for operators: who there is, new ones, lost passwords and telephones, and who is locked."""

from typing import Any

from django.db.models import Exists, OuterRef, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django_otp.plugins.otp_totp.models import TOTPDevice

from goldmine.core.errors import PortalError
from goldmine.core.i18n import LocalizedText, _
from goldmine.portal.access import page
from goldmine.portal.models import User
from goldmine.portal.users import NewUser, Place, add_user, forget_codes, move_user, reset_password, set_locked

SHOWN = 200


@page("users")
@never_cache
def users(request: HttpRequest) -> HttpResponse:
    """The users whose name, branch or staff number is looked for; what is sent changes one of them."""
    made: NewUser | None = None
    done: LocalizedText | None = None
    error: PortalError | None = None
    if request.method == "POST":
        try:
            made, done = _change(request)
        except PortalError as refused:
            error = refused
    sought = request.GET.get("q", "").replace("\x00", "").strip()[:64]
    rows = _found(sought)
    context = {
        "q": sought,
        "rows": rows[:SHOWN],
        "more": len(rows) > SHOWN,
        "made": made,
        "done": done,
        "error": error,
        "given": request.POST if error else {},
    }
    return render(request, "portal/users.html.jinja", context, status=422 if error else 200)


def _found(sought: str) -> list[User]:
    rows = User.objects.annotate(has_app=Exists(TOTPDevice.objects.filter(user=OuterRef("pk"), confirmed=True)))
    if sought:
        rows = rows.filter(
            Q(username__icontains=sought) | Q(last_name__icontains=sought) | Q(branch_id=sought) | Q(staff_id=sought)
        )
    return list(rows.order_by("role", "username")[: SHOWN + 1])


def _change(request: HttpRequest) -> tuple[NewUser | None, LocalizedText | None]:
    given = {name: request.POST.get(name, "").replace("\x00", "").strip()[:150] for name in _FIELDS}
    name, action = given["name"], given["action"]
    by: Any = request.user
    place = Place(given["role"], given["branch"], given["staff"])
    if action == "add":
        return add_user(name, place, full_name=given["full_name"], external=bool(given["external"]), by=by), None
    if action == "reset":
        return reset_password(name, by), None
    if name == request.user.get_username():
        raise PortalError(_("Nobody locks or moves themselves."), _("Ask another operator."))
    if action == "move":
        move_user(name, place, by)
        return None, _("{name} has another place now.", name=name)
    if action == "forget":
        forget_codes(name, by)
        return None, _("{name} enrols an app anew at the next sign-in.", name=name)
    if action in ("lock", "unlock"):
        set_locked(name, locked=action == "lock", by=by)
        return None, _("{name} is locked.", name=name) if action == "lock" else _("{name} may sign in.", name=name)
    raise PortalError(_("There is no such change."), _("Go back to the page of users."))


_FIELDS = ("name", "action", "role", "branch", "staff", "full_name", "external")
