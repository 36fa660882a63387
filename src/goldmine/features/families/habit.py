"""The customer's usual activity over two years: plain and decaying rates of their own transactions.

* Two years are the 24 months that end at the cutoff. Sums are divided by the observed months: those of the 24 since the
  bank's first month with transactions, or the customer's month of opening where that is later; both count in full.
* With a half-life of 6 months, a month's weight is half that of the month 6 months after it; the sum is divided by the
  observed months' weights.
"""

import ibis
from ibis.expr.types import IntegerValue, NumericValue

from goldmine.activity.measures import month_index
from goldmine.core.i18n import _
from goldmine.features.definition import FeatureDefinition, number, real, sum_of, with_reason_texts
from goldmine.features.families.rhythm import bit_count
from goldmine.features.reason_text import ReasonText
from goldmine.features.view import View
from goldmine.features.windows import AGES

NEEDS = ("transactions",)
HALVES = (2, 6, 12)
"""Half-lives of the decaying rates, in months."""
_NONE = _("No transaction of their own within two years")
REASON_TEXTS = {
    "own_days_per_month": ReasonText(
        "habit",
        positive=_("Active on {value} a month over two years"),
        zero=_NONE,
        instead="own_days_365d",
    ),
    "own_months_share": ReasonText(
        "habit",
        positive=_("Active in {value} of the months of two years"),
        zero=_NONE,
        instead="own_months_365d",
    ),
    "own_count_per_month": ReasonText(
        "habit",
        positive=_("{value} transactions of their own a month over two years"),
        zero=_NONE,
        instead="own_count_365d",
    ),
    # A decaying rate is no figure that a banker can count.
    "own_count_per_month_half_*": ReasonText(
        "habit",
        positive=_("{value} transactions of their own a month, recent ones weighing more"),
        zero=_NONE,
        instead="own_count_365d",
    ),
}
"""How a customer manager words each feature."""


def habit(v: View) -> list[FeatureDefinition]:
    """Own transactions, days and active months, each as a rate over the observed months of two years.

    A rate over observed months does not depend on how far the books reach back. Two years tell a busy customer's quiet
    quarter from a customer who is always quiet. Decaying rates follow a habit that changes.
    """
    counts = [v.zero(f"own_a{age}") for age in AGES]
    days = [bit_count(v.zero(f"days_a{age}")).cast("int64") for age in AGES]
    active = [(count > 0).cast("int64") for count in counts]
    months = _observed_months(v)
    definitions = [
        number(
            name,
            sum_of(parts) / months,
            title=_("{measure} over two years", measure=measure),
            unit=unit,
            window=730,
            needs=NEEDS,
        )
        for name, parts, unit, measure in (
            ("own_count_per_month", counts, "ratio", _("Own transactions a month")),
            ("own_days_per_month", days, "days", _("Days with own transactions a month")),
            ("own_months_share", active, "share", _("Share of months with own transactions")),
        )
    ]
    definitions += [
        number(
            f"own_count_per_month_half_{half}m",
            _decaying_rate(counts, months, 0.5 ** (1 / half)),
            title=_(
                "Own transactions a month over two years, weighing half as much every {half} months back", half=half
            ),
            unit="ratio",
            window=730,
            needs=NEEDS,
        )
        for half in HALVES
    ]
    return with_reason_texts(definitions, REASON_TEXTS)


def _observed_months(v: View) -> IntegerValue:
    """Months of two years that the books cover since the customer opened; the first counts in full."""
    t = v.rows
    first = ibis.greatest(t.transactions_from, t.opened_on.fill_null(t.transactions_from))
    return month_index(t.cutoff) - month_index(first) + 1


def _decaying_rate(counts: list[NumericValue], months: IntegerValue, decay: float) -> NumericValue:
    """A weighted rate: a month's weight is `decay` times that of the month after it."""
    weighted = sum_of([count * real(decay**age) for age, count in enumerate(counts)])
    return weighted * real(1 - decay) / (real(1) - real(decay) ** months)
