"""The second step of signing in: enrol an app once, then give its code each time."""

from base64 import b32encode
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django_otp import login
from django_otp.plugins.otp_totp.models import TOTPDevice

from goldmine.portal.journal import record
from goldmine.portal.second_factor import device_of, device_to_enrol, enrol, has_device, needs_code, qr_svg


@never_cache
def second_factor(request: HttpRequest) -> HttpResponse:
    """Ask for the code of the app, or let the user enrol one."""
    user: Any = request.user
    if not user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    if user.must_change_password:
        return redirect("change_password")
    if not needs_code(user):
        return redirect("home")
    return _ask(request) if has_device(user) else _enrol(request)


def _ask(request: HttpRequest) -> HttpResponse:
    user: Any = request.user
    after = request.POST.get("next") or request.GET.get("next", "")
    if request.method == "POST":
        device = device_of(user, request.POST.get("code", ""))
        if device is not None:
            record(request, "sign_in", code=device.name)
            login(request, device)
            return redirect(after if url_has_allowed_host_and_scheme(after, None) else "home")
        record(request, "sign_in_failed", f"user:{user.username}", code=True)
    return _page(request, {"next": after})


def _enrol(request: HttpRequest) -> HttpResponse:
    user: Any = request.user
    device = device_to_enrol(user)
    if request.method == "POST":
        codes = enrol(user, request.POST.get("code", ""))
        if codes:
            record(request, "user_change", f"user:{user.username}", what="app enrolled")
            login(request, TOTPDevice.objects.get(pk=device.pk))
            return render(request, "portal/backup_codes.html.jinja", {"codes": codes})
    return _page(request, {"device": device, "qr": qr_svg(device), "key": b32encode(device.bin_key).decode()})


def _page(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    wrong = request.method == "POST"
    context = {"device": None, "qr": "", "key": "", "next": ""} | context | {"wrong": wrong}
    return render(request, "portal/second_factor.html.jinja", context, status=422 if wrong else 200)
