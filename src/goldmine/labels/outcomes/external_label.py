"""A label that an external table holds."""

from typing import TYPE_CHECKING, Literal

from goldmine.core.errors import UseCaseError
from goldmine.core.i18n import LocalizedText, _
from goldmine.labels.outcome import Outcome

if TYPE_CHECKING:
    import ibis

    from goldmine.labels.outcome_window import OutcomeWindow


class ExternalLabel(Outcome):
    """A label in a table from elsewhere, which the bank's own tables do not hold."""

    kind: Literal["external_label"]

    def customers(self, window: "OutcomeWindow") -> "ibis.Table":
        """Refused: there is nothing to count."""
        raise UseCaseError(
            _("outcome external_label: it is in the external table and cannot be counted from the bank's tables."),
            _("Train with `goldmine train-table`, or give the use case another outcome."),
        )

    def description(self) -> LocalizedText:
        """The label."""
        return _("has the outcome that the table holds")
