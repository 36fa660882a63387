"""Small literal campaigns, policies and problems."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from goldmine.campaigns.assignment_problem import Problem
from goldmine.campaigns.candidates import Scores
from goldmine.campaigns.plan import Plan, plan_campaigns
from goldmine.campaigns.spec import Campaign
from goldmine.contactability import ContactTables
from goldmine.contactability.holdout import HeldBack, held_back_at, in_force
from goldmine.contactability.policy import Policy
from goldmine.core.engine import connect
from goldmine.core.workspace import Workspace
from goldmine.labels.use_case import load_use_case
from tests.tiny import Row, make_bank

AS_OF = date(2024, 6, 30)
SALT = "long enough"


def offer(name: str = "deposit", **more: Any) -> dict[str, Any]:
    sentences = [{"say": {"en": "Hello", "zh": "您好"}}]
    return {"offer": name, "title": {"en": "E", "zh": "Z"}, "sentences": sentences, "value": 100.0} | more


def raw(name: str = "tail", **more: Any) -> dict[str, Any]:
    """A campaign's keys; everything is open unless told otherwise."""
    settings: dict[str, Any] = {
        "campaign_id": name,
        "title": {"en": "Tail", "zh": "长尾"},
        "use_cases": ["longtail"],
        "start_date": date(2024, 1, 1),
        "end_date": date(2024, 12, 31),
        "offers": [offer()],
        "channels": {"call": {"cost": 5.0, "max": 100}},
        "capacity": {"branch": {"default": 100}, "manager": {"default": 100}},
        "control": {"share": 0.0, "min_effect_of_interest": 0.05},
    }
    return settings | more


def campaign(name: str = "tail", **more: Any) -> Campaign:
    return Campaign.model_validate(raw(name, **more))


def policy(**more: Any) -> Policy:
    return Policy.model_validate({"fatigue": {"days": 30, "max_total": 2, "channels": {"call": 1}}} | more)


def person(number: str, **more: Any) -> Row:
    row: Row = {
        "customer_id": number,
        "birth_date": "1980-05-01",
        "closed_on": None,
        "branch_id": "B1",
        "manager_id": "S1",
        "grid_id": "G1",
        "risk_grade": "C3",
        "risk_grade_on": "2024-01-15",
        "marketing_consent": True,
        "merged_into": None,
        "mobile_bank_on": "2020-01-01",
        "name": "张三丰",
        "phone": "12012345678",
    }
    return row | more


PRODUCTS: list[Row] = [
    {"product_id": "P1", "product_class": "wealth", "risk_grade": "R1"},
    {"product_id": "P3", "product_class": "wealth", "risk_grade": "R3"},
    {"product_id": "PX", "product_class": "wealth", "risk_grade": None},
]


def scores(folder: Path, use_case: str, probability: dict[str, float]) -> Scores:
    path = folder / f"{use_case}.parquet"
    decile = pa.array([1] * len(probability), pa.int32())
    table = {"customer_id": list(probability), "probability": list(probability.values()), "decile": decile}
    pq.write_table(pa.table(table), path)
    return Scores(load_use_case(use_case), path, "1")


def tables_of(
    folder: Path, tables: dict[str, list[Row]], returned: Path | None = None, held_back: HeldBack | None = None
) -> ContactTables:
    return ContactTables(make_bank(folder, tables, AS_OF), connect(), AS_OF, held_back or HeldBack(), returned)


def plan_of(
    folder: Path,
    tables: dict[str, list[Row]],
    probability: dict[str, float],
    *campaigns: Campaign,
    rules: Policy | None = None,
) -> Plan:
    """Plan campaigns for the long tail's scores, and the same for wealth where a campaign asks for it."""
    named = sorted({name for item in campaigns for name in item.use_cases})
    scored = [scores(folder, name, probability) for name in named]
    work = Workspace(folder / "work")
    work.root.mkdir(exist_ok=True)
    (work.root / "holdout.salt").write_text(SALT)
    held_back = replace(
        held_back_at(work, AS_OF, before=AS_OF), holdout=in_force(rules.holdout, AS_OF) if rules else None
    )
    contact_tables = tables_of(folder, tables, work.returned, held_back)
    return plan_campaigns(contact_tables, work, campaigns, rules or policy(), scored)


def rows_of(plan: Plan, index: int = 0) -> pd.DataFrame:
    return plan.planned[index].rows


def left(plan: Plan, index: int = 0) -> dict[str, int]:
    """Steps of a campaign's funnel by which somebody left."""
    return {step.name: step.left for step in plan.planned[index].record.funnel.steps if step.left}


def problem(
    values: list[tuple[int, float, list[int]]], max_count: list[float], min_count: list[float] | None = None
) -> Problem:
    """Options as (customer, value in yuan, limits)."""
    customer, value, member = zip(*values, strict=True)
    size = len(values)
    return Problem(
        customer=np.array(customer),
        probability=np.array(value, dtype=float),
        gain=np.ones(size),
        cost=np.zeros(size),
        member=np.array(member),
        min_count=np.array(min_count or [0] * len(max_count), dtype=float),
        max_count=np.array(max_count, dtype=float),
    )


def release(
    work: Workspace,
    rows: list[dict],
    as_of: str = "2024-06-15",
    name: str = "r0",
    made_at: str = "2024-06-16T00:00:00Z",
) -> None:
    """An earlier release with some rows of the campaign `tail`; of one moment, a later name is a newer one."""
    folder = work.releases / as_of / name
    (folder / "campaigns" / "tail").mkdir(parents=True)
    (folder / "manifest.json").write_text(f'{{"created_at": "{made_at} {name}"}}')
    day = date.fromisoformat(as_of)
    same = {"campaign_id": "tail", "use_case": "longtail", "channel": "call", "as_of": day, "valid_until": day}
    full = [same | row for row in rows]
    for group, file in (("contact", "offers"), ("control", "control")):
        selected = [row for row in full if row["group"] == group]
        schema = pa.schema([(c, pa.string()) for c in ("campaign_id", "customer_id", "use_case", "channel", "group")])
        schema = schema.append(pa.field("as_of", pa.date32())).append(pa.field("valid_until", pa.date32()))
        pq.write_table(pa.Table.from_pylist(selected, schema), folder / "campaigns" / "tail" / f"{file}.parquet")
