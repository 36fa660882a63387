"""What the customer holds of each product class: level, change, peak and share of AUM.

* Amounts are average daily balances, as for AUM; a peak is the highest of 12 months, a change is against the month 3 or
  12 before.
"""

from goldmine.core.i18n import _
from goldmine.features.definition import FeatureDefinition, numbers, ratio, with_reason_texts, yuan
from goldmine.features.reason_text import LATER, ReasonText
from goldmine.features.view import View

NEEDS = ("balances",)
CLASS_TITLES = {
    "demand": (_("Demand deposits"), _("demand deposits")),
    "time": (_("Time deposits"), _("time deposits")),
    "wealth": (_("Wealth products"), _("wealth products")),
    "loan": (_("Loans owed"), _("loans owed")),
    "other": (_("Other assets"), _("other assets")),
}


def holdings(v: View) -> list[FeatureDefinition]:
    """Features of each product class's average daily balance."""
    definitions = []
    for name, (title, inner) in CLASS_TITLES.items():
        now = v.zero(f"{name}_a0")
        definitions += numbers(
            NEEDS,
            (f"{name}_avg_30d", yuan(now), _("{holding}, last month's daily average", holding=title), "yuan", 30),
            (
                f"{name}_change_90d",
                v.if_on_books(4, yuan(now - v.zero(f"{name}_a3"))),
                _("Change of {holding} over 90 days", holding=inner),
                "yuan",
                90,
            ),
            (
                f"{name}_change_365d",
                v.if_on_books(13, yuan(now - v.zero(f"{name}_a12"))),
                _("Change of {holding} over a year", holding=inner),
                "yuan",
                365,
            ),
            (
                f"{name}_peak_365d",
                yuan(v.peak(f"{name}_peak", 365).fill_null(0)),
                _("Highest monthly {holding} in a year", holding=inner),
                "yuan",
                365,
            ),
        )
        if name not in ("loan", "other"):
            share, share_title = ratio(now, v.zero("aum_a0")), _("{holding} as a share of AUM", holding=title)
            definitions += numbers(NEEDS, (f"{name}_share_30d", share, share_title, "share", 30))
    return with_reason_texts(definitions, _reason_texts())


def _reason_texts() -> dict[str, ReasonText]:
    """How a customer manager words each feature."""
    texts: dict[str, ReasonText] = {}
    for name, (title, inner) in CLASS_TITLES.items():
        nothing = _("No {holding}", holding=inner)
        texts |= {
            f"{name}_avg_30d": ReasonText(
                name, positive=_("{holding}: {value} on average last month", holding=title, **LATER), zero=nothing
            ),
            f"{name}_change_*": ReasonText(
                name,
                positive=_("Average {holding} up {value} over {window}", holding=inner, **LATER),
                negative=_("Average {holding} down {value} over {window}", holding=inner, **LATER),
                zero=_("{holding} unchanged over {window}", holding=title, **LATER),
                show_typical=False,
            ),
            f"{name}_peak_365d": ReasonText(
                name,
                positive=_("Monthly average {holding} of up to {value} within a year", holding=inner, **LATER),
                zero=_("No {holding} within a year", holding=inner),
            ),
            f"{name}_share_30d": ReasonText(
                name,
                positive=_("{holding} are {value} of all assets", holding=title, **LATER),
                zero=nothing,
                missing=_("No assets to speak of last month"),
            ),
        }
    return texts
