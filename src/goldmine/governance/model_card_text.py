"""A use case's question in words: who is eligible, and what is to happen."""

from goldmine.core.i18n import LocalizedText, _, join_texts, pgettext
from goldmine.labels.use_case import UseCase

_EVENTS = {
    "bought": _("buys a product"),
    "redeemed": _("redeems a product"),
    "loan_drawn": _("draws a loan"),
    "loan_repaid": _("pays off a loan"),
}
_PRODUCT_CLASSES = {
    "demand": pgettext("product class", "demand"),
    "time": pgettext("product class", "time"),
    "wealth": pgettext("product class", "wealth"),
    "loan": pgettext("product class", "loan"),
    "other": pgettext("product class", "other"),
}


def conditions_text(case: UseCase) -> LocalizedText:
    """Who is eligible, in the features' own names."""
    parts = []
    for condition in case.eligible:
        name = condition.feature
        parts += [f"{name} < {condition.below:,.10g}"] if condition.below is not None else []
        parts += [f"{name} ≥ {condition.at_least:,.10g}"] if condition.at_least is not None else []
        parts += [f"{name} = {condition.equals}"] if condition.equals is not None else []
    return join_texts(parts, pgettext("list of conditions", ", "))


def outcome_text(case: UseCase) -> LocalizedText:
    """What is to happen."""
    outcome = case.outcome
    if outcome.kind == "average_aum_at_least":
        return _("reaches {yuan:,.0f} yuan of average daily AUM", yuan=outcome.yuan)
    if outcome.kind == "no_own_transaction":
        return _("makes no transaction of their own")
    if outcome.kind == "comes_back":
        return _("comes back to the bank")
    if outcome.kind == "external_label":
        return _("has the outcome that the table holds")
    event = _EVENTS[outcome.event]
    if outcome.product_class is None:
        return event
    return _("{event} (class {product_class})", event=event, product_class=_PRODUCT_CLASSES[outcome.product_class])
