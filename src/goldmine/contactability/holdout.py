"""Who is held back from contact: the universal hold-out and the control of campaigns in force."""

import os
import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import ibis
import pandas as pd

from goldmine.contactability.past_offers import newest_releases, offers_of
from goldmine.contactability.policy import HoldOut, campaigns_folder, load_policy
from goldmine.core.errors import SettingsError
from goldmine.core.files import disk_errors, read_json, write_json
from goldmine.core.fingerprint import of_bytes
from goldmine.core.workspace import Workspace

_DIGITS = 15


def chance(salt: str, *about: str) -> float:
    """A number from 0 to 1 that depends on the salt and what it is about, and on nothing else.

    Examples
    --------
    >>> chance("salt", "C1") == chance("salt", "C1")
    True
    """
    return int(of_bytes("|".join([salt, *about]).encode())[:_DIGITS], 16) / 16**_DIGITS


def salted(work: Workspace, holdout: HoldOut | None) -> HoldOut | None:
    """The hold-out with its salt: the settings' own, else the work folder's, which is drawn by chance the first time.

    Parameters
    ----------
    work : Workspace
        Keeps the drawn salt in ``holdout.salt``, readable by its owner only.

    Raises
    ------
    SettingsError
        If the drawn salt is lost, and a hold-out was drawn with it: another would contact those held out so far.
    """
    if holdout is None or holdout.salt:
        return holdout
    path = work.root / "holdout.salt"
    if not path.exists():
        if read_json(work.root / "holdout.json", []):
            raise SettingsError(
                f"{path.name}: is missing, and a hold-out was drawn with it.",
                "Restore it from a backup of the work folder; where it is lost for good, remove holdout.json as well: "
                "everybody is drawn anew then, and what was held out so far can no longer be measured.",
            )
        _draw_salt(path)
    return holdout.model_copy(update={"salt": path.read_text("utf-8")})


def _draw_salt(path: Path) -> None:
    """Write a salt that is drawn by chance; where two processes draw at once, the first one's stays."""
    drawn = path.with_name(f".{path.name}.{os.getpid()}.part")
    with disk_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            drawn.touch(mode=0o600)
            drawn.write_text(secrets.token_hex(16), "utf-8")
            with suppress(FileExistsError):
                os.link(drawn, path)
        finally:
            drawn.unlink(missing_ok=True)


def in_force(holdout: HoldOut | None, as_of: date) -> HoldOut | None:
    """The hold-out, if it lasts at a snapshot."""
    return holdout if holdout is not None and holdout.start_date <= as_of <= holdout.end_date else None


@ibis.udf.scalar.builtin
def sha256(text: str) -> str:  # type: ignore[empty-body]
    """DuckDB's SHA-256 of a text, as lower-case hexadecimal digits."""


def held_out(customers: ibis.Table, holdout: HoldOut | None) -> ibis.Table:
    """Of some customers, those in the hold-out: the numbers whose `chance` lies below its share."""
    rows = customers.select("customer_id").distinct()
    if holdout is None:
        return rows.filter(ibis.literal(False))
    edge = f"{int(holdout.share * 16**_DIGITS):0{_DIGITS}x}"
    # Hexadecimal numbers of the same length are in the order of their digits.
    return rows.filter(sha256(ibis.literal(f"{holdout.salt}|") + rows.customer_id).left(_DIGITS) < edge)


@dataclass(frozen=True)
class HeldBack:
    """Whom nobody may be asked to contact, so that what contact earns can be measured.

    Parameters
    ----------
    holdout : HoldOut, optional
        The universal hold-out in force, with its salt.
    control : mapping of str to frozenset of str
        By campaign, the control of its releases whose offers can still be worked.
    """

    holdout: HoldOut | None = None
    control: Mapping[str, frozenset[str]] = field(default_factory=dict)

    @property
    def anybody(self) -> bool:
        """Whether there is a hold-out or a control at all."""
        return self.holdout is not None or any(self.control.values())

    def control_but(self, campaign_id: str | None = None) -> frozenset[str]:
        """The control of all campaigns, or of all others than one."""
        return frozenset().union(*(who for name, who in self.control.items() if name != campaign_id))


def held_back_at(work: Workspace, as_of: date, *, before: date | None = None) -> HeldBack:
    """Who is held back at a snapshot, by the policy's hold-out and the releases of a work folder.

    Parameters
    ----------
    before : date, optional
        Only releases of earlier snapshots count: those that a new release at that day follows.
    """
    offers = offers_of(newest_releases(work, before))
    in_force_still = pd.to_datetime(offers["valid_until"]) >= pd.Timestamp(as_of)
    control = offers[(offers["group"] == "control") & in_force_still]
    drawn = any(campaigns_folder().glob("*.yaml"))
    holdout = in_force(salted(work, load_policy().holdout), as_of) if drawn else None
    return HeldBack(
        holdout, {str(name): frozenset(rows) for name, rows in control.groupby("campaign_id")["customer_id"]}
    )


def keep_holdout(work: Workspace, holdout: HoldOut | None, as_of: date) -> None:
    """Write down which hold-out is in force, and refuse one that was changed in the middle.

    Parameters
    ----------
    work : Workspace
        Keeps them in ``holdout.json``: salts as fingerprints, shares and days.

    Raises
    ------
    SettingsError
        If salt, share or first day were changed, or the hold-out taken out or cut short, while it lasts.
    """
    path = work.root / "holdout.json"
    kept: list[dict[str, Any]] = read_json(path, [])
    now = in_force(holdout, as_of)
    mine = None if now is None else _entry(now)
    for entry in kept:
        lasts = entry["start_date"] <= str(as_of) <= entry["end_date"]
        overlaps = (
            mine is not None and mine["start_date"] <= entry["end_date"] and entry["start_date"] <= mine["end_date"]
        )
        if not lasts and not overlaps:
            continue
        changed = [key for key in ("salt", "share", "start_date") if mine is None or mine[key] != entry[key]]
        if mine is not None and mine["end_date"] < entry["end_date"]:
            changed.append("end_date")
        if changed:
            raise SettingsError(
                f"offers.yaml: holdout: {', '.join(changed)} changed in the middle of the hold-out from "
                f"{entry['start_date']} to {entry['end_date']}.",
                "Put it back as it was: else those held out so far are contacted and nothing can be measured. "
                "A new hold-out may begin when this one has ended; this one may be prolonged.",
            )
    if mine is not None:
        others = [entry for entry in kept if entry["start_date"] != mine["start_date"]]
        if [*others, mine] != kept:
            write_json(path, [*others, mine])


def _entry(holdout: HoldOut) -> dict[str, Any]:
    return {
        "salt": of_bytes(holdout.salt.encode()),
        "share": holdout.share,
        "start_date": str(holdout.start_date),
        "end_date": str(holdout.end_date),
    }
