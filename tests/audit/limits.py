"""Limits of credit, recomputed fen by fen from a bank's raw tables and the rule file (docs/credit.md)."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pandas as pd
import yaml

from tests.audit.books import Books, month_end


def recompute_limits(books: Books, day: pd.Timestamp, rule_file: Path, chances: dict[str, float]) -> pd.DataFrame:
    """Every row of the table of limits: amounts in fen, and the rule that refuses; indexed by both keys."""
    rules = yaml.safe_load(rule_file.read_text("utf-8"))
    people = books.on_the_books(day)
    refused = refused_credit(books, day, rules["exclusions"], people)
    owed = _owed(books, day)
    parts = [_product(books, day, name, rules, (people, refused, owed, chances)) for name in rules["products"]]
    return pd.concat(parts).set_index(["credit_product", "customer_id"]).sort_index()


def _product(books: Books, day: pd.Timestamp, name: str, rules: dict, known: tuple) -> pd.DataFrame:
    people, refused, owed, chances = known
    product = rules["products"][name]
    bases = _deposits(books, day) if product["base"] == "deposits" else _facts(books, day, product)
    candidates = set(bases)
    if "trades" in product:
        merchants = books.under_survivors(books.tables["merchants"], day, ("customer_id",))
        held = merchants[
            (merchants.since <= day) & ~(merchants.ended_on <= day) & merchants.trade.isin(product["trades"])
        ]
        candidates = set(held.customer_id)
    rows = []
    multiple, cap = Fraction(str(product["multiple"])), product["cap"] * 100
    step, minimum = product.get("step", 1_000) * 100, product.get("minimum", 10_000) * 100
    for customer in sorted(candidates & set(people.index)):
        base = bases.get(customer, 0)
        calculated = max(int(base * multiple), 0)
        debts = owed.get(customer, {})
        on_it, in_all = debts.get(product["product_id"], 0), sum(debts.values())
        share, by_risk = _risk(product.get("risk_bands", []), chances.get(customer))
        room = min(min(int(calculated * share), cap) - on_it, rules["person_cap"] * 100 - in_all)
        limit = max(room, 0) // step * step
        rule = refused.get(customer) or (
            "no_base" if base <= 0 else by_risk or ("too_small" if limit < minimum else None)
        )
        rows.append((name, customer, base, calculated, on_it, in_all, 0 if rule else limit, rule))
    columns = ("credit_product", "customer_id", "base_amount", "calculated", "owed_product", "owed", "limit_amount")
    return pd.DataFrame(rows, columns=[*columns, "refusal"])


def _risk(bands: list[dict], chance: float | None) -> tuple[Fraction, str | None]:
    """Share of the amount by the chance of default, and why there is none."""
    if not bands:
        return Fraction(1), None
    if chance is None:
        return Fraction(0), "risk_unknown"
    shares = [Fraction(str(band["share"])) for band in bands if chance <= band["max_probability"]]
    return (shares[0], None) if shares else (Fraction(0), "risk")


def _deposits(books: Books, day: pd.Timestamp) -> dict[str, int]:
    """Annual average daily deposits in fen, by customer."""
    ends = [month_end(day, -lag) for lag in range(12)]
    rows = books.known("balances", day)
    rows = rows[rows.month_end.isin(ends) & rows.product_class.isin(["demand", "time"])]
    fen = rows.average_daily_balance.fillna(rows.balance).round().astype(np.int64) * rows.month_end.dt.day
    days = sum(end.day for end in ends)
    return {customer: int(total) // days for customer, total in fen.groupby(rows.customer_id).sum().items()}


def _facts(books: Books, day: pd.Timestamp, product: dict) -> dict[str, int]:
    rows = books.known("external_facts", day)
    oldest = month_end(day, -product.get("max_fact_months", 24))
    rows = rows[(rows.fact == product["base"]) & (rows.observed_on > oldest)]
    rows = rows.sort_values(["observed_on", "amount"], ascending=[False, True]).drop_duplicates("customer_id")
    return {customer: int(fen) for customer, fen in zip(rows.customer_id, rows.amount, strict=True)}


def _owed(books: Books, day: pd.Timestamp) -> dict[str, dict[str, int]]:
    """Fen owed by customer and product; a loan without a row of the month counts whole."""
    loans = books.under_survivors(books.tables["loans"], day, ("customer_id",))
    loans = loans[(loans.granted_on <= day) & ~(loans.closed_on <= day)]
    months = books.tables["loan_months"]
    now = months[months.month_end == day].set_index("loan_id").owed.to_dict()
    found: dict[str, dict[str, int]] = {}
    for loan in loans.itertuples():
        debts = found.setdefault(loan.customer_id, {})
        debts[loan.product_id] = debts.get(loan.product_id, 0) + round(
            Fraction(now.get(loan.loan_id, loan.credit_limit)) * 100
        )
    return found


def refused_credit(books: Books, day: pd.Timestamp, given: dict, people: pd.DataFrame) -> dict[str, str]:
    """The first rule that refuses each customer."""
    refused: dict[str, str] = {}

    def refuse(customers: object, rule: str) -> None:
        for customer in customers:
            refused.setdefault(customer, rule)

    staff = books.tables["staff"]
    serving = staff[staff.customer_id.notna() & ~(staff.left_on <= day)]
    refuse(books.under_survivors(serving, day, ("customer_id",)).customer_id, "staff")
    ledger = books.under_survivors(books.tables["suppressions"], day, ("customer_id",))
    ledger = ledger[~(ledger.end_date < day) & ledger.channel.isna()]
    for rule, reasons in (
        ("deceased", ["deceased"]),
        ("frozen", ["frozen"]),
        ("disputed", ["litigation", "debt_collection"]),
    ):
        refuse(ledger.customer_id[ledger.reason.isin(reasons)], rule)
    refuse(people.index[people.kind == "firm"], "firm")
    refuse(people.index[people.birth_date.isna()], "age_unknown")
    age = day.year - people.birth_date.dt.year
    age -= (people.birth_date.dt.month * 100 + people.birth_date.dt.day > day.month * 100 + day.day).astype(int)
    refuse(people.index[(age < given.get("min_age", 18)) | (age > given.get("max_age", 65))], "age_outside")
    refuse(people.index[people.opened_on > month_end(day, -given.get("min_months", 12))], "too_new")
    loans = books.tables["loans"][["loan_id", "customer_id", "closed_on"]]
    months = books.under_survivors(books.tables["loan_months"].merge(loans, on="loan_id"), day, ("customer_id",))
    months = months[months.month_end <= day]
    last = months.sort_values("month_end").drop_duplicates("loan_id", keep="last")
    last = last[(last.month_end == day) | ~(last.closed_on <= day)]
    late = (last.days_overdue > given.get("max_days_overdue", 0)) | (last.days_overdue.isna() & (last.overdue > 0))
    refuse(last.customer_id[late], "arrears")
    months = months[months.month_end > month_end(day, -given.get("arrears_months", 24))]
    refuse(months.customer_id[months.days_overdue > given.get("max_days_overdue_before", 30)], "arrears_before")
    return refused
