"""Investment transactions and their share of the customer's own: interest in investing before a first purchase.

* Both directions count.
"""

from goldmine.core.i18n import _
from goldmine.features.definition import FeatureDefinition, numbers, ratio, with_reason_texts
from goldmine.features.reason_text import ReasonText
from goldmine.features.view import View
from goldmine.features.windows import WINDOW_MONTHS

NEEDS = ("transactions.kind",)
REASON_TEXTS = {
    "investing_count_*": ReasonText(
        "investing",
        positive=_("Investment transactions over {window}: {value}"),
        zero=_("No investment transactions over {window}"),
    ),
    "investing_share_*": ReasonText(
        "investing",
        positive=_("{value} of their own transactions over {window} were investments"),
        mostly=_("Nearly all their own transactions over {window} were investments"),
        zero=_("No investment transactions over {window}"),
        missing=_("Not active over {window}"),
    ),
}
"""How a customer manager words each feature."""


def investing(v: View) -> list[FeatureDefinition]:
    """Transactions of the kind investment, in or out, and their share of the customer's own, over each window.

    A sum in yuan reflects wealth; the share of transactions reflects interest.
    """
    definitions = []
    for days in WINDOW_MONTHS:
        count = v.total("in_investment_count", days) + v.total("out_investment_count", days)
        definitions += numbers(
            NEEDS,
            (
                f"investing_count_{days}d",
                count,
                _("Investment transactions over {days} days", days=days),
                "count",
                days,
            ),
            (
                f"investing_share_{days}d",
                ratio(count, v.total("own_count", days)),
                _("Investment transactions' share of own ones over {days} days", days=days),
                "share",
                days,
            ),
        )
    return with_reason_texts(definitions, REASON_TEXTS)
