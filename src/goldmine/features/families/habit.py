"""What the customer has been used to do over two years: rates of their own transactions, whole and fading."""

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
"""Months after which a transaction counts for half in a fading rate."""
_NONE = _("No transaction of their own within two years")
REASON_TEXTS = {
    "own_days_per_month": ReasonText("habit", positive=_("Active on {value} a month over two years"), zero=_NONE),
    "own_months_share": ReasonText("habit", positive=_("Active in {value} of the months of two years"), zero=_NONE),
    "own_count_per_month*": ReasonText(
        "habit", positive=_("{value} transactions of their own a month over two years"), zero=_NONE
    ),
}
"""What a customer manager says about each feature."""


def habit(v: View) -> list[FeatureDefinition]:
    """Own transactions, days and active months, each over the months of two years in which they could be seen.

    Rates over the months for which the books and the customer were there do not depend on how far the books reach
    back, and over two years they tell a quiet quarter of somebody busy from the habit of somebody quiet. Where the
    habit itself changes, rates that let old months fade follow it.
    """
    counts = [v.zero(f"own_a{age}") for age in AGES]
    days = [bit_count(v.zero(f"days_a{age}")).cast("int64") for age in AGES]
    active = [(count > 0).cast("int64") for count in counts]
    known = _months_known(v)
    definitions = [
        number(
            name,
            sum_of(parts) / known,
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
            _fading(counts, known, 0.5 ** (1 / half)),
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


def _months_known(v: View) -> IntegerValue:
    """Months of two years for which the books reach back and the customer was there; their first counts whole."""
    t = v.rows
    first = ibis.greatest(t.books_from, t.opened_on.fill_null(t.books_from))
    return month_index(t.cutoff) - month_index(first) + 1


def _fading(counts: list[NumericValue], known: IntegerValue, keeps: float) -> NumericValue:
    """A rate whose months weigh less by a factor `keeps` each further back, over the weights of the months known."""
    weighed = sum_of([count * real(keeps**age) for age, count in enumerate(counts)])
    return weighed * real(1 - keeps) / (real(1) - real(keeps) ** known)
