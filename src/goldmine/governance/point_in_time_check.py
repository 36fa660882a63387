"""Point-in-time check: the features of a cutoff must not change when all later data is removed."""

from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

from ibis.backends.duckdb import Backend

from goldmine.contract.bank import Bank
from goldmine.contract.tables import TABLES
from goldmine.core import fingerprint
from goldmine.core.code_fingerprint import code_fingerprint
from goldmine.core.engine import connect, parquet_rows
from goldmine.core.files import read_json, write_json
from goldmine.core.kept import Kept
from goldmine.core.parquet import parquet_schema
from goldmine.core.workspace import Workspace
from goldmine.features import feature_content
from goldmine.features.catalogue import plan, plan_on_trial, without_trial
from goldmine.features.customer_aggregates import CUSTOMER_AGGREGATES
from goldmine.features.peer_aggregates import PEER_FEATURES
from goldmine.features.point_in_time import ROW_DAYS, known_columns, row_existed
from goldmine.features.sources import MONTHS, Source, create_views, follow_mergers, replace_view
from goldmine.features.trial import read_fingerprint
from goldmine.features.windows import READ
from goldmine.labels.eligibility import KEYS

_laid_out = Kept[Backend]()
"""Connections with the views of a cutoff without the future, for one trial after the other."""
SAMPLE = 50_000
"""Customers to rebuild; larger banks are sampled by the hash of the customer number."""


@dataclass(frozen=True)
class PointInTimeCheck:
    """The result of rebuilding the features of one cutoff without later data.

    Parameters
    ----------
    cutoff : str
        The cutoff.
    customers, features : int
        Number of customers and features compared.
    changed : dict of str to int
        Features that differ from the stored ones, with the number of customers; -1 for a column that no feature makes.
    """

    cutoff: str
    customers: int
    features: int
    changed: dict[str, int]


def check_point_in_time(
    bank: Bank, work: Workspace, cutoff: date, sample: int = SAMPLE, *, standing: Workspace | None = None
) -> PointInTimeCheck:
    """Rebuild a cutoff's features from rows dated and known by it, and compare them bit by bit with the stored ones.

    Transactions and balances reach the features through the monthly activity, which records when they became known.
    The result is cached beside the feature table until the table or the code changes.

    Parameters
    ----------
    sample : int
        Most customers to rebuild; for larger banks peer aggregates are left out, as their sums would be incomplete.
    standing : Workspace, optional
        The work folder whose features the families on trial were joined to. Its features are checked there, which the
        job may have done already, and only those on trial are rebuilt here.
    """
    stored = work.features(cutoff)
    cache = stored.with_suffix(".future.json")
    current = fingerprint.of_value([feature_content(work, cutoff), code_fingerprint(__name__), sample])
    cached = read_json(cache, {})
    if cached.get("fingerprint") == current:
        return PointInTimeCheck(**cached["found"])
    if standing:
        with without_trial():
            checked = check_point_in_time(bank, standing, cutoff, sample)
        found = _compared_on_trial(bank, standing, work, cutoff, sample)
        changed = checked.changed | found.changed
        result = PointInTimeCheck(found.cutoff, found.customers, checked.features + found.features, changed)
    else:
        result = _compared(bank, work, cutoff, sample)
    write_json(cache, {"fingerprint": current, "found": asdict(result)})
    return result


def _compared(bank: Bank, work: Workspace, cutoff: date, sample: int) -> PointInTimeCheck:
    connection, one_in = connect(), _one_in(bank, sample)
    _lay_out_without_future(Source(connection, bank, work, cutoff), one_in)
    connection.raw_sql(f"CREATE OR REPLACE TEMP TABLE base AS {plan().base}")
    replace_view(connection, "part", "FROM base")
    for name, sums in plan().peer_sums.items():
        replace_view(connection, name, sums)
    stored_names = [name for name in parquet_schema(work.features(cutoff)).names if name not in KEYS]
    comparable = {feature.name for feature in plan().features if one_in == 1 or feature.name not in PEER_FEATURES}
    names = [name for name in stored_names if name in comparable]
    customers, changed = _differences(connection, plan().full, work.features(cutoff), names, one_in)
    changed |= {name: -1 for name in stored_names if name not in {feature.name for feature in plan().features}}
    return PointInTimeCheck(str(cutoff), customers, len(names), changed)


def _compared_on_trial(bank: Bank, standing: Workspace, work: Workspace, cutoff: date, sample: int) -> PointInTimeCheck:
    one_in = _one_in(bank, sample)

    def laid_out() -> Backend:
        connection = connect()
        _lay_out_without_future(Source(connection, bank, standing, cutoff), one_in)
        return connection

    connection = _laid_out.get((standing, cutoff, one_in), read_fingerprint(bank, standing, cutoff), laid_out)
    rebuilt, tried = plan_on_trial()
    stored = set(parquet_schema(work.features(cutoff)).names)
    names = [name for name in tried if name in stored]
    customers, changed = _differences(connection, rebuilt, work.features(cutoff), names, one_in)
    return PointInTimeCheck(str(cutoff), customers, len(names), changed)


def _one_in(bank: Bank, sample: int) -> int:
    return max(1, -(-bank.tables["customers"].rows // sample))


def _differences(
    connection: Backend, rebuilt: str, stored: Path, names: list[str], one_in: int
) -> tuple[int, dict[str, int]]:
    """The number of customers, and by feature how many of them have another value in the stored table."""
    differs = [f'count(*) FILTER (old."{name}" IS DISTINCT FROM new."{name}")' for name in names]
    where = f"WHERE hash(customer_id) % {one_in} = 0" if one_in > 1 else ""
    counted = connection.con.execute(
        f"SELECT {', '.join(['count(*)', *differs])} FROM (SELECT * FROM ({rebuilt}) {where}) new "
        f"FULL JOIN (SELECT * FROM {parquet_rows([stored])} {where}) old USING (customer_id)"
    ).fetchone()
    customers, *counts = counted or (0,)
    return customers, {name: count for name, count in zip(names, counts, strict=True) if count}


def _lay_out_without_future(source: Source, one_in: int) -> None:
    """Create the views that features read, without any row, date or value from after the cutoff.

    The small tables are filtered before mergers are applied, so that a later merger would show.
    """
    connection, cutoff = source.connection, source.cutoff
    for table in ROW_DAYS:
        columns = ", ".join(known_columns(table, [column.name for column in TABLES[table].columns], cutoff))
        rows = connection.compile(source.bank.read(connection, table))
        replace_view(connection, f"all_{table}", f"SELECT {columns} FROM ({rows}) WHERE {row_existed(table, cutoff)}")
    create_views(source, follow_mergers(source))
    drawn = "customer_id IN (SELECT customer_id FROM spine)" if one_in > 1 else "true"
    _narrow(connection, "spine", f"hash(customer_id) % {one_in} = 0")
    for table in CUSTOMER_AGGREGATES:
        _narrow(connection, f"at_{table}", drawn)
    for table in MONTHS:
        known = "known <= now" if table == "transactions" else "true"
        for stretch in READ[table]:
            _narrow(connection, f"months_{table}_{stretch}", f"{known} AND month <= now AND {drawn}")


def _narrow(connection: Backend, view: str, condition: str) -> None:
    connection.raw_sql(f"CREATE OR REPLACE TEMP TABLE narrow_{view} AS FROM {view} WHERE {condition}")
    replace_view(connection, view, f"FROM narrow_{view}")
