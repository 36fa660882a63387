"""What happened in a horizon, read from the activity and the product events."""

from datetime import date, timedelta

import ibis
from ibis.backends.duckdb import Backend

from goldmine.activity.build import index_of, partition
from goldmine.contract.bank import Bank
from goldmine.core.dates import month_end, month_key
from goldmine.core.errors import HistoryError, UseCaseError
from goldmine.core.workspace import Workspace
from goldmine.identity import merged_numbers, under_survivors
from goldmine.labels.cutoffs import outcome_end
from goldmine.labels.use_case import AverageAumAtLeast, ComesBack, ProductEvent, UseCase


def happened(
    connection: Backend, bank: Bank, work: Workspace, use_case: UseCase, dates: tuple[date, date]
) -> ibis.Table:
    """Customers to whom something happened in (cutoff + gap, cutoff + gap + horizon].

    A customer counts with all numbers that were found to be theirs by the end of the horizon.

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
    acted = _own_transaction(connection, bank, work, (start, end), as_of)
    if isinstance(outcome, ComesBack):
        drawn = _event(connection, bank, (start, end), ProductEvent(kind="product_event", event="loan_drawn"))
        richer = aum_gained(connection, bank, work, (cutoff, end))
        richer = richer.filter(richer.gained >= round(outcome.yuan * 100))
        return acted.semi_join(richer, "customer_id").union(drawn).distinct()
    return acted


def aum_gained(connection: Backend, bank: Bank, work: Workspace, days: tuple[date, date]) -> ibis.Table:
    """What average daily AUM grew by from the month of a day to the last full month before another.

    Parameters
    ----------
    days : tuple of date
        A month end, and the end of a horizon after it.

    Returns
    -------
    ibis.Table
        customer_id and gained (fen; below zero where it shrank), of customers with balances in either month.

    Raises
    ------
    HistoryError
        If the balances of either month are not there.
    """
    before, after = (_month_of_aum(connection, bank, work, _full_month(day), days[1]) for day in days)
    before, after = before.select("customer_id", gained=-before.aum_avg), after.select("customer_id", gained="aum_avg")
    both = before.union(after)
    return both.group_by("customer_id").agg(gained=both.gained.sum())


def _aum_reached(connection: Backend, bank: Bank, work: Workspace, end: date, yuan: float) -> ibis.Table:
    rows = _month_of_aum(connection, bank, work, _full_month(end), end)
    return rows.filter(rows.aum_avg >= round(yuan * 100)).select("customer_id", happened=True)


def _full_month(day: date) -> str:
    return month_key(day if day == month_end(day) else month_end(day, -1))


def _month_of_aum(connection: Backend, bank: Bank, work: Workspace, month: str, day: date) -> ibis.Table:
    """Average daily AUM of a month, in fen, under the numbers that survive at a day."""
    if month not in bank.months("balances"):
        raise HistoryError(
            f"balances: none of {month}, the month that the outcome is read in.", "Bring in that month's balances."
        )
    rows = connection.read_parquet(str(partition(work, "balances", month))).select("customer_id", "aum_avg")
    rows = _under_survivors(connection, bank, rows, day)
    return rows.group_by("customer_id").agg(aum_avg=rows.aum_avg.sum())


def _under_survivors(connection: Backend, bank: Bank, rows: ibis.Table, day: date) -> ibis.Table:
    return under_survivors(rows, merged_numbers(connection, bank.read(connection, "customers"), day))


def _event(connection: Backend, bank: Bank, days: tuple[date, date], outcome: ProductEvent) -> ibis.Table:
    rows = bank.read(connection, "product_events")
    rows = rows.filter(rows.happened_on > days[0], rows.happened_on <= days[1], rows.event == outcome.event)
    if outcome.product_class is not None:
        rows = rows.filter(rows.product_class == outcome.product_class)
    rows = _under_survivors(connection, bank, rows.select("customer_id"), days[1])
    return rows.distinct().mutate(happened=True)


def _own_transaction(
    connection: Backend, bank: Bank, work: Workspace, days: tuple[date, date], as_of: date
) -> ibis.Table:
    masks = {m: mask for m, mask in _day_masks(*days).items() if m in bank.months("transactions")}
    if not masks:
        return ibis.memtable([], schema=ibis.schema({"customer_id": "string", "happened": "boolean"}))
    files = [str(partition(work, "transactions", month)) for month in masks]
    rows = connection.read_parquet(files)
    wanted = rows.month.cases(*[(index_of(month), mask) for month, mask in masks.items()], else_=0)
    rows = rows.filter(rows.known <= index_of(month_key(as_of)), (rows.own_days & wanted) != 0)
    rows = _under_survivors(connection, bank, rows.select("customer_id"), days[1])
    return rows.distinct().mutate(happened=True)


def _day_masks(start: date, end: date) -> dict[str, int]:
    """For each month that the days after `start` up to `end` touch, a mask of those days."""
    masks: dict[str, int] = {}
    for offset in range(1, (end - start).days + 1):
        day = start + timedelta(days=offset)
        masks[month_key(day)] = masks.get(month_key(day), 0) | 1 << (day.day - 1)
    return masks
