"""Sleeping and lost customers: the definitions side by side."""

import pandas as pd

from goldmine.core.errors import SettingsError
from goldmine.customers.tags import Catalogue, TagSet

SET = "lost"
"""The set of the catalogue whose tags are the definitions."""


def definitions(catalogue: Catalogue) -> TagSet:
    """The set of tags that define who sleeps and who is lost.

    Raises
    ------
    SettingsError
        If the catalogue has none.
    """
    for one in catalogue.sets:
        if one.name == SET:
            return one
    raise SettingsError(f"tags.yaml: has no set {SET!r}.", "It defines who sleeps and who is lost; put it back.")


def side_by_side(customers: pd.DataFrame, catalogue: Catalogue) -> pd.DataFrame:
    """How many customers each definition finds, and how far the definitions agree.

    Parameters
    ----------
    customers : pandas.DataFrame
        The customers table: the columns of the set, and aum_avg where the bank has balances.

    Returns
    -------
    pandas.DataFrame
        A row a definition that the bank's tables carry: name, customers, share (of all), aum (yuan), and
        for each definition ``also_<name>``, the share of the row's customers whom that one finds too.
    """
    one = definitions(catalogue)
    held = {tag.name: customers[one.column(tag)].fillna(False).astype(bool) for tag in one.tags}
    held = {name: found for name, found in held.items() if not customers[f"tag_{SET}_{name}"].isna().all()}
    aum = customers["aum_avg"] if "aum_avg" in customers else pd.Series(float("nan"), customers.index)
    rows = [
        {
            "name": name,
            "customers": int(found.sum()),
            "share": float(found.mean()),
            "aum": float(aum[found].sum()),
            **{f"also_{other}": float(both[found].mean()) if found.any() else 0.0 for other, both in held.items()},
        }
        for name, found in held.items()
    ]
    return pd.DataFrame(rows)


def tag_counts(customers: pd.DataFrame, catalogue: Catalogue) -> pd.DataFrame:
    """A row a tag: set, tag, customers, share of all; in the order of the catalogue."""
    rows = []
    for one in catalogue.sets:
        for tag in one.tags:
            column = customers[one.column(tag)]
            found = int((column == tag.name).sum()) if one.exclusive else int(column.fillna(False).astype(bool).sum())
            rows.append((one.name, tag.name, found, found / max(len(customers), 1)))
    return pd.DataFrame(rows, columns=["set", "tag", "customers", "share"])
