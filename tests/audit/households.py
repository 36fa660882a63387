"""The household of each customer and what it holds, recomputed as docs/households.md and docs/customers.md say."""

from collections.abc import Hashable, Iterable

import pandas as pd

from tests.audit.books import Books, age_in_months

MOST = 8
"""Customers of one address or telephone, and of one household, at most."""
MONTHS, REGULAR = 12, 3
"""Months of transfers that are looked at, and those of them with one from which they are regular."""


def household_columns(books: Books, day: pd.Timestamp, aum: pd.Series) -> pd.DataFrame:
    """Members and average AUM of each customer's household; empty for firms and those whose ties may not be used.

    Parameters
    ----------
    aum : pandas.Series
        Average daily AUM of everyone on the books, in yuan.
    """
    household = _households(books, day)
    held = aum.reindex(household.index).groupby(household)
    found = pd.DataFrame(
        {
            "household_members": household.groupby(household).transform("size"),
            "household_aum": held.transform("sum").round(2),
        }
    )
    return found.reindex(aum.index)


def _households(books: Books, day: pd.Timestamp) -> pd.Series:
    """A name of the household of each person whose ties may be used."""
    everyone = books.tables["customers"].set_index("customer_id")
    person = books.survivors(pd.Timestamp.max).reindex(everyone.index).fillna(everyone.index.to_series())
    refused = person[~everyone.link_consent.fillna(False).astype(bool)].unique()
    people = books.on_the_books(day)
    people = people[(people.kind != "firm") & ~person.reindex(people.index).isin(refused)]
    ties: list[tuple[str, str]] = []
    surname = people.name.str.strip().str[:1]
    address = people.address.str.strip().where(lambda text: text != "")
    for shared in (address, people.phone_hash.fillna(people.phone)):
        place = people.assign(surname=surname, shared=shared).dropna(subset=["shared"])
        few = place.groupby(["shared", "grid_id"], dropna=False).shared.transform("size") <= MOST
        alike = place[few].dropna(subset=["surname"])
        for _, group in alike.groupby(["shared", "surname", "grid_id"], dropna=False):
            ties += [(group.index[0], other) for other in group.index[1:]]
    family = books.known("relations", day)
    family = family[(family.relation == "family") & (family.ended_on.isna() | (family.ended_on > day))]
    grid = people.grid_id
    for one, other in zip(family.customer_id, family.related_id, strict=True):
        here = one in grid.index and other in grid.index
        if here and (pd.isna(grid[one]) or pd.isna(grid[other]) or grid[one] == grid[other]):
            ties.append((one, other))
    name = _joined(people.index, ties)
    larger = _joined(people.index, ties + _paying(books, day, people, address))
    fits = larger.groupby(larger).transform("size") <= MOST
    name = larger.where(fits, name)
    large = name.groupby(name).transform("size") > MOST
    return name.where(~large, name.index.to_series())


def _paying(books: Books, day: pd.Timestamp, people: pd.DataFrame, address: pd.Series) -> list[tuple[str, str]]:
    """Pairs of one grid and address or telephone with transfers between them in enough of the last months."""
    moves = books.tables["transactions"]
    age = age_in_months(moves.time, day)
    known = (moves.time.dt.normalize() <= day) & ~(moves.known_on > day) & (age < MONTHS)
    moves = moves[known & moves.counterparty_customer_id.notna() & (moves.kind.isna() | (moves.kind == "transfer"))]
    both_sides = ("customer_id", "counterparty_customer_id")
    sides = books.under_survivors(moves[list(both_sides)], day, both_sides).to_numpy(dtype=object)
    pairs = pd.DataFrame({"one": sides.min(axis=1), "other": sides.max(axis=1), "age": age[moves.index].to_numpy()})
    months = pairs.groupby(["one", "other"]).age.nunique()
    regular = months[months >= REGULAR].reset_index()
    found: list[tuple[str, str]] = []
    for shared in (address, people.phone_hash.fillna(people.phone)):
        place = (people.grid_id.fillna("") + "|" + shared).dropna()
        size = place.groupby(place).transform("size")
        place = place[size <= MOST]
        both = regular[regular.one.isin(place.index) & regular.other.isin(place.index) & (regular.one != regular.other)]
        same = place[both.one].to_numpy() == place[both.other].to_numpy()
        found += list(both.loc[same, ["one", "other"]].itertuples(index=False, name=None))
    return found


def _joined(members: pd.Index, ties: Iterable[tuple[str, str]]) -> pd.Series:
    """The first member, in order, of each member's group."""
    leader: dict[Hashable, Hashable] = {member: member for member in members}

    def first(member: Hashable) -> Hashable:
        while leader[member] != member:
            member = leader[member]
        return member

    for one, other in ties:
        low, high = sorted((first(one), first(other)), key=str)
        leader[high] = low
    return pd.Series({member: first(member) for member in members}, dtype=object)
