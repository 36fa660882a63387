"""The customer mart: one row per customer on the books now or a quarter earlier; the source of all figures."""

from dataclasses import dataclass
from datetime import date
from functools import reduce
from operator import add, or_
from pathlib import Path
from typing import Literal

import ibis
from ibis.expr.types import BooleanValue, NumericValue, Table

from goldmine.activity.build import index_of
from goldmine.contract.serving_staff import without_leavers
from goldmine.core.dates import month_end, month_key
from goldmine.core.files import read_json
from goldmine.core.seals import sealed_file, write_sealed_json
from goldmine.core.sql import literal
from goldmine.core.workspace import Workspace
from goldmine.coverage.customer_balances import BankSnapshot
from goldmine.coverage.plan import coverage_path
from goldmine.customers.ladder import LEVELS, layer_expression, level_expression

Kind = Literal["text", "whole", "fen", "flag"]


@dataclass(frozen=True)
class MartColumn:
    """One column of the mart.

    Parameters
    ----------
    name, kind : str
        Its name; text, whole number, money in whole fen, or flag.
    meaning : str
        One line of business meaning.
    needs : str
        What a bank must have for it: a table, ``table before`` for the same a quarter earlier, ``coverage``, or
        nothing.
    """

    name: str
    kind: Kind
    meaning: str
    needs: str = ""


_NOW, _BEFORE, _OWN, _COVERAGE = "balances", "balances before", "transactions", "coverage"

COLUMNS: dict[str, MartColumn] = {
    column.name: column
    for column in (
        MartColumn("customer_id", "text", "who"),
        MartColumn("branch_id", "text", "branch that the customer counts for; empty where unknown"),
        MartColumn("books_branch_id", "text", "branch that keeps the customer by the books of the month end"),
        MartColumn(
            "employee_id",
            "text",
            "who looks after them: the owner, else the customer manager of the books, if still at work",
        ),
        MartColumn("on_books", "flag", "on the books at the month end"),
        MartColumn("on_books_before", "flag", "on the books a quarter earlier"),
        MartColumn("joined", "flag", "on the books now, not a quarter earlier"),
        MartColumn("closed", "flag", "on the books a quarter earlier, not now"),
        MartColumn("moved_branch", "flag", "kept by another branch than a quarter earlier"),
        MartColumn("level", "whole", "level on the ladder, 0 to 6", _NOW),
        MartColumn("level_before", "whole", "level a quarter earlier", _BEFORE),
        MartColumn("level_step", "text", "up, same or down against a quarter earlier, of those there at both", _BEFORE),
        MartColumn("layer", "text", "basic, wealth or high_end", _NOW),
        MartColumn("near_next", "flag", "within 20% below the next level", _NOW),
        MartColumn("aum_fen", "fen", "average daily AUM of the month", _NOW),
        MartColumn("aum_before_fen", "fen", "the same a quarter earlier", _BEFORE),
        MartColumn("aum_change_fen", "fen", "the difference of the two; who closed lost all", _BEFORE),
        MartColumn("deposits_fen", "fen", "average daily deposits", _NOW),
        MartColumn("wealth_fen", "fen", "average daily wealth products", _NOW),
        MartColumn("loans_fen", "fen", "average daily loans", _NOW),
        MartColumn("products", "whole", "product classes held, with mobile bank and social security card", _NOW),
        MartColumn("has_wealth", "flag", "holds wealth products", _NOW),
        MartColumn("mobile_bank", "flag", "has activated the mobile bank"),
        MartColumn("active", "flag", "made a transaction of their own in the quarter", _OWN),
        MartColumn("contacted", "flag", "was contacted in the quarter", "contacts"),
        MartColumn("converted", "flag", "a contact of the quarter converted", "contacts"),
        MartColumn("outcome_known", "flag", "of a contact of the quarter it is known whether it converted", "contacts"),
        MartColumn("has_owner", "flag", "has an owner", _COVERAGE),
        MartColumn("core", "flag", "core customer with a named owner", _COVERAGE),
        MartColumn("overdue", "flag", "the contact of an owner who may make it is overdue", _COVERAGE),
    )
}

NEAR = 0.2
"""Within this share below the next level a customer is near it."""
SETTLED = ("converted", "not_converted")
"""Outcomes of a contact of which it is known what came of it; of an open one, or one without, it is not."""
_TYPES = {"text": "string", "whole": "int64", "fen": "int64", "flag": "boolean"}
_HELD = ("demand", "time", "wealth", "loan", "other")


@dataclass(frozen=True)
class CustomerMart:
    """The mart at one month end.

    Parameters
    ----------
    path : Path
        Its file, sorted by customer_id.
    as_of : date
        The month end.
    missing : dict of str to str
        By column that could not be computed, the missing input.
    """

    path: Path
    as_of: date
    missing: dict[str, str]


def mart_path(work: Workspace, as_of: date) -> Path:
    """File of a month end's mart."""
    return work.root / "reporting" / f"{as_of}.parquet"


def read_mart(work: Workspace, as_of: date) -> CustomerMart:
    """A mart that was built earlier."""
    path = mart_path(work, as_of)
    return CustomerMart(path, as_of, read_json(path.with_suffix(".json"), {}))


def make_mart(books: BankSnapshot, moved_in_quarter: str) -> CustomerMart:
    """Build the mart from the bank's tables, the activity and the assignment of owners, and store it.

    A customer appears once, under one branch: the one given by the rule ``moved_in_quarter`` if it changed during the
    quarter. The branch of a quarter ago comes from the mart built then, since the tables hold only the current one. A
    column with missing months is empty and listed in `missing`.

    Raises
    ------
    HistoryError
        If the activity of a month with data has not been built.
    """
    missing = _missing(books)
    rows = _with_branch(books, books.customers(), moved_in_quarter)
    for step, with_more in enumerate((_with_money, _with_transactions, _with_contacts, _with_coverage)):
        # Each part is stored before the next, since building one expression for all takes seconds.
        books.connection.raw_sql(f"CREATE OR REPLACE TEMP TABLE part_{step} AS {ibis.to_sql(rows, dialect='duckdb')}")
        rows = with_more(books, books.connection.table(f"part_{step}"), missing)
    columns = {
        name: (ibis.null() if name in missing else rows[name]).cast(_TYPES[column.kind])
        for name, column in COLUMNS.items()
    }
    query = ibis.to_sql(rows.select(**columns).order_by("customer_id"), dialect="duckdb")
    path = mart_path(books.work, books.as_of)
    with sealed_file(path) as temporary:
        books.connection.raw_sql(f"COPY ({query}) TO {literal(temporary)} (FORMAT parquet, COMPRESSION zstd)")
    write_sealed_json(path.with_suffix(".json"), missing)
    return CustomerMart(path, books.as_of, missing)


def _missing(books: BankSnapshot) -> dict[str, str]:
    """By column that cannot be computed, the missing input."""
    quarter = [month_end(books.as_of, -lag) for lag in range(3)]
    months = {"balances": [books.as_of], "balances before": [books.as_of, books.before], "transactions": quarter}
    gaps = {}
    for need, days in months.items():
        table = need.removesuffix(" before")
        absent = [month_key(day) for day in days if not books.has_month(table, day)]
        gaps[need] = f"{table} of {', '.join(absent)}" if absent else ""
    gaps["contacts"] = "" if books.bank.has("contacts") else "table contacts"
    gaps["coverage"] = "" if coverage_path(books.work, books.as_of).exists() else "an assignment of owners"
    return {name: gaps[column.needs] for name, column in COLUMNS.items() if column.needs and gaps[column.needs]}


def _with_branch(books: BankSnapshot, rows: Table, moved_in_quarter: str) -> Table:
    """One branch per customer, by the rule of the definitions."""
    rows = rows.mutate(
        joined=rows.on_books & ~rows.on_books_before,
        closed=rows.on_books_before & ~rows.on_books,
        mobile_bank=rows.on_books & (rows.mobile_bank_on <= books.as_of).fill_null(False),
        card=rows.on_books & (rows.social_security_card_on <= books.as_of).fill_null(False),
    )
    path, earlier_path = mart_path(books.work, books.as_of), mart_path(books.work, books.before)
    if path.exists() and books.bank.data_until >= month_end(books.as_of, 1):
        # A past month end is rebuilt: the mart built then holds the branches of that time.
        rows = _join(rows, _branches_of(books, path).rename(branch_then="books_branch_id"))
        rows = rows.mutate(branch_id=rows.branch_then.fill_null(rows.branch_id))
    rows = rows.mutate(books_branch_id=rows.branch_id)
    if not earlier_path.exists():
        return rows.mutate(moved_branch=ibis.literal(False))
    rows = _join(rows, _branches_of(books, earlier_path).rename(branch_before="books_branch_id"))
    before = rows.branch_before.fill_null(rows.branch_id)
    counted = before if moved_in_quarter == "old_branch" else rows.branch_id
    return rows.mutate(moved_branch=before != rows.branch_id, branch_id=counted)


def _branches_of(books: BankSnapshot, path: Path) -> Table:
    """Customers and their branch by the books of a mart's time, customer_id and books_branch_id.

    A mart of before that column was kept says only for which branch they counted: it is taken for the books'.
    """
    mart = books.connection.read_parquet(str(path))
    known = "books_branch_id" if "books_branch_id" in mart.columns else "branch_id"
    return mart.select("customer_id", books_branch_id=known)


def _with_money(books: BankSnapshot, rows: Table, missing: dict[str, str]) -> Table:
    if "aum_fen" in missing:
        return rows
    now = _held(books, books.as_of, ["aum", *_HELD])
    rows = _join(rows, now)
    amounts = {f"{name}_fen": _where(rows.on_books, rows[name]) for name in ("aum", *_HELD)}
    rows = rows.mutate(**amounts)
    held = [rows[f"{name}_fen"] > 0 for name in _HELD]
    rows = rows.mutate(
        deposits_fen=rows.demand_fen + rows.time_fen,
        loans_fen=rows.loan_fen,
        has_wealth=rows.wealth_fen > 0,
        products=reduce(add, [flag.cast("int64") for flag in [*held, rows.mobile_bank, rows.card]]),
        level=rows.on_books.ifelse(level_expression(rows.aum_fen / 100), None),
    )
    nearly = [(rows.aum_fen >= round(start * 100 * (1 - NEAR))) & (rows.aum_fen < start * 100) for start in LEVELS[1:]]
    rows = rows.mutate(
        layer=rows.on_books.ifelse(layer_expression(rows.level), None), near_next=reduce(or_, nearly) & rows.on_books
    )
    if "aum_change_fen" in missing:
        return rows
    rows = _join(rows, _held(books, books.before, ["aum"]).rename(aum_then="aum"))
    rows = rows.mutate(aum_before_fen=_where(rows.on_books_before, rows.aum_then))
    rows = rows.mutate(
        aum_change_fen=rows.aum_fen - rows.aum_before_fen,
        level_before=rows.on_books_before.ifelse(level_expression(rows.aum_before_fen / 100), None),
    )
    up, down = rows.level > rows.level_before, rows.level < rows.level_before
    at_both = rows.on_books & rows.on_books_before
    return rows.mutate(level_step=ibis.cases((~at_both, None), (up, "up"), (down, "down"), else_="same"))


def _held(books: BankSnapshot, day: date, names: list[str]) -> Table:
    """Average daily balances of a month in fen, by customer as numbered at the snapshot."""
    rows = books.month("balances", day)
    return rows.group_by("customer_id").agg(**{name: rows[f"{name}_avg"].sum().cast("int64") for name in names})


def _with_transactions(books: BankSnapshot, rows: Table, missing: dict[str, str]) -> Table:
    """Own transactions in the quarter, as far as they were known by the month end."""
    if "active" in missing:
        return rows
    months = [books.month("transactions", month_end(books.as_of, -lag)) for lag in range(3)]
    own = ibis.union(*[month.select("customer_id", "known", "own_count") for month in months])
    own = own.filter(own.known <= index_of(month_key(books.as_of)), own.own_count > 0)
    rows = _join(rows, own.select("customer_id", made_own=ibis.literal(True)).distinct())
    return rows.mutate(active=rows.on_books & rows.made_own.fill_null(False))


def _with_contacts(books: BankSnapshot, rows: Table, missing: dict[str, str]) -> Table:
    if "contacted" in missing:
        return rows
    contacts = books.contacts()
    contacts = contacts.filter(contacts.contacted_on > books.before, contacts.contacted_on <= books.as_of)
    won = (contacts.outcome == "converted").fill_null(False)
    known = contacts.outcome.isin(SETTLED).fill_null(False)
    rows = _join(rows, contacts.group_by("customer_id").agg(won=won.any(), known=known.any()))
    return rows.mutate(
        contacted=rows.won.notnull(), converted=rows.won.fill_null(False), outcome_known=rows.known.fill_null(False)
    )


def _with_coverage(books: BankSnapshot, rows: Table, missing: dict[str, str]) -> Table:
    rows = without_leavers(books.connection, books.bank, rows, books.as_of)
    rows = rows.mutate(manager_id=rows.manager_id.fill_null(""))
    if "has_owner" in missing:
        return rows.mutate(employee_id=rows.manager_id)
    coverage = books.connection.read_parquet(str(coverage_path(books.work, books.as_of)))
    rows = _join(rows, coverage.select("customer_id", "owner_id", "overdue_days", named="core"))
    return rows.mutate(
        employee_id=rows.owner_id.fill_null(rows.manager_id),
        has_owner=rows.owner_id.notnull(),
        core=rows.named.fill_null(False),
        overdue=(rows.overdue_days > 0).fill_null(False),
    )


def _join(rows: Table, part: Table) -> Table:
    """Add the columns of a table with at most one row a customer."""
    part = part.rename(joined_id="customer_id")
    return rows.left_join(part, rows.customer_id == part.joined_id).drop("joined_id")


def _where(there: BooleanValue, fen: NumericValue) -> NumericValue:
    """An amount of those who are there; nothing for everybody else."""
    return there.ifelse(fen.fill_null(0), 0).cast("int64")
