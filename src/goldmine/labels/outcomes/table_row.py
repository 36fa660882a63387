"""A row of a canonical table is dated in the horizon, such as the day a card was issued or a loan drawn."""

from typing import TYPE_CHECKING, Literal

from pydantic import model_validator

from goldmine.contract.tables import TABLES
from goldmine.core.expression import read_condition
from goldmine.core.i18n import LocalizedText, _
from goldmine.labels.outcome import Outcome

if TYPE_CHECKING:
    import ibis

    from goldmine.labels.outcome_window import OutcomeWindow


class TableRow(Outcome):
    """A row of a table that meets a condition is dated in the horizon.

    Parameters
    ----------
    table : str
        A table of the contract with a customer number; ``customers`` for days that stand in the customer's own row.
    day : str
        Its column that dates the row.
    when : str
        A condition on its columns, such as ``event == 'loan_drawn'``; empty for every row.
    first : bool
        Whether it must be the customer's first such row: none is dated up to the horizon's beginning.
    says : LocalizedText
        What it means, as the end of "customers who ...".
    """

    kind: Literal["table_row"]
    table: str
    day: str
    when: str = ""
    first: bool = False
    says: LocalizedText

    @model_validator(mode="after")
    def _names_what_the_contract_has(self) -> "TableRow":
        tables = [name for name, spec in TABLES.items() if any(c.name == "customer_id" for c in spec.columns)]
        if self.table not in tables:
            raise ValueError(_("table: {value} is not one of {names}", value=repr(self.table), names=", ".join(tables)))
        kinds = {column.name: column.kind for column in TABLES[self.table].columns}
        days = [name for name, kind in kinds.items() if kind in ("day", "moment")]
        if self.day not in days:
            raise ValueError(
                _(
                    "day: {value} is not one of {names}, the days of {table}",
                    value=repr(self.day),
                    names=", ".join(days),
                    table=self.table,
                )
            )
        unknown = [name for name in read_condition(self.when).names if name not in kinds] if self.when else []
        if unknown:
            raise ValueError(
                _("when: the table {table} has no column {names}", table=self.table, names=", ".join(unknown))
            )
        return self

    @property
    def tables(self) -> tuple[str, ...]:
        """The table."""
        return (self.table,)

    @property
    def dated_by(self) -> tuple[tuple[str, str], ...]:
        """The table and its day."""
        return ((self.table, self.day),)

    def customers(self, window: "OutcomeWindow") -> "ibis.Table":
        """Customers with such a row."""
        return window.dated_rows(self.table, self.day, self.when, first=self.first)

    def description(self) -> LocalizedText:
        """What the use case says."""
        return self.says
