"""The second factor: a code of an app (TOTP) or a backup code, for the roles that the policy names."""

import io
from typing import Any

import qrcode
from django.db import transaction
from django_otp.models import Device
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice
from qrcode.image.svg import SvgPathImage

from goldmine.portal.models import User
from goldmine.portal.policy import portal_policy

BACKUP_CODES = 10
_DIGITS = 6
_APP, _BACKUP = "app", "backup"


def needs_code(user: Any) -> bool:
    """Whether a signed-in user still has to show a code before any page."""
    return user.role in portal_policy().second_factor and not user.is_verified()


def has_device(user: User) -> bool:
    """Whether a user has enrolled an app."""
    return TOTPDevice.objects.filter(user=user, confirmed=True).exists()


def device_to_enrol(user: User) -> TOTPDevice:
    """The device that a user is about to enrol: the same one until its first code was right."""
    device, _made = TOTPDevice.objects.get_or_create(user=user, confirmed=False, defaults={"name": _APP})
    return device


def qr_svg(device: TOTPDevice) -> str:
    """A device's secret as a QR code that an app reads, as SVG."""
    out = io.BytesIO()
    qrcode.make(device.config_url, image_factory=SvgPathImage, border=2).save(out)
    return out.getvalue().decode().partition("?>")[2]


def enrol(user: User, code: str) -> list[str]:
    """Take a device into use if its first code is right.

    Returns
    -------
    list of str
        Backup codes, which are shown only now; none: the code was wrong.
    """
    device = device_to_enrol(user)
    with transaction.atomic():
        device = TOTPDevice.objects.select_for_update().get(pk=device.pk)
        if has_device(user) or not device.verify_token(_digits(code)):
            return []
        device.confirmed = True
        device.save()
        StaticDevice.objects.filter(user=user).delete()
        backup = StaticDevice.objects.create(user=user, name=_BACKUP, confirmed=True)
        codes = [StaticToken.random_token() for _number in range(BACKUP_CODES)]
        StaticToken.objects.bulk_create([StaticToken(device=backup, token=made) for made in codes])
    return codes


def device_of(user: User, code: str) -> Device | None:
    """The device whose code this is, which is used up by it; None if it is wrong, or was tried too often just now."""
    text = _digits(code)
    model = TOTPDevice if text.isdigit() and len(text) == _DIGITS else StaticDevice
    with transaction.atomic():
        for device in model.objects.select_for_update().filter(user=user, confirmed=True):
            if device.verify_token(text):
                return device
    return None


def _digits(code: str) -> str:
    return "".join(code.split()).lower()[:16]
