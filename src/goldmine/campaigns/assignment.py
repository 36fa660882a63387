"""The assignment: who of the candidates is contacted, by which channel, by which manager."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from goldmine.campaigns.assignment_problem import Problem
from goldmine.campaigns.limits import Limits, limits_of
from goldmine.campaigns.record import Limit
from goldmine.campaigns.solver import ClashError, solve
from goldmine.campaigns.spec import Campaign
from goldmine.contactability.funnel import FunnelCounter
from goldmine.contactability.policy import Policy
from goldmine.contactability.tables import ContactTables
from goldmine.core.errors import SettingsError
from goldmine.core.i18n import _

_FULL = _("no capacity left for them")


@dataclass(frozen=True)
class Assigned:
    """Those who are to be contacted, best first, with `channel`, `manager_id` and `expected_value`; and the limits."""

    rows: pd.DataFrame
    limits: tuple[Limit, ...]


def assign(
    rows: pd.DataFrame,
    managers: pd.DataFrame,
    campaigns: Sequence[Campaign],
    policy: Policy,
    counters: Mapping[str, FunnelCounter],
) -> Assigned:
    """Assign channels and managers for the most expected value under every limit.

    A customer stays with the manager in charge; one whose manager has left or was never named may go to any manager of
    the branch.

    Parameters
    ----------
    rows : pandas.DataFrame
        From `arbitrate`.
    managers : pandas.DataFrame
        From `serving`.
    tallies : mapping of str to FunnelCounter
        Takes the counts of those for whom there is no capacity.

    Raises
    ------
    SettingsError
        If minimum quotas cannot be kept; it names the limits that clash.
    """
    options = _options(rows, managers, campaigns)
    limits = limits_of(options, campaigns, policy)
    problem = Problem(
        owner=np.unique(options["row"], return_inverse=True)[1],
        probability=options["chance"].to_numpy(dtype=float),
        gain=options["gain"].to_numpy(dtype=float),
        cost=options["cost"].to_numpy(dtype=float),
        member=limits.member,
        least=limits.least,
        most=limits.most,
    )
    try:
        solution = solve(problem)
    except ClashError as clash:
        raise _clash(limits, clash) from clash
    chosen = options[solution.chosen]
    kept = rows.loc[chosen["row"]].assign(
        channel=chosen["channel"].to_numpy(),
        manager_id=chosen["manager_id"].to_numpy(),
        expected_value=problem.value[solution.chosen].round(2),
    )
    before, after = rows["campaign_id"].value_counts(), kept["campaign_id"].value_counts()
    for name, counter in counters.items():
        counter.leave("capacity", _FULL, int(before.get(name, 0) - after.get(name, 0)), "capacity")
    used = problem.counts @ solution.chosen.astype(float)
    best = kept.sort_values(["expected_value", "customer_id"], ascending=[False, True], ignore_index=True)
    return Assigned(best, _report(limits, used, solution.shadow))


def serving(tables: ContactTables) -> pd.DataFrame:
    """Managers who can be given customers: `manager_id` and `branch_id`.

    Without a table of staff those are all whom the customers name.
    """
    if not tables.has("staff", "branch_id"):
        found = tables.table("customers").select("manager_id", "branch_id").distinct().to_pyarrow().to_pandas()
        return found.dropna().sort_values(["branch_id", "manager_id"], ignore_index=True)
    staff = tables.table("staff")
    there = staff.filter(staff.left_on.isnull() | (staff.left_on > tables.as_of))
    if tables.has("staff", "role"):
        there = there.filter(there.role == "manager")
    found = there.select("branch_id", manager_id="staff_id").to_pyarrow().to_pandas()
    return found.dropna().drop_duplicates("manager_id").sort_values(["branch_id", "manager_id"], ignore_index=True)


def _options(rows: pd.DataFrame, managers: pd.DataFrame, campaigns: Sequence[Campaign]) -> pd.DataFrame:
    """A row a customer, channel and manager that may come together and is worth its cost."""
    parts = []
    for campaign in campaigns:
        mine = rows[rows["campaign_id"] == campaign.campaign_id]
        for name, channel in campaign.channels.items():
            if name in mine:
                gain = mine["value"] * channel.reach
                parts.append(mine[mine[name].astype(bool)].assign(channel=name, gain=gain, cost=channel.cost))
    names = ["campaign_id", "customer_id", "chance", "branch_id", "manager_id", "grid_id", "channel"]
    columns = [*names, "gain", "cost", "row"]
    every = (
        pd.concat([part.assign(row=part.index) for part in parts])[columns] if parts else rows.reindex(columns=columns)
    )
    every = every[every["chance"] * every["gain"] > every["cost"]]
    kept = every["manager_id"].isin(managers["manager_id"])
    loose = every[~kept].drop(columns="manager_id").merge(managers, on="branch_id", how="left")
    found = pd.concat([every[kept], loose[columns]], ignore_index=True)
    return found.sort_values(
        ["row", "cost", "channel", "manager_id"], ascending=[True, False, True, True], ignore_index=True
    )


def _report(limits: Limits, used: np.ndarray, shadow: np.ndarray) -> tuple[Limit, ...]:
    told = []
    for place, (campaign, kind, key) in enumerate(limits.names):
        most = limits.most[place]
        if kind == "channel" or limits.least[place] or used[place] >= most or abs(shadow[place]) > 0.005:
            told.append(
                Limit(
                    campaign_id=campaign,
                    kind=kind,
                    key=key,
                    min=int(limits.least[place]),
                    max=int(most),
                    used=round(float(used[place])),
                    worth=round(float(shadow[place]), 2) + 0.0,
                )
            )
    return tuple(sorted(told, key=lambda one: (one.campaign_id, one.kind != "channel", one.kind, -one.worth, one.key)))


def _clash(limits: Limits, clash: ClashError) -> SettingsError:
    def named(place: int) -> str:
        campaign, kind, key = limits.names[place]
        return f"{campaign or 'all campaigns'} {kind} {key}"

    short = [
        f"{named(place)} asks for at least {limits.least[place]:.0f} and misses {missed:.0f}"
        for place, missed in clash.short.items()
    ]
    against = [f"{named(place)} at most {limits.most[place]:.0f}" for place in clash.against]
    why = f"it clashes with {', '.join(against)}" if against else "there are too few customers for it"
    return SettingsError(
        f"capacity: {'; '.join(short)}: {why}.", "Lower the minimum or raise the limit that stands in its way."
    )
