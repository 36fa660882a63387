"""The table of limits chosen by a budget of expected loss, in the work folder."""

from datetime import date
from pathlib import Path

import ibis
import pandas as pd
from scipy.special import expit

from goldmine.contactability.tables import ContactTables
from goldmine.contract.bank import Bank
from goldmine.core.engine import keep_rows, parquet_rows
from goldmine.core.errors import UseCaseError
from goldmine.core.i18n import _
from goldmine.core.seals import sealed_file
from goldmine.core.workspace import Workspace
from goldmine.credit.allocation import Allocation, allocate
from goldmine.credit.bases import owed
from goldmine.credit.limits import limits_path, people_on_books
from goldmine.credit.risk import risk_path
from goldmine.credit.rules import CreditRules
from goldmine.identity.households import households


def build_allocation(
    bank: Bank, work: Workspace, as_of: date, rules: CreditRules, loss_budget: float
) -> tuple[Allocation, Path]:
    """Choose among the limits of a month end and store the choice: the limits' rows with `allocated`.

    Raises
    ------
    UseCaseError
        If the limits or the chances of default were not worked out.
    SettingsError
        If the rules have no risk, or the budget is negative.
    """
    limits, risk = limits_path(work, as_of), risk_path(work, as_of)
    if not limits.exists() or not risk.exists():
        raise UseCaseError(
            _("credit: there are no limits or no chances of default at {day}.", day=as_of),
            _("Run goldmine credit risk, then goldmine credit limits."),
        )
    tables = ContactTables.open(bank, work, as_of)
    keep_rows(tables.connection, "household_members", households(tables.connection, bank, as_of).rows)
    rows = (
        tables.connection.con.execute(f"""
        SELECT credit_product, customer_id, branch_id, manager_id, grid_id, trade, household_id, owed::DOUBLE AS owed,
            limit_amount::DOUBLE AS limit_amount, r.default_probability, acceptance_log_odds, acceptance_per_percent
        FROM {parquet_rows([limits])} AS l LEFT JOIN household_members USING (customer_id)
        LEFT JOIN {parquet_rows([risk])} AS r USING (customer_id)
        WHERE limit_amount > 0 ORDER BY customer_id, credit_product
    """)
        .to_arrow_table()
        .to_pandas()
    )
    rate = rows["credit_product"].map({name: product.rate_bp for name, product in rules.products.items()})
    log_odds = rows.pop("acceptance_log_odds") + rows.pop("acceptance_per_percent") * rate / 100
    rows = rows.assign(acceptance=expit(log_odds.astype("float64")))
    chosen = allocate(rows, rules, loss_budget, _debts(tables, limits))
    path = work.root / "credit" / str(as_of) / "allocated.parquet"
    with sealed_file(path) as temporary:
        chosen.rows.to_parquet(temporary, index=False)
    return chosen, path


def _debts(tables: ContactTables, limits: Path) -> pd.DataFrame:
    """What every customer owes with their groups: who is refused a limit uses up the group's cap all the same."""
    people_on_books(tables)
    found = tables.connection.con.execute(f"""
        SELECT customer_id, sum(fen)::DOUBLE / 100 AS owed, household_id, grid_id, trade
        FROM ({ibis.to_sql(owed(tables), dialect="duckdb")}) AS owing
        LEFT JOIN credit_people USING (customer_id) LEFT JOIN household_members USING (customer_id)
        LEFT JOIN (SELECT DISTINCT customer_id, trade FROM {parquet_rows([limits])} WHERE trade IS NOT NULL) AS traders
            USING (customer_id)
        GROUP BY ALL ORDER BY customer_id, trade
    """)
    return found.to_arrow_table().to_pandas()
