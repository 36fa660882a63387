"""Loans of a block, and what is owed and in arrears at each month end."""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from goldmine.contract.lending import PURPOSES
from goldmine.sample.arrow import codes, day_number, days, ids, money
from goldmine.sample.config import WARM_UP, SampleConfig
from goldmine.sample.people import People
from goldmine.sample.products import PRODUCTS

SLIP_SHARE = 0.08
"""Share of loans that once are a few days in arrears and are paid after all."""
_SLIP_DAYS = 12


@dataclass(frozen=True)
class LoanBook:
    """Loans, an array (loans,) each.

    Parameters
    ----------
    number, who, product, purpose, fen, rate : array of int
        Number of the loan, row of the customer, places in `PRODUCTS` and `PURPOSES`, fen granted, basis points.
    granted, term, repaid : array of int
        Day, months, and the day on which a credit line was repaid; -1 for those paid back in parts or still running.
    fails, missed : array of bool, of int
        Whether it ends in default, and the month after the grant whose payment is the first that is missed.
    slips : array of float
        Between 0 and 1; below `SLIP_SHARE` one payment is late.
    """

    number: NDArray
    who: NDArray
    product: NDArray
    purpose: NDArray
    fen: NDArray
    rate: NDArray
    granted: NDArray
    term: NDArray
    repaid: NDArray
    fails: NDArray
    missed: NDArray
    slips: NDArray

    @classmethod
    def joined(cls, books: Sequence["LoanBook"]) -> "LoanBook":
        """All loans in one book, by customer and number."""
        columns = [np.concatenate([getattr(book, field.name) for book in books]) for field in fields(cls)]
        order = np.lexsort((columns[0], columns[1]))
        return cls(*(column[order] for column in columns))

    @classmethod
    def empty(cls) -> "LoanBook":
        """A book without loans."""
        return cls(*(np.zeros(0, bool if field.name == "fails" else np.int64) for field in fields(cls)))

    @property
    def due(self) -> NDArray:
        """Day by which each is to be repaid."""
        return self.granted + self.term * 365 // 12

    @property
    def in_parts(self) -> NDArray:
        """Whether it is paid back in monthly parts."""
        return self.product == PRODUCTS.index("L-SMALL")

    @property
    def closed(self) -> NDArray:
        """Day on which it is repaid in full; far ahead for those that are not."""
        by_plan = np.where(self.in_parts & ~self.fails, self.due, 10**6)
        return np.where(self.repaid > 0, self.repaid, by_plan)


def loans_table(config: SampleConfig, people: People, book: LoanBook) -> pa.Table:
    """The loans as the contract has them, by what is known on the books' last day."""
    end = day_number(config.end)
    table = pa.table(
        {
            "loan_id": ids("L", book.number, 12),
            "customer_id": ids("C", people["number"][book.who], 8),
            "product_id": codes(PRODUCTS, book.product),
            "purpose": codes(PURPOSES, book.purpose),
            "credit_limit": money(book.fen),
            "rate_bp": pa.array(book.rate),
            "granted_on": days(book.granted),
            "due_on": days(book.due),
            "closed_on": days(book.closed, book.closed > end),
        }
    )
    return table.filter(pa.array(book.granted <= end))


def loan_months_table(config: SampleConfig, people: People, book: LoanBook) -> pa.Table:
    """What is owed and in arrears at the month ends of the books."""
    del people
    parts = []
    for index in range(WARM_UP, len(config.lived)):
        last = day_number(config.lived[index])
        rows = np.flatnonzero((book.granted <= last) & (book.closed > last))
        months = (last - book.granted[rows]) * 12 // 365
        missed = np.where(book.fails[rows], book.missed[rows], 10**6)
        paid = np.where(book.in_parts[rows], np.minimum(months, missed - 1), 0)
        owed = book.fen[rows] - book.fen[rows] * np.clip(paid, 0, book.term[rows]) // book.term[rows]
        late = np.maximum(months - missed + 1, 0)
        overdue = np.where(book.in_parts[rows], book.fen[rows] * late // book.term[rows], np.where(late > 0, owed, 0))
        slips = (book.slips[rows] < SLIP_SHARE) & (months == book.missed[rows] + 1) & (late == 0)
        overdue = np.where(slips, book.fen[rows] // book.term[rows], np.minimum(overdue, owed))
        days_overdue = np.where(slips, _SLIP_DAYS, np.where(late > 0, 30 * late - 10, 0))
        parts.append((rows, np.full(len(rows), last), owed, np.minimum(overdue, owed), days_overdue))
    rows, last_days, owed, overdue, days_overdue = (np.concatenate(column) for column in zip(*parts, strict=True))
    order = np.lexsort((last_days, rows))
    return pa.table(
        {
            "loan_id": ids("L", book.number[rows[order]], 12),
            "month_end": days(last_days[order]),
            "owed": money(owed[order].astype(np.int64)),
            "overdue": money(overdue[order].astype(np.int64)),
            "days_overdue": pa.array(days_overdue[order]),
        }
    )
