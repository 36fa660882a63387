"""Tables of two engines side by side."""

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

WITHIN = 1e-9


def rows_of(path, *order):
    """A table in the order of its keys."""
    return pq.read_table(path).sort_by([(name, "ascending") for name in order])


def differing(left: pa.Table, right: pa.Table) -> list[str]:
    """Columns whose values differ: numbers by more than a billionth of themselves, anything else at all."""
    assert (left.column_names, left.num_rows) == (right.column_names, right.num_rows)
    return [name for name in left.column_names if not same(left[name], right[name])]


def same(left: pa.ChunkedArray, right: pa.ChunkedArray) -> bool:
    if not pa.types.is_floating(left.type):
        return left.cast(right.type).equals(right)
    one, other = left.cast(pa.float64()), right.cast(pa.float64())
    near = pc.less_equal(pc.abs(pc.subtract(one, other)), pc.multiply(pc.abs(one), WITHIN))
    return pc.is_null(one).equals(pc.is_null(other)) and pc.all(near, min_count=0).as_py()
