"""What campaigns and the hold-out may say, and what is refused."""

import os
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest

from goldmine.campaigns.control import more_contacts, smallest_effect
from goldmine.campaigns.load import _check_overlap, carried_out, live, load_campaigns, read_campaign
from goldmine.campaigns.masking import masked_names, masked_phones
from goldmine.campaigns.record import Power
from goldmine.contactability.holdout import chance, held_out, in_force, keep_holdout, salted
from goldmine.contactability.policy import HoldOut, load_policy
from goldmine.core.errors import SettingsError
from goldmine.core.workspace import Workspace
from tests.campaigns.made import campaign, offer, person, tables_of

JUNE, YEAR_END = date(2024, 6, 30), date(2024, 12, 31)
GOOD = """\
campaign_id: mine
title: {en: Mine, zh: 我的}
use_cases: [longtail]
start_date: 2024-01-01
end_date: 2024-06-30
offers: [{offer: a, title: {en: A, zh: 甲}, sentences: [{say: {en: Hello, zh: 您好}}], value: 10}]
channels: {call: {cost: 5, max: 10}}
capacity: {branch: {default: 5}, manager: {default: 5}}
control: {share: 0.1, min_effect_of_interest: 0.05}
"""


def read(folder, text=GOOD):
    path = folder / "mine.yaml"
    path.write_text(text, "utf-8")
    return read_campaign(path, 2024)


def test_project_campaigns_are_readable():
    assert {campaign.campaign_id for campaign in load_campaigns(date(2024, 6, 30))} >= {
        "longtail_2024",
        "wake_2024",
        "wealth_2024",
    }
    assert load_policy().language == "zh"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("end_date: 2024-06-30\n", ""), r"mine\.yaml: end_date: is missing"),
        (("end_date: 2024-06-30", "end_date: 2023-06-30"), r"^mine\.yaml: end_date lies before start_date\."),
        (
            ("default: 5}, manager", "default: -5}, manager"),
            r"capacity\.branch\.default: Input should be greater than or equal to 0",
        ),
        ((", manager: {default: 5}", ""), r"capacity\.manager: is missing"),
        (("cost: 5, max: 10", "cost: 5"), r"channels\.call\.max: is missing"),
        (("channels: {call", "channels: {telegraph"), r"channels\.telegraph"),
        (("value: 10", "value: 10, risk_free: true"), r"offers\.0\.risk_free: unknown key"),
        (
            (
                "control: {share: 0.1, min_effect_of_interest: 0.05}",
                "control: {share: 0.1, min_effect_of_interest: 0.05}\nsuitability: false",
            ),
            "suitability: unknown key",
        ),
        (("[longtail]", "[longtale]"), "there is no use case longtale"),
        (("campaign_id: mine", "campaign_id: other"), "its campaign_id is 'other'"),
    ],
)
def test_invalid_campaign_is_refused(tmp_path, change, said):
    assert read(tmp_path).channels["call"].max == 10
    with pytest.raises(SettingsError, match=said):
        read(tmp_path, GOOD.replace(*change))


def test_campaign_without_a_year_in_its_days_is_a_campaign_of_its_own_each_year(tmp_path):
    text = GOOD.replace("2024-01-01", "01-01").replace("2024-06-30", "03-31").replace("en: Mine", "en: 'Mine {year}'")
    (tmp_path / "mine.yaml").write_text(text, "utf-8")
    spring = [read_campaign(tmp_path / "mine.yaml", year) for year in (2024, 2025)]
    assert [campaign.campaign_id for campaign in spring] == ["mine_2024", "mine_2025"]
    assert [str(campaign.title) for campaign in spring] == ["Mine 2024", "Mine 2025"]
    assert (spring[1].start_date, spring[1].end_date) == (date(2025, 1, 1), date(2025, 3, 31))
    with pytest.raises(SettingsError, match=r"mine\.yaml: end_date: Input should be a valid date"):
        read(tmp_path, GOOD.replace("2024-01-01", "01-01").replace("2024-06-30", "02-30"))
    with pytest.raises(SettingsError, match=r"mine\.yaml: start_date: Input should be a valid date"):
        read(tmp_path, GOOD.replace("2024-01-01", "01-01"))


def test_project_campaigns_go_on_in_the_new_year():
    lived = {day: {campaign.campaign_id for campaign in live(load_campaigns(day), day)} for day in (YEAR_END, JUNE)}
    names = ("association", "card_use", "facts_credit", "longtail", "maturity", "payroll", "season_credit", "staff")
    names = (*names, "wake", "wealth")
    assert lived == {YEAR_END: {f"{name}_2025" for name in names}, JUNE: {f"{name}_2024" for name in names}}


def test_a_campaign_of_quarterly_use_cases_is_left_to_the_runs_that_score_them():
    campaigns = [campaign("every", use_cases=["longtail"]), campaign("quarterly", use_cases=["payroll"])]
    assert [entry.campaign_id for entry in carried_out(campaigns, ["dormancy"])] == ["every"]
    assert [entry.campaign_id for entry in carried_out(campaigns, ["payroll"])] == ["every", "quarterly"]


def test_overlapping_campaigns_with_the_same_offer_are_refused():
    other = campaign("second", start_date=date(2024, 6, 1))
    with pytest.raises(
        SettingsError, match="first and second overlap from 2024-06-01 to 2024-12-31 and both offer deposit"
    ):
        _check_overlap(campaign("first"), other)
    _check_overlap(campaign("first", end_date=date(2024, 5, 31)), other)
    _check_overlap(campaign("first", offers=[offer("another")]), other)


def test_campaign_is_live_while_its_offers_are_valid():
    spring = campaign(start_date=date(2024, 4, 1), end_date=date(2024, 6, 30))
    assert [live([spring], day) != [] for day in (date(2024, 2, 29), date(2024, 3, 31), date(2024, 6, 30))] == [
        False,
        True,
        False,
    ]


def holdout(**more):
    settings = {"salt": "long enough", "share": 0.1, "start_date": date(2024, 1, 1), "end_date": date(2024, 12, 31)}
    return HoldOut.model_validate(settings | more)


def test_hold_out_changed_while_in_force_is_refused(tmp_path):
    work = Workspace(tmp_path)
    keep_holdout(work, holdout(), date(2024, 3, 31))
    keep_holdout(work, holdout(end_date=date(2025, 6, 30)), date(2024, 6, 30))
    for changed in (
        {"salt": "another salt"},
        {"share": 0.2},
        {"start_date": date(2024, 2, 1)},
        {"end_date": date(2024, 9, 30)},
    ):
        with pytest.raises(SettingsError, match=f"holdout: .*{next(iter(changed))}.* changed in the middle"):
            keep_holdout(work, holdout(**{"end_date": date(2025, 6, 30)} | changed), date(2024, 6, 30))
    with pytest.raises(SettingsError, match="changed in the middle of the hold-out from 2024-01-01 to 2025-06-30"):
        keep_holdout(work, None, date(2025, 6, 30))
    assert "long enough" not in (tmp_path / "holdout.json").read_text()
    keep_holdout(
        work, holdout(salt="another salt", start_date=date(2025, 7, 1), end_date=date(2025, 12, 31)), date(2025, 7, 31)
    )


def test_missing_salt_is_drawn_once(tmp_path):
    first, other = (salted(Workspace(tmp_path / name), holdout(salt="")) for name in ("one", "other"))
    path = tmp_path / "one" / "holdout.salt"
    assert len(first.salt) == 32
    assert first.salt != other.salt
    assert path.stat().st_mode & 0o077 == 0
    keep_holdout(Workspace(tmp_path / "one"), first, date(2024, 3, 31))
    again = salted(Workspace(tmp_path / "one"), holdout(salt=""))
    assert again == first
    keep_holdout(Workspace(tmp_path / "one"), again, date(2024, 6, 30))
    assert salted(Workspace(tmp_path), holdout()).salt == "long enough"
    assert salted(Workspace(tmp_path), None) is None


def test_drawn_salt_is_on_the_disk_before_it_gets_its_name(tmp_path, monkeypatch):
    """An empty one would count as lost, and stop the bank's first release for good."""
    seen = []
    monkeypatch.setattr("os.fsync", lambda handle: seen.append(Path(f"/proc/self/fd/{handle}").readlink().name))
    link = os.link
    monkeypatch.setattr("os.link", lambda source, to: (seen.append("named"), link(source, to))[1])
    salted(Workspace(tmp_path), holdout(salt=""))
    assert seen == [f".holdout.salt.{os.getpid()}.part", "named", tmp_path.name]


def test_lost_salt_is_refused(tmp_path):
    work = Workspace(tmp_path)
    keep_holdout(work, salted(work, holdout(salt="")), date(2024, 3, 31))
    (tmp_path / "holdout.salt").unlink()
    with pytest.raises(SettingsError, match=r"holdout\.salt: is missing, and a hold-out was drawn with it"):
        salted(work, holdout(salt=""))


def test_hold_out_depends_on_salt_and_number_only(tmp_path):
    names = [f"C{n}" for n in range(5000)]
    tables = tables_of(tmp_path, {"customers": [person("C1")]})

    def drawn(numbers: list[str], **more: object) -> set[str]:
        rows = held_out(tables.customers(numbers), holdout(**more))
        return set(rows.to_pyarrow()["customer_id"].to_pylist())

    first = drawn(names)
    assert first == {name for name in names if chance(holdout().salt, name) < holdout().share}
    assert len(first) == pytest.approx(500, abs=70)
    assert drawn(names[-100:]) == first & set(names[-100:])
    assert len(first & drawn(names, salt="another salt")) < 100
    assert in_force(holdout(), date(2025, 1, 1)) is None


def test_hold_out_holds_for_the_release_that_is_worked_from_its_first_day_on(tmp_path):
    new_year = holdout(start_date=date(2025, 1, 1), end_date=date(2025, 12, 31))
    assert in_force(new_year, date(2024, 11, 30)) is None
    assert in_force(new_year, date(2024, 12, 31)) == new_year
    assert in_force(new_year, date(2025, 12, 31)) == new_year
    keep_holdout(Workspace(tmp_path), new_year, date(2024, 12, 31))
    with pytest.raises(SettingsError, match="changed in the middle of the hold-out from 2025-01-01"):
        keep_holdout(Workspace(tmp_path), None, date(2024, 12, 31))


def test_smallest_effect_matches_the_textbook():
    assert smallest_effect(0.5, 1000, 1000) == pytest.approx(0.0625, abs=0.001)
    assert smallest_effect(0.07, 5000, 500) < smallest_effect(0.07, 5000, 100)
    assert smallest_effect(0.5, 10, 0) is None


def test_explained_variance_makes_a_smaller_effect_detectable():
    # Nine tenths of the variance 0.25 explained: errors, and so effects, shrink by about the root of ten.
    assert smallest_effect(0.5, 1000, 1000, explained=0.225) == pytest.approx(0.0625 / 10**0.5, abs=0.001)


def test_more_contacts_make_the_effect_of_interest_detectable():
    more = more_contacts(0.07, 2000, 400, effect=0.03)
    larger = smallest_effect(0.07, 2000 + more, round((2000 + more) / 5))
    assert larger == pytest.approx(0.03, abs=0.0001)
    assert more_contacts(0.07, 2000, 400, effect=0.05) == 0
    assert more_contacts(0.07, 2000, 0, effect=0.05) is None
    assert more_contacts(0.97, 2000, 400, effect=0.05) is None
    # A control of 10 needs five times as many customers, however large the effect.
    assert more_contacts(0.3, 100, 10, effect=0.6) == 400


@pytest.mark.parametrize(
    ("contact", "control", "rate", "measurable"),
    [(1000, 50, 0.1, True), (1000, 49, 0.3, False), (1000, 50, 0.09, False), (49, 300, 0.3, False)],
)
def test_campaign_is_called_not_measurable_by_the_rule_of_the_measurement(contact, control, rate, measurable):
    power = Power(
        contact=contact, control=control, held_out=0, base_rate=rate, smallest_effect=0.1, min_effect_of_interest=0.05
    )
    assert power.measurable is measurable
    assert not power.detects


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("张三", "张*"),
        ("欧阳娜娜", "欧***"),
        ("王", "王*"),
        ("=1+1", "=***"),
        ("长" * 5000, "长***"),
        ("", ""),
        (None, ""),
    ],
)
def test_masked_name_shows_its_first_character(name, shown):
    assert masked_names(pa.array([name], pa.string())).to_pylist() == [shown]


@pytest.mark.parametrize(
    ("phone", "shown"), [("12043057256", "120****7256"), ("0516-862", "****"), ("", ""), (None, "")]
)
def test_masked_phone_hides_its_middle(phone, shown):
    assert masked_phones(pa.array([phone], pa.string())).to_pylist() == [shown]
