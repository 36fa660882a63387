"""Time deposits and wealth products that end soon, as known at the cutoff.

* Counted is what runs at the cutoff and ends in the 30 days after it, one that renews by itself too. The day on which
  it ends is known from its beginning.
"""

from goldmine.core.i18n import _
from goldmine.features.definition import FeatureDefinition, numbers, with_reason_texts
from goldmine.features.reason_text import ReasonText
from goldmine.features.view import View

REASON_TEXTS = {
    "ending_sum_next_30d": ReasonText(
        "ending",
        positive=_("Deposits and wealth products of {value} end within 30 days"),
        zero=_("Nothing ends within 30 days"),
        show_typical=False,
    ),
    "ending_wealth_sum_next_30d": ReasonText(
        "ending",
        positive=_("Wealth products of {value} end within 30 days"),
        zero=_("No wealth product ends within 30 days"),
        show_typical=False,
    ),
}
"""How a customer manager words each feature."""


def endings(v: View) -> list[FeatureDefinition]:
    """Yuan that end in the 30 days after the cutoff: of both kinds, and of wealth products alone."""
    both, wealth = (
        _("Deposits and wealth products that end in the next 30 days"),
        _("Wealth products that end in the next 30 days"),
    )
    definitions = numbers(
        ("term_holdings",),
        ("ending_sum_next_30d", v.zero("ending_yuan"), both, "yuan", None),
        ("ending_wealth_sum_next_30d", v.zero("ending_wealth_yuan"), wealth, "yuan", None),
    )
    return with_reason_texts(definitions, REASON_TEXTS)
