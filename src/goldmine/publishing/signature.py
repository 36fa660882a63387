"""Signatures of manifests, so that a release that was rewritten consistently, checksums included, is noticed.

The key comes from the environment, ``GOLDMINE_SIGNING_KEY``, and never from the work folder: who can write there cannot
sign. Without a key nothing is signed or checked.
"""

import hashlib
import hmac
import os
from pathlib import Path
from typing import Literal

from goldmine.core.errors import SettingsError
from goldmine.core.i18n import _

_KEY = "GOLDMINE_SIGNING_KEY"
_NAME = "manifest.sig"
_SHORTEST = 32


def sign(manifest: Path) -> None:
    """Write a manifest's signature beside it, if there is a key."""
    key = _key()
    if key:
        manifest.with_name(_NAME).write_text(_signature(key, manifest) + "\n", "ascii")


SignatureState = Literal["signed", "unsigned", "forged", "unverifiable"]
"""``forged``: not by this key, or changed since; ``unverifiable``: signed, and there is no key here to check it by."""


def signature_state(manifest: Path) -> SignatureState:
    """What a manifest's signature says to whoever holds the key of this environment, or none."""
    if not manifest.with_name(_NAME).is_file():
        return "unsigned"
    if not _key():
        return "unverifiable"
    return "forged" if signature_fault(manifest) else "signed"


def signature_fault(manifest: Path) -> str:
    """Why a manifest cannot be trusted; empty if its signature is right, or there is no key to check it by."""
    key, path = _key(), manifest.with_name(_NAME)
    if not key:
        return ""
    if not path.is_file():
        return "manifest.json is not signed"
    given = path.read_text("ascii", "replace").strip()
    right = hmac.compare_digest(given.encode(), _signature(key, manifest).encode())
    return "" if right else "manifest.json was not signed by this bank's key"


def _signature(key: bytes, manifest: Path) -> str:
    """HMAC-SHA256 over the file's bytes."""
    return hmac.new(key, manifest.read_bytes(), hashlib.sha256).hexdigest()


def _key() -> bytes:
    key = os.environ.get(_KEY, "").encode()
    if key and len(key) < _SHORTEST:
        raise SettingsError(
            _("{key}: has {n} bytes.", key=_KEY, n=len(key)),
            _("Use {shortest} or more: `openssl rand -hex 32`.", shortest=_SHORTEST),
        )
    return key
