"""Who looks after whom: one carer each, the same as before wherever level, branch and staff allow it."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from goldmine.care.flow import Flow, best_flow
from goldmine.care.rules import CareRules
from goldmine.core.errors import SettingsError

REASONS = ("kept", "new", "level", "branch", "staff_left", "limit")
"""Why a customer has this carer: the same as before; none before; or what ended the care of the one before."""


@dataclass(frozen=True)
class People:
    """The staff as tiered maintenance sees them.

    Parameters
    ----------
    serving : pandas.DataFrame
        staff_id, branch_id, role: those at work at the snapshot, a row a person.
    """

    serving: pd.DataFrame

    def allowed(self, rules: CareRules, places: pd.DataFrame) -> pd.DataFrame:
        """Who may look after whom: place and person (row numbers), and the rank of the person's role there."""
        roles = pd.DataFrame(
            [(tier, role, rank) for tier, one in enumerate(rules.tiers) for rank, role in enumerate(one.roles)],
            columns=["tier", "role", "rank"],
        )
        wanted = places.assign(place=range(len(places))).merge(roles, on="tier")
        people = self.serving.assign(person=range(len(self.serving))).rename(columns={"branch_id": "home"})
        found = wanted.merge(people, on="role")
        found = found[found["role"].isin(rules.whole_bank) | (found["home"] == found["branch_id"])]
        return found.sort_values(["place", "rank", "person"])[["place", "person", "rank"]].reset_index(drop=True)


def assign(customers: pd.DataFrame, people: People, rules: CareRules) -> pd.DataFrame:
    """Give every customer of the tiers exactly one carer, with the fewest moves that the limits permit.

    Parameters
    ----------
    customers : pandas.DataFrame
        customer_id, branch_id, level, aum_fen, previous_id (who looked after them so far; empty for nobody) and
        previous_branch_id, a row a customer.
    people : People
        The staff at work.
    rules : CareRules
        ``pipelines/care.yaml``.

    Returns
    -------
    pandas.DataFrame
        The customers of the tiers by customer_id, with tier, core, carer_id, carer_role and reason (`REASONS`).

    Raises
    ------
    SettingsError
        If the limits clash: says at which branch and level, whose limits, and by how many customers.
    """
    levels = range(int(customers["level"].max(skipna=True) if len(customers) else 0) + 1)
    tiers = customers["level"].map({level: rules.tier_of(level) for level in levels})
    rows = customers.assign(tier=tiers.astype("int64"))
    # Those with most are dealt with first, so that it is they who keep their carer where not all can.
    rows = rows[rows["tier"] >= 0].sort_values(["aum_fen", "customer_id"], ascending=[False, True], ignore_index=True)
    if rows.empty:
        return rows.assign(core=False, carer_id="", carer_role="", reason="")
    places = rows.groupby(["branch_id", "tier"], as_index=False).size().rename(columns={"size": "customers"})
    allowed = people.allowed(rules, places)
    numbers = {one: number for number, one in enumerate(people.serving["staff_id"])}
    rows["place"] = rows[["branch_id", "tier"]].merge(places.assign(place=range(len(places))), how="left")["place"]
    rows["person"] = rows["previous_id"].map(numbers).fillna(-1).astype("int64")
    may = pd.MultiIndex.from_frame(allowed[["place", "person"]])
    rows["may_keep"] = pd.MultiIndex.from_frame(rows[["place", "person"]]).isin(may)
    groups = rows[rows["may_keep"]].groupby(["place", "person"], as_index=False).size()
    groups = groups.rename(columns={"size": "customers"})
    limits = people.serving["role"].map(dict(rules.most_customers)).fillna(0).to_numpy(dtype=np.int64)
    flow = best_flow(places, groups, allowed, limits)
    if flow.short.any():
        raise _clash(rules, places, flow, people, allowed, limits)
    return _dealt(rows, groups, allowed, flow, people, rules)


def _dealt(  # noqa: PLR0917
    rows: pd.DataFrame, groups: pd.DataFrame, allowed: pd.DataFrame, flow: Flow, people: People, rules: CareRules
) -> pd.DataFrame:
    """Customers to persons, as many as the flow says, in the order of the rows."""
    keys = ["place", "person"]
    quota = rows[keys].merge(groups[keys].assign(kept=flow.kept), how="left", on=keys)["kept"].fillna(0)
    keeps = rows["may_keep"] & (rows.groupby(keys).cumcount() < quota.to_numpy())
    person = rows["person"].where(keeps, -1)
    pool = rows[~keeps].sort_values("place", kind="stable").index
    order = allowed.assign(given=flow.given)
    person.loc[pool] = np.repeat(order["person"].to_numpy(), order["given"].to_numpy())
    staff = people.serving.iloc[person.to_numpy()]
    return (
        rows.assign(
            carer_id=staff["staff_id"].to_numpy(),
            carer_role=staff["role"].to_numpy(),
            core=[rules.tiers[tier].core for tier in rows["tier"]],
            reason=_reasons(rows, keeps, people, rules),
        )
        .drop(columns=["place", "person", "may_keep"])
        .sort_values("customer_id", ignore_index=True)
    )


def _reasons(rows: pd.DataFrame, keeps: pd.Series, people: People, rules: CareRules) -> np.ndarray:
    moved_branch = rows["previous_branch_id"] != rows["branch_id"]
    conditions = [
        keeps,
        rows["previous_id"] == "",
        rows["person"] < 0,
        rows["may_keep"],
        moved_branch | _away(rows, people, rules),
    ]
    return np.select(conditions, ["kept", "new", "staff_left", "limit", "branch"], default="level")


def _away(rows: pd.DataFrame, people: People, rules: CareRules) -> np.ndarray:
    """Whether the carer so far works at another branch than the customer's."""
    staff = people.serving.iloc[rows["person"].to_numpy()]
    own = staff["branch_id"].to_numpy() == rows["branch_id"].to_numpy()
    return ~(own | staff["role"].isin(rules.whole_bank).to_numpy())


def _clash(  # noqa: PLR0917
    rules: CareRules, places: pd.DataFrame, flow: Flow, people: People, allowed: pd.DataFrame, limits: np.ndarray
) -> SettingsError:
    place = int(flow.short.argmax())
    branch, tier = places["branch_id"][place], rules.tiers[places["tier"][place]]
    who = allowed.loc[allowed["place"] == place, "person"].to_numpy()
    total, short = int(flow.short.sum()), int(flow.short[place])
    where = f"branch {branch}" if branch else "no branch"
    need = f"care at {where}, from {tier.aum_from:,} yuan: {places['customers'][place]} customers"
    others = f" ({total} in the whole bank)" if total > short else ""
    if not len(who):
        return SettingsError(
            f"{need}, and nobody at work there is {' or '.join(tier.roles)}{others}.",
            "Correct the table staff, move the branch's customers, or let care.yaml name another role.",
        )
    roles = people.serving["role"].to_numpy()[who]
    most = ", ".join(f"{(roles == r).sum()} {r} x {rules.most_customers[r]}" for r in tier.roles if (roles == r).any())
    return SettingsError(
        f"{need}, of whom {short} find nobody with room; those allowed may take {limits[who].sum()} of all tiers "
        f"together: {most}{others}.",
        "Raise most_customers in care.yaml, let it name one more role there, or put more staff to the branch.",
    )
