"""The assignment: which candidates are contacted, by which channel and which manager."""

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
from goldmine.contract.serving_staff import serving
from goldmine.core.errors import SettingsError
from goldmine.core.i18n import _

_FULL = _("no capacity left for them")


@dataclass(frozen=True)
class Assigned:
    """The customers to contact, best first, with `channel`, `manager_id` and `expected_value`; and the limits."""

    rows: pd.DataFrame
    limits: tuple[Limit, ...]


def assign(
    rows: pd.DataFrame,
    managers: pd.DataFrame,
    campaigns: Sequence[Campaign],
    policy: Policy,
    counters: Mapping[str, FunnelCounter],
) -> Assigned:
    """Assign channels and managers for the highest expected value under all limits.

    A customer stays with whoever the bank put in charge; one whose manager has left, or who has none, may go to any
    manager of the branch.

    Parameters
    ----------
    rows : pandas.DataFrame
        From `arbitrate`; no `manager_id` is of somebody who has left.
    managers : pandas.DataFrame
        From `serving_managers`.
    counters : mapping of str to FunnelCounter
        By campaign; they count the customers for whom there is no capacity.

    Raises
    ------
    SettingsError
        If minimum quotas cannot be met; it names the conflicting limits.
    """
    options = _options(rows, managers, campaigns)
    limits = limits_of(options, campaigns, policy)
    problem = Problem(
        customer=np.unique(options["row"], return_inverse=True)[1],
        probability=options["chance"].to_numpy(dtype=float),
        gain=options["gain"].to_numpy(dtype=float),
        cost=options["cost"].to_numpy(dtype=float),
        member=limits.member,
        min_count=limits.min_count,
        max_count=limits.max_count,
    )
    try:
        solution = solve(problem)
    except ClashError as clash:
        raise _clash(limits, clash) from clash
    chosen = options[solution.chosen]
    assigned = rows.loc[chosen["row"]].assign(
        channel=chosen["channel"].to_numpy(),
        manager_id=chosen["manager_id"].to_numpy(),
        expected_value=problem.value[solution.chosen].round(2),
    )
    before, after = rows["campaign_id"].value_counts(), assigned["campaign_id"].value_counts()
    for name, counter in counters.items():
        counter.leave("capacity", _FULL, int(before.get(name, 0) - after.get(name, 0)), "capacity")
    used = problem.counts @ solution.chosen.astype(float)
    best = assigned.sort_values(["expected_value", "customer_id"], ascending=[False, True], ignore_index=True)
    return Assigned(best, _report(limits, used, solution.shadow))


def serving_managers(tables: ContactTables) -> pd.DataFrame:
    """Managers who can be given customers: `manager_id` and `branch_id`.

    Without a table of staff: all managers named in the customer table.
    """
    if not tables.has("staff", "branch_id"):
        managers = tables.table("customers").select("manager_id", "branch_id").distinct().to_pyarrow().to_pandas()
        return managers.dropna().sort_values(["branch_id", "manager_id"], ignore_index=True)
    serving_staff = serving(tables.table("staff"), tables.as_of)
    if tables.has("staff", "role"):
        serving_staff = serving_staff.filter(serving_staff.role == "manager")
    managers = serving_staff.select("branch_id", manager_id="staff_id").to_pyarrow().to_pandas()
    return managers.dropna().drop_duplicates("manager_id").sort_values(["branch_id", "manager_id"], ignore_index=True)


def _options(rows: pd.DataFrame, managers: pd.DataFrame, campaigns: Sequence[Campaign]) -> pd.DataFrame:
    """One row per customer, channel and manager that may be combined and is worth its cost."""
    parts = []
    for campaign in campaigns:
        part = rows[rows["campaign_id"] == campaign.campaign_id]
        for name, channel in campaign.channels.items():
            if name in part:
                gain = part["value"] * channel.reach
                parts.append(part[part[name].astype(bool)].assign(channel=name, gain=gain, cost=channel.cost))
    names = ["campaign_id", "customer_id", "chance", "branch_id", "manager_id", "grid_id", "channel"]
    columns = [*names, "gain", "cost", "row"]
    options = (
        pd.concat([part.assign(row=part.index) for part in parts])[columns] if parts else rows.reindex(columns=columns)
    )
    options = options[options["chance"] * options["gain"] > options["cost"]]
    has_manager = options["manager_id"].notna()  # whoever has left is named nowhere: see `without_leavers`
    unassigned = options[~has_manager].drop(columns="manager_id").merge(managers, on="branch_id", how="left")
    options = pd.concat([options[has_manager], unassigned[columns]], ignore_index=True)
    return options.sort_values(
        ["row", "cost", "channel", "manager_id"], ascending=[True, False, True, True], ignore_index=True
    )


def _report(limits: Limits, used: np.ndarray, shadow: np.ndarray) -> tuple[Limit, ...]:
    reported = []
    for index, (campaign, kind, key) in enumerate(limits.names):
        maximum = limits.max_count[index]
        if kind == "channel" or limits.min_count[index] or used[index] >= maximum or abs(shadow[index]) > 0.005:
            reported.append(
                Limit(
                    campaign_id=campaign,
                    kind=kind,
                    key=key,
                    min=int(limits.min_count[index]),
                    max=int(maximum),
                    used=round(float(used[index])),
                    worth=round(float(shadow[index]), 2) + 0.0,
                )
            )
    return tuple(sorted(reported, key=lambda x: (x.campaign_id, x.kind != "channel", x.kind, -x.worth, x.key)))


def _clash(limits: Limits, clash: ClashError) -> SettingsError:
    def name(index: int) -> str:
        campaign, kind, key = limits.names[index]
        return f"{campaign or 'all campaigns'} {kind} {key}"

    short = [
        f"{name(index)} asks for at least {limits.min_count[index]:.0f} and misses {missed:.0f}"
        for index, missed in clash.short.items()
    ]
    against = [f"{name(index)} at most {limits.max_count[index]:.0f}" for index in clash.against]
    why = f"it clashes with {', '.join(against)}" if against else "there are too few customers for it"
    return SettingsError(
        _("capacity: {names}: {why}.", names="; ".join(short), why=why),
        _("Lower the minimum or raise the limit that stands in its way."),
    )
