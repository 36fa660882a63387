"""The customers table in a release: layer, level and tags of everyone, as they stood when its lists were made."""

import shutil
from datetime import date
from pathlib import Path

import pyarrow.parquet as pq

from goldmine.core.files import read_json
from goldmine.core.fingerprint import of_file
from goldmine.core.workspace import Workspace
from goldmine.customers.table import customers_path
from goldmine.publishing.manifest import CustomersFile

NAME = "customers.parquet"


def customers_mark(work: Workspace, as_of: date) -> str | None:
    """Fingerprint of a snapshot's customers table; none where there is none."""
    path = customers_path(work, as_of)
    found: str | None = read_json(path.with_suffix(".json")) if path.exists() else None
    return found


def write_customers(folder: Path, work: Workspace, as_of: date) -> CustomersFile | None:
    """Put a snapshot's customers table into a release's folder; none where there is none."""
    if customers_mark(work, as_of) is None:
        return None
    path = Path(shutil.copyfile(customers_path(work, as_of), folder / NAME))
    return CustomersFile(path=NAME, sha256=of_file(path), rows=pq.read_metadata(path).num_rows)
