"""Which values of a column are among others."""

from collections.abc import Collection

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc


def is_among(values: pd.Series, others: Collection[str] | pd.Series) -> np.ndarray:
    """Whether each text of a column is among others; an unknown one is not.

    Of a million customers pandas' own `isin` takes seconds, since it makes a Python object of each.

    Examples
    --------
    >>> is_among(pd.Series(["A", None, "B"]), {"B", "C"}).tolist()
    [False, False, True]
    """
    known = pa.array(others.to_list() if isinstance(others, pd.Series) else list(others), pa.string()).drop_null()
    texts = pa.array(values.to_list(), pa.string(), from_pandas=True)
    return np.asarray(pc.is_in(texts, value_set=known).to_numpy(zero_copy_only=False))
