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
        Of the same rows: application_id, customer_id, applied_on, amount (lent; asked for where no loan is known whose
        months are over), rate_bp, decision (``granted``, ``refused``, ``not_taken``), and `bad`: whether the loan
        failed within the months of the rule. It is missing where no loan is known, its months are not over, or one that
        it ran in has no row and it was not seen to fail in the others.
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
    run(f"CREATE OR REPLACE TEMP TABLE credit_outcomes AS {_outcomes(tables, outcome)}")
    run(
        "CREATE OR REPLACE TEMP TABLE credit_asked AS SELECT *, "
        "row_number() OVER (ORDER BY applied_on, application_id) - 1 AS row_id, applied_on AS day, "
        "last_day(applied_on - INTERVAL 1 MONTH) AS month FROM credit_applied"
    )
    known = (
        tables.connection.con.execute(
            "SELECT application_id, customer_id, applied_on, coalesce(credit_limit, amount)::DOUBLE AS amount, "
            "rate_bp::DOUBLE AS rate_bp, decision, "
            "CASE WHEN decision = 'granted' THEN bad END AS bad "
            "FROM credit_asked LEFT JOIN credit_outcomes USING (loan_id) ORDER BY row_id"
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


def _outcomes(tables: ContactTables, outcome: Outcome) -> str:
    """SQL of loans whose months are over: loan_id, credit_limit, bad (missing where one that it ran in has no row)."""
    loans = ibis.to_sql(
        tables.table("loans").select("loan_id", "credit_limit", "granted_on", "closed_on"), dialect="duckdb"
    )
    months = ibis.to_sql(tables.table("loan_months").select("loan_id", "month_end", "days_overdue"), dialect="duckdb")
    window_end = f"last_day(granted_on + INTERVAL {outcome.months} MONTH)"
    return f"""
        SELECT due.loan_id, credit_limit, CASE WHEN bool_or(days_overdue >= {outcome.days_overdue}) THEN 1
            WHEN count(days_overdue) FILTER (month_end <= ran_until) >= months_run THEN 0 END::DOUBLE AS bad
        FROM (SELECT *, datediff('month', granted_on + 1, ran_until + 1) AS months_run
            FROM (SELECT *, {window_end} AS window_end, least({window_end}, closed_on - 1) AS ran_until
                FROM ({loans}) AS loans) AS windows
            WHERE window_end <= DATE '{tables.as_of}') AS due
        LEFT JOIN ({months}) AS m
            ON m.loan_id = due.loan_id AND month_end > granted_on AND month_end <= window_end
        GROUP BY due.loan_id, credit_limit, months_run"""
