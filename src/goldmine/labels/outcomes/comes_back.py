"""The customer comes back to the bank: with money, or for a loan."""

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from goldmine.core.i18n import LocalizedText, _
from goldmine.labels.outcome import Outcome

if TYPE_CHECKING:
    import ibis

    from goldmine.labels.outcome_window import OutcomeWindow


class ComesBack(Outcome):
    """The customer comes back: with money, or for a loan.

    With money: an own transaction in the horizon, and an average daily AUM of its last full month that is at least
    `yuan` above that of the cutoff's month. For a loan: one is drawn in the horizon, if the bank keeps product
    events.
    """

    kind: Literal["comes_back"]
    yuan: float = Field(gt=0)

    needs: ClassVar[tuple[str, ...]] = ("transactions", "balances")
    dates: ClassVar[tuple[tuple[str, str], ...]] = (("product_events", "happened_on"),)

    def customers(self, window: "OutcomeWindow") -> "ibis.Table":
        """Customers who come back either way."""
        growth = window.aum_growth()
        richer = growth.filter(growth.gained >= round(self.yuan * 100))
        returned = window.own_transactions().semi_join(richer, "customer_id")
        return returned.union(window.product_events("loan_drawn")).distinct()

    def description(self) -> LocalizedText:
        """The return."""
        return _("comes back to the bank")
