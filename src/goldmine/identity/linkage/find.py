"""Find the pairs of a bank's customer numbers that may be one person, and store them."""

from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from ibis.backends.duckdb import Backend

from goldmine.contract.bank import Bank
from goldmine.core.engine import connect
from goldmine.core.errors import WorkFolderError
from goldmine.core.files import read_json, whole_file, write_json
from goldmine.core.fingerprint import of_file
from goldmine.core.i18n import _
from goldmine.core.sql import literal
from goldmine.core.workspace import Workspace
from goldmine.identity.linkage.model import PAIRS, LinkageModel, score_pairs
from goldmine.identity.linkage.records import RECORDS, load_records
from goldmine.identity.linkage.settings import LinkageSettings, linkage_file, load_linkage


@dataclass(frozen=True)
class FoundPairs:
    """What was found.

    Parameters
    ----------
    customers : int
        Customer numbers compared.
    sure, review : int
        Pairs in either zone.
    model : LinkageModel
        What was learnt.
    """

    customers: int
    sure: int
    review: int
    model: LinkageModel


def pairs_path(work: Workspace, as_of: date) -> Path:
    """The pairs of a snapshot: id_l, id_r, probability, zone, and level and weight of each column."""
    return work.linkage(as_of) / "pairs.parquet"


def find_pairs(bank: Bank, work: Workspace, as_of: date, settings: LinkageSettings | None = None) -> FoundPairs:
    """Compare the customers known at a month end, and store pairs and weights in the work folder.

    Raises
    ------
    SettingsError
        If the bank has too few of the columns.
    ModelError
        If no two customers share a key.
    """
    connection = connect()
    folder = work.linkage(as_of)
    folder.mkdir(parents=True, exist_ok=True)
    connection.raw_sql(f"SET temp_directory = {literal(folder / '.spill')}")
    columns = load_records(connection, bank, as_of)
    settings = (settings or load_linkage()).within(columns, str(linkage_file()))
    model = score_pairs(connection.con, [RECORDS], settings, unique_id="customer_id")
    zones = _store(connection, pairs_path(work, as_of), settings)
    customers = connection.con.execute(f"SELECT count(*) FROM {RECORDS}").fetchall()[0][0]
    found = FoundPairs(customers, zones.get("sure", 0), zones.get("review", 0), model)
    record = {"pairs": of_file(pairs_path(work, as_of)), "settings": settings.model_dump(), "found": asdict(found)}
    write_json(folder / "model.json", record)
    return found


def read_pairs(work: Workspace, as_of: date) -> pa.Table:
    """The stored pairs of a snapshot.

    Raises
    ------
    WorkFolderError
        If there are none, or they are not as they were written.
    """
    path = pairs_path(work, as_of)
    record = read_json(work.linkage(as_of) / "model.json")
    if record is None or not path.exists() or of_file(path) != record["pairs"]:
        raise WorkFolderError(
            _("{path}: is missing or damaged.", path=path),
            _("Run `goldmine link find --as-of {as_of}` again.", as_of=as_of),
        )
    return pq.read_table(path)


def _store(connection: Backend, path: Path, settings: LinkageSettings) -> dict[str, int]:
    doubt = [compared.column for compared in settings.comparisons if compared.no_doubt]
    differs = " OR ".join(f"coalesce(level_{name} = 0, false)" for name in doubt) or "false"
    zone = f"CASE WHEN probability >= {settings.sure} AND NOT ({differs}) THEN 'sure' ELSE 'review' END"
    rows = connection.con.execute(
        f"SELECT id_l, id_r, probability, {zone} AS zone, * EXCLUDE (id_l, id_r, probability) FROM {PAIRS} "
        "ORDER BY probability DESC, id_l, id_r"
    ).to_arrow_table()
    with whole_file(path) as temporary:
        pq.write_table(rows, temporary, compression="zstd")
    counts = rows["zone"].value_counts().to_pylist()
    return {entry["values"]: entry["counts"] for entry in counts}
