"""The lists of the current release, in a line each."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq

from goldmine.core.workspace import Workspace
from goldmine.publishing.release_store import read_latest


@dataclass(frozen=True)
class ListSummary:
    """One list of the current release.

    Parameters
    ----------
    use_case : str
        What it is about.
    as_of, valid_until : date
        Snapshot date, and the last day to work it (None for a list without rows).
    rows : int
        Customers on it.
    top_probability : float or None
        The highest; None for a list without rows.
    file : Path
        The workbook; Parquet and CSV stand beside it.
    """

    use_case: str
    as_of: date
    valid_until: date | None
    rows: int
    top_probability: float | None
    file: Path


def latest_lists(work: Workspace) -> list[ListSummary]:
    """The current release's lists, by use case, after every file was compared with its checksum.

    Raises
    ------
    ReleaseError
        If nothing was published yet, or the release is not whole.
    """
    release = read_latest(work)
    summaries = []
    for file in release.manifest.files:
        path = release.folder / file.path
        if path.suffix != ".parquet":
            continue
        rows = pq.read_table(path, columns=["probability", "valid_until"])
        summaries.append(
            ListSummary(
                use_case=file.use_case,
                as_of=release.manifest.as_of,
                valid_until=pc.max(rows["valid_until"]).as_py(),
                rows=file.rows,
                top_probability=pc.max(rows["probability"]).as_py(),
                file=path.with_suffix(".xlsx"),
            )
        )
    return sorted(summaries, key=lambda summary: summary.use_case)
