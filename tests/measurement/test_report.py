from datetime import date
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from goldmine.core.errors import ParameterError
from goldmine.core.workspace import Workspace
from goldmine.measurement import report
from goldmine.measurement.kept_figures import kept_figures
from goldmine.measurement.list_order import qini, qini_curve, uplift_by_score
from goldmine.measurement.money import COSTS, costs_of, money, read_costs
from goldmine.measurement.predicted_observed import compliance, predicted_observed
from goldmine.measurement.report import compliance_table, figures, measure
from goldmine.models.uplift.effect import NotMeasurable
from tests.measurement.literal import customers, together


def ranked(head: tuple[int, int], tail: tuple[int, int]) -> pd.DataFrame:
    """Two halves of a list, 500 customers in each arm: how many of the contacted and of the control came in each."""
    halves = zip((0.9, 0.1), (head, tail), strict=True)
    return together(
        *(customers(500, group, came, probability=score)
          for score, counts in halves for group, came in zip(("contact", "control"), counts, strict=True))
    )  # fmt: skip


def test_qini_curve_counts_extra_outcomes_by_depth():
    curve = qini_curve(ranked((200, 100), (50, 50))).set_index("depth")
    # Of a hundred customers of the campaign 50 are in the head, where a contact adds 20 in a hundred.
    assert curve.loc[0.5, "gained"] == pytest.approx(10.0)
    assert curve.loc[1.0, "gained"] == pytest.approx(10.0)
    assert curve.loc[0.5, "chance"] == pytest.approx(5.0)


def test_qini_is_positive_where_movable_customers_come_first():
    found = qini(ranked((200, 100), (50, 50)))
    assert found.value == pytest.approx(0.2 / 8, rel=0.01)
    assert found.low > 0
    assert qini(ranked((150, 100), (150, 100))).value == pytest.approx(0.0, abs=1e-9)


def test_strata_without_control_lend_the_order_no_gain():
    """Every seventh of a list is control, and in each 70 of it both groups do alike; a stratum holds five customers."""
    places = np.arange(1400)
    rows = pd.DataFrame({"group": np.where(places % 7 == 0, "control", "contact"), "stratum": places // 5})
    rows["probability"] = 0.8 - 0.6 * places / 1400
    rate = 0.8 - 0.03 * (places // 70)
    in_group = rows.groupby([places // 70, "group"])
    rows["aim"] = (in_group.cumcount() < (in_group["group"].transform("size") * rate).round()).astype(int)
    found = qini(rows)
    assert (found.value, found.low > 0) == (pytest.approx(0.0, abs=0.002), False)


def test_prediction_narrows_the_qini_and_leaves_its_value():
    rows = ranked((460, 400), (50, 40))
    plain = qini(rows.assign(list_order=rows["probability"], probability=0.2), "list_order")
    found = qini(rows)
    assert found.value == pytest.approx(plain.value)
    assert found.error < 0.7 * plain.error


def test_qini_curve_is_empty_without_control():
    rows = customers(500, "contact", 100)
    assert qini_curve(rows).empty
    assert isinstance(qini(rows), NotMeasurable)


def test_fifths_follow_the_score_highest_first():
    rows = pd.DataFrame({"customer_id": list("abcde"), "probability": [0.1, 0.5, 0.3, 0.2, 0.4]})
    assert uplift_by_score(rows).tolist() == [5, 1, 3, 4, 2]


def test_equal_scores_are_in_no_order_of_the_rows():
    """Either group's first stand on top of the list: a depth within a score holds a part of both groups."""
    rows = ranked((200, 100), (50, 50))
    backwards = rows.iloc[::-1]
    curve = qini_curve(rows).set_index("depth")["gained"]
    # A quarter of the list is half of the head: 20 in a hundred more, of 25 in a hundred customers.
    assert curve[[0.05, 0.25]].tolist() == pytest.approx([1.0, 5.0])
    assert qini_curve(backwards)["gained"].tolist() == pytest.approx(curve.tolist())
    fifths = uplift_by_score(rows)
    assert fifths.equals(uplift_by_score(backwards).sort_index())
    assert fifths.groupby(rows["group"]).value_counts().between(170, 230).all()


def test_one_score_for_all_is_no_order():
    rows = together(customers(850, "contact", 200), customers(150, "control", 15))
    found = measure(rows, COSTS)
    assert found.qini == NotMeasurable("all customers have the same score, which puts them in no order")
    assert (len(found.curve), found.by_score) == (0, ())
    assert not {"qini", "qini_low"} & set(figures(found))
    assert found.whole.effect.value == pytest.approx(200 / 850 - 0.1)


def test_predicted_shares_are_compared_with_the_control():
    rows = together(
        customers(100, "contact", 40, probability=0.2, decile=1),
        customers(100, "control", 22, probability=0.2, decile=1),
        customers(100, "contact", 10, probability=0.05, decile=2),
        customers(10, "control", 5, probability=0.05, decile=2),
    )
    found = predicted_observed(rows)
    assert found["predicted"].tolist() == pytest.approx([0.2, 0.05])
    assert found.loc[0, ["control", "contact"]].tolist() == pytest.approx([0.22, 0.4])
    assert found.loc[0, "control_low"] < 0.2 < found.loc[0, "control_high"]
    assert found.loc[1, ["control", "control_low"]].isna().all()


def test_compliance_counts_contamination_and_late_contacts():
    rows = together(
        customers(60, "contact", 0),
        customers(20, "contact", 0, reached=False),
        customers(5, "contact", 0, contacted_by="sms"),
        customers(5, "contact", 0, contacted_on=date(2024, 6, 1)),
        customers(10, "contact", 0, contacted_on=None, contacted_by=None, reached=False),
        customers(45, "control", 0),
        customers(5, "control", 0, contacted_on=date(2024, 3, 5), contacted_by="call"),
    )
    found = compliance(rows)
    assert (found.contact, found.worked, found.reached, found.elsewhere, found.late) == (100, 90, 70, 5, 5)
    assert (found.control, found.contaminated) == (50, 5)
    shown = compliance_table(found).set_index("what").loc["reached"]
    assert shown.to_dict() == {"customers": 70, "of": 90}  # "of them": of those contacted
    assert found.diluted == pytest.approx(0.8)


def test_contact_of_unknown_channel_is_by_no_other_channel_and_costs_as_the_one_asked_for():
    rows = together(
        customers(50, "contact", 0, channel="visit", contacted_by="visit"),
        customers(10, "contact", 0, channel="visit", contacted_by="call"),
        customers(40, "contact", 0, channel="visit", contacted_by=None),
        customers(100, "control", 0),
    )
    rows["contact_channels"] = [("visit",)] * 50 + [("call",)] * 10 + [(None,)] * 40 + [()] * 100
    found = measure(rows, {"call": 6.0, "visit": 25.0})
    counts = compliance_table(found.compliance).set_index("what")
    assert counts.loc["other_channel"].to_dict() == {"customers": 10, "of": 60}
    assert counts.loc["worked"].to_dict() == {"customers": 100, "of": 100}
    assert found.money.cost == 50 * 25.0 + 10 * 6.0 + 40 * 25.0


def test_cost_per_yuan_is_cost_over_moved_aum():
    rows = together(
        customers(100, "contact", 60, aum_change=1000.0),
        customers(100, "control", 20, aum_change=[100.0] * 50 + [300.0] * 50),
    )
    found = money(rows, {"call": 5.0})
    assert found.cost == 500.0
    assert found.moved.value == pytest.approx(80_000.0)
    assert found.per_yuan == pytest.approx(500 / 80_000)
    assert found.per_customer == pytest.approx(500 / 40)


def test_cost_per_yuan_is_empty_without_shown_effect():
    rows = together(
        customers(100, "contact", 20, aum_change=[-5000.0, 5000.0] * 50),
        customers(100, "control", 20, aum_change=[-5000.0, 4900.0] * 50),
    )
    found = money(rows, COSTS)
    assert (found.per_yuan, found.per_customer) == (None, None)


def test_moved_aum_is_not_measurable_without_balances():
    rows = together(customers(100, "contact", 20), customers(100, "control", 20)).assign(aum_change=None)
    assert isinstance(money(rows, COSTS).moved, NotMeasurable)


def test_campaign_without_contacts_costs_nothing():
    rows = together(customers(100, "contact", 20, aum_change=0.0), customers(100, "control", 20, aum_change=0.0))
    rows = rows.assign(contact_channels=[()] * 200)
    assert money(rows, COSTS).cost == 0.0


def test_given_costs_replace_only_their_channels():
    assert read_costs(["call=4.5"]) == COSTS | {"call": 4.5}


def test_campaign_costs_override_default_costs():
    assert costs_of("longtail_2024", date(2024, 3, 31)) == COSTS | {"call": 6.0, "sms": 0.1}
    assert read_costs(["call=7"], costs_of("longtail_2024", date(2024, 3, 31)))["call"] == 7.0
    assert costs_of("never_heard_of", date(2024, 3, 31)) == COSTS


@pytest.mark.parametrize("text", ["call", "call=-1", "pigeon=3", "call=many", "call=inf"])
def test_malformed_cost_is_refused(text):
    with pytest.raises(ParameterError, match="costs: one of them is not of the form channel=yuan"):
        read_costs([text])


def test_small_campaign_keeps_counts_only():
    rows = together(customers(500, "contact", 100), customers(20, "control", 2))
    values = figures(measure(rows, COSTS))
    assert values["contact"] == 500
    assert not {"effect", "effect_low", "qini", "aum_moved", "extra_customers", "cost_per_extra_yuan"} & set(values)


def test_why_a_small_campaign_cannot_be_measured_is_kept_in_every_language(store):
    rows = together(customers(500, "contact", 100), customers(20, "control", 2))
    campaign = SimpleNamespace(name="small", as_of=date(2024, 3, 31), complete_on=date(2024, 6, 30))
    rows = rows.assign(model_version=1)  # no longer registered
    assert report.keep(Workspace(store), "tiny", campaign, rows, measure(rows, COSTS)) == []
    (kept,) = kept_figures(Workspace(store))
    assert (kept.figures["control"], "effect" in kept.figures) == (20.0, False)
    assert kept.why["en"].startswith("20 control rows, at least")
    assert "20" in kept.why["zh"]
    assert kept.why["zh"] != kept.why["en"]


def test_campaign_ranked_by_uplift_is_evaluated_in_that_order():
    moved = [customers(100, "contact", 60, uplift=0.3), customers(100, "control", 10, uplift=0.3)]
    sure = [customers(100, arm, 50, uplift=0.0, probability=0.9) for arm in ("contact", "control")]
    rows = together(*moved, *sure)
    found = measure(rows, COSTS)
    assert (found.score, found.qini.value > 0.05) == ("uplift", True)
    by_chance = measure(rows.assign(uplift=float("nan")), COSTS)
    assert (by_chance.score, by_chance.qini.value < -0.05) == ("probability", True)


def test_measured_campaign_keeps_every_figure():
    rows = together(customers(500, "contact", 150), customers(500, "control", 50))
    found = measure(rows, COSTS)
    values = figures(found)
    assert values["effect"] == pytest.approx(0.2)
    assert values["extra_customers"] == pytest.approx(100)
    assert values["cost_per_extra_customer"] == pytest.approx(500 * 3 / 100)
    assert [one.name for one in found.by["branch"]] == ["B001"]


def test_whom_an_earlier_release_drew_is_worked_and_not_measured():
    """The contacts that an earlier release moved have left the list: those still there would hide the effect."""
    new = [customers(200, "contact", 60), customers(100, "control", 10)]
    before = [customers(400, "contact", 0, drawn_before=True), customers(300, "control", 150, drawn_before=True)]
    found = measure(together(*new, *before), {"call": 2.0}, 1 / 3)
    assert (found.whole.contact, found.whole.control, found.drawn_before) == (200, 100, 700)
    assert found.whole.effect.value == pytest.approx(0.2)
    assert {group.contact for groups in found.by.values() for group in groups} == {200}
    assert (found.money.cost, found.compliance.contact, found.compliance.worked) == (400.0, 600, 600)
    assert figures(found)["drawn_before"] == 700
