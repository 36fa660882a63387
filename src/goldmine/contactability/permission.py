"""Who may be contacted for a purpose: the first rule that excludes each customer, and the channels left."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import ibis
import pandas as pd

from goldmine.contactability.funnel import FunnelCounter, SkippedRule
from goldmine.contactability.rules import PURPOSES, Purpose, refused_channel, rules_for
from goldmine.contactability.tables import ContactTables
from goldmine.contract.tables import CONTACT_CHANNELS
from goldmine.core.i18n import LocalizedText, _


@dataclass(frozen=True)
class Permissions:
    """The answer for some customers.

    Parameters
    ----------
    tables : ContactTables
        The tables that were read.
    rows : ibis.Table
        The customers' columns with `rule`: the first rule that excludes the customer, empty for those who may be
        contacted.
    rules : dict of str to tuple of LocalizedText and str
        By rule, in the order of counting: whom it excludes, and its stage of the funnel.
    skipped : tuple of SkippedRule
        Rules that need columns which the bank does not have.
    """

    tables: ContactTables
    rows: ibis.Table
    rules: dict[str, tuple[LocalizedText, str]]
    skipped: tuple[SkippedRule, ...]

    @property
    def allowed(self) -> ibis.Table:
        """The columns of the customers who may be contacted."""
        return self.rows.filter(self.rows.rule.isnull()).drop("rule")

    @property
    def allowed_customers(self) -> frozenset[str]:
        """The numbers of those who may be contacted."""
        return frozenset(self.allowed.select("customer_id").to_pyarrow()["customer_id"].to_pylist())

    @property
    def first_rules(self) -> dict[str, str | None]:
        """By customer, the first rule that excludes them; None for those who may be contacted."""
        rows = self.rows.select("customer_id", "rule").to_pyarrow()
        return dict(zip(rows["customer_id"].to_pylist(), rows["rule"].to_pylist(), strict=True))

    @property
    def counts(self) -> dict[str, int]:
        """By rule, in their order, the customers it is the first to exclude."""
        rows = self.rows.group_by("rule").agg(customers=self.rows.count()).to_pyarrow().to_pylist()
        customers_by_rule = {row["rule"]: row["customers"] for row in rows}
        return {name: customers_by_rule.get(name, 0) for name in self.rules}

    def up_to(self, rows: pd.DataFrame, count: int) -> pd.DataFrame:
        """The first of ordered rows, until so many of them are of customers who may be contacted.

        A list that is cut to its first rows is short by those who then leave it.
        """
        allowed = rows["customer_id"].isin(self.allowed_customers)
        return rows[allowed.cumsum() - allowed < count].reset_index(drop=True)

    def channels_left(self, channels: Sequence[str] = CONTACT_CHANNELS) -> pd.DataFrame:
        """One row per customer who may be contacted and one flag per channel: false where it was refused."""
        rows = pd.DataFrame(True, index=sorted(self.allowed_customers), columns=list(channels))
        for channel in channels:
            refused = refused_channel(self.tables, channel).to_pyarrow()["customer_id"].to_pylist()
            rows[channel] = ~rows.index.isin(refused)
        return rows

    def counter(self) -> FunnelCounter:
        """A funnel that starts with these rules."""
        counts = self.counts
        counter = FunnelCounter(int(self.rows.count().to_pyarrow().as_py()))
        for name, (who, stage) in self.rules.items():
            counter.leave(name, who, counts[name], stage)
        return counter


def may_contact(
    tables: ContactTables,
    customers: ibis.Table | Collection[str],
    purpose: Purpose,
    *,
    channels: Collection[str] | None = None,
    also_held_back: Collection[str] = (),
    campaign_id: str | None = None,
) -> Permissions:
    """Which customers may be contacted for a purpose.

    Everything that names a customer to staff as someone to contact calls this function.

    Parameters
    ----------
    tables : ContactTables
        The bank's tables, imported results, and the customers held back at the snapshot.
    customers : ibis.Table or collection of str
        A table with `customer_id` and any other columns, or customer numbers.
    purpose : str
        A key of `PURPOSES`.
    channels : collection of str, optional
        Channels that staff will use; the purpose's own by default. A customer who refused all of them is excluded.
    also_held_back : collection of str
        Control of campaigns that are not yet released.
    campaign_id : str, optional
        The campaign that calls: its own control stays among its candidates.
    """
    asked = customers if isinstance(customers, ibis.Table) else tables.customers(customers)
    used_channels = PURPOSES[purpose].channels if channels is None else channels
    rules = rules_for(purpose)
    known = tables.table("customers").select("customer_id")
    excluded = [("unknown", _("not in the customer table"), "eligible", asked.anti_join(known, "customer_id"))]
    for rule in rules:
        if not rule.is_skipped(tables):
            excluded.append((rule.name, rule.who, rule.stage, tables.cached(f"leaving_{rule.name}", rule.query)))
    if used_channels and tables.has("suppressions", "channel"):
        excluded.append(
            (
                "channel",
                _("refused the channels used for this contact"),
                "consent",
                _without_channel(tables, used_channels),
            )
        )
    if not PURPOSES[purpose].held_back:
        if other_control := tables.held_back.control_except(campaign_id):
            who = _("control of another campaign in force")
            excluded.append(("other_control", who, "consent", tables.with_survivors(tables.customers(other_control))))
    elif also_held_back or tables.held_back.anybody:
        who = _("held back as control to measure the effect of contact")
        excluded.append(("control", who, "control", _held_back(tables, asked, also_held_back)))
    skipped = tuple(
        SkippedRule(name=rule.name, who=rule.who, missing=rule.missing(tables))
        for rule in rules
        if rule.is_skipped(tables)
    )
    names = [name for name, *_rest in excluded]
    rows = _first_rules(tables, asked, names, [query for *_rest, query in excluded])
    return Permissions(tables, rows, {name: (who, stage) for name, who, stage, _query in excluded}, skipped)


def _first_rules(tables: ContactTables, asked: ibis.Table, names: list[str], excluded: list[ibis.Table]) -> ibis.Table:
    """The customers' columns with `rule`, materialised since both counts and lists are made from it."""
    parts = [rows.select("customer_id", index=ibis.literal(index, "int64")) for index, rows in enumerate(excluded)]
    every = ibis.union(*parts) if len(parts) > 1 else parts[0]
    joined = asked.left_join(every.group_by("customer_id").agg(index=every["index"].min()), "customer_id")
    rule = joined["index"].isnull().ifelse(ibis.null("string"), ibis.array(names)[joined["index"]])
    return tables.store(joined.select(*asked.columns, rule=rule))


def _without_channel(tables: ContactTables, channels: Collection[str]) -> ibis.Table:
    refused = [refused_channel(tables, channel) for channel in sorted(channels)]
    return ibis.intersect(*refused) if len(refused) > 1 else refused[0]


def _held_back(tables: ContactTables, asked: ibis.Table, also_held_back: Collection[str]) -> ibis.Table:
    control = tables.customers(tables.held_back.control_except() | frozenset(also_held_back))
    return tables.held_out(asked).union(tables.with_survivors(control))
