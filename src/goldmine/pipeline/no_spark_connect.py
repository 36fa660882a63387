"""Hide Spark Connect from the process that imports this first.

Great Expectations looks for Spark Connect wherever PySpark is installed. Where the packages of Spark Connect, which
nothing here uses, are absent, PySpark ends a process that runs no file with code 0: it takes it for its own doctests.
The fork server of the kernels is such a process.
"""

import sys

# To import it is an ImportError then, as where PySpark is absent.
sys.modules["pyspark.sql.connect"] = None  # type: ignore[assignment]
