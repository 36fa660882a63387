"""A tiny bank of borrowers, and rules with round figures."""

from datetime import date
from typing import Any

import pytest

from goldmine.credit.rules import CreditRules

AS_OF = date(2024, 6, 30)
MONTHS = ["2023-07-31", "2023-08-31", "2023-09-30", "2023-10-31", "2023-11-30", "2023-12-31"]
MONTHS += ["2024-01-31", "2024-02-29", "2024-03-31", "2024-04-30", "2024-05-31", "2024-06-30"]


def customer(name: str, **more: Any) -> dict[str, Any]:
    """A grown-up of many years with the bank."""
    row = {"customer_id": name, "kind": "person", "birth_date": date(1980, 1, 1), "opened_on": date(2015, 1, 1)}
    row |= {"branch_id": "B1", "manager_id": "S1", "marketing_consent": True, "closed_on": None}
    return row | {"merged_into": None, "merged_on": None, "grid_id": "G1", "name": "Name", **more}


def deposits(name: str, average: float, product_class: str = "demand", months: list[str] | None = None) -> list[dict]:
    """The same daily average in every month."""
    return [
        {"customer_id": name, "month_end": date.fromisoformat(month), "product_class": product_class}
        | {"balance": average + 1, "average_daily_balance": average}
        for month in months or MONTHS
    ]


def loan(number: str, name: str, limit: int, owed: int, *, late: dict[str, int] | None = None, **more: Any) -> dict:
    """A loan and its months; `late` has days in arrears by month."""
    months = {"2024-06-30": 0} | (late or {})
    row = {"loan_id": number, "customer_id": name, "product_id": "L-SMALL", "credit_limit": limit}
    row |= {"granted_on": date(2023, 1, 1), "closed_on": None, **more}
    return {
        "loan": row,
        "months": [
            {"loan_id": number, "month_end": date.fromisoformat(month), "owed": owed, "days_overdue": days}
            for month, days in months.items()
        ],
    }


def tables(customers: list[dict], balances: list[dict], **more: list[dict]) -> dict[str, list[dict]]:
    """Tables in which nothing that a check needs is missing."""
    given = {
        "customers": customers,
        "balances": balances,
        "transactions": [],
        "staff": [{"staff_id": "S1", "customer_id": "NOBODY", "left_on": None, "role": "manager"}],
        "suppressions": [{"customer_id": "NOBODY", "reason": "litigation", "start_date": date(2024, 1, 1)}],
        "loans": [loan("L0", "NOBODY", 1, 1)["loan"]],
        "loan_months": loan("L0", "NOBODY", 1, 1)["months"],
    }
    return {name: rows for name, rows in (given | more).items() if rows}


def rules_of(**more: Any) -> CreditRules:
    """Rules with one product: five times the deposits of nut roasters."""
    nuts = {"product_id": "L-NUTS", "title": "Nuts", "base": "deposits", "multiple": 5, "cap": 500_000, "rate_bp": 550}
    nuts |= {"trades": {"nut_roasting": [9, 2]}}
    given = {"exclusions": {}, "person_cap": 1_000_000, "products": {"nuts": nuts}}
    return CreditRules.model_validate(given | more)


@pytest.fixture
def nuts() -> CreditRules:
    return rules_of()
