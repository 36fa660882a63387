"""Assignment of owners: one per customer, unchanged wherever level, branch and staff allow it."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from goldmine.coverage.min_cost_flow import Flow, best_flow
from goldmine.coverage.rules import CoverageRules

CHANGE_REASONS = ("kept", "new", "level", "branch", "staff_left", "limit", "relieved")
"""Why a customer has this owner: kept; new; or what ended the previous assignment.

``relieved``: a role above the tier's own had taken over and is no longer needed.
"""


@dataclass(frozen=True)
class People:
    """The staff of tiered maintenance.

    Parameters
    ----------
    serving : pandas.DataFrame
        staff_id, branch_id, role: active staff at the snapshot, a row per person.
    """

    serving: pd.DataFrame

    def allowed(self, rules: CoverageRules, places: pd.DataFrame) -> pd.DataFrame:
        """The allowed pairs of place and person (row numbers), the role's rank, and whether it is above the tier's."""
        roles = pd.DataFrame(
            [
                (tier, role, rank, rank >= len(rule.roles))
                for tier, rule in enumerate(rules.tiers)
                for rank, role in enumerate((*rule.roles, *rule.roles_above))
            ],
            columns=["tier", "role", "rank", "above"],
        )
        candidates = places.assign(place=range(len(places))).merge(roles, on="tier")
        people = self.serving.assign(person=range(len(self.serving))).rename(columns={"branch_id": "home"})
        pairs = candidates.merge(people, on="role")
        pairs = pairs[pairs["role"].isin(rules.whole_bank) | (pairs["home"] == pairs["branch_id"])]
        pairs = pairs.sort_values(["place", "rank", "person"], ignore_index=True)
        return pairs[["place", "person", "rank", "above"]]


def assign(customers: pd.DataFrame, people: People, rules: CoverageRules) -> pd.DataFrame:
    """Assign exactly one owner to every customer of the tiers, with the fewest moves that the limits permit.

    If a tier's own roles have nobody at the branch, or no capacity left, the next roles above take over as few
    customers as possible. Customers beyond all capacity stay without an owner: the lowest tier first, and within it
    new customers with the least AUM. Everybody else is assigned.

    Parameters
    ----------
    customers : pandas.DataFrame
        customer_id, branch_id, level, aum_fen, previous_id (the previous owner; empty for nobody),
        previous_above (whether in a role above the tier's own) and previous_branch_id, a row per customer.
    people : People
        The active staff.
    rules : CoverageRules
        ``pipelines/coverage.yaml``.

    Returns
    -------
    pandas.DataFrame
        The customers of the tiers by customer_id, with tier, core, owner_id, owner_role (both empty for nobody), above
        (whether the role is above the tier's own) and change_reason
        (`CHANGE_REASONS`).
    """
    levels = range(int(customers["level"].max(skipna=True) if len(customers) else 0) + 1)
    tiers = customers["level"].map({level: rules.tier_of(level) for level in levels})
    rows = customers.assign(tier=tiers.astype("int64"))
    # Customers with the most AUM come first, so they keep their owner if not all can.
    rows = rows[rows["tier"] >= 0].sort_values(["aum_fen", "customer_id"], ascending=[False, True], ignore_index=True)
    if rows.empty:
        return rows.assign(core=False, owner_id="", owner_role="", above=False, change_reason="")
    places = rows.groupby(["branch_id", "tier"], as_index=False).size().rename(columns={"size": "customers"})
    allowed = people.allowed(rules, places)
    numbers = {staff_id: number for number, staff_id in enumerate(people.serving["staff_id"])}
    rows["place"] = rows[["branch_id", "tier"]].merge(places.assign(place=range(len(places))), how="left")["place"]
    rows["person"] = rows["previous_id"].map(numbers).fillna(-1).astype("int64")
    allowed_pairs = pd.MultiIndex.from_frame(allowed[["place", "person"]])
    rows["may_keep"] = pd.MultiIndex.from_frame(rows[["place", "person"]]).isin(allowed_pairs)
    groups = rows[rows["may_keep"]].groupby(["place", "person"], as_index=False).size()
    groups = groups.rename(columns={"size": "customers"}).merge(allowed, on=["place", "person"])
    rows["as_above"] = pd.MultiIndex.from_frame(rows[["place", "person"]]).isin(_above(allowed))
    limits = people.serving["role"].map(dict(rules.max_customers)).fillna(0).to_numpy(dtype=np.int64)
    flow = best_flow(places, groups, allowed, limits)
    return _assign_persons(rows, groups, allowed, flow, people, rules)


def _assign_persons(  # noqa: PLR0917
    rows: pd.DataFrame, groups: pd.DataFrame, allowed: pd.DataFrame, flow: Flow, people: People, rules: CoverageRules
) -> pd.DataFrame:
    """Assign customers to persons in the order of the rows, as many as the flow gives."""
    keys = ["place", "person"]
    quota = rows[keys].merge(groups[keys].assign(kept=flow.kept), how="left", on=keys)["kept"].fillna(0)
    keeps = rows["may_keep"] & (rows.groupby(keys).cumcount() < quota.to_numpy())
    person = rows["person"].where(keeps, -1)
    pool = rows[~keeps].sort_values("place", kind="stable").index
    nobody = pd.DataFrame({"place": range(len(flow.unassigned)), "person": -1, "assigned": flow.unassigned})
    order = pd.concat([allowed.assign(assigned=flow.assigned), nobody]).sort_values("place", kind="stable")
    person.loc[pool] = np.repeat(order["person"].to_numpy(), order["assigned"].to_numpy())
    # Index -1 is the empty row appended to the staff: nobody.
    staff = people.serving.reindex([*people.serving.index, None]).iloc[person.to_numpy()]
    return (
        rows.assign(
            owner_id=staff["staff_id"].to_numpy(),
            owner_role=staff["role"].to_numpy(),
            above=pd.MultiIndex.from_arrays([rows["place"], person], names=keys).isin(_above(allowed)),
            core=[rules.tiers[tier].core for tier in rows["tier"]],
            change_reason=_reasons(rows, keeps, people, rules),
        )
        .drop(columns=["place", "person", "may_keep", "as_above", "previous_above"])
        .sort_values("customer_id", ignore_index=True)
    )


def _reasons(rows: pd.DataFrame, keeps: pd.Series, people: People, rules: CoverageRules) -> np.ndarray:
    moved_branch = rows["previous_branch_id"] != rows["branch_id"]
    conditions = [
        keeps,
        rows["previous_id"] == "",
        rows["person"] < 0,
        rows["may_keep"] & rows["previous_above"],
        rows["may_keep"] & ~rows["as_above"],
        moved_branch | _owner_elsewhere(rows, people, rules),
    ]
    return np.select(conditions, ["kept", "new", "staff_left", "relieved", "limit", "branch"], default="level")


def _above(allowed: pd.DataFrame) -> pd.MultiIndex:
    """The pairs of place and person in which the person's role is above the place's tier."""
    return pd.MultiIndex.from_frame(allowed.loc[allowed["above"], ["place", "person"]])


def _owner_elsewhere(rows: pd.DataFrame, people: People, rules: CoverageRules) -> np.ndarray:
    """Whether the previous owner works at another branch than the customer's."""
    staff = people.serving.reindex([*people.serving.index, None]).iloc[rows["person"].to_numpy()]
    own = staff["branch_id"].to_numpy() == rows["branch_id"].to_numpy()
    return ~(own | staff["role"].isin(rules.whole_bank).to_numpy())
