"""What the head office's table of effects says of a campaign is what its measurement says."""

from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from goldmine.core.errors import HistoryError
from goldmine.measurement.campaign_results import Campaign
from goldmine.reporting import model_health, tables
from tests.measurement.literal import customers, together

NEW = [customers(850, "contact", 170), customers(150, "control", 15)]


@pytest.fixture
def effects(view, monkeypatch):
    """The table's only row, of a campaign with some results and a release that drew some share for control."""

    def of(share: float, *parts):
        campaign = Campaign(Path("spring"), "spring", date(2024, 1, 31), date(2024, 5, 15), ("longtail",))
        known_by = {date(2024, 5, 31): together(*parts)}  # what came in later does not change what was measured
        monkeypatch.setattr(model_health, "published", lambda _work: [campaign])
        monkeypatch.setattr(model_health, "read_results", lambda *given: known_by[given[-1]])
        monkeypatch.setattr(model_health, "expected_control", lambda *_: share)
        (row,) = model_health.measured_effects(view, "en").to_dict("records")
        return row

    return of


def test_whom_an_earlier_release_drew_is_not_measured_again(effects):
    before = [customers(500, "contact", 0, drawn_before=True), customers(150, "control", 75, drawn_before=True)]
    row = effects(0.15, *NEW, *before)
    assert (row["contact_group"], row["control"], row["effect"]) == (850, 150, pytest.approx(0.1))


def test_groups_that_are_not_as_drawn_have_no_effect(effects):
    row = effects(0.25, *NEW)
    assert (row["contact_group"], row["control"]) == (850, 150)
    assert pd.isna([row[name] for name in ("effect", "low", "high")]).all()


def test_campaign_whose_outcome_cannot_be_counted_keeps_the_report_from_nothing(view, monkeypatch):
    def lacking(*_given):
        raise HistoryError("balances: none of 2024-05, the month that the outcome is read in.", "Bring them in.")

    campaign = Campaign(Path("spring"), "spring", date(2024, 1, 31), date(2024, 5, 15), ("longtail",))
    monkeypatch.setattr(model_health, "published", lambda _work: [campaign])
    monkeypatch.setattr(model_health, "read_results", lacking)
    shown = tables.effect_table(model_health.measured_effects(view, "en"), "en")
    assert shown.iloc[0].tolist() == ["spring", date(2024, 1, 31), *[tables.UNKNOWN] * 5]
