"""Features of a customer's peers: the village, the employer's other staff, the family, and those of one identity.

* Means are over the other customers on the books; the customer's own figures are left out. Who has no others has no
  mean.
* The family are the other sides of all family relations, whichever way round they are recorded.
* A colleague's salary arrives here if one arrived within 90 days.
* A customer's AUM rose over 90 days if it is above that of the month 3 before. In the season of an identity, only those
  count whose AUM is on the books at both ends and changed.
* Sums are of whole numbers, so that they do not depend on the order of the rows.
"""

from collections.abc import Mapping

import ibis
from ibis.expr.types import IntegerValue

from goldmine.core.i18n import _, pgettext
from goldmine.features.definition import FeatureDefinition, number, with_reason_texts
from goldmine.features.families.rhythm import own_days_quarter
from goldmine.features.reason_text import not_explainable
from goldmine.features.view import View, family_pairs

GROUPS = {
    "village": ("grid_id", "customers.grid_id", _("in the village")),
    "employer": ("employer_id", "customers.employer_id", _("at the same employer")),
    "family": ("family", "relations", _("in the family")),
}
"""Group: key column, what it needs, and its part of a title."""
MEASURES = {
    "aum_mean": ("balances", _("Mean AUM"), "yuan", 100),
    "rose_share": ("balances", _("Share whose AUM rose over 90 days"), "share", 1),
    "wealth_share": ("balances", _("Share holding wealth products"), "share", 1),
    "own_days_mean": ("transactions", _("Mean own transaction days in 90 days"), "days", 1),
    "asleep_share": ("transactions", _("Share without own transactions in 90 days"), "share", 1),
}
"""Measure: what it needs, its part of a title, its unit, and the divisor of the whole number."""
EMPLOYER_MEASURES = {"salary_share": ("transactions.kind", _("Share whose salary arrives here"), "share", 1)}
"""Measures of colleagues alone."""
COMING = ("customers.identity", "balances")
"""What the seasonal feature of an identity is computed from: garlic is sold in June, migrants come home for the spring
festival. One customer's last year is too little data for a season; that of all of the same identity is enough."""
COMING_SHARE = "identity_coming_rose_share"


def measures_of(group: str) -> Mapping[str, tuple[str, str, str, int]]:
    """The measures of a group."""
    return {**MEASURES, **EMPLOYER_MEASURES} if group == "employer" else MEASURES


PEER_FEATURES = frozenset({COMING_SHARE, *(f"{group}_{measure}" for group in GROUPS for measure in measures_of(group))})
"""Names of the features that are computed from other customers, with one value for many customers."""


def peer_inputs(v: View) -> dict[str, IntegerValue]:
    """The whole numbers that peers' means are made of, one a measure."""
    days = own_days_quarter(v)
    now = v.zero("aum_a0")
    return {
        "aum_mean": now,
        "rose_share": v.if_on_books(4, (now > v.zero("aum_a3")).cast("int64")),
        "wealth_share": (v.zero("wealth_a0") > 0).cast("int64"),
        "own_days_mean": days,
        "asleep_share": (days == 0).cast("int64"),
        "salary_share": (v.total("in_salary_count", 90) > 0).cast("int64"),
    }


def coming_peer_inputs(v: View) -> dict[str, IntegerValue]:
    """Whether AUM rose, and whether it changed at all, in the coming quarter a year ago."""
    before, after = v.rows.aum_a12, v.rows.aum_a9
    return {
        "coming_rose": (after > before).fill_null(False).cast("int64"),
        "coming_moved": (after != before).fill_null(False).cast("int64"),
    }


def peer_sums(base: ibis.Table) -> dict[str, ibis.Table]:
    """The sums of each group, by the name that `peer_features` expects.

    Parameters
    ----------
    base : ibis.Table
        A row a customer: customer_id, grid_id, employer_id, identity, and as ``input_<name>`` what `peer_inputs` and
        `coming_peer_inputs` give.
    """
    groups = {
        name: _family(base) if name == "family" else _group(base, key, name) for name, (key, *_) in GROUPS.items()
    }
    return {f"peers_{name}": sums for name, sums in {**groups, "identity": _identity(base)}.items()}


def peer_features(rows: ibis.Table, sums: Mapping[str, ibis.Table]) -> tuple[ibis.Table, list[FeatureDefinition]]:
    """Join the groups' sums to some rows of the base table and define their means.

    Parameters
    ----------
    rows : ibis.Table
        Some rows of the base table.
    sums : mapping of str to ibis.Table
        From `peer_sums`.

    Returns
    -------
    tuple
        The joined table and the definitions, whose values are columns of it.
    """
    for group, (key, *_rest) in GROUPS.items():
        on = "customer_id" if group == "family" else key
        rows = rows.left_join(sums[f"peers_{group}"], on).drop(f"{on}_right")
    means = [_mean(rows, group, measure) for group in GROUPS for measure in measures_of(group)]
    rows, coming = _coming(rows, sums["peers_identity"])
    # Facts about other people must not be given as a reason.
    return rows, with_reason_texts(
        [*means, coming], {f"{group}_*": not_explainable(group) for group in (*GROUPS, "identity")}
    )


def _coming(rows: ibis.Table, sums: ibis.Table) -> tuple[ibis.Table, FeatureDefinition]:
    """Share whose AUM rose, among others of the same identity whose AUM changed in the coming quarter a year ago."""
    rows = rows.left_join(sums, "identity").drop("identity_right")
    others = rows.identity_moved - rows.input_coming_moved
    share = ibis.cases((others > 0, (rows.identity_rose - rows.input_coming_rose) / others), else_=ibis.null("float64"))
    return rows, number(
        COMING_SHARE,
        share,
        title=_("Share of those of the same identity whose AUM rose in the coming quarter, a year ago"),
        unit="share",
        needs=COMING,
    )


def _identity(base: ibis.Table) -> ibis.Table:
    members = base.filter(base.identity.notnull())
    return members.group_by("identity").agg(
        identity_rose=members.input_coming_rose.sum().cast("int64"),
        identity_moved=members.input_coming_moved.sum().cast("int64"),
    )


def _group(base: ibis.Table, key: str, group: str) -> ibis.Table:
    members = base.filter(base[key].notnull())
    return members.group_by(key).agg(
        **{f"{group}_{name}": members[f"input_{name}"].sum().cast("int64") for name in measures_of(group)},
        **{f"{group}_members": members.count()},
    )


def _family(base: ibis.Table) -> ibis.Table:
    pairs = family_pairs()
    others = base.select(related_id="customer_id", **{f"input_{name}": base[f"input_{name}"] for name in MEASURES})
    joined = pairs.join(others, "related_id")
    return joined.group_by("customer_id").agg(
        **{f"family_{name}": joined[f"input_{name}"].sum().cast("int64") for name in MEASURES},
        family_members=joined.count(),
    )


def _mean(rows: ibis.Table, group: str, measure: str) -> FeatureDefinition:
    """Mean over the other members of the group; the family's sums leave out the customer already."""
    _key, needs_group, group_title = GROUPS[group]
    needs, measure_title, unit, divisor = measures_of(group)[measure]
    total, members = rows[f"{group}_{measure}"], rows[f"{group}_members"]
    if group != "family":
        total, members = total - rows[f"input_{measure}"], members - 1
    value = ibis.cases((members > 0, total / members / divisor), else_=ibis.null("float64"))
    title = pgettext("peers", "{measure} {group}", measure=measure_title, group=group_title)
    return number(f"{group}_{measure}", value, title=title, unit=unit, needs=(needs_group, needs))
