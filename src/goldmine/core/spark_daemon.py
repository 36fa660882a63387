"""Where Spark's Python workers come from: what every task imports is imported here once, before the workers are forked.

Spark starts one such process a machine by ``spark.python.daemon.module`` and asks it for a worker a core. Without it
each worker pays for DuckDB, Ibis, pyarrow, LightGBM and pydantic again, about two seconds of processor time.
"""

import ibis.backends.duckdb  # noqa: F401
import lightgbm  # noqa: F401
import pyarrow.parquet  # noqa: F401
import pydantic  # noqa: F401
import scipy.stats  # noqa: F401
import sklearn.linear_model  # noqa: F401


def main() -> None:
    """Serve Spark's requests for workers until it ends."""
    from pyspark.daemon import manager  # where Spark is not installed, this module is still imported for its examples

    manager()


if __name__ == "__main__":
    main()
