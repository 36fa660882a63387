"""The customers table: a row per active customer, with layer, level, tags, and the month end each tag began."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from pathlib import Path

import ibis
import pandas as pd
from ibis import Schema
from ibis.backends.duckdb import Backend
from ibis.expr.types import Table, Value

from goldmine.contract.bank import Bank
from goldmine.contract.serving_staff import leavers
from goldmine.core import fingerprint
from goldmine.core.code_fingerprint import code_fingerprint
from goldmine.core.engine import connect
from goldmine.core.errors import HistoryError, SettingsError
from goldmine.core.files import read_json, write_json
from goldmine.core.i18n import _
from goldmine.core.parquet import parquet_schema
from goldmine.core.seals import is_sealed, sealed_file
from goldmine.core.sql import literal
from goldmine.core.workspace import Workspace
from goldmine.customers.household_columns import HOUSEHOLD_COLUMNS, has_households, with_households
from goldmine.customers.ladder import layer_expression, level_expression
from goldmine.customers.source_tables import SourceTables, quarter_before
from goldmine.customers.tags import Catalogue, catalogue_path, check_examples, load_catalogue
from goldmine.features import catalogue as all_features
from goldmine.features import feature_fingerprint

LADDER = ("aum_avg", "level", "layer", "previous_aum_avg", "previous_level")
"""Columns of the ladder; conditions may use them in addition to the features."""


@dataclass(frozen=True)
class CustomersReport:
    """The result of building customers tables.

    Parameters
    ----------
    made, kept : tuple of date
        Month ends whose table was built, and those whose table was current.
    switched_off : dict of str to str
        Tags (``set.tag``) that the bank's tables do not support, and the missing column.
    """

    made: tuple[date, ...]
    kept: tuple[date, ...]
    switched_off: dict[str, str]


def customers_path(work: Workspace, as_of: date) -> Path:
    """Path of the customers table of a month end."""
    return work.root / "customers" / f"{as_of}.parquet"


def customers_days(work: Workspace, as_of: date) -> list[date]:
    """Month ends whose customers table a snapshot needs: its own, and that of the newest features before it.

    The earlier table gives the tags a history if the snapshot's table is the first.
    """
    stems = [path.stem for path in (work.root / "features").glob("????-??-??.parquet")]
    earlier = [date.fromisoformat(stem) for stem in stems if date.fromisoformat(stem) < as_of]
    return [*([max(earlier)] if earlier else []), as_of]


def read_customers(work: Workspace, as_of: date) -> pd.DataFrame:
    """The customers table of a month end.

    Raises
    ------
    HistoryError
        If it does not exist.
    """
    path = customers_path(work, as_of)
    if not path.exists():
        raise HistoryError(
            _("{as_of}: no customers table of that day.", as_of=as_of), _("Run `goldmine customers` for it first.")
        )
    return pd.read_parquet(path)


def build_customers(bank: Bank, work: Workspace, days: Sequence[date]) -> CustomersReport:
    """Bring the customers tables of some month ends up to date, oldest first; their features must exist.

    A table continues the history of the previous one, so it is rebuilt if that one was.

    Raises
    ------
    HistoryError
        If the features of a month end, or the balances of its month, are missing.
    SettingsError
        If the catalogue cannot be read, or a tag fails its test.
    """
    catalogue = load_catalogue()
    sources = SourceTables(connect(), bank, work)
    made: list[date] = []
    kept: list[date] = []
    off: dict[str, str] = {}
    queries: dict[Schema, str] = {}
    for day in sorted(days):
        path = customers_path(work, day)
        before = _table_before(work, day)
        current = _table_fingerprint(bank, work, day, before)
        off = _switched_off(catalogue, sources, day)
        if is_sealed(path) and read_json(path.with_suffix(".json")) == current:
            kept.append(day)
            continue
        if not made:
            check_examples(catalogue)
        with sealed_file(path) as temporary:
            query = _query(sources, catalogue, day, before, queries)
            to = f"{literal(temporary)} (FORMAT parquet, COMPRESSION zstd)"
            sources.connection.raw_sql(f"COPY ({query}) TO {to}")
        bank.require_unchanged()
        write_json(path.with_suffix(".json"), current)
        made.append(day)
    return CustomersReport(tuple(made), tuple(kept), off)


def require_current_customers(bank: Bank, work: Workspace, days: Iterable[date]) -> None:
    """Raise if the customers table of a month end is not there, or was made from something else than what there is now.

    Raises
    ------
    HistoryError
        Names the month end.
    """
    for day in days:
        current = _table_fingerprint(bank, work, day, _table_before(work, day))
        if (
            not customers_path(work, day).exists()
            or read_json(customers_path(work, day).with_suffix(".json")) != current
        ):
            raise HistoryError(
                _("{day}: the customers table is not the one of today's features.", day=day),
                _("Run `goldmine customers` again."),
            )


def _table_before(work: Workspace, day: date) -> Path | None:
    stems = [path.stem for path in (work.root / "customers").glob("????-??-??.parquet")]
    earlier = [stem for stem in stems if date.fromisoformat(stem) < day]
    return customers_path(work, date.fromisoformat(max(earlier))) if earlier else None


def _table_fingerprint(bank: Bank, work: Workspace, day: date, before: Path | None) -> str:
    return fingerprint.of_value(
        [
            feature_fingerprint(bank, work, day),
            sorted(leavers(connect(), bank, day).to_pyarrow()["staff_id"].to_pylist()),
            code_fingerprint(__name__),
            catalogue_path().read_text("utf-8"),
            read_json(before.with_suffix(".json")) if before else None,
        ]
    )


def _query(
    sources: SourceTables, catalogue: Catalogue, day: date, before: Path | None, queries: dict[Schema, str]
) -> str:
    """Create the tables that the query reads, and return the query; days with the same columns share one query."""
    connection = sources.connection
    connection.raw_sql("SET preserve_insertion_order = false")
    known = ibis.to_sql(_known(sources, catalogue, day), dialect="duckdb", pretty=False)
    connection.raw_sql(f"CREATE OR REPLACE TEMP TABLE known AS {known}")
    rows = connection.table("known")
    earlier = _earlier_tags(connection, catalogue, before)
    if rows.schema() not in queries:
        columns = {name: rows[name] for name in rows.columns}
        tags = [tag_set.expressions(columns) for tag_set in catalogue.sets]
        tagged = rows.select(
            "customer_id",
            "branch_id",
            "manager_id",
            "as_of",
            *[name for name in (*LADDER, *HOUSEHOLD_COLUMNS) if name in rows.columns],
            **{name: tag for set_tags in tags for name, tag in set_tags.items()},
        )
        queries[rows.schema()] = ibis.to_sql(_with_history(tagged, earlier, catalogue), dialect="duckdb", pretty=False)
    return f"SELECT * FROM ({queries[rows.schema()]}) ORDER BY customer_id"


def _known(sources: SourceTables, catalogue: Catalogue, day: date) -> ibis.Table:
    """Active customers with the columns that conditions use, as far as the bank has them."""
    have = _feature_columns(sources.work, day)
    features = ", ".join(f'f."{name}"' for name in ("customer_id", *catalogue.names) if name in have)
    people = ibis.to_sql(sources.customers(day), dialect="duckdb", pretty=False)
    known = (
        f"SELECT {features}, branch_id, manager_id, opened_on, DATE '{day}' AS as_of "
        f"FROM read_parquet({literal(sources.work.features(day))}) f LEFT JOIN ({people}) USING (customer_id)"
    )
    if not sources.bank.has("balances"):
        return sources.connection.sql(known).drop("opened_on")
    sources.require_month(day)
    quarter = quarter_before(day)
    now, then = (ibis.to_sql(sources.balances(m, day), dialect="duckdb", pretty=False) for m in (day, quarter))
    previous = "NULL::DOUBLE"
    if sources.has_month(quarter):
        # As in moves: who joined since had no level, not the lowest one.
        previous = f"CASE WHEN k.opened_on > DATE '{quarter}' THEN NULL ELSE coalesce(b.aum, 0) / 100 END"
    ladder = (
        f"SELECT k.* EXCLUDE (opened_on), coalesce(a.aum, 0) / 100 AS aum_avg, {previous} AS previous_aum_avg, "
        f"coalesce(a.aum, 0) AS aum_fen FROM ({known}) k "
        f"LEFT JOIN ({now}) a USING (customer_id) LEFT JOIN ({then}) b USING (customer_id)"
    )
    rows = sources.connection.sql(with_households(sources, day, ladder))
    rows = rows.mutate(level=level_expression(rows.aum_avg))
    before = ibis.cases((rows.previous_aum_avg.notnull(), level_expression(rows.previous_aum_avg)))
    return rows.mutate(layer=layer_expression(rows.level), previous_level=before)


def _earlier_tags(connection: Backend, catalogue: Catalogue, before: Path | None) -> Table:
    """The tags of the previous customers table and their history, as a view with a fixed name and fixed columns.

    Columns that the table lacks are empty; without a previous table the view has no rows.
    """
    have = set(parquet_schema(before).names) if before else set()
    columns = [
        f'"{name}"' if name in have else f'NULL::{kind} AS "{name}"' for name, kind in _history_types(catalogue).items()
    ]
    source = f"read_parquet({literal(before)})" if before else "(SELECT NULL::VARCHAR AS customer_id LIMIT 0)"
    connection.raw_sql(f"CREATE OR REPLACE TEMP VIEW earlier AS SELECT customer_id, {', '.join(columns)} FROM {source}")
    return connection.table("earlier")


def _history_types(catalogue: Catalogue) -> dict[str, str]:
    """Tag columns and their history columns, with their DuckDB types."""
    types: dict[str, str] = {}
    for tag_set in catalogue.sets:
        for column in tag_set.columns:
            types |= {column: "VARCHAR" if tag_set.exclusive else "BOOLEAN", f"{column}_since": "DATE"}
            types |= {f"{column}_from": "VARCHAR"} if tag_set.exclusive else {}
    return types


def _with_history(tagged: Table, earlier: Table, catalogue: Catalogue) -> Table:
    """Add ``<column>_since`` to each tag column: the month end since which the tables have it without a break.

    Exclusive sets also get ``<column>_from``, the previous tag; empty if there was none or it is unknown.
    """
    renamed = {f"before_{name}": earlier[name] for name in _history_types(catalogue)}
    earlier = earlier.select(id_before="customer_id", **renamed)
    rows = tagged.left_join(earlier, tagged.customer_id == earlier.id_before)
    history: dict[str, Value] = {}
    for tag_set in catalogue.sets:
        for column in tag_set.columns:
            since = rows[f"before_{column}_since"]
            same = since.notnull() & rows[column].identical_to(rows[f"before_{column}"])
            history[f"{column}_since"] = ibis.cases((same, since), else_=rows.as_of)
            if tag_set.exclusive:
                earlier_from, earlier_tag = rows[f"before_{column}_from"], rows[f"before_{column}"]
                history[f"{column}_from"] = ibis.cases((same, earlier_from), else_=earlier_tag)
    return rows.select(*[rows[name] for name in tagged.columns if name != "as_of"], **history)


def _feature_columns(work: Workspace, day: date) -> list[str]:
    path = work.features(day)
    if not path.exists():
        raise HistoryError(
            _("customers at {day}: no feature table of that day.", day=day), _("Run `goldmine features` first.")
        )
    names: list[str] = parquet_schema(path).names
    return names


def _switched_off(catalogue: Catalogue, sources: SourceTables, day: date) -> dict[str, str]:
    """Tags whose column the bank lacks; a column that does not exist is an error."""
    have = set(_feature_columns(sources.work, day))
    have |= set(LADDER) if "aum_avg_30d" in have else set()
    have |= set(HOUSEHOLD_COLUMNS) if has_households(sources.bank) else set()
    off = {}
    for tag_set in catalogue.sets:
        for tag in tag_set.tags:
            for name in tag.condition.names:
                if name not in have:
                    _require_column(f"{tag_set.name}.{tag.name}", name)
                    off[f"{tag_set.name}.{tag.name}"] = name
    return off


def _require_column(tag: str, name: str) -> None:
    known = {feature.name for feature in all_features()} | {*LADDER, *HOUSEHOLD_COLUMNS}
    if name not in known:
        near = get_close_matches(name, known, n=1)
        do = _("docs/features.md and docs/customers.md name them all.")
        if near:
            do = _("Did you mean {near}? docs/features.md and docs/customers.md name them all.", near=repr(near[0]))
        raise SettingsError(_("tags.yaml: {tag}: looks at {name}, which is no column.", tag=tag, name=repr(name)), do)
