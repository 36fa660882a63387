"""Sleeping and lost customers: the definitions side by side."""

import pandas as pd

from goldmine.core.errors import SettingsError
from goldmine.core.i18n import _
from goldmine.customers.tags import Catalogue, TagSet

SET = "lost"
"""The tag set that holds the definitions."""


def definitions(catalogue: Catalogue) -> TagSet:
    """The set of tags that define sleeping and lost customers.

    Raises
    ------
    SettingsError
        If the catalogue lacks it.
    """
    for tag_set in catalogue.sets:
        if tag_set.name == SET:
            return tag_set
    raise SettingsError(
        _("tags.yaml: has no set {set}.", set=repr(SET)), _("It defines who sleeps and who is lost; put it back.")
    )


def side_by_side(customers: pd.DataFrame, catalogue: Catalogue) -> pd.DataFrame:
    """Number of customers by definition, and the overlap of the definitions.

    Parameters
    ----------
    customers : pandas.DataFrame
        The customers table: the columns of the set, and aum_avg where the bank has balances.

    Returns
    -------
    pandas.DataFrame
        A row per definition that the bank's tables support: name, customers, share (of all), aum (yuan), and
        for each definition ``also_<name>``, the share of the row's customers who meet that definition too.
    """
    tag_set = definitions(catalogue)
    tagged = {tag.name: customers[tag_set.column(tag)].fillna(False).astype(bool) for tag in tag_set.tags}
    tagged = {name: members for name, members in tagged.items() if not customers[f"tag_{SET}_{name}"].isna().all()}
    aum = customers["aum_avg"] if "aum_avg" in customers else pd.Series(float("nan"), customers.index)
    rows = [
        {
            "name": name,
            "customers": int(members.sum()),
            "share": float(members.mean()),
            "aum": float(aum[members].sum()),
            **{
                f"also_{other}": float(other_members[members].mean()) if members.any() else 0.0
                for other, other_members in tagged.items()
            },
        }
        for name, members in tagged.items()
    ]
    return pd.DataFrame(rows)


def tag_counts(customers: pd.DataFrame, catalogue: Catalogue) -> pd.DataFrame:
    """A row per tag: set, tag, customers, share of all; in the order of the catalogue."""
    rows = []
    for tag_set in catalogue.sets:
        for tag in tag_set.tags:
            column = customers[tag_set.column(tag)]
            count = (
                int((column == tag.name).sum()) if tag_set.exclusive else int(column.fillna(False).astype(bool).sum())
            )
            rows.append((tag_set.name, tag.name, count, count / max(len(customers), 1)))
    return pd.DataFrame(rows, columns=["set", "tag", "customers", "share"])
