"""Customers held back from contact: the universal hold-out and the control of campaigns in force."""

import os
import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import ibis
import pandas as pd

from goldmine.contactability.past_offers import newest_releases, offers_of
from goldmine.contactability.policy import HoldOut, campaigns_folder, load_policy
from goldmine.core.errors import SettingsError, UseCaseError
from goldmine.core.files import disk_errors, read_record, sync, write_json
from goldmine.core.fingerprint import of_bytes
from goldmine.core.i18n import _
from goldmine.core.workspace import Workspace
from goldmine.labels.cutoffs import outcome_end
from goldmine.labels.use_case import load_use_case

_DIGITS = 15
_MARK_DIGITS = 8


def chance(salt: str, *texts: str) -> float:
    """A number from 0 to 1 that depends only on the salt and the given texts.

    Examples
    --------
    >>> chance("salt", "C1") == chance("salt", "C1")
    True
    """
    return int(of_bytes("|".join([salt, *texts]).encode())[:_DIGITS], 16) / 16**_DIGITS


def salt_of(work: Workspace, holdout: HoldOut | None) -> str:
    """The bank's salt: the hold-out's from the settings, else the work folder's, where a random one is drawn once.

    Parameters
    ----------
    work : Workspace
        Keeps the drawn salt in ``holdout.salt``, readable by its owner only.

    Raises
    ------
    SettingsError
        If the drawn salt is lost after a hold-out was drawn with it: a new one would release those held out so far.
    """
    if holdout is not None and holdout.salt:
        return holdout.salt
    path = work.root / "holdout.salt"
    if path.is_file() and (salt := path.read_text("utf-8", "replace")).strip("\x00 \n"):
        return salt
    if path.exists() or (holdout is not None and _recorded(work)):
        raise SettingsError(
            _(
                "{path}: is {state}, and a hold-out was drawn with it.",
                path=path.name,
                state=_("empty") if path.exists() else _("missing"),
            ),
            _(
                "Restore it from a backup of the work folder; where it is lost for good, remove it and "
                "holdout.json: everybody is drawn anew then, and what was held out so far can no longer be "
                "measured."
            ),
        )
    _draw_salt(path)
    return path.read_text("utf-8")


def salt_mark(work: Workspace) -> str:
    """What tells one salt from another and does not give it away: by another, others are held out and control.

    Empty where there are no campaigns, which need none.
    """
    if not any(campaigns_folder().glob("*.yaml")):
        return ""
    return of_bytes(salt_of(work, load_policy().holdout).encode())[:_MARK_DIGITS]


def salted(work: Workspace, holdout: HoldOut | None) -> HoldOut | None:
    """The hold-out with its salt; see `salt_of`."""
    return holdout and holdout.model_copy(update={"salt": salt_of(work, holdout)})


def _draw_salt(path: Path) -> None:
    """Write a random salt; if two processes draw at once, the first one's stays."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    with disk_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            temporary.touch(mode=0o600)
            temporary.write_text(secrets.token_hex(16), "utf-8")
            sync(temporary)  # an empty one is one that was lost
            with suppress(FileExistsError):
                os.link(temporary, path)
            sync(path.parent)
        finally:
            temporary.unlink(missing_ok=True)


def in_force(holdout: HoldOut | None, as_of: date) -> HoldOut | None:
    """The hold-out if it is in force at a snapshot, of which a release is worked from the day after it on."""
    return holdout if holdout is not None and _lasts(holdout.start_date, holdout.end_date, as_of) else None


def _lasts(first: date, last: date, as_of: date) -> bool:
    return first <= as_of + timedelta(days=1) and as_of <= last


@ibis.udf.scalar.builtin
def sha256(text: str) -> str:  # type: ignore[empty-body]
    """DuckDB's SHA-256 of a text, as lower-case hexadecimal digits."""


def held_out(customers: ibis.Table, holdout: HoldOut | None) -> ibis.Table:
    """The customers in the hold-out: those whose `chance` is below its share."""
    rows = customers.select("customer_id").distinct()
    if holdout is None:
        return rows.filter(ibis.literal(False))
    threshold = f"{int(holdout.share * 16**_DIGITS):0{_DIGITS}x}"
    # Hexadecimal numbers of equal length sort like their digits.
    return rows.filter(sha256(ibis.literal(f"{holdout.salt}|") + rows.customer_id).left(_DIGITS) < threshold)


@dataclass(frozen=True)
class HeldBack:
    """Customers whom staff are not asked to contact, so that the effect of contact can be measured.

    Parameters
    ----------
    holdout : HoldOut, optional
        The universal hold-out in force, with its salt.
    control : mapping of str to frozenset of str
        By campaign, the control of its releases whose outcome is still counted or whose offers are valid.
    """

    holdout: HoldOut | None = None
    control: Mapping[str, frozenset[str]] = field(default_factory=dict)

    @property
    def anybody(self) -> bool:
        """Whether there is a hold-out or a control at all."""
        return self.holdout is not None or any(self.control.values())

    def control_except(self, campaign_id: str | None = None) -> frozenset[str]:
        """The control of all campaigns, or of all except one."""
        return frozenset().union(*(customers for name, customers in self.control.items() if name != campaign_id))


def held_back_at(work: Workspace, as_of: date, *, before: date | None = None) -> HeldBack:
    """Customers held back at a snapshot, by the policy's hold-out and the releases of a work folder.

    Parameters
    ----------
    before : date, optional
        Read only releases of earlier snapshots than this day: those that precede a new release.
    """
    offers = offers_of(newest_releases(work, before))
    control = offers[offers["group"] == "control"]
    control = control[_measured_until(work, control) >= pd.Timestamp(as_of)]
    has_campaigns = any(campaigns_folder().glob("*.yaml"))
    holdout = in_force(salted(work, load_policy().holdout), as_of) if has_campaigns else None
    return HeldBack(
        holdout, {str(name): frozenset(rows) for name, rows in control.groupby("campaign_id")["customer_id"]}
    )


def _measured_until(work: Workspace, control: pd.DataFrame) -> pd.Series:
    """The last day that counts for each control customer: the later of the horizon's end and the offer's last day."""
    last_day = pd.to_datetime(control["valid_until"])
    for (name, as_of), rows in control.groupby(["use_case", "as_of"]):
        with suppress(UseCaseError):  # one that was removed since: its offers' last day counts
            end = _horizon_end(work, str(name), as_of)
            last_day[rows.index] = last_day[rows.index].clip(lower=end)
    return last_day


def _horizon_end(work: Workspace, use_case: str, as_of: date) -> pd.Timestamp:
    """Last day of a use case's horizon; where its file cannot be read nobody knows, and its control stays control."""
    try:
        return pd.Timestamp(outcome_end(load_use_case(use_case, work), as_of))
    except SettingsError:
        return pd.Timestamp("2200-01-01")


def keep_holdout(work: Workspace, holdout: HoldOut | None, as_of: date) -> None:
    """Record the hold-out in force, and refuse one that changed while it lasts.

    Parameters
    ----------
    work : Workspace
        Stores them in ``holdout.json``: fingerprints of the salts, shares and days.

    Raises
    ------
    SettingsError
        If salt, share or first day changed, or the hold-out was removed or shortened, while it lasts.
    """
    path = work.root / "holdout.json"
    recorded = _recorded(work)
    current = in_force(holdout, as_of)
    new = None if current is None else _entry(current)
    for entry in recorded:
        lasts = _lasts(date.fromisoformat(entry["start_date"]), date.fromisoformat(entry["end_date"]), as_of)
        overlaps = new is not None and new["start_date"] <= entry["end_date"] and entry["start_date"] <= new["end_date"]
        if not lasts and not overlaps:
            continue
        changed = [key for key in ("salt", "share", "start_date") if new is None or new[key] != entry[key]]
        if new is not None and new["end_date"] < entry["end_date"]:
            changed.append("end_date")
        if changed:
            raise SettingsError(
                _(
                    "offers.yaml: holdout: {changed} changed in the middle of the hold-out from {first} to {last}.",
                    changed=", ".join(changed),
                    first=entry["start_date"],
                    last=entry["end_date"],
                ),
                _(
                    "Put it back as it was: else those held out so far are contacted and nothing can be "
                    "measured. A new hold-out may begin when this one has ended; this one may be prolonged."
                ),
            )
    if new is not None:
        others = [entry for entry in recorded if entry["start_date"] != new["start_date"]]
        if [*others, new] != recorded:
            write_json(path, [*others, new])


def _recorded(work: Workspace) -> list[dict[str, Any]]:
    """The hold-outs so far; a damaged record is refused, since a new one would release those held out."""
    recorded: list[dict[str, Any]] = read_record(
        work.root / "holdout.json",
        [],
        "Restore it from a backup of the work folder; where it is lost for good, remove it: the hold-out in force is "
        "then recorded anew, and a change of its salt or share would go unnoticed.",
    )
    return recorded


def _entry(holdout: HoldOut) -> dict[str, Any]:
    return {
        "salt": of_bytes(holdout.salt.encode()),
        "share": holdout.share,
        "start_date": str(holdout.start_date),
        "end_date": str(holdout.end_date),
    }
