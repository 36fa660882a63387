"""Who a campaign may ask: everyone scored by its use cases, less those whom the rules keep off."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import ibis
import numpy as np
import pandas as pd

from goldmine.campaigns.spec import Campaign
from goldmine.contactability import ContactTables, may_contact
from goldmine.contactability.funnel import FunnelCounter, SkippedRule
from goldmine.contactability.rules import ASSESSMENT_MONTHS
from goldmine.core.i18n import _
from goldmine.core.workspace import Workspace
from goldmine.labels.eligibility import eligible
from goldmine.labels.use_case import UseCase

_ASKED = _("its conditions on features are not met")


@dataclass(frozen=True)
class Scores:
    """One use case's scores at the snapshot: `customer_id`, `probability`, `decile`; and the model that made them."""

    use_case: UseCase
    path: Path
    model_version: str


@dataclass(frozen=True)
class Candidates:
    """Those whom a campaign may ask.

    Parameters
    ----------
    rows : pandas.DataFrame
        `customer_id`, `use_case`, `probability`, `decile`, `model_version`, `branch_id`, `manager_id`, `grid_id`,
        `age` (years; NaN if not known), `grade` (1 to 5; 0 if not known), `assessed` (in date), `has_app`,
        `has_phone` (flags; true where the bank does not say), and a flag a channel of the campaign by which the
        customer may be contacted (`may_call` and so on).
    tally : FunnelCounter
        Who left so far.
    skipped : tuple of SkippedRule
        Rules that the bank's tables do not carry.
    """

    rows: pd.DataFrame
    counter: FunnelCounter
    skipped: tuple[SkippedRule, ...]


def candidates(tables: ContactTables, work: Workspace, campaign: Campaign, scores: Sequence[Scores]) -> Candidates:
    """Everyone scored by a campaign's use cases, less those whom the rules of eligibility and consent keep off.

    Parameters
    ----------
    books : ContactTables
        The bank's tables.
    work : Workspace
        Where the features are.
    campaign : Campaign
        Its conditions on features.
    scores : sequence of Scores
        Those of its use cases; of several a customer's highest probability counts, of equal ones the first use case's.
    """
    permitted = may_contact(tables, _scored(tables, scores), "campaign", campaign_id=campaign.campaign_id)
    counts = permitted.counter()
    rows = _with_customers(tables, permitted.allowed).to_pyarrow().to_pandas()
    left = permitted.channels_left(list(campaign.channels)).add_prefix("may_")
    rows = rows.join(left, on="customer_id")
    if campaign.rules:
        asked = scores[0].use_case.model_copy(update={"name": campaign.campaign_id, "eligible": campaign.rules})
        meet = eligible(tables.connection, work, asked, tables.as_of).to_pyarrow()["customer_id"].to_pylist()
        kept = rows[rows["customer_id"].isin(meet)]
        counts.leave("asked", _ASKED, len(rows) - len(kept), "eligible")
        rows = kept
    rows = _as_numbers(tables, rows.sort_values("customer_id", ignore_index=True))
    return Candidates(rows, counts, permitted.skipped)


def _scored(tables: ContactTables, scores: Sequence[Scores]) -> ibis.Table:
    parts = [
        tables.connection.read_parquet(str(one.path)).select(
            "customer_id",
            "probability",
            "decile",
            use_case=ibis.literal(one.use_case.name),
            model_version=ibis.literal(one.model_version),
        )
        for one in sorted(scores, key=lambda one: one.use_case.name)
    ]
    rows = ibis.union(*parts) if len(parts) > 1 else parts[0]
    first = ibis.row_number().over(group_by="customer_id", order_by=[ibis.desc("probability"), "use_case"])
    return rows.mutate(place=first).filter(lambda t: t.place == 0).drop("place")


def _with_customers(tables: ContactTables, kept: ibis.Table) -> ibis.Table:
    customers = tables.table("customers")
    names = ("branch_id", "manager_id", "grid_id", "birth_date", "risk_grade", "risk_grade_on")
    # A number that stands twice in dirty books gives one row here too, and always the same one.
    homes = customers.semi_join(kept, "customer_id").group_by("customer_id")
    homes = homes.agg(
        **{name: customers[name].min() for name in names},
        has_app=customers.mobile_bank_on.notnull().any(),
        has_phone=(customers.phone.fill_null("") != "").any(),
    )
    return kept.left_join(homes, "customer_id").drop("customer_id_right")


def _as_numbers(tables: ContactTables, rows: pd.DataFrame) -> pd.DataFrame:
    day = pd.Timestamp(tables.as_of)
    born, assessed = pd.to_datetime(rows["birth_date"]), pd.to_datetime(rows["risk_grade_on"])
    before = (born.dt.month * 100 + born.dt.day) > day.month * 100 + day.day
    oldest = day - pd.DateOffset(months=ASSESSMENT_MONTHS)
    return rows.drop(columns=["birth_date", "risk_grade", "risk_grade_on"]).assign(
        age=day.year - born.dt.year - before,
        grade=pd.to_numeric(rows["risk_grade"].str[1:], errors="coerce").fillna(0).astype(np.int64),
        assessed=(assessed > oldest) & (assessed <= pd.Timestamp(tables.bank.data_until)),
        has_app=rows["has_app"] if tables.has("customers", "mobile_bank_on") else True,
        has_phone=rows["has_phone"] if tables.has("customers", "phone") else True,
    )
