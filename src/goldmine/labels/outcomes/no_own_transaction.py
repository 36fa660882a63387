"""No transaction of the customer's own in the horizon."""

from typing import TYPE_CHECKING, ClassVar, Literal

from goldmine.core.i18n import LocalizedText, _
from goldmine.labels.outcome import Outcome

if TYPE_CHECKING:
    import ibis

    from goldmine.labels.outcome_window import OutcomeWindow


class NoOwnTransaction(Outcome):
    """The customer makes no transaction of their own: interest, fees and batch entries do not count."""

    kind: Literal["no_own_transaction"]

    needs: ClassVar[tuple[str, ...]] = ("transactions",)
    prevents: ClassVar[bool] = True

    def customers(self, window: "OutcomeWindow") -> "ibis.Table":
        """Customers who do make one."""
        return window.own_transactions()

    def description(self) -> LocalizedText:
        """The silence."""
        return _("makes no transaction of their own")
