"""Who may be offered what, recomputed as docs/campaigns.md and the campaigns' files say.

Where no earlier release has offers within the policy's days, so that only contacts tire a customer.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml

from tests.audit.books import Books, month_end, own_transactions
from tests.audit.contacts import first_rule, in_force, last_day_of_assessment, refused_channel
from tests.audit.facts import Facts
from tests.audit.limits import refused_credit
from tests.audit.outcomes import all_hold, use_case

SUITABILITY = (
    *("age_unknown", "not_assessed", "assessment_old", "unsuited"),
    *("credit_refused", "age_outside", "held", "not_meant"),
)
BANDS = {"morning": range(7, 12), "noon": range(12, 14), "afternoon": range(14, 18), "evening": range(18, 22)}


@dataclass(frozen=True)
class Snapshot:
    """What a release was made from.

    Parameters
    ----------
    facts : Facts
        The customers' features and tags at the snapshot.
    work : Path
        Holds the scores and the salt, which the auditor takes as they are.
    settings : Path
        The folder ``pipelines``.
    earlier : pandas.DataFrame
        From `earlier_offers`.
    """

    books: Books
    facts: Facts
    work: Path
    settings: Path
    as_of: pd.Timestamp
    earlier: pd.DataFrame

    @cached_property
    def policy(self) -> dict[str, Any]:
        """What holds for all campaigns."""
        return yaml.safe_load((self.settings / "offers.yaml").read_text("utf-8"))

    @cached_property
    def live(self) -> dict[str, dict[str, Any]]:
        """The campaigns in force on the day after the snapshot whose scores there are."""
        first = (self.as_of + pd.Timedelta(days=1)).date()
        texts = [path.read_text("utf-8") for path in sorted(self.settings.glob("campaigns/*.yaml"))]
        files = [_of_year(yaml.safe_load(text), first.year) for text in texts]
        return {
            campaign["campaign_id"]: campaign
            for campaign in files
            if campaign["start_date"] <= first <= campaign["end_date"]
            and any(self.scores_path(name).exists() for name in campaign["use_cases"])
        }

    def scores_path(self, name: str) -> Path:
        """The file of a use case's scores."""
        return self.work / "scores" / str(self.as_of.date()) / f"{name}.parquet"

    def case(self, name: str) -> dict[str, Any]:
        """The file of a use case."""
        return use_case(self.settings / "use_cases" / f"{name}.yaml")


def _of_year(campaign: dict[str, Any], year: int) -> dict[str, Any]:
    """A campaign whose days have no year returns every year, under its name and the year."""
    if not isinstance(campaign["start_date"], str):
        return campaign
    days = {key: date.fromisoformat(f"{year}-{campaign[key]}") for key in ("start_date", "end_date")}
    return campaign | days | {"campaign_id": f"{campaign['campaign_id']}_{year}"}


@dataclass(frozen=True)
class Candidates:
    """Everyone scored by a campaign.

    Parameters
    ----------
    rows : pandas.DataFrame
        By customer: use case, probability, decile; the `rule` by which they leave, empty for who goes on; of the
        suitable offers the best (`offer`, its place in the file), its `value`, the `channels` left.
    refusals : pandas.Series
        By customer and offer, the first rule that refuses it.
    """

    rows: pd.DataFrame
    refusals: pd.Series


def candidates(snapshot: Snapshot, campaign: Mapping[str, Any]) -> Candidates:
    """Everyone scored by a campaign's use cases, through eligibility, consent, suitability and fatigue."""
    rows = _scored(snapshot, campaign)
    others = snapshot.earlier[snapshot.earlier.campaign_id != campaign["campaign_id"]]
    control = in_force(others, snapshot.settings, snapshot.as_of)
    rows["rule"] = first_rule(snapshot.books, rows.index, snapshot.as_of, control, "campaign")
    asked = all_hold(campaign.get("rules", []), snapshot.facts.features.loc[rows.index])
    rows.loc[rows.rule.isna() & ~asked, "rule"] = "asked"
    refused = _refused_offers(snapshot, campaign, rows[rows.rule.isna()])
    values = np.array([offer["value"] for offer in campaign["offers"]], dtype=float)
    order = {name: place for place, name in enumerate(SUITABILITY)}
    for number, rules in refused.iterrows():
        allowed = rules.isna().to_numpy()
        if allowed.any():
            rows.loc[number, "offer"] = int(np.where(allowed, values, -np.inf).argmax())
        else:
            rows.loc[number, "rule"] = min(rules, key=order.__getitem__)
    rows["channels"] = _channels(snapshot, campaign, rows)
    rows["value"] = [values[int(offer)] if not np.isnan(offer) else np.nan for offer in rows.offer]
    return Candidates(rows, refused.stack().dropna())


def _scored(snapshot: Snapshot, campaign: Mapping[str, Any]) -> pd.DataFrame:
    """Each customer's highest probability; of equal ones that of the use case that comes first by name."""
    parts = [
        pd.read_parquet(path, columns=["customer_id", "probability", "decile"]).assign(use_case=name)
        for name in sorted(campaign["use_cases"])
        if (path := snapshot.scores_path(name)).exists()
    ]
    rows = pd.concat(parts).sort_values(["probability", "use_case"], ascending=[False, True])
    rows = rows.drop_duplicates("customer_id").set_index("customer_id").sort_index()
    return rows.assign(offer=np.nan)


def _refused_offers(snapshot: Snapshot, campaign: Mapping[str, Any], rows: pd.DataFrame) -> pd.DataFrame:
    """By customer and offer, the first rule that refuses it, or empty."""
    people = snapshot.books.tables["customers"].set_index("customer_id").loc[rows.index]
    age = _full_years(people.birth_date, snapshot.as_of)
    grade = people.risk_grade.str[1].astype(float).fillna(0)
    in_date = (last_day_of_assessment(snapshot.books).reindex(rows.index) > snapshot.as_of).to_numpy()
    segment = _segments(snapshot, campaign, rows)
    no_credit = rows.index.isin(list(_refused_credit(snapshot)))
    refused = {}
    for offer in campaign["offers"]:
        risk, wealth = _risk(snapshot, campaign, offer)
        lowest, highest = offer.get("age_from", 18), offer.get("age_to", 120)
        bounded = (lowest, highest) != (18, 120)
        meant = segment.isin([offer["segment"]]) if offer.get("segment") else pd.Series(True, rows.index)
        meant &= snapshot.facts.all_true(rows.index, offer.get("claims", []), offer.get("when", ""))
        breaks = {
            "age_unknown": wealth & age.isna(),
            "not_assessed": wealth & (grade == 0),
            "assessment_old": wealth & ~in_date,
            "unsuited": wealth & (grade < risk),
            "credit_refused": _is_credit(snapshot, offer) & no_credit,
            "age_outside": (age < lowest) | (age > highest) | (age.isna() & bounded),
            "held": rows.index.isin(_holders(snapshot, offer.get("product_id", ""))),
            "not_meant": ~meant,
        }
        first = pd.Series(None, rows.index, dtype=object)
        for rule in SUITABILITY:
            first[first.isna() & breaks[rule]] = rule
        refused[offer["offer"]] = first
    return pd.DataFrame(refused, index=rows.index)


def _is_credit(snapshot: Snapshot, offer: Mapping[str, Any]) -> bool:
    products = snapshot.books.tables["products"]
    return bool((products.product_class[products.product_id == offer.get("product_id", "")] == "loan").any())


def _refused_credit(snapshot: Snapshot) -> set[str]:
    """Whom the rules refuse any credit."""
    rules = yaml.safe_load((snapshot.settings / "credit.yaml").read_text("utf-8"))
    people = snapshot.books.on_the_books(snapshot.as_of)
    return set(refused_credit(snapshot.books, snapshot.as_of, rules["exclusions"], people))


def _full_years(born: pd.Series, day: pd.Timestamp) -> pd.Series:
    before_birthday = (born.dt.month * 100 + born.dt.day) > day.month * 100 + day.day
    return day.year - born.dt.year - before_birthday


def _risk(snapshot: Snapshot, campaign: Mapping[str, Any], offer: Mapping[str, Any]) -> tuple[int, bool]:
    """An offer's risk grade, and whether it is a wealth product."""
    if not offer.get("product_id"):
        return 0, False
    product = snapshot.books.tables["products"].drop_duplicates("product_id").set_index("product_id")
    row = product.loc[offer["product_id"]]
    about_wealth = any(snapshot.case(name).get("wealth_product") for name in campaign["use_cases"])
    if not isinstance(row.risk_grade, str):
        return 0, False
    return int(row.risk_grade[1]), bool(row.product_class == "wealth" or about_wealth)


def is_wealth(snapshot: Snapshot, campaign: Mapping[str, Any]) -> dict[str, bool]:
    """By offer, whether it is a wealth product, which ends with the customer's assessment."""
    return {offer["offer"]: _risk(snapshot, campaign, offer)[1] for offer in campaign["offers"]}


def _segments(snapshot: Snapshot, campaign: Mapping[str, Any], rows: pd.DataFrame) -> pd.Series:
    """The segment of each customer's use case: the first whose conditions hold; the last one has none."""
    segment = pd.Series(None, rows.index, dtype=object)
    for name in campaign["use_cases"]:
        own = rows.index[rows.use_case == name]
        for declared in snapshot.case(name).get("segments", []):
            stands = own[all_hold(declared.get("when", []), snapshot.facts.features.loc[own])]
            segment[segment.index.isin(stands) & segment.isna()] = declared["name"]
    return segment


def _holders(snapshot: Snapshot, product: str) -> set[str]:
    """Who bought a product more often than they redeemed it."""
    events = snapshot.books.known("product_events", snapshot.as_of)
    events = events[(events.product_id == product) & events.event.isin(["bought", "redeemed"])]
    balance = events.event.map({"bought": 1, "redeemed": -1}).groupby(events.customer_id).sum()
    return set(balance.index[balance > 0])


def _channels(snapshot: Snapshot, campaign: Mapping[str, Any], rows: pd.DataFrame) -> pd.Series:
    """The channels left to each customer; sets the rules of those who have none."""
    books, fatigue = snapshot.books, snapshot.policy["fatigue"]
    people = books.tables["customers"].set_index("customer_id").loc[rows.index]
    has_phone, has_app = people.phone.fillna("") != "", people.mobile_bank_on.notna()
    reached = pd.DataFrame(
        {
            name: {"call": has_phone, "sms": has_phone, "app": has_app}.get(name, pd.Series(True, rows.index))
            & ~rows.index.isin(refused_channel(books, snapshot.as_of, name))
            for name in campaign["channels"]
        }
    )
    contacts = books.under_survivors(books.tables["contacts"], snapshot.as_of, ("customer_id",))
    recent = contacts[contacts.contacted_on > snapshot.as_of - pd.Timedelta(days=fatigue["days"])]
    total = recent.groupby("customer_id").size().reindex(rows.index, fill_value=0)
    rested = reached.copy()
    for name in campaign["channels"]:
        times = recent[recent.channel == name].groupby("customer_id").size().reindex(rows.index, fill_value=0)
        limit = fatigue.get("channels", {}).get(name, np.inf)
        rested[name] &= (total < fatigue["max_total"]) & (times < limit)
    answered = contacts[contacts.answer.isin(["yes", "bought", "no", "later"])]
    answered = answered[answered.contacted_on > month_end(snapshot.as_of, -12)]
    habit = pd.DataFrame(
        {
            name: rested[name] & rows.index.isin(answered.customer_id[answered.channel == name])
            for name in campaign["channels"]
        }
    )
    left = habit.where(habit.any(axis=1), rested)
    suited = rows.rule.isna()
    rows.loc[suited & ~reached.any(axis=1), "rule"] = "no_channel"
    rows.loc[suited & reached.any(axis=1) & ~rested.any(axis=1), "rule"] = "fatigued"
    return pd.Series([[name for name in left if row[name]] for _, row in left.iterrows()], rows.index)


def arbitrate(snapshot: Snapshot, found: Mapping[str, Candidates]) -> dict[str, pd.DataFrame]:
    """Of each campaign the customers whom it wins, with the rules by which the others leave; ranked by propensity."""
    worth = []
    for name, candidates_of in found.items():
        rows, channels = candidates_of.rows, snapshot.live[name]["channels"]
        stays = rows.rule.isna()
        best = [
            max(contact_value(row.probability, row.value, channels[channel]) for channel in row.channels)
            for row in rows[stays].itertuples()
        ]
        rows.loc[stays, "best"] = best
        rows.loc[stays & ~(rows.best > 0), "rule"] = "not_worth"
        own = rows[rows.rule.isna()].reset_index().assign(campaign_id=name)
        worth.append(own[["customer_id", "campaign_id", "best", "probability"]])
    every = pd.concat(worth).sort_values(["best", "probability", "campaign_id"], ascending=[False, False, True])
    wins = every.drop_duplicates("customer_id").set_index("customer_id").campaign_id
    for name, candidates_of in found.items():
        rows = candidates_of.rows
        rows.loc[rows.rule.isna() & (rows.index.map(wins) != name), "rule"] = "other_campaign"
    return {name: candidates_of.rows for name, candidates_of in found.items()}


def contact_value(probability: float, value: float, channel: Mapping[str, Any]) -> float:
    """Chance x reach of the channel x value of the outcome - cost of the contact."""
    return probability * channel.get("reach", 1.0) * value - channel["cost"]


def time_bands(snapshot: Snapshot, channels: pd.Series, otherwise: str) -> pd.Series:
    """The part of the day in which each customer mostly makes own transactions, of those in which the channel is used.

    Parameters
    ----------
    channels : pandas.Series
        The channel of each row, by customer.
    otherwise : str
        The campaign's part of the day, for those without transactions then.
    """
    hours = yaml.safe_load((snapshot.settings / "contact_hours.yaml").read_text("utf-8"))["channels"]
    rows = own_transactions(snapshot.books.known("transactions", snapshot.as_of))
    rows = rows[rows.time >= month_end(snapshot.as_of, -3) + pd.Timedelta(days=1)]
    rows = rows[rows.time != rows.time.dt.normalize()]
    band = rows.time.dt.hour.map({hour: name for name, of_band in BANDS.items() for hour in of_band})
    counts = band.groupby(rows.customer_id).value_counts().unstack(fill_value=0)
    counts = counts.reindex(index=channels.index, columns=list(BANDS), fill_value=0).fillna(0)
    rates = (counts / [len(of_band) for of_band in BANDS.values()]).where(counts.sum(axis=1) >= 3, 0)
    chosen = []
    for channel, (_, own) in zip(channels, rates.iterrows(), strict=True):
        used = [name for name in BANDS if name in hours.get(channel, BANDS)]
        usual = otherwise if otherwise in used else used[0]
        chosen.append(own[used].idxmax() if own[used].max() > 0 else usual)
    return pd.Series(chosen, channels.index)
