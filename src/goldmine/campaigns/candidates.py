"""Candidates of a campaign: everyone scored by its use cases, less those excluded by the contact rules."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import ibis
import numpy as np
import pandas as pd

from goldmine.campaigns.spec import Campaign
from goldmine.contactability import ContactTables, may_contact
from goldmine.contactability.funnel import FunnelCounter, SkippedRule
from goldmine.contactability.rules import assessed_until
from goldmine.contract.serving_staff import without_leavers
from goldmine.core.i18n import _
from goldmine.core.membership import is_among
from goldmine.core.workspace import Workspace
from goldmine.labels.eligibility import eligible
from goldmine.labels.use_case import UseCase

_CONDITIONS = _("its conditions on features are not met")


@dataclass(frozen=True)
class Scores:
    """One use case's scores at the snapshot: `customer_id`, `probability`, `decile`; and the model that made them."""

    use_case: UseCase
    path: Path
    model_version: str


@dataclass(frozen=True)
class Candidates:
    """Customers whom a campaign may contact.

    Parameters
    ----------
    rows : pandas.DataFrame
        `customer_id`, `use_case`, `probability`, `decile`, `model_version`, `branch_id`, `manager_id`, `grid_id`,
        `age` (years; NaN if unknown), `grade` (1 to 5; 0 if unknown), `assessed` (in date on the day after the
        snapshot), `assessed_until` (the last day on which it is), `has_app`, `has_phone` (flags; true if the bank has
        no such column), and a flag per channel of the campaign that the customer has not refused (`may_call` ...).
    counter : FunnelCounter
        The funnel so far.
    skipped : tuple of SkippedRule
        Rules that need columns which the bank does not have.
    """

    rows: pd.DataFrame
    counter: FunnelCounter
    skipped: tuple[SkippedRule, ...]


def candidates(tables: ContactTables, work: Workspace, campaign: Campaign, scores: Sequence[Scores]) -> Candidates:
    """Everyone scored by a campaign's use cases, less those excluded by eligibility and consent.

    Parameters
    ----------
    tables : ContactTables
        The bank's tables.
    work : Workspace
        Where the features are.
    campaign : Campaign
        Its conditions on features.
    scores : sequence of Scores
        Of its use cases; a customer's highest probability counts, of equal ones that of the first use case.
    """
    permitted = may_contact(tables, _scored(tables, scores), "campaign", campaign_id=campaign.campaign_id)
    counter = permitted.counter()
    rows = _with_customers(tables, permitted.allowed).to_pyarrow().to_pandas()
    channels = permitted.channels_left(list(campaign.channels)).add_prefix("may_")
    rows = rows.join(channels, on="customer_id")
    if campaign.rules:
        asked = scores[0].use_case.model_copy(update={"name": campaign.campaign_id, "eligible": campaign.rules})
        ids = eligible(tables.connection, work, asked, tables.as_of).to_pyarrow()["customer_id"].to_pylist()
        eligible_rows = rows[is_among(rows["customer_id"], ids)]
        counter.leave("asked", _CONDITIONS, len(rows) - len(eligible_rows), "eligible")
        rows = eligible_rows
    rows = _as_numbers(tables, rows.sort_values("customer_id", ignore_index=True))
    return Candidates(rows, counter, permitted.skipped)


def _scored(tables: ContactTables, scores: Sequence[Scores]) -> ibis.Table:
    parts = [
        tables.connection.read_parquet(str(score.path)).select(
            "customer_id",
            "probability",
            "decile",
            use_case=ibis.literal(score.use_case.name),
            model_version=ibis.literal(score.model_version),
        )
        for score in sorted(scores, key=lambda score: score.use_case.name)
    ]
    rows = ibis.union(*parts) if len(parts) > 1 else parts[0]
    first = ibis.row_number().over(group_by="customer_id", order_by=[ibis.desc("probability"), "use_case"])
    return rows.mutate(rank=first).filter(lambda t: t["rank"] == 0).drop("rank")


def _with_customers(tables: ContactTables, candidates: ibis.Table) -> ibis.Table:
    customers = tables.table("customers")
    names = ("branch_id", "manager_id", "grid_id", "birth_date", "risk_grade", "risk_grade_on")
    # A duplicate number in dirty data gives one row here too, and always the same one.
    attributes = customers.semi_join(candidates, "customer_id").group_by("customer_id")
    attributes = attributes.agg(
        **{name: customers[name].min() for name in names},
        has_app=customers.mobile_bank_on.notnull().any(),
        has_phone=(customers.phone.fill_null("") != "").any(),
    )
    attributes = without_leavers(tables.connection, tables.bank, attributes, tables.as_of)
    return candidates.left_join(attributes, "customer_id").drop("customer_id_right")


def _as_numbers(tables: ContactTables, rows: pd.DataFrame) -> pd.DataFrame:
    day = pd.Timestamp(tables.as_of)
    born, assessed = pd.to_datetime(rows["birth_date"]), pd.to_datetime(rows["risk_grade_on"])
    before = (born.dt.month * 100 + born.dt.day) > day.month * 100 + day.day
    last_day = assessed_until(assessed)
    return rows.drop(columns=["birth_date", "risk_grade", "risk_grade_on"]).assign(
        age=day.year - born.dt.year - before,
        grade=pd.to_numeric(rows["risk_grade"].str[1:], errors="coerce").fillna(0).astype(np.int64),
        assessed=(last_day > day) & (assessed <= pd.Timestamp(tables.bank.data_until)),
        assessed_until=last_day,
        has_app=rows["has_app"] if tables.has("customers", "mobile_bank_on") else True,
        has_phone=rows["has_phone"] if tables.has("customers", "phone") else True,
    )
