"""The universal hold-out: who is in it, and that it stays as it is while it lasts."""

import secrets
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
from ibis.backends.duckdb import Backend

from goldmine.contactability.policy import HoldOut
from goldmine.core.errors import SettingsError
from goldmine.core.files import read_json, sql_text, whole_file, write_json
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
        with whole_file(path) as temporary:
            temporary.touch(mode=0o600)
            temporary.write_text(secrets.token_hex(16), "utf-8")
    return holdout.model_copy(update={"salt": path.read_text("utf-8")})


def in_force(holdout: HoldOut | None, as_of: date) -> HoldOut | None:
    """The hold-out, if it lasts at a snapshot."""
    return holdout if holdout is not None and holdout.from_on <= as_of <= holdout.to_on else None


def held_out(connection: Backend, scores: Sequence[Path], holdout: HoldOut | None) -> frozenset[str]:
    """Of everyone scored, those in the hold-out."""
    if holdout is None or not scores:
        return frozenset()
    files = ", ".join(sql_text(path) for path in scores)
    edge = int(holdout.share * 16**_DIGITS)
    query = (
        f"SELECT DISTINCT customer_id FROM read_parquet([{files}], union_by_name = true) "
        f"WHERE ('0x' || left(sha256(? || '|' || customer_id), {_DIGITS}))::BIGINT < {edge}"
    )
    found: pd.DataFrame = connection.con.execute(query, [holdout.salt]).df()
    return frozenset(found["customer_id"])


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
        lasts = entry["from_on"] <= str(as_of) <= entry["to_on"]
        overlaps = mine is not None and mine["from_on"] <= entry["to_on"] and entry["from_on"] <= mine["to_on"]
        if not lasts and not overlaps:
            continue
        changed = [key for key in ("salt", "share", "from_on") if mine is None or mine[key] != entry[key]]
        if mine is not None and mine["to_on"] < entry["to_on"]:
            changed.append("to_on")
        if changed:
            raise SettingsError(
                f"offers.yaml: holdout: {', '.join(changed)} changed in the middle of the hold-out from "
                f"{entry['from_on']} to {entry['to_on']}.",
                "Put it back as it was: else those held out so far are contacted and nothing can be measured. "
                "A new hold-out may begin when this one has ended; this one may be prolonged.",
            )
    if mine is not None:
        others = [entry for entry in kept if entry["from_on"] != mine["from_on"]]
        if [*others, mine] != kept:
            write_json(path, [*others, mine])


def _entry(holdout: HoldOut) -> dict[str, Any]:
    return {
        "salt": of_bytes(holdout.salt.encode()),
        "share": holdout.share,
        "from_on": str(holdout.from_on),
        "to_on": str(holdout.to_on),
    }
