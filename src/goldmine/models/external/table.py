"""The rows of an external table, as `goldmine train-table` imports it into a work folder."""

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from goldmine.core.errors import UseCaseError
from goldmine.core.fingerprint import of_file
from goldmine.core.i18n import _
from goldmine.core.workspace import Workspace

IS_TEST = "is_test"
"""Flag of the test rows: labelled rows on which the model is evaluated."""

INTEGER_IDS = "goldmine.integer_ids"
"""Key of the table's schema metadata, present where the ids are whole numbers in its file."""

LISTED_FROM = "goldmine.listed_from"
"""Key of the table's schema metadata: how many rows its list is chosen from."""


def table_path(work: Workspace, use_case: str) -> Path:
    """File of a use case's table: customer_id, features, outcome (empty where unknown), is_test, moment."""
    return work.root / "external_tables" / f"{use_case}.parquet"


def read_external_table(work: Workspace, use_case: str) -> tuple[pa.Table, pa.Table]:
    """Training rows and test rows, all labelled, in the table's order.

    Raises
    ------
    UseCaseError
        If the work folder does not hold the table.
    """
    path = table_path(work, use_case)
    if not path.exists():
        raise UseCaseError(
            _("{name}: the work folder holds no table of it.", name=use_case),
            _("Bring one in with `goldmine train-table FILE`."),
        )
    table = pq.read_table(path)
    labelled = table.filter(pc.is_valid(table["outcome"]))
    is_test = labelled[IS_TEST]
    rows = labelled.drop_columns([IS_TEST])
    return rows.filter(pc.invert(is_test)), rows.filter(is_test)


def listed_from(rows: pa.Table) -> int:
    """How many rows the list of an external table is chosen from, by some of its rows; 0 of any others."""
    return int((rows.schema.metadata or {}).get(LISTED_FROM.encode(), 0))


def external_table_fingerprint(work: Workspace, use_case: str) -> str:
    """Fingerprint of a use case's table."""
    return of_file(table_path(work, use_case))
