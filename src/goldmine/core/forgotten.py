"""Forgotten customers: salted hashes of their numbers, so that no intake and no result brings them back.

The register stands with the bank's audit log in ``mlruns/journal/<bank>``, not in a work folder: every work folder of
the bank keeps to it, and it is in the same backup. It holds no number, name or telephone; whoever holds the register
and the bank's customer numbers can tell which of them were forgotten, which is what it is for.
"""

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from goldmine.core.audit.log import AuditLog
from goldmine.core.files import read_record, write_json
from goldmine.core.fingerprint import of_bytes

_SHOWN = 12
_ADVICE = "Restore it from a backup; without it the next intake brings back the customers who were forgotten."


@dataclass(frozen=True)
class Forgotten:
    """The customers whom a bank's workbench has forgotten.

    Parameters
    ----------
    salt : str
        Drawn once for the bank.
    hashes : frozenset of str
        SHA-256 of salt and number, one for each number.
    """

    salt: str = ""
    hashes: frozenset[str] = frozenset()

    def hash_of(self, number: str) -> str:
        """SHA-256 of the salt and a customer number, as 64 hexadecimal digits."""
        return of_bytes(f"{self.salt}|{number}".encode())

    def knows(self, number: str) -> bool:
        """Whether a customer number was forgotten."""
        return bool(self.hashes) and self.hash_of(number) in self.hashes


def register_path(bank_name: str) -> Path:
    """Path of a bank's register."""
    return AuditLog.of_bank(bank_name).folder / "forgotten.json"


def read_forgotten(bank_name: str) -> Forgotten:
    """The customers whom a bank's workbench has forgotten; none where there is no register.

    Raises
    ------
    WorkFolderError
        If the register is damaged.
    """
    stored = _stored(bank_name)
    hashes = frozenset(text for person in stored.get("people", []) for text in person["hashes"])
    return Forgotten(stored.get("salt", ""), hashes)


def add_forgotten(bank_name: str, numbers: Collection[str], who: str) -> str:
    """Enter all numbers of one person; numbers that are there already change nothing.

    Returns
    -------
    str
        What the audit log calls the person: the beginning of a hash.
    """
    log = AuditLog.of_bank(bank_name)
    with log.locked(".forgotten"):
        stored = _stored(bank_name) or {"salt": secrets.token_hex(16), "people": []}
        known = Forgotten(stored["salt"], frozenset(text for person in stored["people"] for text in person["hashes"]))
        hashes = sorted(known.hash_of(number) for number in numbers)
        if set(hashes) - known.hashes:
            at = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
            stored["people"].append({"hashes": sorted(set(hashes) - known.hashes), "at": at, "by": who})
            write_json(register_path(bank_name), stored)
    return hashes[0][:_SHOWN]


def _stored(bank_name: str) -> dict[str, Any]:
    stored: dict[str, Any] = read_record(register_path(bank_name), {}, _ADVICE)
    return stored
