from dataclasses import replace
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from goldmine.campaigns.stored_uplift import read_stored_uplift, store_uplift, uplift_path
from goldmine.core.workspace import Workspace
from goldmine.models.uplift.effect import NotMeasurable
from goldmine.models.uplift.history import LearnedUplift, PastCampaign, learn

AS_OF = date(2024, 6, 30)


def campaign(seed: int, effect, rows: int = 1500) -> PastCampaign:
    """A campaign with a quarter control; `effect` gives what contact adds to a chance of 20%, by age.

    The probabilities that it was listed by run from 0.3 to 0.6 and predict nothing.
    """
    random = np.random.default_rng(seed)
    age = random.integers(18, 80, rows).astype(float)
    contact = random.random(rows) < 0.75
    success = random.random(rows) < 0.2 + contact * effect(age)
    known = pa.table({"age": age, "kind": random.choice(["person", "firm"], rows), "noise": random.random(rows)})
    probability = random.uniform(0.3, 0.6, rows)
    return PastCampaign(known, probability, contact, np.full(rows, contact.mean()), success.astype(float))


def of_the_young(age: np.ndarray) -> np.ndarray:
    return 0.35 * (age < 40)


@pytest.fixture(scope="module")
def learned() -> LearnedUplift:
    return learn([campaign(1, of_the_young), campaign(2, of_the_young)], ["age", "kind"])


def test_models_of_one_campaign_rank_the_next(learned):
    assert learned.verdict == "uplift ranks"
    assert learned.ranking.evaluated.sum() == 1500  # the second campaign, by models that learnt from the first
    known = pa.table({"kind": ["person", "firm"], "age": [25.0, 70.0], "more": [1, 2]})
    predicted = learned.uplift(known, np.array([0.5, 0.5]))
    assert predicted[0] > 0.17
    assert predicted[1] < 0.1
    assert learned.ranking.uplift.mean() == pytest.approx(learned.effect.value, abs=0.005)


def test_uplift_shrinks_near_zero_and_one(learned):
    known = pa.table({"kind": ["person"] * 4, "age": [25.0] * 4})
    predicted = learned.uplift(known, np.array([0.5, 0.1, 0.9, 0.0]))
    # p (1 - p) is 0.25, 0.09, 0.09 and, for those who are given none, 0.001.
    assert (predicted / predicted[0]).tolist() == pytest.approx([1, 0.36, 0.36, 0.004])


@pytest.mark.parametrize("prevents", [False, True])
def test_baseline_risk_compensates_for_a_small_control(prevents):
    random = np.random.default_rng(1)
    age, chance = random.integers(18, 80, 2500).astype(float), random.uniform(0.2, 0.5, 2500)
    contact = random.random(2500) < 0.9
    success = (random.random(2500) < chance + contact * 0.2 * (age < 40)).astype(float)
    known = pa.table({"age": age} | {f"noise_{number}": random.random(2500) for number in range(20)})
    probability = 1 - chance if prevents else chance
    learned = learn(
        [PastCampaign(known, probability, contact, np.full(2500, 0.9), success, prevents)], known.column_names
    )
    predicted = learned.ranking.uplift
    # Without it everybody gets the average, as 250 controls are too few for 21 columns.
    assert predicted[age < 40].mean() == pytest.approx(0.2, abs=0.05)
    assert predicted[age >= 40].mean() == pytest.approx(0.0, abs=0.07)


def test_propensity_ranks_where_its_qini_is_larger():
    campaigns = [campaign(seed, of_the_young) for seed in (1, 2)]
    reranked = [replace(past, probability=0.9 - past.known["age"].to_numpy() / 100) for past in campaigns]
    learned = learn(reranked, ["kind", "noise"])
    assert learned.propensity_qini > learned.ranking.qini.value > learned.ranking.qini.low > 0
    assert learned.verdict == "propensity ranks"


def test_single_campaign_is_evaluated_in_folds():
    learned = learn([campaign(1, of_the_young, 2500)], ["age"])
    assert learned.may_rank
    assert learned.ranking.evaluated.sum() == 1500


def test_small_effect_needs_more_history():
    learned = learn([campaign(1, lambda age: 0.03), campaign(2, lambda age: 0.03)], ["age", "kind"])
    assert learned.verdict == "history too small"
    assert learned.rows_needed > learned.rows == 3000


def test_strong_uniform_effect_leaves_ranking_to_propensity():
    learned = learn([campaign(1, lambda age: 0.4), campaign(2, lambda age: 0.4)], ["age", "kind"])
    assert learned.verdict == "propensity ranks"
    assert learned.rows_needed <= learned.rows


def test_too_few_controls_are_not_measurable():
    learned = learn([campaign(1, of_the_young, 100)], ["age"])
    assert isinstance(learned.effect, NotMeasurable)
    assert (learned.verdict, learned.ranking, learned.rows_needed) == ("history too small", None, None)


def part_of(whole: PastCampaign, contact: int, control: int) -> PastCampaign:
    """The first customers of either group, with the share of contact that they came out with."""
    rows = np.r_[np.flatnonzero(whole.contact)[:contact], np.flatnonzero(~whole.contact)[:control]]
    known, share = whole.known.take(rows), np.full(len(rows), contact / (contact + control))
    return PastCampaign(known, whole.probability[rows], whole.contact[rows], share, whole.success[rows])


@pytest.mark.parametrize(("contact", "control"), [(3, 0), (0, 1)])
@pytest.mark.parametrize("place", [0, 2])
def test_campaign_of_one_group_teaches_nothing(learned, contact, control, place):
    campaigns = [campaign(1, of_the_young), campaign(2, of_the_young)]
    campaigns.insert(place, part_of(campaign(3, of_the_young), contact, control))
    found = learn(campaigns, ["age", "kind"])
    assert found.rows == 3000
    assert found.ranking.qini == learned.ranking.qini
    assert learn(campaigns[place : place + 1], ["age"]).effect == NotMeasurable(
        "no campaign with both groups is complete yet"
    )


def test_small_campaign_is_evaluated_with_the_next():
    small = part_of(campaign(3, of_the_young), 2, 1)
    first = learn([small, campaign(1, of_the_young), campaign(2, of_the_young)], ["age", "kind"])
    assert first.verdict == "uplift ranks"
    assert (first.rows, first.ranking.evaluated.sum()) == (3003, 1500)
    # Three customers alone would say nothing of an order: the first campaign is cross-fitted with them.
    last = learn([campaign(1, of_the_young, 2500), small], ["age"])
    assert last.verdict == "uplift ranks"
    assert (last.rows, last.ranking.evaluated.sum()) == (2503, 1501)


def test_no_campaign_is_too_small_a_history():
    assert learn([], []).verdict == "history too small"


def test_uplift_is_stored_only_where_it_ranks(tmp_path, learned):
    work = Workspace(tmp_path)
    uplift = pa.table({"customer_id": ["a", "b"], "uplift": [0.3, 0.1]})
    store_uplift(work, AS_OF, "longtail", learned, uplift=uplift, channels={"call": 7})
    stored = read_stored_uplift(work, AS_OF, "longtail")
    assert (stored.verdict, stored.path) == ("uplift ranks", uplift_path(work, AS_OF, "longtail"))
    assert (stored.rows, stored.channels) == (3000, {"call": 7})
    assert pq.read_table(stored.path) == uplift
    store_uplift(work, AS_OF, "longtail", learn([], []), uplift=uplift)
    assert read_stored_uplift(work, AS_OF, "longtail").path is None
    assert not uplift_path(work, AS_OF, "longtail").exists()


def test_propensity_ranks_where_no_uplift_is_stored(tmp_path):
    stored = read_stored_uplift(Workspace(tmp_path), AS_OF, "longtail")
    assert (stored.verdict, stored.path, stored.rows) == ("history too small", None, 0)
