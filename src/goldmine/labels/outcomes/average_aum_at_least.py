"""Average daily AUM of the horizon's last full month is at or above a level."""

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from goldmine.core.i18n import LocalizedText, _
from goldmine.labels.outcome import Outcome

if TYPE_CHECKING:
    import ibis

    from goldmine.labels.outcome_window import OutcomeWindow


class AverageAumAtLeast(Outcome):
    """The customer reaches a level of average daily AUM, in yuan, in the horizon's last full month."""

    kind: Literal["average_aum_at_least"]
    yuan: float = Field(gt=0)

    needs: ClassVar[tuple[str, ...]] = ("balances",)

    def customers(self, window: "OutcomeWindow") -> "ibis.Table":
        """Customers at or above the level."""
        rows = window.average_aum(window.end)
        return rows.filter(rows.aum_avg >= round(self.yuan * 100)).select("customer_id")

    def description(self) -> LocalizedText:
        """The level."""
        return _("reaches {yuan:,.0f} yuan of average daily AUM", yuan=self.yuan)
