"""The groups of judged customers: by branch, AUM level and age band, and the protected ones."""

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
"""Protected groups: a new model may not leave them behind."""
GROUP_TITLES = {
    "all": pgettext("group", "all"),
    "branch": pgettext("group", "branch"),
    "aum_level": pgettext("group", "AUM level"),
    "age_band": pgettext("group", "age band"),
    "gender": pgettext("group", "gender"),
    "village": pgettext("group", "village"),
}
"""What customers are grouped by, for people."""
AGE_BANDS = (0, 25, 35, 45, 55, 65)
"""Where each age band begins, in years."""


def groups_of(bank: Bank, rows: pa.Table) -> pd.DataFrame:
    """Groups of some rows: a row a row, in their order.

    Parameters
    ----------
    bank : Bank
        Its customers say which branch and which village (grid).
    rows : pyarrow.Table
        customer_id and features as stored. Where a column is not there, or a bank does not have it, neither is the
        group; where a value is unknown, the group is empty.

    Returns
    -------
    pandas.DataFrame
        Of branch, aum_level (yuan at which it begins), age_band, gender, village those that can be told.
    """
    found = {}
    if "aum_avg_30d" in rows.column_names:
        names = np.array([f"{level:,}+" for level in LEVELS], dtype=object)
        found["aum_level"] = names[level_of(rows["aum_avg_30d"].to_numpy())]
    if "age_years" in rows.column_names:
        found["age_band"] = _bands(rows["age_years"].to_numpy())
    if "gender" in rows.column_names:
        found["gender"] = rows["gender"].to_pandas()
    for name, column in (("branch", "branch_id"), ("village", "grid_id")):
        if "customer_id" in rows.column_names and bank.has("customers", column):
            found[name] = _of_customers(bank, rows["customer_id"], column)
    return pd.DataFrame({name: pd.Series(values, dtype="object") for name, values in found.items()})


def _bands(age: np.ndarray) -> np.ndarray:
    ends = [f"{low}-{high - 1}" for low, high in pairwise(AGE_BANDS)]
    names = np.array([*ends, f"{AGE_BANDS[-1]}+"], dtype=object)
    known = np.isfinite(age)
    place = np.clip(np.searchsorted(AGE_BANDS, np.where(known, age, 0), side="right") - 1, 0, None)
    return np.where(known, names[place], np.array(None, dtype=object))


def _of_customers(bank: Bank, wanted: pa.ChunkedArray, column: str) -> pd.Series:
    """A column of the customers table for some customer numbers, in their order."""
    held = bank.read(connect(), "customers").select("customer_id", column).to_pyarrow()
    return held[column].take(pc.index_in(wanted, held["customer_id"])).to_pandas()
