"""Conditions of campaigns on a customer's own data: columns of the feature table, the ladder and the tags."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from difflib import get_close_matches

import ibis
import pandas as pd
import pyarrow as pa
from ibis.backends.duckdb import Backend

from goldmine.core.errors import SettingsError
from goldmine.core.expression import Condition
from goldmine.core.i18n import _
from goldmine.core.parquet import parquet_schema
from goldmine.core.sql import literal
from goldmine.core.workspace import Workspace
from goldmine.customers.table import LADDER, customers_path
from goldmine.customers.tags import load_catalogue
from goldmine.features import catalogue


def condition_columns() -> set[str]:
    """Columns that conditions of campaigns may use."""
    tags = {column for tag_set in load_catalogue().sets for column in tag_set.columns}
    return {feature.name for feature in catalogue()} | set(LADDER) | tags


def check_columns(names: Sequence[str], known: Collection[str], where: str) -> None:
    """Refuse a name that is no column.

    Parameters
    ----------
    known : collection of str
        From `condition_columns`.

    Raises
    ------
    SettingsError
        If a name is no feature, no tag and not of the ladder.
    """
    for name in names:
        if name not in known:
            near = get_close_matches(name, known, n=1)
            do = _("docs/features.md and docs/customers.md name them all.")
            if near:
                do = _("Did you mean {near}? docs/features.md and docs/customers.md name them all.", near=repr(near[0]))
            raise SettingsError(_("{where}: looks at {name}, which is no column.", where=where, name=repr(name)), do)


def known_columns(work: Workspace, as_of: date) -> set[str]:
    """Those of the columns that the work folder holds: of its features, and of its customers table if there is one."""
    paths = [path for path in (work.features(as_of), customers_path(work, as_of)) if path.exists()]
    return {name for path in paths for name in parquet_schema(path).names}


def customer_columns(
    connection: Backend, work: Workspace, as_of: date, customers: Sequence[str], names: Sequence[str]
) -> ibis.Table:
    """Some columns of some customers: `customer_id` and the columns that the work folder has of those named.

    A flag is 0 or 1, so that conditions compare it as a number.
    """
    ids = ibis.util.gen_name("condition_customers")
    connection.con.register(ids, pa.table({"customer_id": pa.array(list(customers), pa.string())}))
    wanted = dict.fromkeys(names)
    query, columns = f"SELECT c.customer_id{{}} FROM {ids} c", ""
    for alias, path in (("f", work.features(as_of)), ("t", customers_path(work, as_of))):
        schema = parquet_schema(path) if wanted and path.exists() else pa.schema([])
        found = [name for name in wanted if name in schema.names]
        for name in found:
            del wanted[name]
            flag = pa.types.is_boolean(schema.field(name).type)
            columns += f', CAST({alias}."{name}" AS TINYINT) AS "{name}"' if flag else f', {alias}."{name}"'
        if found:
            query += f" LEFT JOIN read_parquet({literal(path)}) {alias} USING (customer_id)"
    return connection.sql(query.format(columns))


def conditions_met(
    connection: Backend, work: Workspace, as_of: date, customers: Sequence[str], conditions: Mapping[str, Condition]
) -> pd.DataFrame:
    """Which conditions each customer meets.

    Returns
    -------
    pandas.DataFrame
        By customer number, a flag a condition; false where a column of it is unknown or the bank does not have it.
    """
    names = list(dict.fromkeys(name for condition in conditions.values() for name in condition.names))
    rows = customer_columns(connection, work, as_of, customers, names)
    columns = {name: rows[name] for name in names if name in rows.columns}
    flags = {
        key: condition.of(columns) if all(name in columns for name in condition.names) else ibis.literal(False)
        for key, condition in conditions.items()
    }
    met: pd.DataFrame = rows.select("customer_id", **flags).to_pyarrow().to_pandas()
    return met.set_index("customer_id").reindex(list(customers))
