"""The limits of the assignment: so many for each branch, manager, grid and channel, of a campaign and of all."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from goldmine.campaigns.spec import Campaign
from goldmine.contactability.policy import Capacity, Policy, UnitCapacity
from goldmine.contactability.tables import ContactTables
from goldmine.core.errors import SettingsError

KINDS = {"branch": "branches", "manager": "staff", "grid": "grids"}
"""Kinds of places that have a capacity, and the tables that know them."""


@dataclass(frozen=True)
class Limits:
    """All limits, and which of them each option counts towards.

    Parameters
    ----------
    names : list of (str, str, str)
        Campaign (empty: all of them), kind and key of each limit.
    least, most : array (limits,)
        What must and may count.
    member : array (options, families) of int
        Places of limits; -1 where a family has none for the option.
    """

    names: list[tuple[str, str, str]]
    least: NDArray
    most: NDArray
    member: NDArray


def limits_of(options: pd.DataFrame, campaigns: Sequence[Campaign], policy: Policy) -> Limits:
    """The limits that the options count towards.

    Parameters
    ----------
    options : pandas.DataFrame
        `campaign_id`, `branch_id`, `manager_id`, `grid_id`, `channel`; a place that is not known has no limit.
    """
    names: list[tuple[str, str, str]] = []
    bounds: list[tuple[int, float]] = []
    families = []
    for campaign in campaigns:
        mine = (options["campaign_id"] == campaign.campaign_id).to_numpy()
        for kind in KINDS:
            places = getattr(campaign.capacity, kind)
            families.append(_family(options, mine, (campaign.campaign_id, kind), places, (names, bounds)))
        channels = pd.Series({name: len(names) + place for place, name in enumerate(campaign.channels)})
        names += [(campaign.campaign_id, "channel", name) for name in campaign.channels]
        bounds += [(one.min, one.max) for one in campaign.channels.values()]
        families.append(np.where(mine, options["channel"].map(channels).fillna(-1), -1))
    everywhere = np.ones(len(options), dtype=bool)
    for kind in KINDS if policy.capacity else ():
        families.append(_family(options, everywhere, ("", kind), getattr(policy.capacity, kind), (names, bounds)))
    return Limits(
        names,
        np.array([least for least, _ in bounds], dtype=float),
        np.array([most for _, most in bounds], dtype=float),
        np.stack(families, axis=1).astype(np.int64),
    )


def _family(
    options: pd.DataFrame,
    mine: NDArray,
    family: tuple[str, str],
    capacity: UnitCapacity | None,
    found: tuple[list[tuple[str, str, str]], list[tuple[int, float]]],
) -> NDArray:
    """Add a limit a place, and say towards which each option counts."""
    if capacity is None:
        return np.full(len(options), -1)
    names, bounds = found
    whose, kind = family
    ids = options[f"{kind}_id"].where(mine)
    keys = sorted({*ids.dropna().unique(), *capacity.overrides})
    at = pd.Series({key: len(names) + place for place, key in enumerate(keys)}, dtype="int64")
    for key in keys:
        limits = capacity.overrides.get(key)
        names.append((whose, kind, key))
        most = capacity.default if limits is None or limits.max is None else limits.max
        bounds.append((limits.min if limits else 0, most))
    return ids.map(at).fillna(-1).to_numpy()


def check_places(tables: ContactTables, campaigns: Sequence[Campaign], policy: Policy) -> None:
    """Refuse capacities of places that the bank does not have, and quotas above their own limit.

    Raises
    ------
    SettingsError
        Names file, place and what is wrong.
    """
    owners: list[tuple[str, Capacity | None]] = [(f"{one.campaign_id}.yaml", one.capacity) for one in campaigns]
    for where, capacity in [*owners, ("offers.yaml", policy.capacity)]:
        for kind in KINDS if capacity else ():
            places = getattr(capacity, kind)
            if places is not None and places.overrides:
                _check(tables, where, kind, places)


def _check(tables: ContactTables, where: str, kind: str, capacity: UnitCapacity) -> None:
    table, column = (KINDS[kind], "staff_id" if kind == "manager" else f"{kind}_id")
    if not tables.has(table, column):
        table, column = "customers", f"{kind}_id"
    known = set(tables.table(table).select(column).distinct().to_pyarrow().to_pandas()[column].dropna())
    unknown = sorted(set(capacity.overrides) - known)
    if unknown:
        raise SettingsError(
            f"{where}: capacity.{kind}.overrides: this bank has no {kind} {', '.join(unknown)}.",
            f"Correct the number; {table}.{column} has those there are.",
        )
    for key, limits in capacity.overrides.items():
        most = capacity.default if limits.max is None else limits.max
        if limits.min > most:
            raise SettingsError(
                f"{where}: capacity.{kind}.overrides.{key}: at least {limits.min} cannot be kept with at most {most}.",
                "Lower the one or raise the other.",
            )
