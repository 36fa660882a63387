"""What a customer who asks may be told: for each product the limit with its steps, or why there is none, in words."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import pyarrow.compute as pc
import pyarrow.parquet as pq

from goldmine.contactability.tables import ContactTables
from goldmine.contract.bank import Bank
from goldmine.core.audit.log import AuditLog, system_user
from goldmine.core.errors import ParameterError
from goldmine.core.i18n import LocalizedText, _
from goldmine.core.workspace import Workspace
from goldmine.credit.explain import explain, refusal_in_words
from goldmine.credit.limits import limits_path, people_on_books, rules_of_limits
from goldmine.credit.rules import CreditProduct, CreditRules

AMOUNTS = ("base_amount", "calculated", "owed_product", "owed", "limit_amount")
WITHHELD = frozenset({"frozen", "disputed"})
"""Refusals that are not everybody's to tell: a court's or another department's matter."""
WITHHELD_WORDS = _("a reason that head office tells")


@dataclass(frozen=True)
class Adverse:
    """Why one product gives a customer nothing, or less than its multiple of the base.

    Parameters
    ----------
    product : LocalizedText
        Its title.
    refused : bool
        Whether there is no limit at all.
    why : LocalizedText
        The reason, or the steps to the lower amount.
    """

    product: LocalizedText
    refused: bool
    why: LocalizedText


def why(bank: Bank, work: Workspace, as_of: date, customer: str) -> list[LocalizedText]:
    """A line a product that was worked out for the customer, by the rules of that time; the look-up is logged.

    Raises
    ------
    UseCaseError
        If the limits of the month end were not worked out, or do not say by which rules.
    ParameterError
        If no such customer is on the books of the month end, or the number was merged into another.
    """
    rules = rules_of_limits(work, as_of)
    details = {"shown": "credit", "as_of": str(as_of)}
    AuditLog.of_bank(bank.name).append("look_up", who=system_user(), subject=f"customer:{customer}", details=details)
    tables = ContactTables.open(bank, work, as_of)
    people = tables.under_survivors(people_on_books(tables).select("customer_id"))
    if not people.filter(people.customer_id == customer).count().to_pyarrow().as_py():
        raise ParameterError(
            _("{bank}: no customer on the books of {day} has that number.", bank=bank.name, day=as_of),
            _("Check the number: leading zeros count, and a merged customer has the surviving number."),
        )
    lines = []
    for row, product in _worked_out(work, as_of, rules, customer):
        refused = row["refusal"] is not None
        said = refusal_in_words(row) if refused else explain(row, product, rules.person_cap)
        lines.append(
            _("{product}: no limit: {why}", product=product.title, why=said)
            if refused
            else _("{product}: {why}", product=product.title, why=said)
        )
    return lines or [_("no credit product has anything to work a limit out from for this customer")]


def adverse_reasons(work: Workspace, as_of: date, customer: str, *, withheld: Iterable[str] = ()) -> list[Adverse]:
    """Why each product gives the customer nothing or less, in words and without the chance of default.

    A limit that nothing lowered is left out. The steps are those of the rules that the limits were worked out by.

    Parameters
    ----------
    withheld : iterable of str
        Refusals of which only `WITHHELD_WORDS` is said.

    Raises
    ------
    UseCaseError
        If the limits of the month end were not worked out, or do not say by which rules.
    """
    rules, adverse = rules_of_limits(work, as_of), []
    for row, product in _worked_out(work, as_of, rules, customer):
        if row["refusal"] is not None:
            said = WITHHELD_WORDS if row["refusal"] in withheld else refusal_in_words(row)
            adverse.append(Adverse(product.title, True, said))
        elif row["bound_by"] != "rule":
            adverse.append(Adverse(product.title, False, explain(row, product, rules.person_cap, chance=False)))
    return adverse


def _worked_out(
    work: Workspace, as_of: date, rules: CreditRules, customer: str
) -> list[tuple[Mapping[str, Any], CreditProduct]]:
    """A customer's rows of the table of limits, each with its product."""
    rows = pq.read_table(limits_path(work, as_of), filters=pc.field("customer_id") == customer).to_pylist()
    rows = [row | {name: float(row[name]) for name in AMOUNTS} for row in rows]
    return [(row, rules.products[row["credit_product"]]) for row in rows]
