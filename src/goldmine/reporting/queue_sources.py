"""Possible contacts of one person: campaigns, call-backs, overdue contacts, near the next level, lost customers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

import pandas as pd
import pyarrow.parquet as pq

from goldmine.campaigns.contact_hours import activity_by_band, best_bands, load_contact_hours
from goldmine.campaigns.masking import masked
from goldmine.campaigns.queue_settings import QueueSettings
from goldmine.contactability import may_contact
from goldmine.contract.tables import RELATIONSHIP
from goldmine.core.dates import parse_day
from goldmine.core.errors import ReleaseError
from goldmine.core.i18n import in_language
from goldmine.customers.ladder import LEVELS
from goldmine.labels.use_case import readable_use_cases
from goldmine.publishing.release_store import Release, read_latest
from goldmine.reporting.call_sheets import handed_over, listed, near_next, of_employee, overdue
from goldmine.reporting.daily_queue import QUEUE_COLUMNS
from goldmine.reporting.prepare import ReportData
from goldmine.reporting.texts import word

_NOT_REACHED = "not_reached"
_OFFER_COLUMNS = [
    *("campaign_id", "customer_id", "offer", "channel", "time_band", "manager_id", "expected_value", "valid_until"),
]
_ALL_DAY = "morning"


@dataclass(frozen=True)
class Desk:
    """One person on one day: what their possible contacts are made from.

    Parameters
    ----------
    data : ReportData
        Report data of the bank.
    employee_id : str
        The person.
    day : date
        The first day of the queue.
    settings : QueueSettings
        Values and limits.
    language : str
        ``en`` or ``zh``: of reasons and sentences.
    """

    data: ReportData
    employee_id: str
    day: date
    settings: QueueSettings
    language: str

    @cached_property
    def owned(self) -> pd.DataFrame:
        """The customers whom the person owns and may contact, without those whom a colleague works for a campaign."""
        offers = self.release_offers
        others = offers.loc[offers["manager_id"].notna() & (offers["manager_id"] != self.employee_id), "customer_id"]
        rows = of_employee(self.data, self.employee_id)
        return rows[rows.index.isin(self.data.contactable) & ~rows.index.isin(others)]

    @cached_property
    def release(self) -> Release | None:
        """The current release, if it is the month end's."""
        try:
            release = read_latest(self.data.work)
        except ReleaseError:
            return None
        return release if release.manifest.as_of == self.data.as_of else None

    @cached_property
    def release_offers(self) -> pd.DataFrame:
        """Offers of the release, still valid, by a channel of the queue."""
        text_columns = [f"{name}_{self.language}" for name in ("say", "reason", "offer")]
        files = sorted(self.release.folder.glob("campaigns/*/offers.parquet")) if self.release else []
        columns = [*_OFFER_COLUMNS, *text_columns]
        rows = [pq.read_table(file, columns=columns).to_pandas() for file in files]
        if not rows:
            return pd.DataFrame(columns=[*_OFFER_COLUMNS, "say", "reason", "offer_name"])
        texts = {f"{name}_{self.language}": name for name in ("say", "reason")} | {
            f"offer_{self.language}": "offer_name"
        }
        offers = pd.concat(rows, ignore_index=True).rename(columns=texts)
        return offers[offers["channel"].isin(self.settings.capacity) & (offers["valid_until"] >= self.day)]

    @cached_property
    def own_offers(self) -> pd.DataFrame:
        """Offers that the person works: assigned to them, or without a manager and to a customer whom they own."""
        offers = self.release_offers
        own = (offers["manager_id"] == self.employee_id) & offers["customer_id"].isin(self.data.customers.index)
        return offers[own | (offers["manager_id"].isna() & offers["customer_id"].isin(self.owned.index))]

    @cached_property
    def contacts(self) -> pd.DataFrame:
        """Contacts before the day, the latest first: customer_id, campaign_id, contacted_on, answer."""
        tables = self.data.contact_tables
        names = ["customer_id", "campaign_id", "contacted_on", "answer"]
        if not tables.has("contacts", "contacted_on", "answer"):
            return pd.DataFrame(columns=names)
        rows = tables.under_survivors(tables.table("contacts"))
        mine = tables.customers({*self.owned.index, *self.release_offers["customer_id"]})
        before = rows.filter(rows.contacted_on < self.day).select(*names).semi_join(mine, "customer_id")
        frame = before.to_pandas().assign(contacted_on=lambda found: pd.to_datetime(found["contacted_on"]).dt.date)
        order = ["contacted_on", "campaign_id", "customer_id", "answer"]
        return frame.sort_values(order, ascending=[False, True, True, True], ignore_index=True)

    def reached_since(self, first: date) -> frozenset[str]:
        """Customers reached on or after a day."""
        rows = self.contacts
        reached = rows["answer"].fillna("") != _NOT_REACHED
        return frozenset(rows.loc[reached & (rows["contacted_on"] >= first), "customer_id"])


def possible_contacts(desk: Desk) -> pd.DataFrame:
    """Everything that the person may contact a customer for: `QUEUE_COLUMNS`, several rows for some customers.

    Only customers who may be contacted through the row's channel stay. A customer without a number is not called but
    visited.
    """
    rested = desk.reached_since(desk.day - timedelta(days=desk.settings.rest_days))
    services = pd.concat([kind(desk) for kind in (*SERVICE_KINDS, _listed)], ignore_index=True)
    services = services[~services["customer_id"].isin(rested)]
    parts = [part for part in (campaign_offers(desk), call_backs(desk), services) if len(part)]
    rows = pd.concat(parts, ignore_index=True) if parts else services
    return permitted(desk, with_habits(desk, reachable(desk, rows)))[list(QUEUE_COLUMNS)]


def campaign_offers(desk: Desk) -> pd.DataFrame:
    """Offers of the release that the person works, without those that were answered since the snapshot."""
    answered = desk.contacts[desk.contacts["answer"].fillna("") != _NOT_REACHED]
    answered = answered[answered["contacted_on"] > desk.data.as_of]
    worked = set(zip(answered["campaign_id"], answered["customer_id"], strict=True))
    rows = desk.own_offers
    is_open = [key not in worked for key in zip(rows["campaign_id"], rows["customer_id"], strict=True)]
    records = desk.release.manifest.campaigns if desk.release else {}
    titles = {name: str(in_language(record.title, desk.language)) for name, record in records.items()}
    rows = rows[pd.Series(is_open, rows.index, dtype="bool")]
    why = [titles.get(campaign_id, "") for campaign_id in rows["campaign_id"]]
    return rows.assign(kind_of_contact="campaign", why=why, earliest=desk.day)


def call_backs(desk: Desk) -> pd.DataFrame:
    """Customers whose last answer was `later`: an offer that is still valid is made again, and counts for more."""
    source = desk.settings.sources.call_back
    last = desk.contacts.drop_duplicates("customer_id")
    since = desk.day - timedelta(days=source.within_days)
    asked = last[(last["answer"] == "later") & (last["contacted_on"] >= since)]
    asked = asked[asked["customer_id"].isin({*desk.owned.index, *desk.own_offers["customer_id"]})]
    if asked.empty:
        return pd.DataFrame(columns=list(QUEUE_COLUMNS))
    aum = desk.data.customers["aum_fen"].reindex(asked["customer_id"]).fillna(0) / 100
    rows = _service(desk, "call_back", asked["customer_id"], aum, [word("call_back", desk.language)] * len(asked))
    earliest = [max(desk.day, day + timedelta(days=source.after_days)) for day in asked["contacted_on"]]
    rows = rows.assign(earliest=earliest, campaign_id=asked["campaign_id"].to_numpy())
    keys = ["campaign_id", "customer_id"]
    offers = rows[keys].merge(desk.own_offers, how="left", on=keys).set_axis(rows.index)
    offers["expected_value"] *= source.times
    rows["campaign_id"] = rows["campaign_id"].where(offers["channel"].notna(), RELATIONSHIP)
    for name in ("channel", "time_band", "offer", "offer_name", "reason", "expected_value", "valid_until"):
        rows[name] = offers[name].where(offers[name].notna(), rows[name])
    return rows


def _overdue(desk: Desk) -> pd.DataFrame:
    late = overdue(desk.data, desk.owned)
    # The assignment is of the snapshot: who was reached since is not overdue any more.
    late = late[~late["customer_id"].isin(desk.reached_since(desk.data.as_of + timedelta(days=1)))]
    kinds = ["core_overdue" if core else "overdue" for core in late["core"].astype(bool)]
    why = [word(kind, desk.language, days=days) for kind, days in zip(kinds, late["overdue_days"], strict=True)]
    return _service(desk, "overdue", late["customer_id"], late["aum_avg"], why)


def _handed_over(desk: Desk) -> pd.DataFrame:
    taken = handed_over(desk.data, desk.owned)
    why = [
        word("handed_over", desk.language, before=desk.data.named("previous_id", before, desk.language))
        for before in taken["previous_id"]
    ]
    return _service(desk, "handed_over", taken["customer_id"], taken["aum_avg"], why)


def _near_next(desk: Desk) -> pd.DataFrame:
    near = near_next(desk.data, desk.owned)
    start = near["level"].map(dict(enumerate(LEVELS[1:]))).astype("float64")
    why = [word("near_next_by", desk.language, yuan=f"{yuan:,.0f}") for yuan in near["to_next"]]
    return _service(desk, "near_next", near["customer_id"], start, why)


def _lost(desk: Desk) -> pd.DataFrame:
    """Customers of the lists of lost deposits and loans, if they were made."""
    folder = desk.data.work.root / "on_request_lists" / str(desk.data.as_of)
    parts = []
    for name in ("lost_deposit", "lost_loan"):
        path = folder / f"{name}.parquet"
        if path.exists():
            rows = pd.read_parquet(path, columns=["customer_id", "outflow_amount", "outflow_month"])
            rows = rows[rows["customer_id"].isin(desk.owned.index) & rows["outflow_month"].notna()]
            months = [parse_day(f"{month}-01", "outflow_month") for month in rows["outflow_month"]]
            why = [word(name, desk.language, year=month.year, month=month.month) for month in months]
            parts.append(_service(desk, "lost", rows["customer_id"], rows["outflow_amount"], why))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(QUEUE_COLUMNS))


def _listed(desk: Desk) -> pd.DataFrame:
    """Customers on the release's lists of use cases that no campaign works."""
    records = desk.release.manifest.campaigns.values() if desk.release else ()
    in_campaigns = {use_case for record in records for use_case in record.models}
    lists = listed(desk.data.work, desk.data.as_of)
    rows = lists[~lists["use_case"].isin(in_campaigns) & lists["customer_id"].isin(desk.owned.index)]
    titles = {name: str(in_language(case.title, desk.language)) for name, case in readable_use_cases().items()}
    source = desk.settings.sources.on_list
    made = _service(desk, "on_list", rows["customer_id"], [0.0] * len(rows), list(rows["use_case"].map(titles)))
    return made.assign(
        reason=rows["reason_1"].fillna("").to_numpy(),
        expected_value=rows["probability"].to_numpy() * source.value,
        valid_until=rows["valid_until"].to_numpy(),
    )


SERVICE_KINDS: tuple[Callable[[Desk], pd.DataFrame], ...] = (_handed_over, _overdue, _near_next, _lost)
"""Contacts that a customer's own state gives, without a list."""


def _service(
    desk: Desk, kind: str, customers: Sequence[str], at_stake: Sequence[float], why: Sequence[str]
) -> pd.DataFrame:
    """Contacts without an offer: their value is chance x yuan at stake x margin."""
    source = getattr(desk.settings.sources, kind)
    rows = pd.DataFrame({"customer_id": list(customers), "why": list(why)})
    return rows.assign(
        campaign_id=RELATIONSHIP,
        kind_of_contact=kind,
        channel="call",
        time_band=_ALL_DAY,
        offer="",
        offer_name="",
        say=str(in_language(source.say, desk.language)),
        reason="",
        expected_value=pd.Series(list(at_stake), dtype="float64") * source.chance * desk.settings.margin,
        earliest=desk.day,
        valid_until=desk.day + timedelta(days=desk.settings.plan_days),
    )


def reachable(desk: Desk, rows: pd.DataFrame) -> pd.DataFrame:
    """The rows with a visit for customers to be called who have no number."""
    tables = desk.data.contact_tables
    if not tables.has("customers", "phone") or rows.empty:
        return rows
    phones = masked(tables, list(rows["customer_id"].unique()))["phone"]
    no_number = rows["customer_id"].map(phones) == ""
    return rows.assign(channel=rows["channel"].mask(no_number & (rows["channel"] == "call"), "visit"))


def with_habits(desk: Desk, rows: pd.DataFrame) -> pd.DataFrame:
    """The rows with the part of the day in which each customer is most active, of the hours that the bank keeps."""
    tables = desk.data.contact_tables
    activity = pd.DataFrame()
    if len(rows) and tables.has("transactions", "time"):
        activity = activity_by_band(tables, list(rows["customer_id"].unique()), desk.data.as_of)
    return rows.assign(time_band=best_bands(activity, rows, load_contact_hours()))


def permitted(desk: Desk, rows: pd.DataFrame) -> pd.DataFrame:
    """The rows whose customer may be contacted through the row's channel."""
    kept = []
    for channel, own in rows.groupby("channel"):
        tables = desk.data.contact_tables
        may = may_contact(tables, set(own["customer_id"]), "relationship", channels=(str(channel),))
        kept.append(own[own["customer_id"].isin(may.allowed_customers)])
    return pd.concat(kept, ignore_index=True) if kept else rows
