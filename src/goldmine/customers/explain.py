"""Why a customer has the tags they have."""

from dataclasses import dataclass
from datetime import date
from typing import Any

import ibis

from goldmine.contract.bank import Bank
from goldmine.core.audit.log import AuditLog, system_user
from goldmine.core.engine import connect
from goldmine.core.errors import HistoryError, ParameterError
from goldmine.core.i18n import LocalizedText, _
from goldmine.core.sql import literal
from goldmine.core.workspace import Workspace
from goldmine.customers.table import customers_path
from goldmine.customers.tags import load_catalogue


@dataclass(frozen=True)
class Reason:
    """One tag that a customer has.

    Parameters
    ----------
    tag : str
        ``set.tag``.
    title, owner : LocalizedText
        Title, and who is responsible for its meaning.
    when : str
        Its condition.
    values : dict
        The columns in the condition, and the customer's values.
    since : date
        The month end since which the customer has it.
    before : str
        The previous tag of an exclusive set; empty if there was none.
    """

    tag: str
    title: LocalizedText
    owner: LocalizedText
    when: str
    values: dict[str, Any]
    since: date
    before: str

    @property
    def before_tag(self) -> str:
        """The previous tag as ``set.tag``."""
        return f"{self.tag.partition('.')[0]}.{self.before}"


def explain(bank: Bank, work: Workspace, customer: str, as_of: date) -> list[Reason]:
    """The tags of one customer at a month end, each with its reason; the look-up is logged.

    Raises
    ------
    HistoryError
        If there is no customers table of that day.
    ParameterError
        If no such customer is active then.
    """
    path = customers_path(work, as_of)
    if not path.exists():
        raise HistoryError(
            _("{as_of}: no customers table of that day.", as_of=as_of), _("Run `goldmine customers` for it first.")
        )
    subject, details = f"customer:{customer}", {"shown": "tags", "as_of": str(as_of)}
    AuditLog.of_bank(bank.name).append("look_up", who=system_user(), subject=subject, details=details)
    catalogue = load_catalogue()
    row = _row(path, customer)
    if row is None:
        raise ParameterError(
            _("{name}: no active customer has that number at {as_of}.", name=bank.name, as_of=as_of),
            _("Check the number: leading zeros count, and a merged customer has the surviving number."),
        )
    customer_values = {**(_row(work.features(as_of), customer) or {}), **row}
    reasons = []
    for tag_set in catalogue.sets:
        for tag in tag_set.tags:
            column = tag_set.column(tag)
            if row.get(column) != (tag.name if tag_set.exclusive else True):
                continue
            values = {name: customer_values[name] for name in tag.condition.names}
            since, before = row[f"{column}_since"], row.get(f"{column}_from") or ""
            name = f"{tag_set.name}.{tag.name}"
            reasons.append(Reason(name, tag.title, tag.owner, tag.when, values, since, before))
    return reasons


def _row(path: Any, customer: str) -> dict[str, Any] | None:
    rows = connect().sql(f"SELECT * FROM read_parquet({literal(path)})")
    matches: list[dict[str, Any]] = rows.filter(rows.customer_id == ibis.literal(customer)).to_pyarrow().to_pylist()
    return matches[0] if matches else None
