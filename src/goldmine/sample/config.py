"""Settings of the sample bank; figures of the field text are shares of its customers."""

from dataclasses import dataclass
from datetime import date

from goldmine.core.dates import months_back

BLOCK = 50_000
"""Customers generated together; a constant, so that it cannot change the bytes."""
WARM_UP = 12
"""Months simulated before the first month of the books."""
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
    """One sample bank: how many customers, how many months up to which month end, from which seed."""

    customers: int
    months: int
    seed: int
    end: date

    @property
    def month_ends(self) -> list[date]:
        """Month ends of the books, oldest first."""
        return months_back(self.end, self.months)

    @property
    def lived(self) -> list[date]:
        """Month ends that are simulated: the warm-up's, then the books'."""
        return months_back(self.end, self.months + WARM_UP)

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
        """Number of employers: one for about 150 customers, at least 10."""
        return max(10, self.customers // 150)

    @property
    def managers(self) -> int:
        """Customer managers: four a branch."""
        return self.branches * 4
