"""Past applications with what was known then and what became of them: the rows that a model of risk learns from."""

from dataclasses import dataclass
from datetime import date

import ibis
import pandas as pd

from goldmine.contactability.tables import ContactTables
from goldmine.core.dates import month_end
from goldmine.core.errors import UseCaseError
from goldmine.core.i18n import _
from goldmine.credit.risk_features import risk_features, used_features
from goldmine.credit.rules import Outcome


@dataclass(frozen=True)
class Applications:
    """Applications by day, oldest first.

    Parameters
    ----------
    features : pandas.DataFrame
        A row an application, indexed from 0.
    known : pandas.DataFrame
        Of the same rows: application_id, customer_id, applied_on, amount, rate_bp, decision (``granted``, ``refused``,
        ``not_taken``), and `bad`: whether the loan failed within the months of the rule, missing where that cannot be
        known.
    """

    features: pd.DataFrame
    known: pd.DataFrame

    @property
    def decided(self) -> pd.Series:
        """Rows whose outcome is known."""
        return self.known["bad"].notna()


def past_applications(tables: ContactTables, outcome: Outcome) -> Applications:
    """The applications whose loans had their months by the snapshot, and the refused ones of the same time.

    A bank without a table of applications has its loans in their place, and nobody who was refused.

    Raises
    ------
    UseCaseError
        If the bank has no loans with arrears by month.
    """
    if not tables.has("loans") or not tables.has("loan_months", "days_overdue"):
        raise UseCaseError(
            _("credit: the bank's tables lack loans or loan_months; no model can learn who fails."),
            _("Map both, or leave risk_bands out of pipelines/credit.yaml."),
        )
    last = month_end(tables.as_of, -outcome.months)
    run = tables.connection.raw_sql
    run(f"CREATE OR REPLACE TEMP TABLE credit_applied AS {_applied(tables, last)}")
    run(f"CREATE OR REPLACE TEMP TABLE credit_failed AS {_failed(tables, outcome)}")
    run(
        "CREATE OR REPLACE TEMP TABLE credit_asked AS SELECT *, "
        "row_number() OVER (ORDER BY applied_on, application_id) - 1 AS row_id, applied_on AS day, "
        "last_day(applied_on - INTERVAL 1 MONTH) AS month FROM credit_applied"
    )
    known = (
        tables.connection.con.execute(
            "SELECT application_id, customer_id, applied_on, amount::DOUBLE AS amount, "
            "rate_bp::DOUBLE AS rate_bp, decision, "
            "CASE WHEN decision = 'granted' THEN (f.loan_id IS NOT NULL)::DOUBLE END AS bad "
            "FROM credit_asked LEFT JOIN credit_failed AS f USING (loan_id) ORDER BY row_id"
        )
        .to_arrow_table()
        .to_pandas()
    )
    known["applied_on"] = pd.to_datetime(known["applied_on"])
    months = sorted(date.fromisoformat(f"{key}-01") for key in tables.bank.months("balances"))
    features = risk_features(tables, "credit_asked", [month_end(day) for day in months])
    return Applications(features[list(used_features(tables))].reset_index(drop=True), known)


def _applied(tables: ContactTables, last: date) -> str:
    if tables.has("loan_applications", "decision"):
        rows = tables.table("loan_applications")
        rows = rows.filter(rows.decision.notnull())
    else:
        loans = tables.table("loans")
        rows = loans.select(
            "customer_id", "rate_bp", "loan_id", application_id="loan_id", applied_on="granted_on",
            amount="credit_limit", decision=ibis.literal("granted"),
        )  # fmt: skip
    # Books begin with the first month of balances: what came before has no features.
    first = min(tables.bank.months("balances"), default="1900-01")
    rows = rows.filter(rows.applied_on <= last, rows.applied_on > month_end(date.fromisoformat(f"{first}-01"), 5))
    columns = ("application_id", "customer_id", "applied_on", "amount", "rate_bp", "decision", "loan_id")
    return str(ibis.to_sql(tables.under_survivors(rows.select(*columns)), dialect="duckdb"))


def _failed(tables: ContactTables, outcome: Outcome) -> str:
    loans = ibis.to_sql(tables.table("loans").select("loan_id", "granted_on"), dialect="duckdb")
    months = ibis.to_sql(tables.table("loan_months").select("loan_id", "month_end", "days_overdue"), dialect="duckdb")
    return (
        f"SELECT DISTINCT loan_id FROM ({months}) AS m JOIN ({loans}) AS l USING (loan_id) "
        f"WHERE days_overdue >= {outcome.days_overdue} AND month_end > granted_on "
        f"AND month_end <= last_day(granted_on + INTERVAL {outcome.months} MONTH) "
        f"AND month_end <= DATE '{tables.as_of}'"
    )
