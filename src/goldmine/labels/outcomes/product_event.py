"""A product event in the horizon, such as a purchase."""

from typing import TYPE_CHECKING, ClassVar, Literal

from goldmine.core.i18n import LocalizedText, _, pgettext
from goldmine.labels.outcome import Outcome

if TYPE_CHECKING:
    import ibis

    from goldmine.labels.outcome_window import OutcomeWindow

_EVENTS = {
    "bought": _("buys a product"),
    "redeemed": _("redeems a product"),
    "loan_drawn": _("draws a loan"),
    "loan_repaid": _("pays off a loan"),
}
_CLASSES = {
    "demand": pgettext("product class", "demand"),
    "time": pgettext("product class", "time"),
    "wealth": pgettext("product class", "wealth"),
    "loan": pgettext("product class", "loan"),
    "other": pgettext("product class", "other"),
}


class ProductEvent(Outcome):
    """A product event happens; with a product class, one of that class."""

    kind: Literal["product_event"]
    event: Literal["bought", "redeemed", "loan_drawn", "loan_repaid"]
    product_class: Literal["demand", "time", "wealth", "loan", "other"] | None = None

    needs: ClassVar[tuple[str, ...]] = ("product_events",)
    dates: ClassVar[tuple[tuple[str, str], ...]] = (("product_events", "happened_on"),)

    def customers(self, window: "OutcomeWindow") -> "ibis.Table":
        """Customers with such an event."""
        return window.product_events(self.event, self.product_class)

    def description(self) -> LocalizedText:
        """The event, and the product class if there is one."""
        event = _EVENTS[self.event]
        if self.product_class is None:
            return event
        return _("{event} (class {product_class})", event=event, product_class=_CLASSES[self.product_class])
