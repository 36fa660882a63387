"""What the model of risk sees of a customer at a day: money, time with the bank, facts, the bureau, loans and arrears.

Nothing of age, gender, village, family or employer: who asks for credit is judged by what they have and how they pay.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import ibis
import pandas as pd

from goldmine.contactability.tables import ContactTables
from goldmine.core.dates import month_key
from goldmine.core.i18n import LocalizedText, _
from goldmine.credit.bases import DEPOSITS


@dataclass(frozen=True)
class RiskFeature:
    """One column of the model.

    Parameters
    ----------
    title : LocalizedText
        What staff read.
    safer : int
        1 if more is safer, -1 if more is riskier; the model never goes the other way.
    why : LocalizedText
        What a customer is told where it spoke against them.
    needs : tuple of str
        Tables that it needs; it is empty without them.
    """

    title: LocalizedText
    safer: int
    why: LocalizedText
    needs: tuple[str, ...]


RISK_FEATURES = {
    "deposits_12m": RiskFeature(
        _("average deposits of 12 months, yuan"), 1, _("low average deposits over the last 12 months"), ("balances",)
    ),
    "deposits_3m": RiskFeature(
        _("average deposits of 3 months, yuan"), 1, _("low average deposits over the last 3 months"), ("balances",)
    ),
    "deposits_lowest_12m": RiskFeature(
        _("lowest month of deposits in 12 months, yuan"),
        1,
        _("deposits fell low within the last 12 months"),
        ("balances",),
    ),
    "months_with_bank": RiskFeature(_("months with the bank"), 1, _("a short time with the bank"), ("customers",)),
    "property": RiskFeature(_("property, yuan"), 1, _("little or no property known"), ("external_facts",)),
    "tax": RiskFeature(_("tax of a year, yuan"), 1, _("little or no tax known"), ("external_facts",)),
    "provident_fund": RiskFeature(
        _("provident fund of a year, yuan"), 1, _("little or no provident fund known"), ("external_facts",)
    ),
    "bureau_score": RiskFeature(_("score of the credit bureau"), 1, _("the credit bureau's score"), ("bureau_scores",)),
    "owed": RiskFeature(_("owed here, yuan"), -1, _("loans that run here"), ("loans",)),
    "days_overdue_24m": RiskFeature(
        _("most days in arrears in 24 months"), -1, _("arrears within the last 24 months"), ("loan_months",)
    ),
}
PROTECTED: dict[str, LocalizedText] = {
    "age": _("age"),
    "birth_date": _("date of birth"),
    "gender": _("gender"),
    "grid_id": _("village"),
    "branch_id": _("the branch"),
    "identity": _("occupation"),
    "employer_id": _("employer"),
    "relations": _("family"),
    "name": _("name"),
    "address": _("address"),
}
"""What no feature is made of."""


def used_features(tables: ContactTables) -> tuple[str, ...]:
    """The features whose tables the bank has."""
    return tuple(name for name, one in RISK_FEATURES.items() if all(tables.has(table) for table in one.needs))


def risk_features(tables: ContactTables, asked: str, months: Sequence[date]) -> pd.DataFrame:
    """Features of some customers, each at a day of its own; what became known later is not seen.

    Parameters
    ----------
    asked : str
        Name of a table on the connection: row_id, customer_id, day (of the application or the snapshot) and
        month (the last month end on or before which books are read).
    months : sequence of date
        Month ends of the balances that are read.

    Returns
    -------
    pandas.DataFrame
        Indexed by row_id, a column a feature; yuan, months, points and days; empty where nothing is known. Deposits
        are of the months that the bank has: a customer's own gap is nothing, one of the books is no month.
    """
    run = tables.connection.raw_sql
    held = tables.bank.months("balances")
    books = ", ".join(f"DATE '{day}'" for day in months if month_key(day) in held)
    sources = _sources(tables, asked, months) | {"books": f"SELECT unnest([{books}]::DATE[]) AS month_end"}
    for name, query in sources.items():
        run(f"CREATE OR REPLACE TEMP TABLE risk_{name} AS {query}")
    rows = tables.connection.con.execute(_FEATURES.format(asked=asked)).to_arrow_table().to_pandas()
    return rows.set_index("row_id")[list(used_features(tables))].astype("float64")


def _sources(tables: ContactTables, asked: str, months: Sequence[date]) -> dict[str, str]:
    who = tables.connection.table(asked).select("customer_id").distinct()
    balances = tables.bank.read(tables.connection, "balances", [month_key(day) for day in months])
    balances = tables.under_survivors(balances.filter(balances.product_class.isin(DEPOSITS))).semi_join(
        who, "customer_id"
    )
    # Sums of decimals are the same in every order of the rows; sums of floats are not.
    daily = ibis.coalesce(balances.average_daily_balance, balances.balance)
    held = balances.group_by("customer_id", "month_end").agg(yuan=daily.sum())
    loans = tables.under_survivors(
        tables.table("loans").select("loan_id", "customer_id", "granted_on", "closed_on", "credit_limit")
    ).semi_join(who, "customer_id")
    people = tables.under_survivors(tables.table("customers").select("customer_id", "opened_on"))
    # Two numbers of one person may have a fact of one day each: the lower counts.
    facts = tables.under_survivors(tables.table("external_facts")).semi_join(who, "customer_id")
    bureau = tables.under_survivors(tables.table("bureau_scores")).semi_join(who, "customer_id")
    parts = {
        "deposits": held,
        "people": people.group_by("customer_id").agg(opened_on=people.opened_on.min()),
        "facts": facts.group_by("customer_id", "fact", "observed_on").agg(amount=facts.amount.min()),
        "bureau": bureau.group_by("customer_id", "observed_on").agg(score=bureau.score.min()),
        "loans": loans,
        "loan_months": tables.table("loan_months").semi_join(loans, "loan_id"),
    }
    return {name: str(ibis.to_sql(rows, dialect="duckdb")) for name, rows in parts.items()}


_FACT = "arg_max(f.amount, f.observed_on) FILTER (f.fact = '{0}')::DOUBLE AS {0}"
_FEATURES = f"""
WITH books AS (
    SELECT month, count(*) AS of_year,
        count(*) FILTER (b.month_end > last_day(month - INTERVAL 3 MONTH)) AS of_quarter
    FROM (SELECT DISTINCT month FROM {{asked}}) JOIN risk_books AS b
        ON b.month_end <= month AND b.month_end > last_day(month - INTERVAL 12 MONTH) GROUP BY month),
held AS (
    SELECT row_id, sum(yuan) / of_year AS deposits_12m,
        sum(yuan) FILTER (d.month_end > last_day(month - INTERVAL 3 MONTH)) / of_quarter AS deposits_3m,
        CASE WHEN count(*) >= of_year THEN min(yuan) ELSE 0 END::DOUBLE AS deposits_lowest_12m
    FROM {{asked}} JOIN risk_deposits AS d USING (customer_id) JOIN books USING (month)
    WHERE d.month_end <= month AND d.month_end > last_day(month - INTERVAL 12 MONTH)
    GROUP BY row_id, of_year, of_quarter),
facts AS (
    SELECT row_id, {", ".join(_FACT.format(name) for name in ("property", "tax", "provident_fund"))}
    FROM {{asked}} JOIN risk_facts AS f USING (customer_id) WHERE f.observed_on <= day GROUP BY ALL),
bureau AS (
    SELECT row_id, arg_max(score, observed_on)::DOUBLE AS bureau_score
    FROM {{asked}} JOIN risk_bureau USING (customer_id) WHERE observed_on <= day GROUP BY ALL),
debts AS (
    SELECT row_id, sum(coalesce(m.owed, l.credit_limit)) FILTER (l.closed_on IS NULL OR l.closed_on > day)::DOUBLE
        AS owed
    FROM {{asked}} JOIN risk_loans AS l USING (customer_id)
    LEFT JOIN risk_loan_months AS m ON m.loan_id = l.loan_id AND m.month_end = month
    WHERE l.granted_on < day GROUP BY ALL),
late AS (
    SELECT row_id, max(days_overdue)::DOUBLE AS days_overdue_24m
    FROM {{asked}} JOIN risk_loans AS l USING (customer_id) JOIN risk_loan_months AS m ON m.loan_id = l.loan_id
    WHERE m.month_end <= month AND m.month_end > last_day(month - INTERVAL 24 MONTH) AND l.granted_on < day
    GROUP BY ALL)
SELECT row_id, coalesce(deposits_12m, 0) AS deposits_12m, coalesce(deposits_3m, 0) AS deposits_3m,
    coalesce(deposits_lowest_12m, 0) AS deposits_lowest_12m,
    datediff('month', opened_on, day)::DOUBLE AS months_with_bank, coalesce(property, 0) AS property,
    coalesce(tax, 0) AS tax, coalesce(provident_fund, 0) AS provident_fund, bureau_score, coalesce(owed, 0) AS owed,
    coalesce(days_overdue_24m, 0) AS days_overdue_24m
FROM {{asked}} LEFT JOIN risk_people USING (customer_id) LEFT JOIN held USING (row_id) LEFT JOIN facts USING (row_id)
LEFT JOIN bureau USING (row_id) LEFT JOIN debts USING (row_id) LEFT JOIN late USING (row_id) ORDER BY row_id
"""
