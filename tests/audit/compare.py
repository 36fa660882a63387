"""Cell by cell: how many cells of each column agree."""

from dataclasses import dataclass

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class Agreement:
    """How far a column of a file agrees with the recomputed one."""

    column: str
    cells: int
    agreed: int

    @property
    def whole(self) -> bool:
        """Whether every cell agrees."""
        return self.agreed == self.cells

    def __str__(self) -> str:
        mark = "" if self.whole else f"   {self.cells - self.agreed} differ"
        return f"{self.column:<40}{self.agreed:>9,} of {self.cells:>9,}{mark}"


def compare(written: pd.DataFrame, recomputed: pd.DataFrame) -> list[Agreement]:
    """Compare two tables with the same index, column by column.

    Rows that only one of them has count as cells that differ; so does every cell of a column that only one has.
    Numbers agree within one part in 100,000 (features are stored in 32 bits).
    """
    rows = written.index.union(recomputed.index)
    columns = [*written.columns, *(name for name in recomputed.columns if name not in written.columns)]
    both = rows.isin(written.index) & rows.isin(recomputed.index)
    agreements = []
    for name in columns:
        if name not in written or name not in recomputed:
            agreements.append(Agreement(str(name), len(rows), 0))
            continue
        same = _same(written[name].reindex(rows), recomputed[name].reindex(rows)) & both
        agreements.append(Agreement(str(name), len(rows), int(same.sum())))
    return agreements


def differing(written: pd.Series, recomputed: pd.Series) -> pd.DataFrame:
    """The cells of a column that differ."""
    rows = written.index.union(recomputed.index)
    left, right = written.reindex(rows), recomputed.reindex(rows)
    return pd.DataFrame({"written": left, "recomputed": right})[~_same(left, right)]


def _same(left: pd.Series, right: pd.Series) -> np.ndarray:
    empty = (left.isna() & right.isna()).to_numpy()
    if pd.api.types.is_numeric_dtype(left) and pd.api.types.is_numeric_dtype(right):
        a, b = left.to_numpy(dtype=float, na_value=np.nan), right.to_numpy(dtype=float, na_value=np.nan)
        # A difference of two float sums is off by about the last bit of the larger one.
        return empty | np.isclose(a, b, rtol=1e-5, atol=1e-4)
    if pd.api.types.is_datetime64_any_dtype(right) or pd.api.types.is_datetime64_any_dtype(left):
        left, right = pd.to_datetime(left), pd.to_datetime(right)
        return empty | (left == right).to_numpy(dtype=bool, na_value=False)
    known = (left.notna() & right.notna()).to_numpy()
    return empty | (known & (left.astype(str) == right.astype(str)).to_numpy(dtype=bool, na_value=False))
