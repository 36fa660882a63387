"""What past campaigns taught, kept in the work folder for whoever makes lists."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from goldmine.core.files import read_json, whole_file, write_json
from goldmine.core.work import Work
from goldmine.uplift.effect import Estimate
from goldmine.uplift.history import Learned


@dataclass(frozen=True)
class Kept:
    """A use case's uplift at a snapshot.

    Parameters
    ----------
    verdict : str
        See `Learned.verdict`; only where uplift ranks is there a file of it.
    path : Path or None
        Parquet with customer_id and uplift (what drawing a customer for contact adds to the aim's probability).
    """

    verdict: str
    path: Path | None


def uplift_path(work: Work, as_of: date, use_case: str) -> Path:
    """Where a use case's uplift at a snapshot lies; the verdict lies beside it."""
    return work.root / "uplift" / str(as_of) / f"{use_case}.parquet"


def keep(work: Work, as_of: date, use_case: str, learned: Learned, customers: pa.Table | None) -> None:
    """Write the verdict, and customers' uplift where it may rank; where it may not, none is left.

    Parameters
    ----------
    customers : pyarrow.Table or None
        customer_id and the campaigns' features, of everyone to be ranked.
    """
    path = uplift_path(work, as_of, use_case)
    path.unlink(missing_ok=True)
    if learned.may_rank and customers is not None:
        rows = pa.table({"customer_id": customers["customer_id"], "uplift": learned.uplift(customers)})
        with whole_file(path) as temporary:
            pq.write_table(rows, temporary)
    write_json(path.with_suffix(".json"), told(learned))


def read_kept(work: Work, as_of: date, use_case: str) -> Kept:
    """The verdict on a use case at a snapshot, and the uplift where it may rank; else propensity ranks."""
    path = uplift_path(work, as_of, use_case)
    verdict = read_json(path.with_suffix(".json"), {"verdict": "history too small"})["verdict"]
    return Kept(verdict, path if verdict == "uplift ranks" and path.exists() else None)


def told(learned: Learned) -> dict[str, Any]:
    """What was learnt as one flat record; what is not measurable is None."""
    effect, ranking = learned.effect, learned.ranking
    known = isinstance(effect, Estimate)
    return {
        "verdict": learned.verdict,
        "rows": learned.rows,
        "rows_needed": learned.rows_needed,
        "effect": effect.value if isinstance(effect, Estimate) else None,
        "effect_interval": [effect.low, effect.high] if isinstance(effect, Estimate) else None,
        "reason": None if known else getattr(effect, "why", None),
        "method": ranking.method if ranking else None,
        "qini": ranking.qini.value if ranking else None,
        "qini_interval": [ranking.qini.low, ranking.qini.high] if ranking else None,
    }
