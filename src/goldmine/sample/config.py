"""Settings of the sample bank; figures of the field text are shares of its customers."""

from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from itertools import pairwise

from goldmine.core.dates import month_end, months_back
from goldmine.sample.arrow import day_number

BLOCK = 50_000
"""Customers generated together; a constant, so that it cannot change the bytes."""
WARM_UP = 12
"""Months simulated before the first month of the books."""
COHORT_MONTHS = 60
"""Months whose newcomers are generated together."""
REFERENCE_MONTHS = 30
"""Months of books at whose end the bank has as many customers as were asked for."""
NEW_SHARE = 12, 100
"""Share of those customers who joined in the simulated months, as a fraction of whole numbers."""
TRUTH_MONTHS = 12
"""Month ends, up to the last, for which the true probabilities are written."""
EFFECT_MONTHS = 24
"""Month ends, up to the last, for which the true effects of a contact are written: four quarters and more."""

LONG_TAIL_SHARE, LONG_TAIL_ASSETS = 0.84, 0.03
FORTY_SHARE, FORTY_DEPOSITS = 0.0986, 0.9054
FIFTY_SHARE = 150_000 / 2_000_000
CORE_SHARE = 8_000 / 2_000_000
CITIZEN_LOAN_SHARE, CITIZEN_LOAN_MEAN = 2_770 / 2_000_000, 527_000_000 / 2_770
CITIZEN_LOAN_DAYS = date(2023, 9, 5), date(2024, 3, 31)
NUT_CREDIT_MULTIPLE = 5
EMIGRANT_CREDIT_DAYS = date(2023, 1, 1), date(2024, 3, 31)

DUPLICATE_SHARE = 0.0005
"""Share of duplicate transactions."""
LATE_SHARE = 0.002
"""Share of transactions that became known 1 to 25 days after they happened."""
BAD_CODE_SHARE = 0.001
"""Share of transactions whose channel is not in the code list."""
NO_BIRTH_DATE_SHARE = 0.02
CLOSED_SHARE = 0.01
MERGED_SHARE = 0.003
OPT_OUT_SHARE = 0.06
NO_PHONE_SHARE = 0.04
SUPPRESSED_SHARE = 0.02
"""Share of customers with a row in the ledger of suppressions."""


@dataclass(frozen=True)
class SampleConfig:
    """One sample bank: how many customers, how many months up to which month end, from which seed.

    Nothing is drawn relative to the last month: a bank of the same first month, seed and customers that ends later
    begins with the same rows.
    """

    customers: int
    months: int
    seed: int
    end: date

    @cached_property
    def month_ends(self) -> list[date]:
        """Month ends of the books, oldest first."""
        return months_back(self.end, self.months)

    @cached_property
    def lived(self) -> list[date]:
        """Month ends that are simulated: the warm-up's, then the books'."""
        return months_back(self.end, self.months + WARM_UP)

    def as_json(self) -> dict[str, int | str]:
        """What a bank keeps of its making, so that it can be made longer."""
        return {"customers": self.customers, "months": self.months, "seed": self.seed, "end": str(self.end)}

    def until(self, end: date) -> "SampleConfig":
        """The same bank up to a later month end.

        Examples
        --------
        >>> SampleConfig(100, 6, 1, date(2024, 6, 30)).until(date(2024, 9, 30)).months
        9
        """
        more = (end.year - self.end.year) * 12 + end.month - self.end.month
        return replace(self, months=self.months + more, end=end)

    @property
    def reference(self) -> int:
        """Day number of the last day of the thirtieth month of books, at which the shares of this file hold."""
        return day_number(month_end(self.lived[0], WARM_UP + REFERENCE_MONTHS - 1))

    def joined(self, months: int) -> int:
        """How many customers join in so many simulated months.

        Examples
        --------
        >>> SampleConfig(20_000, 30, 1, date(2024, 6, 30)).joined(42)
        2400
        """
        part, whole = NEW_SHARE
        return self.customers * part * months // (whole * (WARM_UP + REFERENCE_MONTHS))

    @property
    def founders(self) -> int:
        """Customers who are there before the first simulated month."""
        return self.customers - self.joined(WARM_UP + REFERENCE_MONTHS)

    @property
    def blocks(self) -> list[range]:
        """Customers generated together, by place: those there from the beginning, then the newcomers of a few years."""
        joined = [self.joined(month) for month in range(0, len(self.lived) + COHORT_MONTHS, COHORT_MONTHS)]
        edges = [0, *(self.founders + count for count in joined)]
        starts = [(start, last) for first, last in pairwise(edges) for start in range(first, last, BLOCK)]
        return [range(start, min(start + BLOCK, last)) for start, last in starts]

    @property
    def branches(self) -> int:
        """Number of branches: one for about 30,000 customers, at least 5."""
        return max(5, self.customers // 30_000)

    @property
    def grids(self) -> int:
        """Number of grids: one for about 250 customers, at least 20."""
        return max(20, self.customers // 250)

    @property
    def employers(self) -> int:
        """Number of employers: one for about 100 customers, at least 10."""
        return max(10, self.customers // 100)

    @property
    def managers(self) -> int:
        """Customer managers: four a branch."""
        return self.branches * 4
