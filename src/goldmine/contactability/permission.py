"""Who may be contacted for what: by which rule each customer leaves first, and which channels the others have left."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import ibis
import pandas as pd

from goldmine.contactability.funnel import FunnelCounter, SkippedRule
from goldmine.contactability.holdout import held_out
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
        What it was asked of.
    rows : ibis.Table
        The customers' columns with `rule`: the first rule by which a customer leaves, empty for those who may be
        contacted.
    rules : dict of str to tuple of LocalizedText and str
        By rule, in the order in which they are counted: who leaves by it, and the stage of a funnel.
    skipped : tuple of SkippedRule
        Rules that the bank's tables do not carry.
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
        """By customer, the first rule by which they leave; none for those who may be contacted."""
        rows = self.rows.select("customer_id", "rule").to_pyarrow()
        return dict(zip(rows["customer_id"].to_pylist(), rows["rule"].to_pylist(), strict=True))

    @property
    def counts(self) -> dict[str, int]:
        """By rule, in their order, how many leave by it first."""
        rows = self.rows.group_by("rule").agg(customers=self.rows.count()).to_pyarrow().to_pylist()
        found = {row["rule"]: row["customers"] for row in rows}
        return {name: found.get(name, 0) for name in self.rules}

    def channels_left(self, channels: Sequence[str] = CONTACT_CHANNELS) -> pd.DataFrame:
        """By number of each customer who may be contacted, a flag a channel: false where it was refused."""
        rows = pd.DataFrame(True, index=sorted(self.allowed_customers), columns=list(channels))
        for channel in channels:
            refused = refused_channel(self.tables, channel).to_pyarrow()["customer_id"].to_pylist()
            rows[channel] = ~rows.index.isin(refused)
        return rows

    def counter(self) -> FunnelCounter:
        """A funnel that begins with these rules."""
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
    """Who of some customers may be contacted for a purpose.

    Everything that names a customer to staff as someone to contact asks here.

    Parameters
    ----------
    tables : ContactTables
        The bank's tables, results that were imported, and who is held back at the snapshot.
    customers : ibis.Table or collection of str
        A table with `customer_id` and anything beside it, or customer numbers.
    purpose : str
        A key of `PURPOSES`.
    channels : collection of str, optional
        By which channels staff will work; the purpose's own by default. Who refused all of them leaves.
    also_held_back : collection of str
        Control of campaigns that are not released yet.
    campaign_id : str, optional
        The campaign that asks: its own control stays among its candidates.
    """
    asked = customers if isinstance(customers, ibis.Table) else tables.customers(customers)
    worked_by = PURPOSES[purpose].channels if channels is None else channels
    rules = rules_for(purpose)
    known = tables.table("customers").select("customer_id")
    leaving = [("unknown", _("not in the customer table"), "eligible", asked.anti_join(known, "customer_id"))]
    for rule in rules:
        if not rule.missing(tables):
            leaving.append((rule.name, rule.who, rule.stage, tables.once(f"leaving_{rule.name}", rule.query)))
    if worked_by and tables.has("suppressions", "channel"):
        leaving.append(
            (
                "channel",
                _("refused the channels that this is worked by"),
                "consent",
                _without_channel(tables, worked_by),
            )
        )
    if not PURPOSES[purpose].held_back:
        if others := tables.held_back.control_but(campaign_id):
            who = _("control of another campaign that is still worked")
            leaving.append(("other_control", who, "consent", tables.with_survivors(tables.customers(others))))
    elif also_held_back or tables.held_back.anybody:
        who = _("held back as control, to measure what contact earns")
        leaving.append(("control", who, "control", _held_back(tables, asked, also_held_back)))
    skipped = tuple(SkippedRule(name=r.name, who=r.who, missing=r.missing(tables)) for r in rules if r.missing(tables))
    names = [name for name, *_rest in leaving]
    rows = _first_rules(tables, asked, names, [query for *_rest, query in leaving])
    return Permissions(tables, rows, {name: (who, stage) for name, who, stage, _query in leaving}, skipped)


def _first_rules(tables: ContactTables, asked: ibis.Table, names: list[str], leaving: list[ibis.Table]) -> ibis.Table:
    """The customers' columns with `rule`, worked out at once as it is both counted and listed from."""
    parts = [rows.select("customer_id", place=ibis.literal(place, "int64")) for place, rows in enumerate(leaving)]
    every = ibis.union(*parts) if len(parts) > 1 else parts[0]
    first = every.group_by("customer_id").agg(place=every.place.min())
    joined = asked.left_join(first, "customer_id")
    rule = ibis.array(names)[joined.place]
    return tables.store(joined.select(*asked.columns, rule=joined.place.isnull().ifelse(ibis.null("string"), rule)))


def _without_channel(tables: ContactTables, channels: Collection[str]) -> ibis.Table:
    refused = [refused_channel(tables, channel) for channel in sorted(channels)]
    return ibis.intersect(*refused) if len(refused) > 1 else refused[0]


def _held_back(tables: ContactTables, asked: ibis.Table, also: Collection[str]) -> ibis.Table:
    control = tables.customers(tables.held_back.control_but() | frozenset(also))
    return held_out(asked, tables.held_back.holdout).union(tables.with_survivors(control))
