"""Two lists: what ends soon and what lies idle, each with what to offer and why."""

from dataclasses import dataclass, field, replace
from datetime import date, timedelta

import ibis
import numpy as np
import pandas as pd

from goldmine.contactability import ContactTables, may_contact
from goldmine.contactability.rules import assessed_until
from goldmine.contract.bank import Bank
from goldmine.contract.serving_staff import without_leavers
from goldmine.core.errors import HistoryError
from goldmine.core.i18n import LocalizedText, _, in_language
from goldmine.core.workspace import Workspace
from goldmine.identity import merged_numbers, surviving_customers
from goldmine.wealth.choice import choose, reason
from goldmine.wealth.rhythm import FREE, Rhythm, free_months, month_list, rhythm_of
from goldmine.wealth.rules import WealthRules

SUITABILITY = ("age_unknown", "not_assessed", "assessment_old", "unsuited")
DUE_COLUMNS = ("customer_id", "branch_id", "manager_id", "ending_class", "ending_amount", "matures_on", "rolls_over")
IDLE_COLUMNS = ("customer_id", "branch_id", "manager_id", "idle_amount")
OFFER_COLUMNS = ("money_comes_in", "money_needed_in", "term_offer", "term_months", "term_rate", "term_why")


@dataclass(frozen=True)
class WealthOffers:
    """Rows with an offer, best first, and how many have none.

    Parameters
    ----------
    rows : pandas.DataFrame
        The list's columns, until it has its length without those who may not be contacted, who are still there.
    offers : int
        Rows before the list was cut to its length.
    nothing_fits : int
        Deposits, or customers, whose money is needed before the shortest term ends.
    deposits : int
        Rows for which a deposit is offered.
    ends : pandas.DataFrame
        Of what ends with an offer, also beyond the list's length: matures_on, ending_class and ending_amount.
    """

    rows: pd.DataFrame
    offers: int
    nothing_fits: int
    deposits: int
    ends: pd.DataFrame = field(default_factory=pd.DataFrame)


def due_offers(bank: Bank, work: Workspace, as_of: date, rules: WealthRules, language: str) -> WealthOffers:
    """What ends in the days after a month end, a row a holding, the first to end first.

    Raises
    ------
    HistoryError
        If the bank has no table of holdings with an end, or no balances of that month.
    """
    if not bank.has("term_holdings"):
        raise HistoryError(
            _("wealth: the bank has no table term_holdings, so nothing is known to end."),
            _("Map it: docs/contract.md; goldmine wealth match needs balances only."),
        )
    tables = _tables(bank, work, as_of)
    held = tables.table("term_holdings")
    last = as_of + timedelta(days=rules.due_days)
    held = held.filter(
        held.started_on.isnull() | (held.started_on <= as_of), held.closed_on.isnull() | (held.closed_on > as_of),
        held.matures_on > as_of, held.matures_on <= last, held.amount >= rules.min_yuan,
        (held.product_class != "loan").fill_null(True),
    )  # fmt: skip
    rows = _frame(tables, tables.under_survivors(held.select("customer_id", "holding_id", "product_class", "amount",
                                                             "matures_on", "rolls_over")))  # fmt: skip
    rows = rows.rename(columns={"product_class": "ending_class"})
    rows["rolls_over"] = rows["rolls_over"].map({True: "yes", False: "no"})
    rows["available"] = pd.to_datetime(rows["matures_on"])
    rhythm = rhythm_of(tables, rules.rhythm_months, rules.swing)
    rows["free_months"] = free_months(rhythm.rows_of(rows["customer_id"])[1], rows["available"])
    found = _with_products(tables, rows, rules, "holding_id")
    order = ["matures_on", "amount", "customer_id", "holding_id"]
    fitting = found.fitting.sort_values(order, ascending=[True, False, True, True]).assign(
        ending_amount=lambda frame: frame["amount"]
    )
    listed = _listed(found, fitting, (*DUE_COLUMNS, *OFFER_COLUMNS), rhythm, language)
    return replace(listed, ends=fitting[["matures_on", "ending_class", "ending_amount"]])


def idle_offers(bank: Bank, work: Workspace, as_of: date, rules: WealthRules, language: str) -> WealthOffers:
    """Demand deposits that lie idle, a row a customer, the largest yearly gain first.

    What lay there in the lowest month of the last twelve is free for any term, through every month of need; what is
    there beyond it is free until the next month of need. The part that earns more is offered.

    Raises
    ------
    HistoryError
        If the bank has no balances, or none of that month.
    """
    if not bank.has("balances"):
        raise HistoryError(
            _("wealth: the bank has no table balances, so nothing is known to lie idle."),
            _("Map it: docs/contract.md."),
        )
    tables = _tables(bank, work, as_of)
    rhythm = rhythm_of(tables, rules.rhythm_months, rules.swing)
    customers = pd.DataFrame({"customer_id": rhythm.customers, "available": pd.Timestamp(as_of + timedelta(days=1))})
    until = free_months(rhythm.moves[1], customers["available"])
    parts = pd.concat(
        [
            customers.assign(amount=rhythm.lowest, free_months=FREE),
            customers.assign(amount=np.maximum(rhythm.demand - rhythm.lowest, 0), free_months=until),
        ],
        ignore_index=True,
    )
    parts["amount"] = np.floor(parts["amount"] / rules.step) * rules.step
    found = _with_products(tables, parts[parts["amount"] >= rules.min_yuan], rules, "customer_id")
    fitting = found.fitting.assign(
        gain=found.fitting["amount"] * found.fitting["rate_bp"], idle_amount=found.fitting["amount"]
    )
    fitting = fitting.sort_values(["gain", "customer_id"], ascending=[False, True]).drop_duplicates("customer_id")
    return _listed(found, fitting, (*IDLE_COLUMNS, *OFFER_COLUMNS), rhythm, language)


def _tables(bank: Bank, work: Workspace, as_of: date) -> ContactTables:
    bank.require_balances(as_of)
    return ContactTables.open(bank, work, as_of)


def _frame(tables: ContactTables, rows: ibis.Table) -> pd.DataFrame:
    found = tables.connection.con.execute(ibis.to_sql(rows, dialect="duckdb")).to_arrow_table().to_pandas()
    return found.astype({"amount": "float64"}) if "amount" in found else found


@dataclass(frozen=True)
class _Found:
    """Rows that a product fits, how many deposits or customers none fits, the rules, and why no wealth product may."""

    tables: ContactTables
    fitting: pd.DataFrame
    nothing_fits: int
    rules: WealthRules
    grades: dict[str, int]
    texts: dict[str, LocalizedText]


def _with_products(tables: ContactTables, rows: pd.DataFrame, rules: WealthRules, counted: str) -> _Found:
    """The rows of customers on the books that something fits, with the product.

    Parameters
    ----------
    counted : str
        The column of which nothing fits a value if it fits none of its rows.
    """
    grades = risk_grades(tables)
    people, texts = _people(tables, set(rows["customer_id"]))
    rows = rows.merge(people, on="customer_id")
    late = rows["suited"] & ~(rows["assessed_until"] >= rows["available"])
    rows["suited"] &= ~late
    rows.loc[late, "rule"] = "ends_before"
    chosen = choose(rows, rules, grades)
    fitting = chosen[chosen["offered"] != ""].reset_index(drop=True)
    rates = {name: product.rate_bp for name, product in rules.products.items()}
    fitting["rate_bp"] = fitting["offered"].map(rates).astype("float64")
    texts["ends_before"] = _("the risk assessment ends before the money is free")
    nothing_fits = chosen[counted].nunique() - fitting[counted].nunique()
    return _Found(tables, fitting, nothing_fits, rules, grades, texts)


def _listed(
    found: _Found, fitting: pd.DataFrame, columns: tuple[str, ...], rhythm: Rhythm, language: str
) -> WealthOffers:
    """The first rows of a list with their words."""
    classes = {name: product.product_class for name, product in found.rules.products.items()}
    deposits = int((fitting["offered"].map(classes) == "time").sum())
    permitted = may_contact(found.tables, set(fitting["customer_id"]), "on_request_list")
    rows = permitted.up_to(fitting, found.rules.list_rows)
    comes, needed = rhythm.rows_of(rows["customer_id"])
    products = [found.rules.products[name] for name in rows["offered"]]
    # As objects: a column of pandas' text type would keep the English alone.
    unsuited = [found.texts.get(rule, "") for rule in rows["rule"]]
    rows["unsuited_text"] = pd.Series(unsuited, rows.index, dtype="object")
    why = [str(in_language(reason(row, found.rules, found.grades), language)) for row in rows.to_dict("records")]
    rows = rows.assign(
        money_comes_in=month_list(comes),
        money_needed_in=month_list(needed),
        term_offer=[str(in_language(product.title, language)) for product in products],
        term_months=[product.months for product in products],
        term_rate=[product.rate for product in products],
        term_why=why,
    )
    return WealthOffers(rows[list(columns)], len(fitting), found.nothing_fits, deposits)


def risk_grades(tables: ContactTables) -> dict[str, int]:
    """Risk of the bank's wealth products, 1 to 5; those without a grade are not in it."""
    if not tables.has("products", "risk_grade"):
        return {}
    rows = tables.table("products").select("product_id", "risk_grade").to_pyarrow().to_pylist()
    return {row["product_id"]: int(row["risk_grade"][1:]) for row in rows if row["risk_grade"]}


def _people(tables: ContactTables, customers: set[str]) -> tuple[pd.DataFrame, dict[str, LocalizedText]]:
    """Customers on the books with age and grade, whether a wealth product may be offered, and the rule if not."""
    permitted = may_contact(tables, customers, "wealth_list")
    rules = permitted.first_rules
    table = tables.table("customers")
    alive = surviving_customers(table, merged_numbers(tables.connection, table, tables.as_of))
    alive = alive.filter(alive.closed_on.isnull() | (alive.closed_on > tables.as_of))
    asked = alive.semi_join(tables.customers(customers), "customer_id")
    asked = without_leavers(tables.connection, tables.bank, asked, tables.as_of)
    rows = _frame(
        tables, asked.select("customer_id", "branch_id", "manager_id", "birth_date", "risk_grade", "risk_grade_on")
    )
    rows["rule"] = rows["customer_id"].map(rules).astype(object)
    rows["grade"] = pd.to_numeric(rows["risk_grade"].astype("str").str[1:], errors="coerce").fillna(0)
    rows["assessed_until"] = assessed_until(rows["risk_grade_on"])
    rows["age"] = full_years(pd.to_datetime(rows["birth_date"]), tables.as_of)
    # Who may not be contacted at all is kept off by the list; here only suitability decides on the product.
    rows["suited"] = rows["rule"].isna()
    texts = {name: permitted.rules[name][0] for name in SUITABILITY if name in permitted.rules}
    return rows.drop(columns=["birth_date", "risk_grade", "risk_grade_on"]), texts


def full_years(born: pd.Series, day: date) -> pd.Series:
    """Age in full years on a day; empty where the day of birth is not known.

    Examples
    --------
    >>> full_years(pd.Series(pd.to_datetime(["1959-06-30", "1959-07-01", None])), date(2024, 6, 30)).tolist()
    [65.0, 64.0, nan]
    """
    later = (born.dt.month * 100 + born.dt.day) > day.month * 100 + day.day
    return day.year - born.dt.year - later.astype("float64")
