"""A limit in words: every step from the base to the amount, so that anyone can work it out again."""

from collections.abc import Mapping
from typing import Any

from goldmine.core.i18n import LocalizedText, _, join_texts, pgettext
from goldmine.credit.exclusions import REFUSALS
from goldmine.credit.risk_features import RISK_FEATURES
from goldmine.credit.rules import CreditProduct

BASES = {
    "deposits": _("average daily deposits of the last 12 months"),
    "property": _("value of property"),
    "tax": _("tax of a year"),
    "provident_fund": _("provident fund of a year"),
}


def explain(row: Mapping[str, Any], product: CreditProduct, person_cap: int, *, chance: bool = True) -> LocalizedText:
    """The steps of one limit.

    Parameters
    ----------
    row : mapping
        A row of the table of limits that has a limit.
    chance : bool
        Whether the chance of default is said, which is for those alone who decide on credit.

    Examples
    --------
    >>> from goldmine.credit.rules import CreditProduct
    >>> product = CreditProduct(
    ...     product_id="L-NUTS", title="Nuts", base="deposits", rate_bp=550, multiple=5, cap=500_000
    ... )
    >>> row = {"base_amount": 36412.5, "calculated": 182062.5, "owed_product": 12000, "owed": 12000,
    ...        "bound_by": "owed", "limit_amount": 170000, "default_probability": None}
    >>> str(explain(row, product, 1_000_000))
    '36,412.50 (average daily deposits of the last 12 months) x 5 = 182,062.50; owed on it 12,000.00; limit 170,000'
    """
    steps = [
        _(
            "{base} ({what}) x {multiple} = {calculated}",
            base=f"{row['base_amount']:,.2f}",
            what=BASES[product.base],
            multiple=f"{product.multiple:.8g}",
            calculated=f"{row['calculated']:,.2f}",
        )
    ]
    if product.risk_bands:
        share = _share(product, row["default_probability"])
        part = f"{share:.2%}".rstrip("0%").rstrip(".") + "%"
        if chance:
            steps.append(_("chance of default {chance}: {share} of it", chance=f"{row['default_probability']:.1%}",
                           share=part))  # fmt: skip
        elif share < 1:
            steps.append(_("by risk {share} of it", share=part))
        if share < 1 and row["risk_reasons"]:
            steps.append(_("what lowered it: {reasons}", reasons=reasons_in_words(row["risk_reasons"])))
    if row["calculated"] > product.cap:
        steps.append(_("at most {cap}", cap=f"{product.cap:,}"))
    if row["owed_product"] > 0:
        steps.append(_("owed on it {owed}", owed=f"{row['owed_product']:,.2f}"))
    if row["bound_by"] == "person_cap":
        steps.append(_("one person owes at most {cap} here, {owed} is owed", cap=f"{person_cap:,}",
                       owed=f"{row['owed']:,.2f}"))  # fmt: skip
    steps.append(_("limit {limit}", limit=f"{row['limit_amount']:,.0f}"))
    return join_texts(steps, pgettext("steps", "; "))


def refusal_in_words(row: Mapping[str, Any]) -> LocalizedText:
    """Why a customer has no limit; where risk is the reason, what spoke against them, the heaviest first.

    Examples
    --------
    >>> str(refusal_in_words({"refusal": "risk", "risk_reasons": "tax,owed"}))
    'risk above the highest of the rule: little or no tax known, loans that run here'
    """
    if row["refusal"] == "risk" and row["risk_reasons"]:
        return _("{refusal}: {reasons}", refusal=REFUSALS["risk"], reasons=reasons_in_words(row["risk_reasons"]))
    return REFUSALS[row["refusal"]]


def reasons_in_words(codes: str) -> LocalizedText:
    """What a customer is told of the features that spoke against them."""
    return join_texts([RISK_FEATURES[code].why for code in codes.split(",")], pgettext("list", ", "))


def _share(product: CreditProduct, chance: float) -> float:
    return next(band.share for band in product.risk_bands if chance <= band.max_probability)
