"""The rows of a table made elsewhere, as `goldmine train-table` has laid it into a work folder."""

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from goldmine.core.errors import UseCaseError
from goldmine.core.fingerprint import of_file
from goldmine.core.workspace import Workspace

IS_TEST = "is_test"
"""Flag of the labelled rows held out until the model has been evaluated on them."""

INTEGER_IDS = "goldmine.integer_ids"
"""Mark in the table's schema where its ids were whole numbers in its file."""


def table_path(work: Workspace, use_case: str) -> Path:
    """Where a use case's table lies: customer_id, features, outcome (empty where it is not known), judged, moment."""
    return work.root / "external_tables" / f"{use_case}.parquet"


def read_external_table(work: Workspace, use_case: str) -> tuple[pa.Table, pa.Table]:
    """Labelled rows to learn from and labelled test rows, in the table's order.

    Raises
    ------
    UseCaseError
        If the work folder holds no such table.
    """
    path = table_path(work, use_case)
    if not path.exists():
        raise UseCaseError(
            f"{use_case}: the work folder holds no table of it.", "Bring one in with `goldmine train-table FILE`."
        )
    table = pq.read_table(path)
    labelled = table.filter(pc.is_valid(table["outcome"]))
    judged = labelled[IS_TEST]
    rest = labelled.drop_columns([IS_TEST])
    return rest.filter(pc.invert(judged)), rest.filter(judged)


def external_table_fingerprint(work: Workspace, use_case: str) -> str:
    """Fingerprint of a use case's table."""
    return of_file(table_path(work, use_case))
