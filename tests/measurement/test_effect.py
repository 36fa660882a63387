import numpy as np
import pandas as pd
import pytest

from goldmine.measurement.effect import cuts, intention_to_treat, join_small_strata, table
from goldmine.models.uplift.effect import Estimate, NotMeasurable
from tests.measurement.literal import customers, together

ARMS = ("contact", "control")


def test_effect_equals_difference_of_shares_with_its_interval():
    found = intention_to_treat(together(customers(1000, "contact", 300), customers(1000, "control", 200)))
    pooled = (1000 * 0.3 * 0.7 + 1000 * 0.2 * 0.8) / 1998 / 1000
    # The pooled variance counts for 5 events beside the 200 of the control.
    error = np.sqrt(0.3 * 0.7 / 999 + 200 / 205 * 0.2 * 0.8 / 999 + 5 / 205 * pooled)
    assert found.value == pytest.approx(0.1)
    assert found.error == pytest.approx(error)
    assert (found.low, found.high) == pytest.approx((0.1 - 1.961 * error, 0.1 + 1.961 * error), abs=1e-4)


def test_unreached_customers_count_as_drawn():
    worked = customers(1000, "contact", 300)
    missed = worked.assign(contacted_on=None, contacted_by=None, answer=None)
    control = customers(1000, "control", 200)
    assert intention_to_treat(together(missed, control)) == intention_to_treat(together(worked, control))


def test_strata_are_weighted_by_their_customers():
    """A town where the aim comes more often gave more control: over all the control does better, in each town worse."""
    rows = together(
        customers(900, "contact", 180, stratum="poor"),
        customers(100, "control", 10, stratum="poor"),
        customers(100, "contact", 80, stratum="rich"),
        customers(400, "control", 280, stratum="rich"),
    )
    plain = rows.groupby("group")["aim"].mean()
    assert plain["contact"] < plain["control"]
    assert intention_to_treat(rows).value == pytest.approx((1000 * 0.1 + 500 * 0.1) / 1500)


def test_stratum_with_one_control_is_pooled():
    rows = together(
        customers(500, "contact", 100),
        customers(500, "control", 50),
        customers(10, "contact", 10, stratum="tiny"),
        customers(1, "control", 1, stratum="tiny"),
    )
    assert intention_to_treat(rows).value == pytest.approx(110 / 510 - 51 / 501)


def test_groups_are_compared_at_the_same_prediction():
    """By chance the likely half is a quarter of the contacted and three quarters of the control; either gains 10%."""
    rows = together(
        customers(100, "contact", 60, probability=0.5),
        customers(300, "contact", 60, probability=0.1),
        customers(300, "control", 150, probability=0.5),
        customers(100, "control", 10, probability=0.1),
    )
    assert intention_to_treat(rows).value == pytest.approx(0.1)
    assert intention_to_treat(rows.assign(probability=0.3)).value == pytest.approx(120 / 400 - 160 / 400)


def test_good_prediction_narrows_the_interval_and_a_useless_one_does_not_widen_it():
    halves = [customers(500, arm, came, probability=p) for arm in ARMS for p, came in ((0.9, 450), (0.1, 50))]
    without = intention_to_treat(together(*halves).assign(probability=0.5))
    useless = intention_to_treat(together(*halves).assign(probability=np.tile([0.2, 0.8], 1000)))
    known = intention_to_treat(together(*halves))
    assert without.error == pytest.approx(np.sqrt(2 * 0.25 / 999))
    # Of the variance 0.25 the prediction leaves 0.9 x 0.1.
    assert known.error == pytest.approx(np.sqrt(2 * 0.09 / 1000), rel=0.002)
    assert useless.error == pytest.approx(without.error, rel=0.002)


def test_small_strata_are_joined_in_order_of_their_prediction():
    """Strata of 8 customers to contact and 8 of control; the large one stays by itself."""
    names = np.repeat(["a", "b", "c", "d", "e", "f", "g", "large"], [16] * 7 + [80])
    prediction = np.repeat([0.1, 0.5, 0.2, 0.6, 0.3, 0.7, 0.9, 0.4], [16] * 7 + [80])
    joined = join_small_strata(pd.Series(names), np.arange(len(names)) % 2 == 0, prediction)
    strata = pd.Series(joined).groupby(names).first()
    assert strata["a"] == strata["c"] == strata["e"]
    assert strata["b"] == strata["d"] == strata["f"]
    assert len({strata["a"], strata["b"], strata["large"]}) == 3
    assert strata["g"] == strata["b"]


def test_intervals_hold_the_truth_and_chance_shows_no_effect():
    """100 campaigns of 1,000 customers, 15% control, each with no effect and with one of 8 of 100."""
    held, shown = {0.0: 0, 0.08: 0}, {0.0: 0, 0.08: 0}
    for seed in range(100):
        random = np.random.default_rng([seed, 20240630])
        rows = pd.DataFrame({"probability": random.beta(1.2, 7, 1000), "stratum": random.integers(0, 20, 1000)})
        rows["group"] = np.where(random.random(1000) < 0.15, "control", "contact")
        luck = random.random(1000)
        for effect in held:
            chance = rows["probability"] + effect * (rows["group"] == "contact")
            found = intention_to_treat(rows.assign(aim=(luck < chance).astype(int)))
            held[effect] += found.low <= effect <= found.high
            shown[effect] += found.significant
    assert {effect: 90 <= count <= 98 for effect, count in held.items()} == {0.0: True, 0.08: True}
    assert shown[0.0] <= 5
    assert shown[0.08] > 50


def test_small_control_is_not_measurable():
    found = intention_to_treat(together(customers(1000, "contact", 300), customers(49, "control", 20)))
    assert found == NotMeasurable("49 control rows, at least 50 are needed")


def test_effect_in_yuan_is_measured_like_a_share():
    rows = together(
        customers(100, "contact", 0, aum_change=np.tile([0.0, 600.0], 50)),
        customers(100, "control", 0, aum_change=np.tile([0.0, 200.0], 50)),
    )
    assert intention_to_treat(rows, "aum_change").value == pytest.approx(200.0)


def test_small_group_has_a_reason_and_no_number():
    rows = together(
        customers(200, "contact", 60, branch_id="B001"),
        customers(200, "control", 20, branch_id="B001"),
        customers(200, "contact", 40, branch_id="B002"),
        customers(10, "control", 5, branch_id="B002"),
    )
    first, second = cuts(rows, "branch_id")
    assert (first.name, first.contact, first.control) == ("B001", 200, 200)
    assert (first.contact_mean, first.control_mean, first.effect.value) == pytest.approx((0.3, 0.1, 0.2))
    assert isinstance(second.effect, NotMeasurable)
    assert (second.contact_mean, second.control_mean, second.detectable) == (None, None, None)
    shown = table((first, second))
    assert shown["effect"].isna().tolist() == [False, True]
    assert shown["why"].tolist() == ["", "10 control rows, at least 50 are needed"]


def test_small_control_without_events_has_a_wide_interval():
    found = intention_to_treat(together(customers(2000, "contact", 400), customers(50, "control", 0)))
    assert isinstance(found, Estimate)
    assert found.error > np.sqrt(0.2 * 0.8 / 50) * 0.95
