"""Uplift learnt from past campaigns, stored in the work folder for the lists."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from goldmine.core.files import read_json, write_json
from goldmine.core.seals import remove_sealed, sealed_file
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
        See `LearnedUplift.verdict`; a file exists only if uplift ranks.
    path : Path or None
        Parquet with customer_id and uplift (what assigning a customer to contact adds to the probability of success).
    rows : int
        Customers of the campaigns from which it was learnt.
    needed : int or None
        About how many customers would be needed to rank by uplift; None if unknown.
    channels : dict of str to int
        Planned contacts by channel.
    missed : int
        Complete campaigns from which nothing was learnt, because their inputs are missing.
    """

    verdict: str
    path: Path | None
    rows: int = 0
    needed: int | None = None
    channels: Mapping[str, int] = field(default_factory=dict)
    missed: int = 0


def uplift_path(work: Workspace, as_of: date, use_case: str) -> Path:
    """File of a use case's uplift at a snapshot; the verdict is stored beside it."""
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
    """Write the verdict, and customers' uplift if it may rank; otherwise remove any earlier one.

    Parameters
    ----------
    uplift : pyarrow.Table, optional
        customer_id and uplift of every customer to be ranked.
    channels : mapping of str to int, optional
        Planned contacts of the campaigns by channel.
    """
    path = uplift_path(work, as_of, use_case)
    remove_sealed(path)
    if learned.may_rank and uplift is not None:
        with sealed_file(path) as temporary:
            pq.write_table(uplift, temporary)
    write_json(path.with_suffix(".json"), uplift_record(learned) | {"channels": dict(channels or {})})


def read_stored_uplift(work: Workspace, as_of: date, use_case: str) -> StoredUplift:
    """The verdict on a use case at a snapshot, and the uplift if it may rank; else propensity ranks."""
    path = uplift_path(work, as_of, use_case)
    record = read_json(path.with_suffix(".json"), {})
    if not record:
        return StoredUplift(TOO_SMALL, None)
    may_rank = record["verdict"] == RANKS and path.exists()
    return StoredUplift(
        record["verdict"],
        path if may_rank else None,
        record["rows"],
        record["rows_needed"],
        record["channels"],
        record.get("missed", 0),
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
