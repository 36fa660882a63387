"""How those around the customer behave: the village, the employer's other staff, the family.

A customer's own figures are left out of the mean of their neighbours. Sums are of whole numbers, so that
they do not depend on the order of the rows.
"""

import ibis
from ibis.expr.types import IntegerValue

from goldmine.features.define import Defined, number, tell
from goldmine.features.families.rhythm import own_days_quarter
from goldmine.features.told import unsaid
from goldmine.features.view import View, family_pairs

GROUPS = {
    "village": ("grid_id", "customers.grid_id", "in the village", "同村客户"),
    "employer": ("employer_id", "customers.employer_id", "at the same employer", "同单位客户"),
    "family": ("family", "relations", "in the family", "家庭成员"),
}
"""Group: key column, what it needs, and its words."""
MEASURES = {
    "aum_mean": ("balances", "Mean AUM", "平均资产", "yuan", 100),
    "rose_share": ("balances", "Share whose AUM rose over 90 days", "近90天资产上升占比", "share", 1),
    "wealth_share": ("balances", "Share holding wealth products", "持有理财占比", "share", 1),
    "own_days_mean": ("transactions", "Mean own transaction days in 90 days", "近90天平均主动交易天数", "days", 1),
    "asleep_share": ("transactions", "Share without own transactions in 90 days", "近90天无主动交易占比", "share", 1),
}
"""Measure: what it needs, its words, its unit, and by what the whole number is divided."""


def seeds(v: View) -> dict[str, IntegerValue]:
    """The whole numbers that neighbours are compared by, one a measure."""
    days = own_days_quarter(v)
    now = v.zero("aum_a0")
    return {
        "aum_mean": now,
        "rose_share": (now > v.zero("aum_a3")).cast("int64"),
        "wealth_share": (v.zero("wealth_a0") > 0).cast("int64"),
        "own_days_mean": days,
        "asleep_share": (days == 0).cast("int64"),
    }


def neighbours(rows: ibis.Table, base: ibis.Table) -> tuple[ibis.Table, list[Defined]]:
    """Join the groups' sums to some rows of the base table and define their means.

    Parameters
    ----------
    rows : ibis.Table
        The rows of `base` that are wanted.
    base : ibis.Table
        A row a customer: customer_id, grid_id, employer_id, and `seeds` as ``seed_<measure>``.

    Returns
    -------
    tuple
        The joined table and the definitions, whose values are columns of it.
    """
    for group, (key, _needs, _en, _zh) in GROUPS.items():
        sums = _family(base) if group == "family" else _group(base, key, group)
        on = "customer_id" if group == "family" else key
        rows = rows.left_join(sums, on).drop(f"{on}_right")
    means = [_mean(rows, group, measure) for group in GROUPS for measure in MEASURES]
    # What is known of other people is nobody's reason for a call.
    return rows, tell(means, {f"{group}_*": unsaid(group) for group in GROUPS})


def _group(base: ibis.Table, key: str, group: str) -> ibis.Table:
    members = base.filter(base[key].notnull())
    return members.group_by(key).agg(
        **{f"{group}_{name}": members[f"seed_{name}"].sum().cast("int64") for name in MEASURES},
        **{f"{group}_members": members.count()},
    )


def _family(base: ibis.Table) -> ibis.Table:
    pairs = family_pairs()
    others = base.select(related_id="customer_id", **{f"seed_{name}": base[f"seed_{name}"] for name in MEASURES})
    joined = pairs.join(others, "related_id")
    return joined.group_by("customer_id").agg(
        **{f"family_{name}": joined[f"seed_{name}"].sum().cast("int64") for name in MEASURES},
        family_members=joined.count(),
    )


def _mean(rows: ibis.Table, group: str, measure: str) -> Defined:
    """Mean over the others of the group; the family's sums hold others only."""
    _key, needs_group, where_en, where_zh = GROUPS[group]
    needs, en, zh, unit, divisor = MEASURES[measure]
    total, members = rows[f"{group}_{measure}"], rows[f"{group}_members"]
    if group != "family":
        total, members = total - rows[f"seed_{measure}"], members - 1
    value = ibis.cases((members > 0, total / members / divisor), else_=ibis.null("float64"))
    return number(
        f"{group}_{measure}", value, en=f"{en} {where_en}", zh=f"{where_zh}{zh}", unit=unit, needs=(needs_group, needs)
    )
