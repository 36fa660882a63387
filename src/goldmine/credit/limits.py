"""Limits of all customers by the rules, each amount with its parts, each refusal with its rule; one Parquet file."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import ibis
import pyarrow.parquet as pq
from pydantic import ValidationError

from goldmine.contactability.tables import ContactTables
from goldmine.contract.bank import Bank
from goldmine.contract.serving_staff import without_leavers
from goldmine.core.engine import parquet_rows, write_parquet
from goldmine.core.errors import UseCaseError
from goldmine.core.i18n import LocalizedText, _
from goldmine.core.sql import literal
from goldmine.core.workspace import Workspace
from goldmine.credit.amounts import amounts, yuan
from goldmine.credit.bases import (
    average_deposits,
    latest_facts,
    months_of_deposits_lacking,
    owed,
    season_start,
    traders,
)
from goldmine.credit.exclusions import REFUSALS, missing_tables, refused_customers
from goldmine.credit.rules import CreditProduct, CreditRules
from goldmine.identity import merged_numbers, surviving_customers

COLUMNS = (
    *("credit_product", "customer_id", "branch_id", "manager_id", "grid_id", "trade", "base_amount", "calculated"),
    *(
        "default_probability",
        "risk_reasons",
        "owed_product",
        "owed",
        "refusal",
        "limit_amount",
        "bound_by",
        "season_start",
        "offer_from",
    ),
)

_RULES = "credit_rules"
"""Name of the rules in the metadata of the table of limits."""


@dataclass(frozen=True)
class Limits:
    """What was worked out.

    Parameters
    ----------
    as_of : date
        The month end.
    rules : CreditRules
        By which rules.
    path : Path
        The table: a row a product and customer who has a base for it.
    offered : dict of str to tuple of int and float
        By product, customers with a limit, and yuan in all.
    refused : dict of str to dict of str to int
        By product and rule, customers who were refused.
    switched_off : dict of str to LocalizedText
        Products that the bank's tables do not support, and what is missing.
    unchecked : tuple of str
        Tables that the exclusions need and the bank lacks: everybody was refused.
    """

    as_of: date
    rules: CreditRules
    path: Path
    offered: dict[str, tuple[int, float]]
    refused: dict[str, dict[str, int]]
    switched_off: dict[str, LocalizedText]
    unchecked: tuple[str, ...]


def limits_path(work: Workspace, as_of: date) -> Path:
    """The table of a month end."""
    return work.root / "credit" / str(as_of) / "limits.parquet"


def rules_of_limits(work: Workspace, as_of: date) -> CreditRules:
    """The rules that the limits of a month end were worked out by: today's would explain other amounts.

    Raises
    ------
    UseCaseError
        If the limits were not worked out, or their table does not carry its rules.
    """
    path = limits_path(work, as_of)
    if not path.exists():
        raise UseCaseError(_("credit: there are no limits at {day}.", day=as_of), _("Run goldmine credit limits."))
    try:
        return CreditRules.model_validate_json((pq.read_schema(path).metadata or {}).get(_RULES.encode(), b""))
    except ValidationError as error:
        raise UseCaseError(
            _("credit: the limits of {day} do not say by which rules they were worked out.", day=as_of),
            _("Run goldmine credit limits."),
        ) from error


def build_limits(bank: Bank, work: Workspace, as_of: date, rules: CreditRules, *, risk: Path | None = None) -> Limits:
    """Work out the limits of all customers at a month end, and store them.

    Parameters
    ----------
    risk : Path, optional
        Parquet file with customer_id, default_probability and risk_reasons; without it, products that go by risk refuse
        everybody.

    Raises
    ------
    HistoryError
        If there are balances, and none of that month.
    """
    bank.require_balances(as_of)
    tables = ContactTables.open(bank, work, as_of)
    run = tables.connection.raw_sql
    people = people_on_books(tables)
    for name, rows in (
        ("credit_refused", refused_customers(tables, rules, people)),
        ("credit_owed", owed(tables)),
        ("credit_deposits", average_deposits(tables)),
    ):
        run(f"CREATE OR REPLACE TEMP TABLE {name} AS {ibis.to_sql(rows, dialect='duckdb')}")
    probability = (
        f"SELECT * FROM {parquet_rows([risk])}"
        if risk
        else (
            "SELECT NULL::VARCHAR AS customer_id, NULL::DOUBLE AS default_probability, NULL::VARCHAR AS risk_reasons "
            "WHERE false"
        )
    )
    run(f"CREATE OR REPLACE TEMP TABLE credit_risk AS {probability}")
    off = {name: gone for name, product in rules.products.items() if (gone := _missing(bank, product, as_of))}
    # A product that is off has no rows, and the table its columns even where all are off.
    parts = [_of_product(tables, rules, name) + " WHERE false" * (name in off) for name in rules.products]
    path, query = limits_path(work, as_of), " UNION ALL BY NAME ".join(parts)
    order = ("credit_product", "customer_id")
    write_parquet(tables.connection, query, path, order=order, notes={_RULES: rules.model_dump_json()})
    offered, refused = _counts(tables, path)
    return Limits(as_of, rules, path, offered, refused, off, missing_tables(tables, rules))


def people_on_books(tables: ContactTables) -> ibis.Table:
    """Customers on the books under surviving numbers, stored on the connection as ``credit_people``."""
    customers, day = tables.table("customers"), tables.as_of
    known = customers.filter(customers.opened_on.isnull() | (customers.opened_on <= day))
    rows = surviving_customers(known, merged_numbers(tables.connection, customers, day))
    rows = rows.filter(rows.closed_on.isnull() | (rows.closed_on > day))
    rows = without_leavers(tables.connection, tables.bank, rows, day)
    rows = rows.select("customer_id", "kind", "birth_date", "opened_on", "branch_id", "manager_id", "grid_id")
    tables.connection.raw_sql(f"CREATE OR REPLACE TEMP TABLE credit_people AS {ibis.to_sql(rows, dialect='duckdb')}")
    return tables.connection.table("credit_people")


def _missing(bank: Bank, product: CreditProduct, as_of: date) -> LocalizedText | None:
    """What a bank lacks for a product; None if nothing."""
    table = "balances" if product.base == "deposits" else "external_facts"
    if not bank.has(table):
        return _("the bank has no table {table}", table=table)
    if product.trades and not bank.has("merchants"):
        return _("the bank has no table {table}", table="merchants")
    if product.base == "deposits" and (lacking := months_of_deposits_lacking(bank, as_of)):
        return _("balances hold no rows of {months}, of the twelve that are averaged", months=", ".join(lacking))
    return None


def _of_product(tables: ContactTables, rules: CreditRules, name: str) -> str:
    """SQL of a product's rows."""
    product = rules.products[name]
    base = "SELECT * FROM credit_deposits"
    if product.base != "deposits":
        base = ibis.to_sql(latest_facts(tables, product.base, product.max_fact_months), dialect="duckdb")
    candidates = f"SELECT * FROM ({base}) AS based"
    trade = "NULL::VARCHAR AS trade, NULL::BIGINT AS season_start_month, NULL::BIGINT AS season_end_month"
    if product.trades:
        in_trade = ibis.to_sql(traders(tables, product), dialect="duckdb")
        candidates = f"SELECT * FROM ({in_trade}) AS in_trade LEFT JOIN ({base}) AS based USING (customer_id)"
        trade = "trade, season_start_month, season_end_month"
    same = f"product_id = {literal(product.product_id)} OR product_id IS NULL"
    rows = f"""
        SELECT customer_id, branch_id, manager_id, grid_id, {trade}, coalesce(base_fen, 0) AS base_fen,
            r.refusal AS excluded, default_probability, risk_reasons,
            coalesce(owed_product_fen, 0)::BIGINT AS owed_product_fen, coalesce(o.owed_fen, 0)::BIGINT AS owed_fen
        FROM ({candidates}) AS c JOIN credit_people USING (customer_id)
        LEFT JOIN credit_refused AS r USING (customer_id) LEFT JOIN credit_risk USING (customer_id)
        LEFT JOIN (SELECT customer_id, sum(fen) AS owed_fen, sum(fen) FILTER ({same}) AS owed_product_fen
            FROM credit_owed GROUP BY ALL) AS o USING (customer_id)"""
    start = season_start(tables.as_of)
    refusal = f"""CASE WHEN excluded IS NOT NULL THEN excluded WHEN base_fen <= 0 THEN 'no_base'
        {_risk_refusals(product)} WHEN too_small THEN 'too_small' END"""
    return f"""
        SELECT {literal(name)} AS credit_product, * EXCLUDE (season_start_day),
            season_start_day AS season_start,
            (season_start_day - INTERVAL {product.offer_months_before} MONTH)::DATE AS offer_from
        FROM (SELECT customer_id, branch_id, manager_id, grid_id, trade, {yuan("base_fen")} AS base_amount,
            {yuan("calculated_fen")} AS calculated, default_probability, risk_reasons,
            {yuan("owed_product_fen")} AS owed_product, {yuan("owed_fen")} AS owed, {refusal} AS refusal,
            CASE WHEN refusal IS NULL THEN {yuan("limit_fen")} ELSE 0 END AS limit_amount,
            CASE WHEN refusal IS NULL THEN bound_by END AS bound_by, ({start})::DATE AS season_start_day
            FROM ({amounts(rows, product, rules.person_cap, _share(product))}) AS worked_out)"""


def _share(product: CreditProduct) -> str:
    """SQL of the share by risk, in ten thousandths."""
    if not product.risk_bands:
        return "10000"
    cases = " ".join(
        f"WHEN default_probability <= {band.max_probability!r} THEN {round(band.share * 10_000)}"
        for band in product.risk_bands
    )
    return f"CASE {cases} ELSE 0 END"


def _risk_refusals(product: CreditProduct) -> str:
    if not product.risk_bands:
        return ""
    highest = product.risk_bands[-1].max_probability
    return f"""WHEN default_probability IS NULL THEN 'risk_unknown'
        WHEN default_probability > {highest!r} THEN 'risk'"""


def _counts(tables: ContactTables, path: Path) -> tuple[dict[str, tuple[int, float]], dict[str, dict[str, int]]]:
    rows = tables.connection.con.execute(
        "SELECT credit_product, refusal, count(*), sum(limit_amount)::DOUBLE "
        f"FROM {parquet_rows([path])} GROUP BY ALL ORDER BY ALL"
    ).fetchall()
    offered = {product: (count, total) for product, refusal, count, total in rows if refusal is None}
    refused: Mapping[str, dict[str, int]] = {product: {} for product, *_rest in rows}
    counts = {(product, refusal): count for product, refusal, count, _total in rows}
    for product in refused:
        refused[product].update({rule: counts[product, rule] for rule in REFUSALS if (product, rule) in counts})
    return offered, dict(refused)
