"""All features that there are, and which of them a bank's tables can carry."""

from datetime import date
from functools import cache
from pathlib import Path

import ibis
from ibis.backends.duckdb import Backend

from goldmine.contract.bank import Bank
from goldmine.core.work import Work
from goldmine.features.define import Defined, Feature
from goldmine.features.families.balances import balances
from goldmine.features.families.channels import channels
from goldmine.features.families.flows import flows
from goldmine.features.families.neighbours import neighbours, seeds
from goldmine.features.families.products import products
from goldmine.features.families.profile import profile
from goldmine.features.families.rhythm import rhythm
from goldmine.features.families.signs import signs
from goldmine.features.view import View, view

FAMILIES = (profile, balances, flows, rhythm, products, channels, signs)
"""Families that see one customer at a time; neighbours come after them."""


@cache
def catalogue() -> tuple[Feature, ...]:
    """Every feature, in the order of the feature table."""
    nothing = Bank("none", date.min, {})
    connection = ibis.duckdb.connect()
    seen = view(connection, nothing, Work(Path()), date(2000, 1, 31))
    _joined, around = neighbours(connection, nothing, base_table(seen, []), seen.cutoff)
    return tuple(d.feature for d in [*own_features(seen), *around])


def own_features(seen: View) -> list[Defined]:
    """Definitions of all families that see one customer at a time."""
    return [defined for family in FAMILIES for defined in family(seen)]


def base_table(seen: View, own: list[Defined]) -> ibis.Table:
    """Keys of the customer's groups, what neighbours are compared by, and the customer's own features."""
    rows = seen.rows
    return rows.select(
        "customer_id",
        "grid_id",
        "employer_id",
        **{f"seed_{name}": value for name, value in seeds(seen).items()},
        **{d.feature.name: d.value for d in own},
    )


def carried(bank: Bank, feature: Feature) -> bool:
    """Whether the bank has every table and column that the feature needs."""
    return all(bank.has(*need.split(".")) for need in feature.needs)


def switched_off(bank: Bank) -> dict[str, list[str]]:
    """Features that the bank's tables cannot carry, by the table or column that is missing."""
    found: dict[str, list[str]] = {}
    for feature in catalogue():
        for need in feature.needs:
            if not bank.has(*need.split(".")):
                found.setdefault(need, []).append(feature.name)
    return found


def definitions(connection: Backend, bank: Bank, work: Work, cutoff: date) -> tuple[View, list[Defined]]:
    """The view of a cutoff and those own features that the bank can carry."""
    seen = view(connection, bank, work, cutoff)
    return seen, [d for d in own_features(seen) if carried(bank, d.feature)]
