"""Lists of limits by product for customer managers, who decide; and why the others of each product got none."""

from collections.abc import Mapping

import pandas as pd
import pyarrow.compute as pc
import pyarrow.parquet as pq

from goldmine.contactability import ContactTables, may_contact
from goldmine.contract.bank import Bank
from goldmine.core.i18n import in_language
from goldmine.core.workspace import Workspace
from goldmine.credit.exclusions import REFUSALS
from goldmine.credit.explain import explain
from goldmine.credit.limits import Limits
from goldmine.credit.rules import CreditRules
from goldmine.publishing.on_request_list import OnRequestList, write_on_request_lists

LIST_COLUMNS = (
    *("customer_id", "branch_id", "manager_id", "grid_id", "credit_product", "limit_amount", "why"),
    *("trade", "season_start", "offer_from", "base_amount", "owed", "credit_decision", "decided_amount"),
)


def write_credit_lists(bank: Bank, work: Workspace, limits: Limits, language: str) -> dict[str, OnRequestList]:
    """Write a list of each product with limits: those first whose season comes first, then the highest limits.

    The workbook's last sheet counts the product's customers without a limit by rule.
    """
    written: dict[str, OnRequestList] = {}
    tables = ContactTables.open(bank, work, limits.as_of)
    for name in limits.refused:
        with_limit = (pc.field("credit_product") == name) & pc.field("refusal").is_null()
        rows = pq.read_table(limits.path, filters=with_limit).to_pandas()
        groups = _refusals(limits.refused[name], language)
        rows = rows.sort_values(["offer_from", "limit_amount", "customer_id"], ascending=[True, False, True])
        permitted = may_contact(tables, set(rows["customer_id"]), "on_request_list")
        rows = permitted.up_to(rows, limits.rules.list_rows)
        listed = {f"credit_{name}": _listed(rows, limits.rules, name, language)}
        written |= write_on_request_lists(bank, work, limits.as_of, listed, language, groups=groups)
    return written


def _listed(rows: pd.DataFrame, rules: CreditRules, name: str, language: str) -> pd.DataFrame:
    amounts = ["base_amount", "calculated", "owed_product", "owed", "limit_amount"]
    rows = rows.astype(dict.fromkeys(amounts, "float64"))
    product = rules.products[name]
    reasons = [str(in_language(explain(row, product, rules.person_cap), language)) for row in rows.to_dict("records")]
    title = str(in_language(product.title, language))
    # The manager fills in the last two: the decision is theirs.
    empty = {"credit_decision": None, "decided_amount": None}
    return rows.assign(why=reasons, credit_product=title, **empty)[list(LIST_COLUMNS)]


def _refusals(refused: Mapping[str, int], language: str) -> pd.DataFrame:
    words = [str(in_language(REFUSALS[rule], language)) for rule in refused]
    return pd.DataFrame({"refusal": words, "customers": [float(count) for count in refused.values()]})
