"""Whether groups are as they were drawn."""

import pandas as pd
import pytest

from goldmine.measurement.money import COSTS
from goldmine.measurement.report import figures, measure
from goldmine.measurement.sample_ratio import sample_ratio
from goldmine.models.uplift.effect import Estimate, NotMeasurable
from goldmine.plots.measurement import effects_figure
from tests.measurement.literal import customers, together


def groups(**control_of_1000: int) -> pd.DataFrame:
    parts = [
        customers(size, group, size // 10, stratum=stratum)
        for stratum, control in control_of_1000.items()
        for group, size in (("control", control), ("contact", 1000 - control))
    ]
    return together(*parts)


def test_groups_within_chance_are_measured():
    rows = groups(a=150, b=170, c=140)
    assert sample_ratio(rows, 0.15) is None
    assert isinstance(measure(rows, COSTS, 0.15).whole.effect, Estimate)


def test_lost_contacts_stop_the_measurement_with_words():
    """100 of 850 contacted were lost in each stratum after the draw."""
    rows = groups(a=150, b=150, c=150)
    contact = rows[rows["group"] == "contact"]
    rows = rows.drop(contact.groupby("stratum").head(100).index)
    why = NotMeasurable("the groups are not as they were drawn: 450 of 2,700 customers are control, not 324")
    assert sample_ratio(rows, 0.15) is None
    assert sample_ratio(rows, 0.12) == why
    stopped = measure(rows, COSTS, 0.12)
    assert stopped.whole.effect == stopped.qini == stopped.money.converted == why
    assert {group.effect for groups in stopped.by.values() for group in groups} == {why}
    assert stopped.predicted[["decile", "predicted", "control_rows", "contact_rows"]].to_numpy().tolist() == [
        [1, pytest.approx(0.1), 450, 2250]
    ]
    assert stopped.predicted[["control", "control_low", "control_high", "contact"]].isna().all(axis=None)
    assert set(figures(stopped)) & {"effect", "qini", "extra_customers"} == set()


def test_strata_with_unlike_shares_stop_the_measurement():
    found = sample_ratio(groups(a=150, b=150, c=60), None)
    assert "the share of control differs between strata by more than chance" in found.why


def test_strata_too_small_to_compare_count_together():
    rows = together(*(customers(n, arm, 1, stratum=s) for s in "abcdef" for arm, n in (("contact", 9), ("control", 1))))
    assert sample_ratio(rows, None) is None


def test_figure_leaves_out_groups_that_are_not_measurable():
    rows = groups(a=150, b=150).assign(decile=1)
    small = customers(30, "contact", 3, decile=2, branch_id="B002", stratum="a")
    figure = effects_figure(measure(together(rows, small), COSTS))
    shown = {axis.get_title(loc="left"): [tick.get_text() for tick in axis.get_yticklabels()] for axis in figure.axes}
    assert shown["By decile"] == ["1"]
    assert shown["By branch"] == ["B001"]


def test_figure_of_many_groups_draws_the_largest_and_says_so():
    parts = []
    for place in range(27):
        more = {"branch_id": f"B{place:02}", "stratum": "a"}
        rows = 60 if place in (0, 9) else 80  # the two smallest are left out, wherever they stand
        parts += [customers(rows, "contact", 30, **more), customers(rows, "control", 30, **more)]
    figure = effects_figure(measure(together(*parts), COSTS))
    shown = {axis.get_title(loc="left"): [tick.get_text() for tick in axis.get_yticklabels()] for axis in figure.axes}
    drawn = shown["By branch: the 25 largest groups of 27"]
    assert sorted(drawn) == [f"B{place:02}" for place in range(27) if place not in (0, 9)]
