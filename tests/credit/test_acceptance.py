"""Who takes an offer at which rate: the price's effect is found, and where rates say nothing there is no model."""

import numpy as np
import pandas as pd
import pytest

from goldmine.credit.acceptance import fit_acceptance
from goldmine.credit.applications import Applications


def offers(rows: int, per_percent: float, seed: int = 0) -> tuple[Applications, np.ndarray, np.ndarray]:
    """Offers at rates that do not depend on the customer; the poor take more of them. With the true chances."""
    random = np.random.default_rng(seed)
    deposits = np.exp(random.normal(9, 1, rows))
    rate = random.integers(425, 1_000, rows).astype(float)
    chance = 1 / (1 + np.exp(-(1.0 - 0.8 * (np.log(deposits) - 9) + per_percent * (rate - 600) / 100)))
    taken = random.random(rows) < chance
    known = pd.DataFrame({"decision": np.where(taken, "granted", "not_taken"), "rate_bp": rate})
    known.loc[::10, "decision"] = "refused"
    return Applications(pd.DataFrame({"deposits_12m": deposits}), known), np.arange(rows) >= rows * 0.7, chance


def test_the_price_response_and_the_share_of_later_offers_are_found():
    past, later, chance = offers(8_000, -0.5)
    model, judged = fit_acceptance(past, later)
    assert model.per_percent == pytest.approx(-0.5, abs=0.06)
    assert judged.predicted == pytest.approx(judged.taken / judged.offers, abs=0.02)
    rates = past.known["rate_bp"].to_numpy()
    assert np.abs(model.probability(past.features, rates) - chance).mean() < 0.02
    assert judged.offers == 2_160


def test_a_higher_rate_is_taken_less_often_by_everybody():
    past, later, _chance = offers(4_000, -0.5)
    model, _judged = fit_acceptance(past, later)
    assert (model.probability(past.features, 700) < model.probability(past.features, 500)).all()


def test_there_is_no_model_where_rates_say_nothing_or_offers_are_few():
    past, later, _chance = offers(4_000, 0.6)
    assert fit_acceptance(past, later) is None
    past, later, _chance = offers(100, -0.5)
    assert fit_acceptance(past, later) is None


def test_refused_applicants_and_offers_without_a_rate_teach_nothing():
    past, later, _chance = offers(3_000, -0.5)
    known = past.known.copy()
    known.loc[known["decision"] == "refused", "rate_bp"] = 5_000
    other = fit_acceptance(Applications(past.features, known), later)
    assert other[0].per_percent == fit_acceptance(past, later)[0].per_percent
