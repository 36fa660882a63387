"""One list in its three files: Parquet for programs, CSV for other systems, Excel for people."""

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from goldmine.contactability.funnel import Funnel
from goldmine.core import fingerprint
from goldmine.labels.use_case import UseCase
from goldmine.publishing.about_sheet import About
from goldmine.publishing.delimited import write_csv
from goldmine.publishing.list_columns import COLUMN_NAMES, LIST_COLUMNS
from goldmine.publishing.manifest import ListFile, Origin
from goldmine.publishing.worksheet import write_xlsx


@dataclass(frozen=True)
class Listing:
    """One list, ready to be written.

    Parameters
    ----------
    use_case : UseCase
        What it is about.
    rows : pyarrow.Table
        `LIST_SCHEMA`.
    funnel : Funnel
        Who was left out.
    origin : Origin
        The model that ranked it.
    """

    use_case: UseCase
    rows: pa.Table
    funnel: Funnel
    origin: Origin


@dataclass(frozen=True)
class Imprint:
    """What every file of a release says of it: whose, when, which, in which language."""

    bank: str
    as_of: date
    release_id: str
    language: str


def write_listing(folder: Path, listing: Listing, imprint: Imprint) -> list[ListFile]:
    """Write a list's three files below ``lists/``.

    Parameters
    ----------
    folder : Path
        The release's folder.
    listing, imprint : Listing, Imprint
        What to write, and what every file says of its release.

    Returns
    -------
    list of ListFile
        For the manifest, the Parquet file first; they have not been checked yet.
    """
    lists = folder / "lists"
    lists.mkdir(exist_ok=True)
    name, language = listing.use_case.name, imprint.language
    paths = [lists / f"{name}.{suffix}" for suffix in ("parquet", "csv", "xlsx")]
    # Through Python's own file, so that a full disk comes back as an OSError with its number.
    with paths[0].open("wb") as stream:
        pq.write_table(listing.rows, stream, compression="zstd")
    write_csv(paths[1], listing.rows, LIST_COLUMNS, language)
    write_xlsx(paths[2], listing.rows, _about(listing, imprint), language)
    return [
        ListFile(
            path=path.relative_to(folder).as_posix(),
            sha256=fingerprint.of_file(path),
            rows=listing.rows.num_rows,
            columns=COLUMN_NAMES,
            use_case=name,
            validation={},
            **listing.origin.model_dump(),
        )
        for path in paths
    ]


def _about(listing: Listing, imprint: Imprint) -> About:
    use_case, origin = listing.use_case, listing.origin
    zh = imprint.language == "zh"
    lines = (
        ("Bank", "银行", imprint.bank),
        ("As of", "数据日期", str(imprint.as_of)),
        ("Valid until", "有效期至", str(imprint.as_of + timedelta(days=use_case.valid_days))),
        ("Customers on the list", "名单客户数", f"{listing.rows.num_rows:,}"),
        ("Model", "模型", f"{origin.model_name}, {'版本' if zh else 'version'} {origin.model_version}"),
        ("MLflow run", "MLflow 运行编号", origin.mlflow_run),
        ("Release", "发布编号", imprint.release_id),
    )
    title = use_case.title_zh if zh else use_case.title_en
    return About(title, imprint.as_of, tuple((line[zh], line[2]) for line in lines), listing.funnel)
