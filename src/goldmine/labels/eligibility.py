"""Rows to train on and rows to score: eligible customers with their features, and their labels."""

from collections.abc import Sequence
from datetime import date
from functools import reduce
from operator import and_, or_
from pathlib import Path

import ibis
import pyarrow as pa
from duckdb import DuckDBPyRelation
from ibis.backends.duckdb import Backend
from ibis.backends.sql import SQLBackend
from ibis.expr.types import BooleanValue

from goldmine.contract.bank import Bank
from goldmine.core.engine import connect, parquet_rows, read_parquet
from goldmine.core.errors import HistoryError, UseCaseError
from goldmine.core.i18n import _
from goldmine.core.name_patterns import matches
from goldmine.core.parquet import parquet_schema
from goldmine.core.workspace import Workspace
from goldmine.identity import merged_numbers
from goldmine.labels.cutoffs import outcome_end
from goldmine.labels.outcome_window import outcome_customers, outcome_window
from goldmine.labels.use_case import Condition, UseCase

KEYS = ("customer_id", "cutoff")
LABEL_COLUMNS = ("outcome", "weight", "moment")
"""Columns of training rows that are no features: the label, the sample weight, and the date of the row."""


def selected_features(use_case: UseCase, columns: list[str]) -> list[str]:
    """Columns of a feature table that the use case learns from, in their order."""
    names = [name for name in columns if name not in (*KEYS, *LABEL_COLUMNS)]
    if use_case.include:
        names = [name for name in names if matches(name, use_case.include)]
    return [name for name in names if not matches(name, use_case.exclude)]


def eligible(
    connection: SQLBackend, work: Workspace, use_case: UseCase, cutoff: date, part: Path | None = None
) -> ibis.Table:
    """The numbers of the customers who are eligible at a cutoff, as an expression.

    Parameters
    ----------
    part : Path, optional
        One of the files of the feature table, to read its customers only.

    Raises
    ------
    HistoryError
        If the cutoff's features have not been made.
    UseCaseError
        If a condition names a feature that the table does not have.
    """
    path = work.features(cutoff)
    if not path.exists():
        raise HistoryError(
            _("{use_case} at {cutoff}: no feature table of that cutoff.", use_case=use_case.name, cutoff=cutoff),
            _("Run `goldmine features` for it first."),
        )
    conditions = [condition for group in (use_case.eligible, *use_case.any_of) for condition in group]
    needed = {"customer_id", *(condition.feature for condition in conditions)}
    rows = read_parquet(connection, [part or path], [name for name in parquet_schema(path).names if name in needed])
    for condition in use_case.eligible:
        rows = rows.filter(_holds(rows, use_case, condition))
    if use_case.any_of:
        groups = [reduce(and_, [_holds(rows, use_case, condition) for condition in group]) for group in use_case.any_of]
        rows = rows.filter(reduce(or_, groups))
    return rows.select("customer_id")


def customers_meeting(
    connection: SQLBackend, features: Path, use_case: UseCase, conditions: Sequence[Condition]
) -> ibis.Table:
    """The numbers of the customers of a feature table who meet all of some conditions, as an expression.

    Raises
    ------
    UseCaseError
        If a condition names a feature that the table does not have.
    """
    needed = {"customer_id", *(condition.feature for condition in conditions)}
    rows = read_parquet(connection, [features], [name for name in parquet_schema(features).names if name in needed])
    return rows.filter(*(_holds(rows, use_case, condition) for condition in conditions)).select("customer_id")


def _holds(rows: ibis.Table, use_case: UseCase, condition: Condition) -> BooleanValue:
    """Whether a condition holds; for an unknown value it does not."""
    if condition.feature not in rows.columns:
        raise UseCaseError(
            _(
                "{use_case}: eligibility asks for the feature {feature!r}, which this bank's tables do not carry.",
                use_case=use_case.name,
                feature=condition.feature,
            ),
            _("See docs/features.md for the table that it needs, or leave this use case out."),
        )
    value = rows[condition.feature]
    limits = [
        (condition.below, value.__lt__),
        (condition.at_least, value.__ge__),
        (condition.equals, value.__eq__),
    ]
    return reduce(and_, [compare(limit) for limit, compare in limits if limit is not None]).fill_null(False)


def segments_of(
    connection: Backend, work: Workspace, use_case: UseCase, cutoff: date, customers: Sequence[str]
) -> list[str]:
    """The segment of each of some customers at a cutoff, in their order; empty if the use case is not divided.

    Raises
    ------
    UseCaseError
        If a condition names a feature that the table does not have.
    """
    if not use_case.segments or not customers:
        return [""] * len(customers)
    *named, rest = use_case.segments
    names = list(dict.fromkeys(condition.feature for segment in named for condition in segment.when))
    have = parquet_schema(work.features(cutoff)).names
    found = ["customer_id", *(name for name in names if name in have)]
    ids = ibis.util.gen_name("segment_customers")
    connection.con.register(ids, pa.table({"customer_id": pa.array(list(customers), pa.string())}))
    rows = read_parquet(connection, [work.features(cutoff)], found).semi_join(connection.table(ids), "customer_id")
    cases = [
        (reduce(and_, [_holds(rows, use_case, condition) for condition in segment.when]), segment.name)
        for segment in named
    ]
    table = rows.select("customer_id", segment=ibis.cases(*cases, else_=rest.name)).to_pyarrow()
    by_customer = dict(zip(table["customer_id"].to_pylist(), table["segment"].to_pylist(), strict=True))
    return [by_customer.get(customer, rest.name) for customer in customers]


def feature_rows(
    connection: Backend, features: Path, customers: pa.Table, names: list[str] | None = None
) -> DuckDBPyRelation:
    """Features of some customers at a cutoff, in no order.

    Parameters
    ----------
    features : Path
        A feature table, or one of its files.
    customers : pyarrow.Table
        customer_id, and further columns to return with the features.
    names : list of str, optional
        Columns of the feature table to read; none means all.
    """
    columns = ", ".join(f'features."{name}"' for name in names) if names is not None else "features.*"
    further = "".join(f', customers."{name}"' for name in customers.column_names if name != "customer_id")
    connection.con.register("customers", customers)
    return connection.con.sql(
        f"SELECT {columns}{further} FROM {parquet_rows([features])} features JOIN customers USING (customer_id)"
    )


def eligible_rows(work: Workspace, use_case: UseCase, cutoff: date) -> pa.Table:
    """Eligible customers at a cutoff: customer_id, cutoff and every feature, by customer_id."""
    connection = connect()
    rows = feature_rows(connection, work.features(cutoff), eligible(connection, work, use_case, cutoff).to_pyarrow())
    return rows.order("customer_id").to_arrow_table()


def training_rows(bank: Bank, work: Workspace, use_case: UseCase, cutoff: date, as_of: date) -> pa.Table:
    """Eligible customers at a cutoff with their labels and every feature."""
    return with_features(work, cutoff, labelled(bank, work, use_case, cutoff, as_of))


def with_features(work: Workspace, cutoff: date, customers: pa.Table) -> pa.Table:
    """Some customers at a cutoff, by customer_id: customer_id, cutoff, every feature, and the other columns given."""
    return feature_rows(connect(), work.features(cutoff), customers).order("customer_id").to_arrow_table()


def labelled(bank: Bank, work: Workspace, use_case: UseCase, cutoff: date, as_of: date) -> pa.Table:
    """Eligible customers at a cutoff and their labels.

    Customers merged into another before the horizon's end are left out, since their later transactions are booked
    under the other number.

    Parameters
    ----------
    as_of : date
        The snapshot; rows that became known after it do not count.

    Returns
    -------
    pyarrow.Table
        customer_id and outcome (int8: 1 happened, 0 did not), by customer_id.

    Raises
    ------
    HistoryError
        If the outcome is not complete at the snapshot.
    UseCaseError
        If the bank lacks the table that the outcome is counted from.
    """
    require_complete(use_case, cutoff, as_of)
    connection = connect()
    rows = eligible(connection, work, use_case, cutoff)
    happened = outcome_customers(use_case, outcome_window(connection, bank, work, use_case, (cutoff, as_of)))
    return with_outcome(connection, bank, use_case, cutoff, rows=rows, happened=happened).to_pyarrow()


def require_complete(use_case: UseCase, cutoff: date, as_of: date) -> None:
    """Raise if the outcome of a cutoff is not complete at a snapshot.

    Raises
    ------
    HistoryError
        If it is not.
    """
    end = outcome_end(use_case, cutoff)
    if end > as_of:
        raise HistoryError(
            _(
                "{use_case} at {cutoff}: its outcome is complete on {end}, after the snapshot {as_of}.",
                use_case=use_case.name,
                cutoff=cutoff,
                end=end,
                as_of=as_of,
            ),
            _("Use an earlier cutoff or a later snapshot."),
        )


def with_outcome(
    connection: Backend, bank: Bank, use_case: UseCase, cutoff: date, *, rows: ibis.Table, happened: ibis.Table
) -> ibis.Table:
    """Labels as an expression; see `labelled`.

    Parameters
    ----------
    rows : ibis.Table
        Customers from `eligible`.
    happened : ibis.Table
        From `outcome_customers`.
    """
    merged = merged_numbers(connection, bank.read(connection, "customers"), outcome_end(use_case, cutoff))
    rows = rows.anti_join(merged, rows.customer_id == merged.merged_id)
    joined = rows.left_join(happened.mutate(happened=True), "customer_id").drop("customer_id_right")
    outcome = joined.happened.fill_null(False)
    if use_case.prevents:
        outcome = ~outcome
    return joined.select("customer_id", outcome=outcome.cast("int8")).order_by("customer_id")
