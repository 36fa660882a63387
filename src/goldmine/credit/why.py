"""What a customer who asks may be told: for each product the limit with its steps, or why there is none, in words."""

from datetime import date

import pyarrow.compute as pc
import pyarrow.parquet as pq

from goldmine.contract.bank import Bank
from goldmine.core.audit.log import AuditLog, system_user
from goldmine.core.engine import connect
from goldmine.core.errors import ParameterError, UseCaseError
from goldmine.core.i18n import LocalizedText, _
from goldmine.core.workspace import Workspace
from goldmine.credit.explain import explain, refusal_in_words
from goldmine.credit.limits import limits_path
from goldmine.credit.rules import CreditRules

AMOUNTS = ("base_amount", "calculated", "owed_product", "owed", "limit_amount")


def why(bank: Bank, work: Workspace, as_of: date, rules: CreditRules, customer: str) -> list[LocalizedText]:
    """A line a product that was worked out for the customer; the look-up is logged.

    Raises
    ------
    UseCaseError
        If the limits of the month end were not worked out.
    ParameterError
        If no such customer is on the books.
    """
    path = limits_path(work, as_of)
    if not path.exists():
        raise UseCaseError(_("credit: there are no limits at {day}.", day=as_of), _("Run goldmine credit limits."))
    details = {"shown": "credit", "as_of": str(as_of)}
    AuditLog.of_bank(bank.name).append("look_up", who=system_user(), subject=f"customer:{customer}", details=details)
    customers = bank.read(connect(), "customers")
    if not customers.filter(customers.customer_id == customer).count().to_pyarrow().as_py():
        raise ParameterError(
            _("{bank}: no customer has that number.", bank=bank.name),
            _("Check the number: leading zeros count, and a merged customer has the surviving number."),
        )
    rows = pq.read_table(path, filters=pc.field("customer_id") == customer).to_pylist()
    rows = [row | {name: float(row[name]) for name in AMOUNTS} for row in rows]
    lines = []
    for row in rows:
        product = rules.products[row["credit_product"]]
        refused = row["refusal"] is not None
        said = refusal_in_words(row) if refused else explain(row, product, rules.person_cap)
        lines.append(
            _("{product}: no limit: {why}", product=product.title, why=said)
            if refused
            else _("{product}: {why}", product=product.title, why=said)
        )
    return lines or [_("no credit product has anything to work a limit out from for this customer")]
