"""Customer segments: k-means on scaled behaviour, with the number of segments chosen by stability."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score
from sklearn.preprocessing import StandardScaler

from goldmine.core.errors import HistoryError, UseCaseError
from goldmine.core.files import write_json
from goldmine.core.i18n import LANGUAGES, LocalizedText, _, in_language, join_texts, pgettext
from goldmine.core.parquet import parquet_schema
from goldmine.core.seals import sealed_file
from goldmine.core.workspace import Workspace
from goldmine.features import feature_dictionary

AMOUNTS = (
    "aum_avg_30d",
    "inflow_sum_90d",
    "outflow_sum_90d",
    "in_cash_sum_365d",
    "in_transfer_sum_365d",
    "out_purchase_sum_365d",
    "own_days_90d",
    "own_days_365d",
    "in_salary_count_365d",
    "in_pension_count_365d",
    "in_merchant_count_365d",
    "out_utility_count_365d",
)
"""Amounts and counts, log-transformed because they are heavily skewed."""
SHARES = ("time_share_30d", "wealth_share_30d", "counter_share_365d", "mobile_share_365d", "third_party_share_365d")
NUMBERS = range(3, 9)
"""Numbers of segments to try."""
STABLE = 0.8
"""Agreement (adjusted Rand index) above which a number of segments counts as stable."""
_SAMPLE = 10_000
_PAIRS = 3
_NAMED_BY = 2


@dataclass(frozen=True)
class Segments:
    """Segments of all active customers.

    Parameters
    ----------
    path : Path
        Parquet with customer_id and segment (0, 1, …).
    table : pandas.DataFrame
        A row per segment: segment, customers, share, ``name_<language>`` per language, and the mean of each feature.
    stability : pandas.DataFrame
        A row per number tried: segments, agreement (mean adjusted Rand index of fits on different halves).
    """

    path: Path
    table: pd.DataFrame
    stability: pd.DataFrame


def find_segments(work: Workspace, as_of: date, seed: int = 20240331) -> Segments:
    """Find the segments of a snapshot, name them by their strongest features, and write each customer's segment.

    The number of segments is the largest whose fits on different halves of the customers agree; if none agrees well,
    the number that agrees best.

    Raises
    ------
    HistoryError
        If the snapshot's features are missing.
    UseCaseError
        If there are too few customers.
    """
    path = work.features(as_of)
    if not path.exists():
        raise HistoryError(
            _("segments at {as_of}: no feature table of that day.", as_of=as_of), _("Run `goldmine features` first.")
        )
    have = parquet_schema(path).names
    names = [name for name in (*AMOUNTS, *SHARES) if name in have]
    rows = pq.read_table(path, columns=["customer_id", *names]).to_pandas()
    if len(rows) < 20 * max(NUMBERS):
        raise UseCaseError(
            _("segments at {as_of}: only {n} customers.", as_of=as_of, n=len(rows)), _("Segments need a larger bank.")
        )
    raw = rows[names].fillna(0)
    scaled = StandardScaler().fit_transform(_levelled(raw)).astype(np.float32)
    random = np.random.default_rng(seed)
    sample = scaled[np.sort(random.choice(len(scaled), min(_SAMPLE, len(scaled)), replace=False))]
    stability = _stability(sample, random)
    chosen = choose_number(stability)
    fitted = _fit(sample, chosen, seed)
    segment = _by_size(fitted.predict(scaled))
    table = _table(raw, pd.DataFrame(scaled, columns=names), segment, work)
    return Segments(_write(work, as_of, rows.customer_id, segment, table), table, stability)


def choose_number(stability: pd.DataFrame) -> int:
    """The largest stable number of segments; if none is stable, the one that agrees best."""
    stable = stability[stability.agreement >= STABLE]
    return int(stable.segments.max() if len(stable) else stability.segments[stability.agreement.idxmax()])


def _levelled(raw: pd.DataFrame) -> pd.DataFrame:
    return raw.assign(**{name: np.log1p(raw[name].clip(lower=0)) for name in raw.columns if name in AMOUNTS})


def _fit(rows: np.ndarray, number: int, seed: int) -> KMeans:
    return KMeans(number, n_init=2, random_state=seed).fit(rows)


def _stability(sample: np.ndarray, random: np.random.Generator) -> pd.DataFrame:
    rows = []
    for number in NUMBERS:
        agreements = []
        for pair in range(_PAIRS):
            order = random.permutation(len(sample))
            halves = np.array_split(order, 2)
            first, second = (_fit(sample[half], number, pair).predict(sample) for half in halves)
            agreements.append(adjusted_rand_score(first, second))
        rows.append((number, float(np.mean(agreements))))
    return pd.DataFrame(rows, columns=["segments", "agreement"])


def _by_size(segment: np.ndarray) -> np.ndarray:
    """Segments numbered from the largest, so that a number means the same each time."""
    order = np.argsort(-np.bincount(segment), kind="stable")
    return np.argsort(order)[segment]


def _table(raw: pd.DataFrame, scaled: pd.DataFrame, segment: np.ndarray, work: Workspace) -> pd.DataFrame:
    means = scaled.groupby(segment).mean()
    titles = {feature.name: feature.title for feature in feature_dictionary(work)}
    size = np.bincount(segment)
    names = [segment_name(means.loc[number], titles) for number in means.index]
    head = {"segment": means.index, "customers": size, "share": size / len(segment)}
    by_language = {f"name_{language}": [in_language(name, language) for name in names] for language in LANGUAGES}
    return pd.DataFrame({**head, **by_language}).join(raw.groupby(segment).mean())


def segment_name(means: pd.Series, titles: Mapping[str, str]) -> LocalizedText:
    """Name of a segment: the features that differ most from the overall mean, and the direction.

    Parameters
    ----------
    means : pandas.Series
        Mean of each scaled feature in the segment; the overall mean is 0.
    titles : mapping of str to str
        Title of each feature.
    """
    strongest = {name: titles.get(name, name) for name in means.abs().nlargest(_NAMED_BY).index}
    parts = [
        pgettext("segment", "high {feature}", feature=title)
        if means[name] > 0
        else pgettext("segment", "low {feature}", feature=title)
        for name, title in strongest.items()
    ]
    return join_texts(parts, pgettext("segment", "; "))


def _write(work: Workspace, as_of: date, ids: pd.Series, segment: np.ndarray, table: pd.DataFrame) -> Path:
    path = work.root / "segments" / f"{as_of}.parquet"
    with sealed_file(path) as temporary:
        pd.DataFrame({"customer_id": ids, "segment": segment.astype(np.int8)}).to_parquet(temporary, index=False)
    write_json(path.with_suffix(".json"), table[["segment", "customers", "name_en", "name_zh"]].to_dict("records"))
    return path
