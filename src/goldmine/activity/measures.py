"""Measures of one month of one customer.

Amounts are summed as whole fen, so that a sum does not depend on the order of its rows. They are held as floating-point
numbers, which are exact up to 90 trillion yuan: DuckDB sums whole numbers in 128 bits, which is slow.
"""

import ibis
import ibis.expr.datatypes as dt
from ibis import _

from goldmine.contract.tables import CHANNELS, NOT_OWN_KINDS, PRODUCT_CLASSES

IN_KINDS = ("salary", "pension", "subsidy", "transfer", "cash", "merchant", "investment", "loan")
OUT_KINDS = ("transfer", "cash", "purchase", "utility", "investment", "loan")
FLOWS = ("in", "out", *(f"in_{kind}" for kind in IN_KINDS), *(f"out_{kind}" for kind in OUT_KINDS))
"""Flows of money; each has a sum in fen and a count in the activity."""

SUMS = (
    *(f"{flow}_{part}" for flow in FLOWS for part in ("sum", "count")),
    *(f"{channel}_{part}" for channel in CHANNELS for part in ("sum", "count")),
    "own_count",
    "own_in_sum",
    "own_out_sum",
    "weekend_count",
)
"""Columns that add up over months."""

PEAKS = ("in_max", "out_max", "last_own")
"""Columns whose largest value over the months counts for a window."""

ASSET_CLASSES = tuple(name for name in PRODUCT_CLASSES if name != "loan")
"""Product classes that make up AUM."""


@ibis.udf.agg.builtin
def bit_or(mask: dt.int64) -> dt.int64:
    """Every bit that is set in some row; Ibis' own `bit_or` is not available on Spark."""


def month_index(day: ibis.expr.types.DateValue) -> ibis.expr.types.IntegerValue:
    """Months since the year 0, so that months can be compared and subtracted."""
    return (day.year() * 12 + day.month() - 1).cast("int32")


def repeats(rows: ibis.Table) -> ibis.Table:
    """The transaction_ids that more than one row has; few, if any."""
    return rows.group_by("transaction_id").having(rows.count() > 1).agg(copies=rows.count())


def deduplicated(rows: ibis.Table, repeated: ibis.Table) -> ibis.Table:
    """The first row of each transaction_id that several have, by their `repeats`."""
    return rows.semi_join(repeated, "transaction_id").distinct(on="transaction_id", keep="first")


def transactions_month(rows: ibis.Table, repeated: ibis.Table) -> ibis.Table:
    """Aggregate one month of canonical transactions.

    Exact duplicates are dropped by transaction_id. Rows that became known in a later month are
    aggregated separately (`known`), so that a cutoff in between does not see them.

    Parameters
    ----------
    rows : ibis.Table
        Canonical transactions of one month.
    repeated : ibis.Table
        Their `repeats`.

    Returns
    -------
    ibis.Table
        A row a (customer_id, known): `SUMS`, `PEAKS`, and `own_days`, a mask whose bit d - 1 is set where
        the customer made a transaction of their own on day d of the month. Sums in fen.
    """
    # Grouping whole rows is slow, so only rows with a repeated transaction_id are grouped.
    rows = rows.anti_join(repeated, "transaction_id").union(deduplicated(rows, repeated))
    day = rows.time.date()
    own = (rows.channel.fill_null("") != "batch") & ~rows.kind.fill_null("").isin(NOT_OWN_KINDS)
    rows = rows.mutate(
        known=month_index(ibis.greatest(rows.known_on.fill_null(day), day)),
        day=day,
        # Some engines give a small literal 32 bits, so bit d - 1 is shifted down from a larger number.
        day_bit=ibis.literal(1 << 32, "int64") >> (33 - day.day()),
        fen=_fen(rows.amount),
        own=own,
    )
    return rows.group_by("customer_id", "known").agg(
        **_flows(),
        **_channels(),
        own_count=_count(_.own),
        own_in_sum=_sum(_.own & (_.direction == "in")),
        own_out_sum=_sum(_.own & (_.direction == "out")),
        weekend_count=_count(_.day.day_of_week.index() >= 5),
        in_max=_.fen.max(where=_.direction == "in").cast("int64"),
        out_max=_.fen.max(where=_.direction == "out").cast("int64"),
        last_own=_.day.max(where=_.own),
        own_days=bit_or(rows.day_bit, where=rows.own).fill_null(0),
    )


def balances_month(rows: ibis.Table) -> ibis.Table:
    """Aggregate one month of canonical balances: a row a customer, a column a product class, in fen.

    Returns
    -------
    ibis.Table
        ``<class>_end`` (month end) and ``<class>_avg`` (average daily balance; the month end's balance
        where the bank has none) for each product class, and ``aum_end``, ``aum_avg`` without loans.
    """
    rows = rows.mutate(
        end=_fen(_.balance),
        avg=_fen(_.average_daily_balance.fill_null(_.balance)),
    )
    measures = {
        f"{name}_{part}": _[part].sum(where=_.product_class == name).fill_null(0)
        for name in PRODUCT_CLASSES
        for part in ("end", "avg")
    }
    measures |= {
        f"aum_{part}": _[part].sum(where=_.product_class.isin(ASSET_CLASSES)).fill_null(0) for part in ("end", "avg")
    }
    return rows.group_by("customer_id").agg(**measures)


def _fen(amount: ibis.Value) -> ibis.Value:
    return (amount * 100).cast("float64")


def _sum(where: ibis.Deferred) -> ibis.Deferred:
    return _.fen.sum(where=where).fill_null(0)


def _count(where: ibis.Deferred) -> ibis.Deferred:
    return _.count(where=where).cast("int32")


def _flows() -> dict[str, ibis.Deferred]:
    measures: dict[str, ibis.Deferred] = {}
    for flow in FLOWS:
        direction, _separator, kind = flow.partition("_")
        where = (_.direction == direction) & (_.kind == kind) if kind else _.direction == direction
        measures |= {f"{flow}_sum": _sum(where), f"{flow}_count": _count(where)}
    return measures


def _channels() -> dict[str, ibis.Deferred]:
    measures: dict[str, ibis.Deferred] = {}
    for channel in CHANNELS:
        where = _.channel == channel
        measures |= {f"{channel}_sum": _sum(where), f"{channel}_count": _count(where)}
    return measures
