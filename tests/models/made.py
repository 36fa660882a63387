"""Made-up rows with a known cause, and a use case to learn them with."""

import numpy as np
import pyarrow as pa

from goldmine.core.i18n import LocalizedText
from goldmine.labels.outcomes.no_own_transaction import NoOwnTransaction
from goldmine.labels.training_settings import Training
from goldmine.labels.use_case import Baseline, Condition, UseCase

VILLAGES = ("east", "north", "west")


def use_case(**changes) -> UseCase:
    """A use case that trains in a fraction of a second."""
    settings = {
        "name": "mine",
        "title": LocalizedText("Mine", translations={"zh": "我的"}),
        "eligible": [Condition(feature="inflow_sum_90d", at_least=0.0)],
        "outcome": NoOwnTransaction(kind="no_own_transaction"),
        "gap_days": 15,
        "horizon_days": 90,
        "baseline": Baseline(feature="days_since_own", highest_first=True),
        "training": Training(num_iterations=60, learning_rate=0.1, early_stopping_rounds=20, min_data_in_leaf=20),
        "list_size": 100,
    }
    return UseCase(**settings | changes)


def rows(count: int = 1500, seed: int = 0, *, skill: float = 1.0) -> pa.Table:
    """Rows whose outcome follows inflow and village, scaled by `skill`, and a little the baseline's feature."""
    chance = np.random.default_rng(seed)
    inflow = chance.normal(size=count).astype(np.float32)
    since = chance.normal(size=count).astype(np.float32)
    noise = chance.normal(size=(count, 3)).astype(np.float32)
    village = chance.choice(VILLAGES, size=count)
    log_odds = -1.5 + skill * (1.6 * inflow + 0.3 * since + 1.2 * (village == "east"))
    unknown = chance.random(count) < 0.1
    return pa.table(
        {
            "customer_id": [f"C{number:05}" for number in range(count)],
            "inflow_sum_90d": pa.array(inflow, pa.float32(), mask=unknown),
            "inflow_sum_30d": pa.array(noise[:, 2], pa.float32()),
            "days_since_own": pa.array(since, pa.float32()),
            "noise_a": pa.array(noise[:, 0], pa.float32()),
            "noise_b": pa.array(noise[:, 1], pa.float32()),
            "village": pa.array(village.tolist(), pa.string()),
            "outcome": pa.array((chance.random(count) < 1 / (1 + np.exp(-log_odds))).astype(np.int8), pa.int8()),
        }
    )
