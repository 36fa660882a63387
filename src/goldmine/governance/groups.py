"""Groups of test customers: by branch, AUM level and age band, and the protected groups."""

from itertools import pairwise

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from goldmine.contract.bank import Bank
from goldmine.core.engine import connect
from goldmine.core.i18n import pgettext
from goldmine.customers.ladder import LEVELS, level_of

CALIBRATED = ("branch", "aum_level", "age_band")
"""Groups in which probabilities must be calibrated."""
PROTECTED = ("age_band", "gender", "village")
"""Protected groups, which a new model may not leave behind."""
GROUP_TITLES = {
    "all": pgettext("group", "all"),
    "branch": pgettext("group", "branch"),
    "aum_level": pgettext("group", "AUM level"),
    "age_band": pgettext("group", "age band"),
    "gender": pgettext("group", "gender"),
    "village": pgettext("group", "village"),
}
"""Titles of the kinds of groups."""
AGE_BANDS = (0, 25, 35, 45, 55, 65)
"""Where each age band begins, in years."""


def groups_of(bank: Bank, rows: pa.Table) -> pd.DataFrame:
    """The groups of each row, in the order of the rows.

    Parameters
    ----------
    bank : Bank
        Its customers table gives the branch and the village (grid).
    rows : pyarrow.Table
        customer_id and features as stored. A kind of group whose column is missing is left out; a row with an unknown
        value has an empty group.

    Returns
    -------
    pandas.DataFrame
        Those of branch, aum_level (yuan at which it begins), age_band, gender and village that are known.
    """
    groups = {}
    if "aum_avg_30d" in rows.column_names:
        names = np.array([f"{level:,}+" for level in LEVELS], dtype=object)
        aum = rows["aum_avg_30d"].to_numpy()
        groups["aum_level"] = np.where(np.isfinite(aum), names[level_of(np.nan_to_num(aum))], np.array(None, object))
    if "age_years" in rows.column_names:
        groups["age_band"] = _bands(rows["age_years"].to_numpy())
    if "gender" in rows.column_names:
        groups["gender"] = rows["gender"].to_pandas()
    for name, column in (("branch", "branch_id"), ("village", "grid_id")):
        if "customer_id" in rows.column_names and bank.has("customers", column):
            groups[name] = _of_customers(bank, rows["customer_id"], column)
    return pd.DataFrame({name: pd.Series(values, dtype="object") for name, values in groups.items()})


def _bands(age: np.ndarray) -> np.ndarray:
    ends = [f"{low}-{high - 1}" for low, high in pairwise(AGE_BANDS)]
    names = np.array([*ends, f"{AGE_BANDS[-1]}+"], dtype=object)
    known = np.isfinite(age)
    index = np.clip(np.searchsorted(AGE_BANDS, np.where(known, age, 0), side="right") - 1, 0, None)
    return np.where(known, names[index], np.array(None, dtype=object))


def _of_customers(bank: Bank, ids: pa.ChunkedArray, column: str) -> pd.Series:
    """A column of the customers table for some customer numbers, in their order."""
    customers = bank.read(connect(), "customers").select("customer_id", column).to_pyarrow()
    return customers[column].take(pc.index_in(ids, customers["customer_id"])).to_pandas()
