import numpy as np
import pytest

from goldmine.measurement.effect import cuts, intention_to_treat, table
from goldmine.models.uplift.effect import Estimate, NotMeasurable
from tests.measurement.literal import customers, together


def test_effect_equals_difference_of_shares_with_its_interval():
    found = intention_to_treat(together(customers(1000, "contact", 300), customers(1000, "control", 200)))
    error = np.sqrt((0.3 * 0.7 + 0.2 * 0.8) / 999)
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
