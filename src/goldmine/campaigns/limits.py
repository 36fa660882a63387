"""Limits of the assignment: capacity per branch, manager, grid and channel, of each campaign and of all together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from goldmine.campaigns.spec import Campaign
from goldmine.contactability.policy import Capacity, Policy, UnitCapacity
from goldmine.contactability.tables import ContactTables
from goldmine.core.errors import SettingsError
from goldmine.core.i18n import _

KINDS = {"branch": "branches", "manager": "staff", "grid": "grids"}
"""Kinds of units with a capacity, and their tables."""


@dataclass(frozen=True)
class Limits:
    """All limits, and those that each option counts towards.

    Parameters
    ----------
    names : list of (str, str, str)
        Campaign (empty: all of them), kind and key of each limit.
    min_count, max_count : array (limits,)
        Minimum and maximum count.
    member : array (options, families) of int
        Index of the limit per family; -1 if the family has none for the option.
    """

    names: list[tuple[str, str, str]]
    min_count: NDArray
    max_count: NDArray
    member: NDArray


def limits_of(options: pd.DataFrame, campaigns: Sequence[Campaign], policy: Policy) -> Limits:
    """The limits that the options count towards.

    Parameters
    ----------
    options : pandas.DataFrame
        `campaign_id`, `branch_id`, `manager_id`, `grid_id`, `channel`; an unknown unit has no limit.
    """
    names: list[tuple[str, str, str]] = []
    bounds: list[tuple[int, float]] = []
    families = []
    for campaign in campaigns:
        in_campaign = (options["campaign_id"] == campaign.campaign_id).to_numpy()
        for kind in KINDS:
            capacity = getattr(campaign.capacity, kind)
            families.append(_family(options, in_campaign, (campaign.campaign_id, kind), capacity, (names, bounds)))
        channels: dict[str, int] = {name: len(names) + index for index, name in enumerate(campaign.channels)}
        names += [(campaign.campaign_id, "channel", name) for name in campaign.channels]
        bounds += [(channel.min, channel.max) for channel in campaign.channels.values()]
        families.append(np.where(in_campaign, _positions(options["channel"], channels), -1))
    all_options = np.ones(len(options), dtype=bool)
    for kind in KINDS if policy.capacity else ():
        families.append(_family(options, all_options, ("", kind), getattr(policy.capacity, kind), (names, bounds)))
    return Limits(
        names,
        np.array([minimum for minimum, _ in bounds], dtype=float),
        np.array([maximum for _, maximum in bounds], dtype=float),
        np.stack(families, axis=1).astype(np.int64),
    )


def _family(
    options: pd.DataFrame,
    selected: NDArray,
    family: tuple[str, str],
    capacity: UnitCapacity | None,
    limits_so_far: tuple[list[tuple[str, str, str]], list[tuple[int, float]]],
) -> NDArray:
    """Add one limit per unit, and return the index of the limit that each option counts towards."""
    if capacity is None:
        return np.full(len(options), -1)
    names, bounds = limits_so_far
    campaign_id, kind = family
    ids = options[f"{kind}_id"].where(selected)
    keys = sorted({*ids.dropna().unique(), *capacity.overrides})
    indices = {key: len(names) + index for index, key in enumerate(keys)}
    for key in keys:
        limits = capacity.overrides.get(key)
        names.append((campaign_id, kind, key))
        maximum = capacity.default if limits is None or limits.max is None else limits.max
        bounds.append((limits.min if limits else 0, maximum))
    return _positions(ids, indices)


def _positions(ids: pd.Series, indices: Mapping[str, int]) -> NDArray:
    """The index of each unit, -1 where there is none; units are looked up once each, since options are millions."""
    codes, units = pd.factorize(ids)
    return np.array([*(indices.get(unit, -1) for unit in units), -1])[codes]


def check_units(tables: ContactTables, campaigns: Sequence[Campaign], policy: Policy) -> None:
    """Refuse capacities of units that the bank does not have, and quotas above their own limit.

    Raises
    ------
    SettingsError
        Names file, key and fault.
    """
    owners: list[tuple[str, Capacity | None]] = [(f"{spec.campaign_id}.yaml", spec.capacity) for spec in campaigns]
    for where, capacity in [*owners, ("offers.yaml", policy.capacity)]:
        for kind in KINDS if capacity else ():
            units = getattr(capacity, kind)
            if units is not None and units.overrides:
                _check(tables, where, kind, units)


def _check(tables: ContactTables, where: str, kind: str, capacity: UnitCapacity) -> None:
    table, column = (KINDS[kind], "staff_id" if kind == "manager" else f"{kind}_id")
    if not tables.has(table, column):
        table, column = "customers", f"{kind}_id"
    known = set(tables.table(table).select(column).distinct().to_pyarrow().to_pandas()[column].dropna())
    unknown = sorted(set(capacity.overrides) - known)
    if unknown:
        raise SettingsError(
            _(
                "{where}: capacity.{kind}.overrides: this bank has no {kind} {names}.",
                where=where,
                kind=kind,
                names=", ".join(unknown),
            ),
            _("Correct the number; {table}.{column} has those there are.", table=table, column=column),
        )
    for key, limits in capacity.overrides.items():
        maximum = capacity.default if limits.max is None else limits.max
        if limits.min > maximum:
            raise SettingsError(
                _(
                    "{where}: capacity.{kind}.overrides.{key}: at least {min} cannot be kept with at most {maximum}.",
                    where=where,
                    kind=kind,
                    key=key,
                    min=limits.min,
                    maximum=maximum,
                ),
                _("Lower the one or raise the other."),
            )
