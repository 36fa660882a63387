"""Exposures given to the work folder, where the lobby's effect is measured."""

from itertools import islice

import pyarrow as pa
import pyarrow.parquet as pq

from goldmine.core.files import whole_file
from goldmine.core.workspace import Workspace
from goldmine.measurement.lobby import EXPOSURE_COLUMNS, exposures_path
from goldmine.portal.models import Exposure

_SCHEMA = pa.schema(
    [
        ("at", pa.timestamp("us", "UTC")),
        *((name, pa.string()) for name in EXPOSURE_COLUMNS[1:-2]),
        ("drawn", pa.bool_()),
        ("chance", pa.float64()),
    ]
)
_AT_ONCE = 10_000


def write_exposures(work: Workspace) -> int:
    """Write all exposures as ``portal/exposures.parquet``, whole or not at all, and say how many there are."""
    rows, count = Exposure.objects.order_by("id").values_list(*EXPOSURE_COLUMNS).iterator(chunk_size=_AT_ONCE), 0
    with (
        whole_file(exposures_path(work)) as path,
        pq.ParquetWriter(path, _SCHEMA, compression="zstd") as writer,
    ):
        while some := list(islice(rows, _AT_ONCE)):
            columns = zip(zip(*some, strict=True), _SCHEMA, strict=True)
            arrays = [pa.array(values, field.type) for values, field in columns]
            writer.write_table(pa.Table.from_arrays(arrays, schema=_SCHEMA))
            count += len(some)
    return count
