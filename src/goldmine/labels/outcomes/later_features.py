"""A condition on features holds at a later month end, such as a balance that doubles."""

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import field_validator

from goldmine.core.expression import read_condition
from goldmine.core.i18n import LocalizedText
from goldmine.labels.outcome import Outcome

if TYPE_CHECKING:
    import ibis

    from goldmine.labels.outcome_window import OutcomeWindow

BEFORE = "_before"
"""Ending of a name that means the feature at the cutoff."""


class LaterFeatures(Outcome):
    """A condition on features holds at the last month end that lies within the horizon.

    Parameters
    ----------
    when : str
        The condition: ``aum_end >= 2 * aum_end_before`` asks whether the month end's AUM has doubled since the cutoff.
    says : LocalizedText
        What it means, as the end of "customers who ...".
    """

    kind: Literal["later_features"]
    when: str
    says: LocalizedText

    reads_features: ClassVar[bool] = True

    @field_validator("when")
    @classmethod
    def _is_a_condition(cls, when: str) -> str:
        read_condition(when)
        return when

    def customers(self, window: "OutcomeWindow") -> "ibis.Table":
        """Customers who meet the condition."""
        condition = read_condition(self.when)
        before = [name.removesuffix(BEFORE) for name in condition.names if name.endswith(BEFORE)]
        later = [name for name in condition.names if not name.endswith(BEFORE)]
        rows = window.features(window.last_month_end, later)
        at_cutoff = window.features(window.cutoff, before).rename({f"{name}{BEFORE}": name for name in before})
        joined = rows.left_join(at_cutoff, "customer_id").drop("customer_id_right")
        return joined.filter(condition.of({name: joined[name] for name in condition.names})).select("customer_id")

    def description(self) -> LocalizedText:
        """What the use case says."""
        return self.says
