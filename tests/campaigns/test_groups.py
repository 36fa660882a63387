"""A person's group in a campaign is decided once, whatever is published, corrected or made up later, in any order."""

import shutil
import tempfile
from collections.abc import Iterable
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from goldmine.campaigns.control import power_of, split
from goldmine.contactability.holdout import chance, held_back_at, salt_of
from goldmine.contactability.past_offers import handed_out, newest_releases, offers_of
from goldmine.contactability.policy import HoldOut
from goldmine.core.workspace import Workspace
from goldmine.identity import surviving_numbers
from tests.campaigns.made import SALT, campaign, person, plan_of, policy, release, rows_of

HALF = campaign(control={"share": 0.5, "min_effect_of_interest": 0.05})
NOBODY = pd.DataFrame({"customer_id": [], "group": []}, dtype="object")
NUMBERS = [f"C{number:02}" for number in range(12)]
MONTHS = ["2024-03-31", "2024-04-30", "2024-05-31", "2024-06-30"]


def chosen(numbers: Iterable[str]) -> pd.DataFrame:
    return pd.DataFrame({"customer_id": list(numbers)}).assign(
        branch_id="B1", decile=1, channel="call", offer="deposit"
    )


def groups_of(rows: pd.DataFrame) -> dict[str, str]:
    return dict(zip(rows["customer_id"], rows["group"], strict=True))


def test_group_follows_the_hash_of_campaign_and_number():
    hashed = {number: round(chance(SALT, "tail", number), 2) for number in ("C00", "C01", "C03")}
    assert hashed == {"C00": 0.82, "C01": 0.11, "C03": 0.69}
    settings = campaign(control={"share": 0.15, "min_effect_of_interest": 0.05})
    assert groups_of(split(chosen(hashed), settings, SALT, [], NOBODY)) == {
        "C00": "contact",
        "C01": "control",
        "C03": "contact",
    }


def test_nobody_else_moves_a_customer():
    alone = {number: groups_of(split(chosen([number]), HALF, SALT, [], NOBODY))[number] for number in NUMBERS}
    assert groups_of(split(chosen(reversed(NUMBERS)), HALF, SALT, [], NOBODY)) == alone
    assert set(alone.values()) == {"contact", "control"}


def test_control_has_its_share():
    many = [f"N{number}" for number in range(10_000)]
    settings = campaign(control={"share": 0.15, "min_effect_of_interest": 0.05})
    control = sum(group == "control" for group in groups_of(split(chosen(many), settings, SALT, [], NOBODY)).values())
    assert control == pytest.approx(1500, abs=110)


def test_first_decision_outlives_another_share():
    decided = pd.DataFrame({"customer_id": ["C00", "C01", "C00"], "group": ["contact", "control", "control"]})
    everybody = campaign(control={"share": 0.5, "min_effect_of_interest": 0.05})
    nobody = campaign(control={"share": 0.0, "min_effect_of_interest": 0.05})
    for spec in (everybody, nobody):
        assert groups_of(split(chosen(["C00", "C01"]), spec, SALT, [], decided)) == {"C00": "contact", "C01": "control"}


def test_power_is_about_those_whom_no_earlier_release_drew():
    rows = chosen(f"N{number}" for number in range(3_000)).assign(
        group=["contact"] * 2_000 + ["control"] * 400 + ["contact"] * 500 + ["control"] * 100,
        held_out=[False] * 2_380 + [True] * 20 + [False] * 580 + [True] * 20,
        drawn_before=[False] * 2_400 + [True] * 600,
        probability=[0.07] * 2_400 + [0.9] * 600,
        use_case="longtail",
    )
    power = power_of(campaign(control={"share": 0.15, "min_effect_of_interest": 0.05}), rows)
    assert (power.contact, power.control, power.held_out, power.drawn_before) == (2_500, 500, 40, 600)
    assert (power.measured.contact, power.measured.control, power.measured.held_out) == (2_000, 400, 20)
    assert (round(power.base_rate, 3), round(power.smallest_effect, 3)) == (0.07, 0.041)
    # 20 held out, and 15 of 100 of the other 2,380.
    assert power.expected_control == pytest.approx(377 / 2_400)
    assert power.model_copy(update={"control_share": None}).expected_control is None


def test_power_of_a_campaign_that_prevents_is_about_a_fall_of_the_rate():
    rows = chosen(f"N{number}" for number in range(1_300)).assign(
        group=["contact"] * 1_100 + ["control"] * 200,
        held_out=False,
        drawn_before=False,
        probability=0.3,
        use_case="dormancy",
    )
    spec = campaign(control={"share": 0.15, "min_effect_of_interest": 0.06})
    rise, fall = power_of(spec, rows), power_of(spec, rows, {"dormancy"})
    assert (rise.base_rate, fall.base_rate) == (pytest.approx(0.3), pytest.approx(0.3))
    assert (round(rise.smallest_effect, 4), round(fall.smallest_effect, 4)) == (0.0998, 0.0969)
    assert (rise.more_contacts, fall.more_contacts) == (1_921, 1_816)
    # A rise of a rate of 3% would be seen from 4.0 points on; it cannot fall by as many.
    few = rows.assign(probability=0.03)
    assert round(power_of(spec, few).smallest_effect, 3) == 0.04
    assert power_of(spec, few, {"dormancy"}).smallest_effect is None


def test_contact_who_is_held_out_later_belongs_to_no_group():
    decided = pd.DataFrame({"customer_id": ["called", "kept"], "group": ["contact", "control"]})
    rows = split(chosen(["called", "kept", "new"]), HALF, SALT, ["called", "kept", "new"], decided)
    assert groups_of(rows) == {"kept": "control", "new": "control"}
    assert rows["held_out"].tolist() == [True, True]


def merged(old: str, new: str) -> dict:
    return {"customers": [person(old, merged_into=new, merged_on="2024-06-20"), person(new)]}


@pytest.mark.parametrize("group", ["contact", "control"])
def test_survivor_inherits_the_group(tmp_path, group):
    release(Workspace(tmp_path / "work"), [{"customer_id": "OLD", "group": group}], as_of="2024-03-31")
    for share in (0.0, 0.5):
        settings = campaign(control={"share": share, "min_effect_of_interest": 0.05})
        assert groups_of(rows_of(plan_of(tmp_path, merged("OLD", "NEW"), {"NEW": 0.5}, settings))) == {"NEW": group}


def test_earliest_decision_counts_for_a_person_with_two(tmp_path):
    work = Workspace(tmp_path / "work")
    release(work, [{"customer_id": "NEW", "group": "control"}], "2024-04-30", "r1", "2024-05-01")
    release(work, [{"customer_id": "OLD", "group": "contact"}], "2024-03-31", "r0", "2024-04-01")
    assert groups_of(rows_of(plan_of(tmp_path, merged("OLD", "NEW"), {"NEW": 0.5}, HALF))) == {"NEW": "contact"}


def test_control_counts_for_a_person_in_both_groups_of_a_release(tmp_path):
    rows = [{"customer_id": "OLD", "group": "contact"}, {"customer_id": "NEW", "group": "control"}]
    release(Workspace(tmp_path / "work"), rows, "2024-03-31")
    assert groups_of(rows_of(plan_of(tmp_path, merged("OLD", "NEW"), {"NEW": 0.5}, campaign()))) == {"NEW": "control"}


def test_survivor_inherits_the_hold_out(tmp_path):
    holdout = {"salt": SALT, "share": 0.1, "start_date": date(2024, 1, 1), "end_date": date(2024, 12, 31)}
    numbers = [f"{number:03}" for number in range(100)]
    out = next(number for number in numbers if chance(SALT, number) < 0.1)
    free = next(number for number in numbers if chance(SALT, number) >= 0.1)
    plan = plan_of(tmp_path, merged(out, free), {free: 0.5}, campaign(), rules=policy(holdout=holdout))
    assert groups_of(rows_of(plan)) == {free: "control"}
    assert {out, free} <= plan.held_back


def test_month_made_up_later_binds_nobody(tmp_path):
    work = Workspace(tmp_path)
    release(work, [{"customer_id": "A", "group": "contact"}], "2024-05-31", "march", "2024-06-01")
    release(work, [{"customer_id": "B", "group": "contact"}], "2024-06-30", "june", "2024-07-01")
    release(work, [{"customer_id": "C", "group": "control"}], "2024-04-30", "backfill", "2024-07-02")
    release(work, [{"customer_id": "D", "group": "control"}], "2024-05-31", "too_late", "2024-07-03")
    release(work, [{"customer_id": "E", "group": "contact"}], "2024-06-30", "june_again", "2024-07-04")
    assert [folder.name for folder in handed_out(work)] == ["march", "june", "june_again"]
    assert [folder.name for folder in newest_releases(work)] == ["march", "june_again"]
    assert held_back_at(work, date(2024, 6, 30)).control_except() == set()


def test_release_published_again_replaces_its_correction(tmp_path):
    work = Workspace(tmp_path)
    release(work, [], "2024-06-30", "first", "2024-07-01")
    release(work, [], "2024-06-30", "correction", "2024-07-02")
    (work.releases / "latest.json").write_text('{"as_of": "2024-06-30", "path": "2024-06-30/first"}')
    assert [folder.name for folder in newest_releases(work)] == ["first"]


def test_control_is_held_back_until_its_outcome_is_counted(tmp_path):
    work = Workspace(tmp_path)
    row = {"customer_id": "A", "group": "control", "valid_until": date(2024, 5, 30)}
    release(work, [row], "2024-03-31")
    release(work, [row | {"customer_id": "B", "use_case": "removed since"}], "2024-04-30")
    held_back = {day: held_back_at(work, day).control_except() for day in (date(2024, 7, 14), date(2024, 7, 15))}
    assert held_back == {date(2024, 7, 14): {"A"}, date(2024, 7, 15): set()}
    assert held_back_at(work, date(2024, 5, 30)).control_except() == {"A", "B"}


def test_salt_is_drawn_without_a_hold_out(tmp_path):
    work = Workspace(tmp_path)
    salt = salt_of(work, None)
    assert len(salt) == 32
    assert salt_of(work, None) == salt
    holdout = HoldOut(salt=SALT, share=0.1, start_date=date(2024, 1, 1), end_date=date(2024, 12, 31))
    assert salt_of(work, holdout) == SALT


class Publishing(RuleBasedStateMachine):
    """Months are published, corrected and made up later in any order, while shares change and numbers are merged."""

    def __init__(self) -> None:
        super().__init__()
        self.work = Workspace(Path(tempfile.mkdtemp()))
        self.share, self.releases, self.latest = 0.5, 0, ""
        self.merged_into: dict[str, str] = {}
        self.decided: list[tuple[str, str]] = []

    def teardown(self) -> None:
        shutil.rmtree(self.work.root)

    def survivor(self, number: str) -> str:
        return surviving_numbers(self.merged_into).get(number, number)

    @rule(month=st.sampled_from(MONTHS), numbers=st.sets(st.sampled_from(NUMBERS), min_size=1))
    def publish(self, month, numbers):
        """Publish a month: a new one, one there already (a correction), or one before the latest (a backfill)."""
        decided = offers_of(handed_out(self.work))
        decided = decided.assign(customer_id=decided["customer_id"].map(self.survivor))
        spec = campaign(control={"share": self.share, "min_effect_of_interest": 0.05})
        rows = split(chosen({self.survivor(number) for number in numbers}), spec, SALT, [], decided)
        self.releases += 1
        records = rows[["customer_id", "group"]].to_dict("records")
        release(self.work, records, month, f"r{self.releases}", f"{self.releases:04}")
        if month >= self.latest:
            self.latest = month
            self.decided += [(row["customer_id"], row["group"]) for row in records]

    @rule(share=st.sampled_from([0.0, 0.2, 0.5]))
    def change_share(self, share):
        self.share = share

    @rule(old=st.sampled_from(NUMBERS), new=st.sampled_from(NUMBERS))
    def merge(self, old, new):
        """Merge two numbers of which at most one was in a release, so that a person has one decision."""
        known = {self.survivor(number) for number, _group in self.decided}
        if self.survivor(old) != self.survivor(new) and not {self.survivor(old), self.survivor(new)} <= known:
            self.merged_into[self.survivor(old)] = new

    @invariant()
    def nobody_changes_group(self):
        groups: dict[str, set[str]] = {}
        for number, group in self.decided:
            groups.setdefault(self.survivor(number), set()).add(group)
        assert [person for person, seen in groups.items() if len(seen) > 1] == []


TestPublishing = Publishing.TestCase
TestPublishing.settings = settings(
    max_examples=15, stateful_step_count=12, deadline=None, derandomize=True, database=None
)
