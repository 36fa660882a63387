"""What offers at the counter changed, by intention to treat."""

from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from goldmine.measurement.campaign_results import Campaign
from goldmine.measurement.lobby import drawn_look_ups, lobby_effect, of_campaign
from goldmine.models.uplift.effect import NotMeasurable

SNAPSHOTS = {"r1": "2024-06-30", "r2": "2024-09-30"}


def exposures(*rows):
    columns = ["at", "release", "list_name", "customer_id", "drawn", "chance"]
    return pd.DataFrame(rows, columns=columns)


def test_the_first_look_up_of_a_customer_counts_once_a_campaign_and_snapshot():
    found = drawn_look_ups(
        exposures(
            ("2024-08-02", "r1", "longtail", "C1", True, 0.9),
            ("2024-08-01", "r1", "longtail", "C1", True, 0.9),
            ("2024-08-01", "r1", "wealth", "C1", True, 0.9),
            ("2024-10-08", "r2", "longtail", "C1", True, 0.9),
        ),
        SNAPSHOTS,
    )
    assert found[["at", "as_of", "list_name"]].to_numpy().tolist() == [
        ["2024-08-01", "2024-06-30", "longtail"],
        ["2024-08-01", "2024-06-30", "wealth"],
        ["2024-10-08", "2024-09-30", "longtail"],
    ]


def test_look_ups_without_an_offer_a_draw_or_a_known_release_are_left_out():
    found = drawn_look_ups(
        exposures(
            ("2024-08-01", "r1", "", "C1", True, 0.9),
            ("2024-08-01", "r1", "longtail", "C2", True, 1.0),
            ("2024-08-01", "gone", "longtail", "C3", True, 0.9),
            ("2024-08-01", "r1", "longtail", "C4", False, 0.9),
        ),
        SNAPSHOTS,
    )
    assert found["customer_id"].tolist() == ["C4"]


def looked_up(drawn, left_out, chance=0.5):
    """Customers with the share of each group that reached the aim: ``(rows, reached)``."""
    rows = [(True, i < drawn[1]) for i in range(drawn[0])] + [(False, i < left_out[1]) for i in range(left_out[0])]
    numbers = [f"C{i}-{chance}" for i in range(len(rows))]
    look_ups = pd.DataFrame({"customer_id": numbers, "drawn": [group for group, _ in rows], "chance": chance})
    results = pd.DataFrame({"customer_id": numbers, "probability": 0.3, "aim": [int(aim) for _, aim in rows]})
    return look_ups, results.assign(drawn_before=False)


def test_the_effect_is_the_difference_between_drawn_and_left_out_with_its_interval():
    effect = lobby_effect(*looked_up((400, 120), (400, 80)), "longtail 2024-06-30")
    assert (effect.contact, effect.control) == (400, 400)
    assert effect.effect.value == pytest.approx(0.10)
    assert (effect.effect.low, effect.effect.high) == pytest.approx((0.0399, 0.1601), abs=0.0005)


def test_customers_are_compared_within_the_chance_they_had():
    """The share changed from 0.5 to 0.9: pooled, 74% of those drawn against 50% would look like one."""
    halves, mostly = looked_up((100, 20), (100, 20), 0.5), looked_up((900, 720), (100, 80), 0.9)
    look_ups, results = (pd.concat(parts, ignore_index=True) for parts in zip(halves, mostly, strict=True))
    assert lobby_effect(look_ups, results, "x").effect.value == pytest.approx(0.0, abs=1e-12)


def test_too_few_left_out_give_no_number():
    effect = lobby_effect(*looked_up((400, 120), (49, 10)), "longtail 2024-06-30").effect
    assert isinstance(effect, NotMeasurable)


def test_customers_of_no_campaign_row_are_left_out():
    look_ups, results = looked_up((100, 30), (100, 20))
    assert lobby_effect(look_ups, results.iloc[1:], "x").contact == 99


def test_customers_of_an_earlier_release_of_the_campaign_are_measured_there():
    """Whom the counter moved has left the list since; those left out have stayed on it."""
    look_ups, results = looked_up((100, 30), (100, 20))
    again, later = looked_up((60, 0), (100, 60), 0.6)
    both = pd.concat([results, later.assign(drawn_before=True)], ignore_index=True)
    effect = lobby_effect(pd.concat([look_ups, again], ignore_index=True), both, "longtail 2024-09-30")
    assert (effect.contact, effect.control) == (100, 100)
    assert effect.effect.value == pytest.approx(0.10)


def test_look_ups_count_up_to_the_last_day_by_the_bank_s_clock():
    campaign = Campaign(Path("longtail"), "longtail", date(2024, 6, 30), date(2024, 10, 13), ("longtail",))
    at = ["2024-10-13T15:59:00+00:00", "2024-10-13T16:01:00+00:00"]  # a minute before midnight in China, and after
    rows = pd.DataFrame({"at": at, "list_name": "longtail", "as_of": "2024-06-30", "customer_id": ["C1", "C2"]})
    assert of_campaign(rows, campaign)["customer_id"].tolist() == ["C1"]
