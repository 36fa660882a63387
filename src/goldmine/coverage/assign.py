"""Who looks after whom: one owner each, the same as before wherever level, branch and staff allow it."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from goldmine.coverage.min_cost_flow import Flow, best_flow
from goldmine.coverage.rules import CoverageRules

CHANGE_REASONS = ("kept", "new", "level", "branch", "staff_left", "limit", "relieved")
"""Why a customer has this owner: the same as before; none before; or what ended the assignment to the one before.

``relieved``: a role above the tier's own had taken over, and is not needed any more.
"""


@dataclass(frozen=True)
class People:
    """The staff as tiered maintenance sees them.

    Parameters
    ----------
    serving : pandas.DataFrame
        staff_id, branch_id, role: those at work at the snapshot, a row a person.
    """

    serving: pd.DataFrame

    def allowed(self, rules: CoverageRules, places: pd.DataFrame) -> pd.DataFrame:
        """Who may look after whom: place and person (row numbers), the role's rank, whether it is above the tier's."""
        roles = pd.DataFrame(
            [
                (tier, role, rank, rank >= len(one.roles))
                for tier, one in enumerate(rules.tiers)
                for rank, role in enumerate((*one.roles, *one.roles_above))
            ],
            columns=["tier", "role", "rank", "above"],
        )
        wanted = places.assign(place=range(len(places))).merge(roles, on="tier")
        people = self.serving.assign(person=range(len(self.serving))).rename(columns={"branch_id": "home"})
        found = wanted.merge(people, on="role")
        found = found[found["role"].isin(rules.whole_bank) | (found["home"] == found["branch_id"])]
        return found.sort_values(["place", "rank", "person"])[["place", "person", "rank", "above"]].reset_index(
            drop=True
        )


def assign(customers: pd.DataFrame, people: People, rules: CoverageRules) -> pd.DataFrame:
    """Give every customer of the tiers exactly one owner, with the fewest moves that the limits permit.

    Where a tier's own roles have nobody at the branch, or no room left, the roles above them take over, the next one
    first, as few customers as must. Whom nobody has room for stays without an owner: the lowest tier first, and of
    those without one so far, the ones with least. Everybody else is assigned all the same.

    Parameters
    ----------
    customers : pandas.DataFrame
        customer_id, branch_id, level, aum_fen, previous_id (who looked after them so far; empty for nobody),
        previous_above (whether as a role above the tier's own) and previous_branch_id, a row a customer.
    people : People
        The staff at work.
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
    # Those with most are dealt with first, so that it is they who keep their owner where not all can.
    rows = rows[rows["tier"] >= 0].sort_values(["aum_fen", "customer_id"], ascending=[False, True], ignore_index=True)
    if rows.empty:
        return rows.assign(core=False, owner_id="", owner_role="", above=False, change_reason="")
    places = rows.groupby(["branch_id", "tier"], as_index=False).size().rename(columns={"size": "customers"})
    allowed = people.allowed(rules, places)
    numbers = {one: number for number, one in enumerate(people.serving["staff_id"])}
    rows["place"] = rows[["branch_id", "tier"]].merge(places.assign(place=range(len(places))), how="left")["place"]
    rows["person"] = rows["previous_id"].map(numbers).fillna(-1).astype("int64")
    may = pd.MultiIndex.from_frame(allowed[["place", "person"]])
    rows["may_keep"] = pd.MultiIndex.from_frame(rows[["place", "person"]]).isin(may)
    groups = rows[rows["may_keep"]].groupby(["place", "person"], as_index=False).size()
    groups = groups.rename(columns={"size": "customers"}).merge(allowed, on=["place", "person"])
    rows["as_above"] = pd.MultiIndex.from_frame(rows[["place", "person"]]).isin(_above(allowed))
    limits = people.serving["role"].map(dict(rules.max_customers)).fillna(0).to_numpy(dtype=np.int64)
    flow = best_flow(places, groups, allowed, limits)
    return _dealt(rows, groups, allowed, flow, people, rules)


def _dealt(  # noqa: PLR0917
    rows: pd.DataFrame, groups: pd.DataFrame, allowed: pd.DataFrame, flow: Flow, people: People, rules: CoverageRules
) -> pd.DataFrame:
    """Customers to persons, as many as the flow says, in the order of the rows."""
    keys = ["place", "person"]
    quota = rows[keys].merge(groups[keys].assign(kept=flow.kept), how="left", on=keys)["kept"].fillna(0)
    keeps = rows["may_keep"] & (rows.groupby(keys).cumcount() < quota.to_numpy())
    person = rows["person"].where(keeps, -1)
    pool = rows[~keeps].sort_values("place", kind="stable").index
    nobody = pd.DataFrame({"place": range(len(flow.short)), "person": -1, "given": flow.short})
    order = pd.concat([allowed.assign(given=flow.given), nobody]).sort_values("place", kind="stable")
    person.loc[pool] = np.repeat(order["person"].to_numpy(), order["given"].to_numpy())
    # Row -1 of the staff is the last one here: nobody.
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
        moved_branch | _away(rows, people, rules),
    ]
    return np.select(conditions, ["kept", "new", "staff_left", "relieved", "limit", "branch"], default="level")


def _above(allowed: pd.DataFrame) -> pd.MultiIndex:
    """The pairs of place and person in which the person's role is above the place's tier."""
    return pd.MultiIndex.from_frame(allowed.loc[allowed["above"], ["place", "person"]])


def _away(rows: pd.DataFrame, people: People, rules: CoverageRules) -> np.ndarray:
    """Whether the owner so far works at another branch than the customer's."""
    staff = people.serving.reindex([*people.serving.index, None]).iloc[rows["person"].to_numpy()]
    own = staff["branch_id"].to_numpy() == rows["branch_id"].to_numpy()
    return ~(own | staff["role"].isin(rules.whole_bank).to_numpy())
