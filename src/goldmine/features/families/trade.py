"""The trade of a customer's own business, and when its season begins, as known at the cutoff.

* The season's months are those of the books. A season of the whole year is none, and one that runs at the cutoff begins
  again next year: a season that begins in the month after the cutoff is 1 month away, one that began in it 12.
* Of several trades the one whose season is next counts.
"""

from goldmine.core.i18n import _
from goldmine.features.definition import FeatureDefinition, category, number, with_reason_texts
from goldmine.features.reason_text import ReasonText
from goldmine.features.view import View

REASON_TEXTS = {
    "trade": ReasonText("trade", positive=_("Trade: {value}")),
    "season_months_until": ReasonText(
        "season_ahead", positive=_("Season begins in {ahead}"), missing=_("No season on record"), show_typical=False
    ),
}
"""How a customer manager words each feature."""


def trade(v: View) -> list[FeatureDefinition]:
    """The trade, and the months until its season begins."""
    title, needs = _("Months until the season of the trade begins"), ("merchants",)
    definitions = [
        category("trade", v.rows["trade"], title=_("Trade of the own business"), needs=needs),
        number("season_months_until", v.rows["season_months_until"], title=title, unit="months", needs=needs),
    ]
    return with_reason_texts(definitions, REASON_TEXTS)
