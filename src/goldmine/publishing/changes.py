"""What a new release changes in the one of the same snapshot that it replaces, for head office and each branch."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from goldmine.contactability.past_offers import newest_releases, releases_out
from goldmine.core import columns as catalogue
from goldmine.core import fingerprint
from goldmine.core.column import Column
from goldmine.core.errors import ReleaseError
from goldmine.core.excel import workbook, write_table
from goldmine.core.file_names import file_names
from goldmine.core.i18n import _, in_language, pgettext
from goldmine.core.workspace import Workspace
from goldmine.publishing.listing import ReleaseMetadata, write_csv
from goldmine.publishing.manifest import CampaignFile, ChangeCounts, Replaced
from goldmine.publishing.release_store import read_release
from goldmine.publishing.staff_words import in_staff_words

CHANGES_COLUMNS = ("change", "use_case", "campaign_id", "customer_id", "branch_id", "manager_id", "changed_columns")
"""Columns of the files; a row of a list has no campaign, one of the offers no use case."""
_KEY = ["use_case", "campaign_id", "customer_id", "branch_id"]
_COMPARED = ["offer", "channel", "manager_id", "valid_until"]
_CHANGES = _("Changes")


def replaced_release(work: Workspace, release: ReleaseMetadata) -> Path | None:
    """Folder of the release that a new one of the same snapshot replaces; None for the first, or a damaged one."""
    folders = [*releases_out(work), *newest_releases(work)]
    of_snapshot = [folder for folder in folders if folder.parent.name == str(release.as_of)]
    earlier = [folder for folder in of_snapshot if folder.name != release.release_id]
    if not earlier:
        return None
    try:
        return read_release(earlier[-1]).folder
    except ReleaseError:
        return None


def changes_between(before: Path, after: Path) -> pa.Table:
    """Withdrawn, new and changed customers on the lists and among the offers of two releases.

    Who moved to another branch is withdrawn at the one and new at the other. The control appears nowhere.

    Parameters
    ----------
    before, after : Path
        Folders of the releases.

    Returns
    -------
    pyarrow.Table
        `CHANGES_COLUMNS` in codes; `changed_columns` names what differs in a row of both, with commas between.
    """
    both = _named(before).merge(_named(after), on=_KEY, how="outer", suffixes=("_before", "_after"), indicator="change")
    both["change"] = (
        both["change"].map({"left_only": "withdrawn", "right_only": "new", "both": "changed"}).astype("str")
    )
    differs = {name: both[f"{name}_before"] != both[f"{name}_after"] for name in _COMPARED}
    both["changed_columns"] = [
        ", ".join(name for name, differ in zip(differs, row, strict=True) if differ)
        for row in zip(*differs.values(), strict=True)
    ]
    both = both[(both["change"] != "changed") | (both["changed_columns"] != "")]
    both["changed_columns"] = both["changed_columns"].where(both["change"] == "changed", "")
    both["manager_id"] = both["manager_id_after"].fillna(both["manager_id_before"])
    rows = both[list(CHANGES_COLUMNS)].sort_values(list(CHANGES_COLUMNS))
    return pa.Table.from_pandas(rows.where(rows != "", None), catalogue.schema(CHANGES_COLUMNS), preserve_index=False)


def _named(release: Path) -> pd.DataFrame:
    """Everybody whom a release names to staff: rows of its lists and of its campaigns' offers, texts without gaps."""
    files = [*release.glob("lists/*.parquet"), *release.glob("campaigns/*/offers.parquet")]
    tables = [pd.DataFrame(columns=[*_KEY, *_COMPARED], dtype="object")]
    for path in sorted(files):
        rows = pq.read_table(path).to_pandas().reindex(columns=[*_KEY, *_COMPARED])
        if path.name == "offers.parquet":
            rows["use_case"] = ""
        tables.append(rows.astype("object").where(rows.notna(), "").astype("str"))
    return pd.concat(tables, ignore_index=True)


def write_changes(folder: Path, before: Path | None, release: ReleaseMetadata) -> Replaced | None:
    """Write what a new release changes below ``changes/``: a file for programs, for head office and for each branch.

    Parameters
    ----------
    folder : Path
        The new release's, with its lists and offers.
    before : Path or None
        Folder of the release that it replaces.

    Returns
    -------
    Replaced or None
        For the manifest; None for the first release of a snapshot.
    """
    if before is None:
        return None
    rows = changes_between(before, folder)
    changes = folder / "changes"
    (changes / "branches").mkdir(parents=True)
    with (changes / "changes.parquet").open("wb") as stream:
        pq.write_table(rows, stream, compression="zstd")
    written = [(changes / "changes.parquet", rows.num_rows)]
    columns = catalogue.columns(CHANGES_COLUMNS)
    written += _write(changes / "head_office", _in_words(rows, release.language), columns, release)
    branches = _by_branch(rows)
    for branch, name in file_names(branches).items():
        place = changes / "branches" / name
        written += _write(place, _in_words(branches[branch], release.language), columns, release)
    return Replaced(
        release_id=before.name,
        head_office=_counts(rows),
        branches={name: _counts(own) for name, own in branches.items()},
        files=tuple(
            CampaignFile(path=path.relative_to(folder).as_posix(), sha256=fingerprint.of_file(path), rows=count)
            for path, count in written
        ),
    )


def _by_branch(rows: pa.Table) -> dict[str, pa.Table]:
    branches = sorted(set(rows["branch_id"].to_pylist()) - {None})
    return {branch: rows.filter(pc.equal(rows["branch_id"], branch)) for branch in branches}


def _in_words(rows: pa.Table, language: str) -> pa.Table:
    """Words for codes; the headings of the changed columns."""
    position = CHANGES_COLUMNS.index("changed_columns")
    names = [(text or "").split(", ") if text else [] for text in rows["changed_columns"].to_pylist()]
    between = in_language(pgettext("list of columns", ", "), language)
    headings = [between.join(_heading(name, language) for name in changed) for changed in names]
    rows = rows.set_column(position, "changed_columns", pa.array(headings, pa.string()))
    return catalogue.in_words(rows, language)


def _heading(name: str, language: str) -> str:
    return catalogue.column("offer_name" if name == "offer" else name).heading(language)


def _write(place: Path, rows: pa.Table, columns: Sequence[Column], release: ReleaseMetadata) -> list[tuple[Path, int]]:
    paths = [place.with_name(f"{place.name}.{kind}") for kind in ("csv", "xlsx")]
    write_csv(paths[0], rows, columns, release.language)
    title = str(in_language(_CHANGES, release.language))
    with workbook(paths[1], title, release.as_of, release.language, rows=rows.num_rows) as book:
        shown = in_staff_words(rows, release.names, release.language, release.as_of)
        write_table(book, title, shown, columns, language=release.language)
    return [(path, rows.num_rows) for path in paths]


def _counts(rows: pa.Table) -> ChangeCounts:
    changes = rows["change"].to_pylist()
    return ChangeCounts(**{name: changes.count(name) for name in ChangeCounts.model_fields})
