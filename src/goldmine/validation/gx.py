"""Great Expectations, loaded without PySpark; imported only when needed.

Where PySpark is installed, Great Expectations imports it, and with it Spark Connect, which ends a process whose main
module is no file: Python's fork server, and any ``python -c``. Counts are made by DuckDB, so nothing of it is needed.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def _absent(package: str) -> Iterator[None]:
    """Let imports of a package fail during the block."""
    sys.modules[package] = None  # type: ignore[assignment]  # Python's own way to refuse an import
    try:
        yield
    finally:
        del sys.modules[package]


with _absent("pyspark.sql.connect" if "pyspark" in sys.modules else "pyspark"):
    import great_expectations.render.renderer.site_builder  # noqa: F401
