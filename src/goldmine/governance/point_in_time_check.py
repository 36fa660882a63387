"""Point-in-time check: a cutoff's features must not change when all later data is removed."""

from dataclasses import asdict, dataclass
from datetime import date

from ibis.backends.duckdb import Backend

from goldmine.contract.bank import Bank
from goldmine.contract.tables import TABLES
from goldmine.core import fingerprint
from goldmine.core.code_fingerprint import code_fingerprint
from goldmine.core.engine import connect
from goldmine.core.files import read_json, write_json
from goldmine.core.parquet import parquet_files, parquet_schema
from goldmine.core.sql import literal
from goldmine.core.workspace import Workspace
from goldmine.features.catalogue import plan
from goldmine.features.customer_aggregates import SIDES
from goldmine.features.peer_aggregates import PEER_FEATURES
from goldmine.features.point_in_time import ROW_DAYS, known_columns, row_existed
from goldmine.features.sources import MONTHS, Source, create_views, replace_view
from goldmine.features.windows import READ
from goldmine.labels.eligibility import KEYS

SAMPLE = 50_000
"""Customers that are made again; of more, a share is drawn by the hash of their numbers."""


@dataclass(frozen=True)
class PointInTimeCheck:
    """What came of making one cutoff's features again without its future.

    Parameters
    ----------
    cutoff : str
        The cutoff.
    customers, features : int
        How many of each were compared.
    changed : dict of str to int
        Features that are not as they are stored, and at how many customers; -1 for a column that no feature makes.
    """

    cutoff: str
    customers: int
    features: int
    changed: dict[str, int]


def check_point_in_time(bank: Bank, work: Workspace, cutoff: date, sample: int = SAMPLE) -> PointInTimeCheck:
    """Make a cutoff's features again from rows dated and known by it, and compare them with the stored ones bit by bit.

    Transactions and balances reach features month by month, by when they became known; here that is taken from the
    activity. What has been found is kept beside the feature table until it, or the code, changes.

    Parameters
    ----------
    sample : int
        Most customers; where a bank has more, features of peers are left out, as their sums would be incomplete.
    """
    stored = work.features(cutoff)
    kept = stored.with_suffix(".future.json")
    mark = fingerprint.of_value([*map(fingerprint.of_file, parquet_files(stored)), code_fingerprint(__name__), sample])
    told = read_json(kept, {})
    if told.get("mark") == mark:
        return PointInTimeCheck(**told["found"])
    found = _compared(bank, work, cutoff, sample)
    write_json(kept, {"mark": mark, "found": asdict(found)})
    return found


def _compared(bank: Bank, work: Workspace, cutoff: date, sample: int) -> PointInTimeCheck:
    connection = connect()
    one_in = max(1, -(-bank.tables["customers"].rows // sample))
    _lay_out_without_future(Source(connection, bank, work, cutoff), one_in)
    connection.raw_sql(f"CREATE OR REPLACE TEMP TABLE base AS {plan().base}")
    replace_view(connection, "part", "FROM base")
    for name, sums in plan().peer_sums.items():
        replace_view(connection, name, sums)
    held = [name for name in parquet_schema(work.features(cutoff)).names if name not in KEYS]
    made = {feature.name for feature in plan().features if one_in == 1 or feature.name not in PEER_FEATURES}
    names = [name for name in held if name in made]
    differs = ", ".join(f'count(*) FILTER (old."{name}" IS DISTINCT FROM new."{name}")' for name in names)
    where = f"WHERE hash(customer_id) % {one_in} = 0" if one_in > 1 else ""
    told = connection.con.execute(
        f"SELECT count(*), {differs} FROM (SELECT * FROM ({plan().full}) {where}) new "
        f"FULL JOIN (SELECT * FROM read_parquet({literal(work.features(cutoff))}) {where}) old USING (customer_id)"
    ).fetchone()
    customers, *counts = told or (0,)
    changed = {name: count for name, count in zip(names, counts, strict=True) if count}
    changed |= {name: -1 for name in held if name not in {feature.name for feature in plan().features}}
    return PointInTimeCheck(str(cutoff), customers, len(names), changed)


def _lay_out_without_future(source: Source, one_in: int) -> None:
    """Make the views that features are made from without any row, day or value that came after the cutoff.

    The small tables are narrowed before mergers are followed, so that a later merger would show.
    """
    connection, cutoff = source.connection, source.cutoff
    for table in ROW_DAYS:
        columns = ", ".join(known_columns(table, [column.name for column in TABLES[table].columns], cutoff))
        rows = connection.compile(source.bank.read(connection, table))
        replace_view(connection, f"all_{table}", f"SELECT {columns} FROM ({rows}) WHERE {row_existed(table, cutoff)}")
    create_views(source)
    drawn = "customer_id IN (SELECT customer_id FROM spine)" if one_in > 1 else "true"
    _narrow(connection, "spine", f"hash(customer_id) % {one_in} = 0")
    for table in SIDES:
        _narrow(connection, f"at_{table}", drawn)
    for table in MONTHS:
        known = "known <= now" if table == "transactions" else "true"
        for stretch in READ[table]:
            _narrow(connection, f"months_{table}_{stretch}", f"{known} AND month <= now AND {drawn}")


def _narrow(connection: Backend, view: str, condition: str) -> None:
    connection.raw_sql(f"CREATE OR REPLACE TEMP TABLE narrow_{view} AS FROM {view} WHERE {condition}")
    replace_view(connection, view, f"FROM narrow_{view}")
