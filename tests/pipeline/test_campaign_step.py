"""Which campaigns the step measures; `run_step` is replaced by one that writes the step's ledger."""

from dataclasses import replace
from datetime import date

import pytest

from goldmine.core.errors import HistoryError, ReleaseError
from goldmine.core.files import write_json
from goldmine.core.fingerprint import of_value
from goldmine.measurement.kept_figures import KeptFigures, keep_figures
from goldmine.pipeline import inputs
from goldmine.pipeline.campaign_step import measure_campaigns
from goldmine.pipeline.snapshot import Snapshot
from goldmine.pipeline.step import Step, step_ledger
from tests.measurement.test_campaign_results import publish

STEP = Step("measured", "", group="lists", notebook="7_measure", for_each="campaign", reads=(inputs.campaign,))


@pytest.fixture
def measured(monkeypatch):
    """The campaigns that were measured: name, snapshot of the release, month end of the measurement."""
    calls = []

    def measure(step, run):
        if run.campaign.name == "broken":
            raise ReleaseError("broken: cannot be read.", "Mend it.")
        calls.append((run.campaign.name, str(run.campaign.as_of), str(run.as_of)))
        write_json(step_ledger(step, run).ledger, {"inputs": {"campaign": of_value(inputs.campaign(run))}})

    monkeypatch.setattr("goldmine.pipeline.campaign_step.run_step", measure)
    return calls


def at(work, day: str, **parameters: str) -> Snapshot:
    return Snapshot(work.root, work, date.fromisoformat(day), parameters=parameters)


def test_quarterly_run_measures_campaigns_that_ended_in_between_at_their_own_month_end(work, measured):
    publish(work, date(2024, 2, 29))
    publish(work, date(2024, 3, 31))
    counts = measure_campaigns(STEP, at(work, "2024-09-30"))
    assert measured == [("spring", "2024-02-29", "2024-06-30"), ("spring", "2024-03-31", "2024-07-31")]
    assert counts == {"due": 2, "measured_before": 0, "not_complete": 0}


def test_measured_campaign_is_not_measured_again(work, measured, capsys):
    publish(work, date(2024, 2, 29))
    measure_campaigns(STEP, at(work, "2024-06-30"))
    assert measure_campaigns(STEP, at(work, "2024-09-30"))["measured_before"] == 1
    assert len(measured) == 1
    assert "no campaign to measure; 1 measured before" in capsys.readouterr().err


def test_campaign_published_again_is_measured_again(work, measured):
    publish(work, date(2024, 2, 29))
    measure_campaigns(STEP, at(work, "2024-06-30"))
    publish(work, date(2024, 2, 29), use_case="dormancy", release="r2")
    measure_campaigns(STEP, at(work, "2024-09-30"))
    assert len(measured) == 2


FEW = {"en": "168 control rows", "zh": "对照组168行"}
"""Why an effect cannot be measured, as it is kept."""


def test_what_a_measured_campaign_changed_is_printed(work, measured, capsys):
    publish(work, date(2024, 2, 29))
    publish(work, date(2024, 3, 31))
    counts = {"contact": 1_883.0, "control": 168.0}
    effect = {"effect": 0.089, "effect_low": -0.0268, "effect_high": 0.1514}
    keep_figures(work, KeptFigures("spring", "2024-02-29", "2024-06-13", counts | effect))
    keep_figures(work, KeptFigures("spring", "2024-03-31", "2024-07-14", counts, FEW))
    measure_campaigns(STEP, at(work, "2024-09-30"))
    assert capsys.readouterr().err.splitlines() == [
        "  spring               of 2024-02-29: effect +8.9% (-2.7% to +15.1%); 1,883 contacts, 168 in control",
        "  spring               of 2024-03-31: effect not measurable: 168 control rows; 1,883 contacts, 168 in control",
    ]


def test_incomplete_campaign_is_named_with_its_day(work, measured, capsys):
    publish(work, date(2024, 3, 31))
    assert measure_campaigns(STEP, at(work, "2024-06-30"))["not_complete"] == 1
    assert measured == []
    shown = capsys.readouterr().err
    assert "spring               of 2024-03-31: not complete before 2024-07-14, measured from 2024-07-31 on" in shown
    measure_campaigns(STEP, replace(at(work, "2024-06-30"), language="zh"))
    told = capsys.readouterr().err
    assert "  spring               2024-03-31 发布：2024-07-14 前尚未完整，自 2024-07-31 起测算\n" in told
    assert "  measured             没有待测算的活动；此前已测算 0 个\n" in told


def test_campaign_published_after_the_snapshot_is_passed_over(work, measured, capsys):
    publish(work, date(2024, 3, 31))
    assert measure_campaigns(STEP, at(work, "2024-02-29"))["not_complete"] == 0
    assert "2024-07-14" not in capsys.readouterr().err


def test_unreadable_campaign_does_not_keep_others_from_measurement(work, measured):
    publish(work, date(2024, 1, 31), "broken")
    publish(work, date(2024, 2, 29))
    with pytest.raises(ReleaseError, match="broken: cannot be read"):
        measure_campaigns(STEP, at(work, "2024-09-30"))
    assert [name for name, _, _ in measured] == ["spring"]


def test_campaign_asked_for_is_measured_alone(work, measured):
    publish(work, date(2024, 1, 31), "winter")
    publish(work, date(2024, 2, 29))
    measure_campaigns(STEP, at(work, "2024-09-30", campaign="winter"))
    assert [name for name, _, _ in measured] == ["winter"]
    with pytest.raises(HistoryError, match="spring: its horizon ends on 2024-06-13"):
        measure_campaigns(STEP, at(work, "2024-05-31", campaign="spring"))
