"""What happened in a horizon, read from the activity and the product events."""

from datetime import date, timedelta

import ibis
from ibis.backends.duckdb import Backend

from goldmine.activity.build import index_of, partition
from goldmine.contract.bank import Bank
from goldmine.core.dates import month_end, month_key
from goldmine.core.errors import HistoryError, UseCaseError
from goldmine.core.work import Work
from goldmine.labels.cutoffs import outcome_end
from goldmine.usecases import UseCase
from goldmine.usecases.spec import AverageAumAtLeast, ProductEvent


def happened(connection: Backend, bank: Bank, work: Work, use_case: UseCase, dates: tuple[date, date]) -> ibis.Table:
    """Customers to whom something happened in (cutoff + gap, cutoff + gap + horizon].

    Parameters
    ----------
    dates : tuple of date
        The cutoff, and the snapshot by which rows must have been known.

    Returns
    -------
    ibis.Table
        customer_id and happened (true); customers to whom nothing happened have no row. For
        `no_own_transaction` a row means an own transaction, that is, the outcome's opposite.
    """
    for table in use_case.needs:
        if not bank.has(table):
            raise UseCaseError(
                f"{use_case.name}: its outcome is counted from the table {table!r}, which this bank does not have.",
                "Map that table in bank.yaml, or leave this use case out.",
            )
    cutoff, as_of = dates
    start, end = cutoff + timedelta(days=use_case.gap_days), outcome_end(use_case, cutoff)
    outcome = use_case.outcome
    if isinstance(outcome, AverageAumAtLeast):
        return _aum_reached(connection, bank, work, end, outcome.yuan)
    if isinstance(outcome, ProductEvent):
        return _event(connection, bank, (start, end), outcome)
    return _own_transaction(connection, bank, work, (start, end), as_of)


def _aum_reached(connection: Backend, bank: Bank, work: Work, end: date, yuan: float) -> ibis.Table:
    month = month_key(end if end == month_end(end) else month_end(end, -1))
    if month not in bank.months("balances"):
        raise HistoryError(
            f"balances: none of {month}, the month that the outcome is read in.", "Bring in that month's balances."
        )
    rows = connection.read_parquet(str(partition(work, "balances", month)))
    return rows.filter(rows.aum_avg >= round(yuan * 100)).select("customer_id", happened=True)


def _event(connection: Backend, bank: Bank, days: tuple[date, date], outcome: ProductEvent) -> ibis.Table:
    rows = bank.read(connection, "product_events")
    rows = rows.filter(rows.happened_on > days[0], rows.happened_on <= days[1], rows.event == outcome.event)
    if outcome.product_class is not None:
        rows = rows.filter(rows.product_class == outcome.product_class)
    return rows.select("customer_id").distinct().mutate(happened=True)


def _own_transaction(connection: Backend, bank: Bank, work: Work, days: tuple[date, date], as_of: date) -> ibis.Table:
    masks = {m: mask for m, mask in _day_masks(*days).items() if m in bank.months("transactions")}
    if not masks:
        return ibis.memtable([], schema=ibis.schema({"customer_id": "string", "happened": "boolean"}))
    files = [str(partition(work, "transactions", month)) for month in masks]
    rows = connection.read_parquet(files)
    wanted = rows.month.cases(*[(index_of(month), mask) for month, mask in masks.items()], else_=0)
    rows = rows.filter(rows.known <= index_of(month_key(as_of)), (rows.own_days & wanted) != 0)
    return rows.select("customer_id").distinct().mutate(happened=True)


def _day_masks(start: date, end: date) -> dict[str, int]:
    """For each month that the days after `start` up to `end` touch, a mask of those days."""
    masks: dict[str, int] = {}
    for offset in range(1, (end - start).days + 1):
        day = start + timedelta(days=offset)
        masks[month_key(day)] = masks.get(month_key(day), 0) | 1 << (day.day - 1)
    return masks
