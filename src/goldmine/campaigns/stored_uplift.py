"""Uplift learnt from past campaigns, stored in the work folder for the lists."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from goldmine.core.files import read_json, whole_file, write_json
from goldmine.core.workspace import Workspace
from goldmine.models.uplift.effect import Estimate
from goldmine.models.uplift.history import LearnedUplift

RANKS, TOO_SMALL = "uplift ranks", "history too small"


@dataclass(frozen=True)
class StoredUplift:
    """A use case's uplift at a snapshot.

    Parameters
    ----------
    verdict : str
        See `LearnedUplift.verdict`; only where uplift ranks is there a file of it.
    path : Path or None
        Parquet with customer_id and uplift (what assigning a customer to contact adds to the probability of success).
    rows : int
        Customers of the campaigns that it was learnt from.
    needed : int or None
        About so many would show whom a contact moves; None where that cannot be told.
    channels : dict of str to int
        How many of them were to be contacted by which channel.
    missed : int
        Complete campaigns from which nothing was learnt, because what they need is not there.
    """

    verdict: str
    path: Path | None
    rows: int = 0
    needed: int | None = None
    channels: Mapping[str, int] = field(default_factory=dict)
    missed: int = 0


def uplift_path(work: Workspace, as_of: date, use_case: str) -> Path:
    """Where a use case's uplift at a snapshot lies; the verdict lies beside it."""
    return work.root / "uplift" / str(as_of) / f"{use_case}.parquet"


def store_uplift(
    work: Workspace,
    as_of: date,
    use_case: str,
    learned: LearnedUplift,
    *,
    uplift: pa.Table | None = None,
    channels: Mapping[str, int] | None = None,
) -> None:
    """Write the verdict, and customers' uplift where it may rank; where it may not, none is left.

    Parameters
    ----------
    uplift : pyarrow.Table, optional
        customer_id and uplift, of everyone to be ranked.
    channels : mapping of str to int, optional
        How many of the campaigns' customers were to be contacted by which channel.
    """
    path = uplift_path(work, as_of, use_case)
    path.unlink(missing_ok=True)
    if learned.may_rank and uplift is not None:
        with whole_file(path) as temporary:
            pq.write_table(uplift, temporary)
    write_json(path.with_suffix(".json"), uplift_record(learned) | {"channels": dict(channels or {})})


def read_stored_uplift(work: Workspace, as_of: date, use_case: str) -> StoredUplift:
    """The verdict on a use case at a snapshot, and the uplift where it may rank; else propensity ranks."""
    path = uplift_path(work, as_of, use_case)
    found = read_json(path.with_suffix(".json"))
    if found is None:
        return StoredUplift(TOO_SMALL, None)
    there = found["verdict"] == RANKS and path.exists()
    return StoredUplift(
        found["verdict"],
        path if there else None,
        found["rows"],
        found["rows_needed"],
        found["channels"],
        found.get("missed", 0),
    )


def uplift_record(learned: LearnedUplift) -> dict[str, Any]:
    """Learnt uplift as one flat record; what is not measurable is None."""
    effect, ranking = learned.effect, learned.ranking
    known = isinstance(effect, Estimate)
    return {
        "verdict": learned.verdict,
        "rows": learned.rows,
        "rows_needed": learned.rows_needed,
        "missed": learned.missed,
        "effect": effect.value if isinstance(effect, Estimate) else None,
        "effect_interval": [effect.low, effect.high] if isinstance(effect, Estimate) else None,
        "reason": None if known else getattr(effect, "why", None),
        "method": ranking.method if ranking else None,
        "qini": ranking.qini.value if ranking else None,
        "qini_by_propensity": learned.propensity_qini if ranking else None,
        "qini_interval": [ranking.qini.low, ranking.qini.high] if ranking else None,
    }
