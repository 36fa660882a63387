"""The funnel on literal customers: who leaves at which step, and why."""

from datetime import date

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from goldmine.contactability.funnel import STAGES
from goldmine.contactability.holdout import chance
from goldmine.core.errors import SettingsError
from goldmine.core.workspace import Workspace
from tests.campaigns.made import PRODUCTS, SALT, campaign, left, offer, person, plan_of, policy, release, rows_of


def people(*numbers: str, **more: object) -> dict:
    return {"customers": [person(number, **more) for number in numbers]}


def test_funnel_has_fixed_stages_and_loses_nobody(tmp_path):
    plan = plan_of(tmp_path, people("A", "B"), {"A": 0.5, "B": 0.4}, campaign())
    steps = plan.planned[0].record.funnel.steps
    stages = list(dict.fromkeys(step.stage for step in steps))
    assert stages == list(STAGES)
    assert plan.planned[0].record.funnel.scored == 2
    assert steps[-1].remain == 2


def test_row_has_offer_channel_value_manager_and_expiry(tmp_path):
    rows = rows_of(plan_of(tmp_path, people("A"), {"A": 0.5}, campaign()))
    records = rows[["customer_id", "use_case", "offer", "channel", "expected_value", "manager_id", "group"]].to_dict(
        "records"
    )
    assert records == [
        {
            "customer_id": "A",
            "use_case": "longtail",
            "offer": "deposit",
            "channel": "call",
            "expected_value": 45.0,
            "manager_id": "S1",
            "group": "contact",
        }
    ]
    assert rows["valid_until"].tolist() == [date(2024, 9, 28)]


def test_offer_expires_with_its_campaign(tmp_path):
    plan = plan_of(tmp_path, people("A"), {"A": 0.5}, campaign(end_date=date(2024, 7, 31)))
    assert rows_of(plan)["valid_until"].tolist() == [date(2024, 7, 31)]


def test_opt_outs_and_suppressions_exclude_customers(tmp_path):
    tables = people("ok", "dead", "court", "asked", "over", "later")
    tables["customers"] += [person("no", marketing_consent=False), person("gone", closed_on="2024-01-01")]
    row = {"start_date": "2024-01-01", "end_date": None, "channel": None}
    tables["suppressions"] = [
        row | {"customer_id": "dead", "reason": "deceased"},
        row | {"customer_id": "court", "reason": "litigation"},
        row | {"customer_id": "asked", "reason": "do_not_call", "end_date": "2024-06-30"},
        row | {"customer_id": "over", "reason": "complaint", "end_date": "2024-06-29"},
        row | {"customer_id": "later", "reason": "opted_out", "start_date": "2024-07-15"},
    ]
    names = ["ok", "dead", "court", "asked", "over", "later", "no", "gone"]
    plan = plan_of(tmp_path, tables, dict.fromkeys(names, 0.5), campaign())
    assert sorted(rows_of(plan)["customer_id"]) == ["ok", "over"]
    assert left(plan) == {"closed": 1, "deceased": 1, "opted_out": 1, "disputed": 1, "suppressed": 2}


def test_refused_channel_leaves_the_others(tmp_path):
    tables = people("A", "B")
    tables["suppressions"] = [
        {"customer_id": "A", "reason": "do_not_call", "start_date": "2024-01-01", "end_date": None, "channel": "call"}
    ]
    channels = {
        "call": {"cost": 5.0, "max": 9},
        "app": {"cost": 0.1, "reach": 0.1, "max": 9},
        "sms": {"cost": 0.1, "reach": 0.5, "max": 9},
    }
    rows = rows_of(plan_of(tmp_path, tables, {"A": 0.5, "B": 0.5}, campaign(channels=channels)))
    assert dict(zip(rows["customer_id"], rows["channel"], strict=True)) == {"A": "sms", "B": "call"}
    calls = plan_of(tmp_path, tables, {"A": 0.5, "B": 0.5}, campaign())
    assert left(calls) == {"no_channel": 1}


def wealth(**more: object):
    offers = [offer("low", product_id="P1", value=50.0), offer("high", product_id="P3", value=100.0, age_to=64)]
    return campaign(use_cases=["wealth"], offers=offers, **more)


def test_wealth_offer_requires_grade_date_and_age(tmp_path):
    tables = {
        "products": PRODUCTS,
        "customers": [
            person("C3"),
            person("C1", risk_grade="C1"),
            person("old", birth_date="1959-06-29"),
            person("none", risk_grade=None),
            person("stale", risk_grade_on="2023-07-01"),
            person("ageless", birth_date=None),
        ],
    }
    names = ["C3", "C1", "old", "none", "stale", "ageless"]
    plan = plan_of(tmp_path, tables, dict.fromkeys(names, 0.5), wealth())
    rows = rows_of(plan)
    assert dict(zip(rows["customer_id"], rows["offer"], strict=True)) == {"C3": "high", "C1": "low", "old": "low"}
    assert left(plan) == {"age_unknown": 1, "not_assessed": 1, "assessment_old": 1}
    refused = plan.planned[0].refusals
    rules = {(item.customer_id, item.offer): item.rule for item in refused.itertuples()}
    assert rules[("C1", "high")] == "unsuited"
    assert rules[("old", "high")] == "age_outside"
    assert rules[("none", "low")] == "not_assessed"


def test_wealth_offer_expires_with_the_assessment(tmp_path):
    days = {"new": "2024-06-30", "old": "2023-07-02", "just": "2023-09-29", "short": "2023-09-28"}
    people = [person(number, risk_grade_on=day) for number, day in days.items()]
    rows = rows_of(plan_of(tmp_path, {"products": PRODUCTS, "customers": people}, dict.fromkeys(days, 0.5), wealth()))
    assert dict(zip(rows["customer_id"], rows["valid_until"], strict=True)) == {
        "new": date(2024, 9, 28),
        "old": date(2024, 7, 1),
        "just": date(2024, 9, 28),
        "short": date(2024, 9, 27),
    }
    assert set(rows.loc[rows["expires_with"] == "assessment", "customer_id"]) == {"old", "short"}
    plain = rows_of(plan_of(tmp_path, {"customers": people}, dict.fromkeys(days, 0.5), campaign()))
    assert plain["valid_until"].tolist() == [date(2024, 9, 28)] * 4
    assert plain["expires_with"].isna().all()


def test_wealth_offer_requires_an_assessment(tmp_path):
    tables = {"products": PRODUCTS, "customers": [{"customer_id": "A", "birth_date": "1980-01-01"}]}
    plan = plan_of(tmp_path, tables, {"A": 0.9}, wealth())
    assert left(plan) == {"not_assessed": 1}


def test_ungraded_product_is_refused_and_unknown_one_disables(tmp_path):
    tables = people("A") | {"products": PRODUCTS}
    with pytest.raises(SettingsError, match="tail: the offer x: its product PX has no risk grade R1 to R5"):
        plan_of(tmp_path, tables, {"A": 0.5}, campaign(offers=[offer("x", product_id="PX")]))
    with pytest.raises(SettingsError, match="the offer deposit names no product, and its scores are about wealth"):
        plan_of(tmp_path, tables, {"A": 0.5}, campaign(use_cases=["wealth"]))
    plan = plan_of(tmp_path, tables, {"A": 0.5}, campaign(offers=[offer("x", product_id="P9")]))
    assert (plan.planned, plan.off) == ((), {"tail": "products: P9"})


def contact(customer: str, day: str, channel: str = "call", answer: str = "no") -> dict:
    row = {"campaign_id": "old", "customer_id": customer, "contacted_on": day, "channel": channel}
    return row | {"answer": answer, "outcome": "open"}


def test_fatigued_customer_is_excluded(tmp_path):
    tables = people("called", "long ago", "written", "twice")
    tables["contacts"] = [
        contact("called", "2024-06-01"),
        contact("long ago", "2024-05-31"),
        contact("written", "2024-06-01", "sms"),
        contact("twice", "2024-06-01", "sms"),
        contact("twice", "2024-06-20", "sms"),
    ]
    plan = plan_of(tmp_path, tables, dict.fromkeys(["called", "long ago", "written", "twice"], 0.5), campaign())
    assert sorted(rows_of(plan)["customer_id"]) == ["long ago", "written"]
    assert left(plan) == {"fatigued": 2}


def test_earlier_offer_counts_as_one_contact(tmp_path):
    work = Workspace(tmp_path / "work")
    release(work, [{"customer_id": name, "group": "contact"} for name in ("out", "worked")])
    release(work, [{"customer_id": "control", "group": "control"}], as_of="2024-05-31")
    tables = people("out", "worked", "control", "new")
    tables["contacts"] = [contact("worked", "2024-06-20", "sms") | {"campaign_id": "tail"}]
    plan = plan_of(tmp_path, tables, dict.fromkeys(["out", "worked", "control", "new"], 0.5), campaign())
    rows = rows_of(plan)
    assert dict(zip(rows["customer_id"], rows["group"], strict=True)) == {
        "worked": "contact",
        "control": "control",
        "new": "contact",
    }


def test_customer_is_in_the_most_valuable_campaign(tmp_path):
    tables = people("A", "B")
    first, second = campaign("a_first"), campaign("b_second", offers=[offer("other", value=100.0)])
    plan = plan_of(tmp_path, tables, {"A": 0.5, "B": 0.4}, first, second)
    assert [len(item.rows) for item in plan.planned] == [2, 0]
    richer = campaign("b_second", offers=[offer("other", value=101.0)])
    plan = plan_of(tmp_path, tables, {"A": 0.5, "B": 0.4}, first, richer)
    assert [len(item.rows) for item in plan.planned] == [0, 2]
    assert left(plan) == {"other_campaign": 2}


def test_contact_costing_more_than_its_value_is_dropped(tmp_path):
    plan = plan_of(tmp_path, people("A", "B"), {"A": 0.05, "B": 0.06}, campaign())
    assert rows_of(plan)["customer_id"].tolist() == ["B"]
    assert left(plan) == {"not_worth": 1}


def test_capacities_of_all_kinds_are_met(tmp_path):
    tables = {"customers": [person(f"{n}", manager_id=f"S{n % 2}", grid_id=f"G{n % 3}") for n in range(9)]}
    probability = {f"{n}": 0.9 - n / 100 for n in range(9)}
    capacity = {"branch": {"default": 5}, "manager": {"default": 3}, "grid": {"default": 2}}
    plan = plan_of(tmp_path, tables, probability, campaign(capacity=capacity))
    rows = rows_of(plan)
    assert len(rows) == 5
    assert rows["manager_id"].value_counts().max() == 3
    assert rows["grid_id"].value_counts().max() == 2
    reached = {(item.kind, item.key): item.used for item in plan.planned[0].record.limits}
    assert reached[("branch", "B1")] == 5
    assert left(plan) == {"capacity": 4}


def test_customer_without_manager_gets_one_of_the_branch(tmp_path):
    tables = people("A", manager_id="left") | {
        "staff": [
            {"staff_id": "left", "branch_id": "B1", "role": "manager", "left_on": "2024-01-01"},
            {"staff_id": "S2", "branch_id": "B1", "role": "manager", "left_on": None},
            {"staff_id": "S3", "branch_id": "B2", "role": "manager", "left_on": None},
        ]
    }
    assert rows_of(plan_of(tmp_path, tables, {"A": 0.5}, campaign()))["manager_id"].tolist() == ["S2"]


def test_customer_stays_with_whoever_the_bank_put_in_charge_and_serves(tmp_path):
    """A branch head, somebody without a branch, and one whose role is no code keep their customers."""
    charge = {"A": "head", "B": "office", "C": "unclear"}
    tables = {
        "customers": [person(customer, manager_id=who) for customer, who in charge.items()],
        "staff": [
            {"staff_id": "head", "branch_id": "B1", "role": "branch_head", "left_on": None},
            {"staff_id": "office", "branch_id": None, "role": "manager", "left_on": None},
            {"staff_id": "unclear", "branch_id": "B1", "role": "senior adviser", "left_on": None},
            {"staff_id": "S2", "branch_id": "B1", "role": "manager", "left_on": None},
        ],
    }
    rows = rows_of(plan_of(tmp_path, tables, dict.fromkeys("ABC", 0.5), campaign()))
    assert rows.set_index("customer_id")["manager_id"].to_dict() == charge


def test_control_names_no_manager_who_has_left(tmp_path):
    tables = people(*[f"{n}" for n in range(40)], manager_id="left") | {
        "staff": [{"staff_id": "left", "branch_id": "B1", "role": "manager", "left_on": "2024-01-01"}]
    }
    halves = campaign(control={"share": 0.5, "min_effect_of_interest": 0.05})
    rows = rows_of(plan_of(tmp_path, tables, {f"{n}": 0.9 - n / 100 for n in range(40)}, halves))
    assert set(rows["group"]) == {"contact", "control"}
    assert rows["manager_id"].isna().all()


def test_unknown_units_and_impossible_quotas_are_refused(tmp_path):
    unknown = {"branch": {"default": 5, "overrides": {"B9": {"max": 1}}}, "manager": {"default": 3}}
    with pytest.raises(SettingsError, match=r"tail\.yaml: capacity\.branch\.overrides: this bank has no branch B9"):
        plan_of(tmp_path, people("A"), {"A": 0.5}, campaign(capacity=unknown))
    quota = {"branch": {"default": 5, "overrides": {"B1": {"min": 2}}}, "manager": {"default": 1}}
    with pytest.raises(
        SettingsError, match="tail branch B1 asks for at least 2 and misses 1: it clashes with tail manager S1"
    ):
        plan_of(tmp_path, people("A", "B"), {"A": 0.5, "B": 0.5}, campaign(capacity=quota))


def test_imported_refusal_counts_before_the_next_intake(tmp_path):
    returned = Workspace(tmp_path / "work").returned
    returned.parent.mkdir(parents=True)
    row = contact("A", "2024-07-02", answer="opt_out") | {"contacted_on": date(2024, 7, 2), "note": None}
    pq.write_table(
        pa.Table.from_pylist(
            [row], pa.schema([(name, pa.date32() if name == "contacted_on" else pa.string()) for name in row])
        ),
        returned,
    )
    plan = plan_of(tmp_path, people("A", "B"), {"A": 0.5, "B": 0.5}, campaign())
    assert rows_of(plan)["customer_id"].tolist() == ["B"]


def test_hold_out_and_control_are_stable(tmp_path):
    names = [f"{n:03}" for n in range(200)]
    holdout = {"salt": SALT, "share": 0.1, "start_date": date(2024, 1, 1), "end_date": date(2024, 12, 31)}
    everybody = {"branch": {"default": 200}, "manager": {"default": 200}}
    settings = campaign(
        control={"share": 0.2, "min_effect_of_interest": 0.05},
        channels={"call": {"cost": 5.0, "max": 200}},
        capacity=everybody,
    )
    plans = [
        plan_of(tmp_path, people(*names), dict.fromkeys(names, 0.5), settings, rules=policy(holdout=holdout))
        for _ in range(2)
    ]
    rows = rows_of(plans[0])
    out, drawn = set(rows.loc[rows["held_out"], "customer_id"]), {n for n in names if chance(SALT, "tail", n) < 0.2}
    assert 5 < len(out) < 40
    assert set(rows.loc[rows["group"] == "control", "customer_id"]) == out | drawn
    assert plans[0].held_back == set(rows.loc[rows["group"] == "control", "customer_id"])
    assert rows_of(plans[1])["group"].tolist() == rows["group"].tolist()


def test_plan_reports_statistical_power(tmp_path):
    settings = campaign(control={"share": 0.5, "min_effect_of_interest": 0.05})
    chances = {"C00": 0.5, "C01": 0.4}
    power = plan_of(tmp_path, people(*chances), chances, settings).planned[0].record.power
    assert (power.contact, power.control, power.base_rate, power.smallest_effect) == (1, 1, pytest.approx(0.45), None)
    assert not power.detects
