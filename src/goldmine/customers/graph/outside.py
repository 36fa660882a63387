"""Those outside the bank whom customers pay: firms by name, once enough customers pay them, and everybody as counts.

Private persons who are not customers are counted, never named.
"""

import re
from dataclasses import dataclass

import ibis
import pandas as pd

from goldmine.core.dates import month_key, months_back
from goldmine.core.sql import literal
from goldmine.customers.graph.edges import Edges
from goldmine.customers.graph.prospect_rules import ProspectRules
from goldmine.customers.payroll import MAX_PERSONS_NAME

FIRM_COLUMNS = ["firm_name", "customers", "firm_yuan"]
BRANCH_COLUMNS = ["branch_id", "outside_firms", "outside_persons"]


@dataclass(frozen=True)
class Outside:
    """Payees who are not customers.

    Parameters
    ----------
    firms : pandas.DataFrame
        firm_name, customers who pay it, firm_yuan that they paid; the most customers first.
    branches : pandas.DataFrame
        branch_id, outside_firms and outside_persons whom its customers pay; the first row, without a branch, is the
        whole bank's, in which those whom customers of several branches pay count once.
    """

    firms: pd.DataFrame
    branches: pd.DataFrame


def outside_payees(edges: Edges, rules: ProspectRules, max_partners: int) -> Outside:
    """Payees of the customers whose ties may be used, who are not customers themselves.

    Parameters
    ----------
    max_partners : int
        Who is paid by more customers, such as a utility company, is everybody's and no prospect.

    Notes
    -----
    Where transactions do not say which payees are customers, there is nothing: a customer would pass for one outside.
    """
    if not edges.sources.bank.has("transactions", "counterparty_customer_id"):
        return Outside(pd.DataFrame(columns=FIRM_COLUMNS), pd.DataFrame(columns=BRANCH_COLUMNS))
    sources, day = edges.sources, ibis.literal(edges.as_of)
    months = [month_key(month) for month in months_back(edges.as_of, rules.months_outside)]
    moves = sources.bank.read(sources.connection, "transactions", months)
    known = moves.known_on.isnull() | (moves.known_on <= day)
    moves = moves.filter(
        moves.direction == "out",
        moves.counterparty_customer_id.isnull(),
        moves.counterparty.notnull(),
        moves.kind.isnull() | moves.kind.isin(["transfer", "purchase"]),
        moves.time.date() <= day,
        known,
    )
    moves = sources.under_survivors(
        moves.select("transaction_id", "customer_id", "counterparty", "counterparty_name", "amount"), edges.as_of
    )
    people = sources.customers(edges.as_of).select("customer_id", "branch_id")
    for name, rows in (("outside_moves", moves), ("outside_people", people)):
        edges.connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS {ibis.to_sql(rows, dialect='duckdb')}")
    edges.connection.execute(_PAYEES.format(firm=_is_firm(rules.firm_words)), {"partners": max_partners})
    firms = edges.connection.execute(_FIRMS, {"payers": rules.min_payers}).df()
    branches = edges.connection.execute(_BRANCHES).df()
    return Outside(firms[FIRM_COLUMNS], branches[BRANCH_COLUMNS])


def _is_firm(words: list[str]) -> str:
    """SQL: whether ``name`` is a firm's; when in doubt it is a person's.

    A Chinese word is looked for in names longer than a person's, one of a single character at their end; a Latin word
    counts as a whole word, so that Miller is no mill.
    """
    latin = [re.escape(word.lower().rstrip(".")) for word in words if word.isascii()]
    chinese = [f"{'ends_with' if len(word) == 1 else 'contains'}(name, {literal(word)})"
               for word in words if not word.isascii()]  # fmt: skip
    long_name = f"length(name) > {MAX_PERSONS_NAME} AND NOT contains(name, '·')"
    tests = [f"{long_name} AND ({' OR '.join(chinese)})"] if chinese else []
    if latin:
        pattern = rf"(^|[^\p{{L}}])({'|'.join(latin)})([^\p{{L}}]|$)"
        tests.append(f"regexp_matches(lower(name), {literal(pattern)})")
    return " OR ".join(f"({test})" for test in tests)


_PAYEES = """
CREATE OR REPLACE TEMP TABLE payees AS
WITH once AS (
  SELECT any_value(customer_id) AS customer_id, any_value(counterparty) AS code, max(counterparty_name) AS name,
    any_value(amount) AS amount
  FROM outside_moves SEMI JOIN linkable USING (customer_id) GROUP BY transaction_id
),
payees AS (
  SELECT code, max(name) AS name, coalesce(bool_and({firm}), false) AS firm FROM once GROUP BY code
  HAVING count(DISTINCT customer_id) <= $partners
)
SELECT o.customer_id, o.code, p.name, o.amount, p.firm
FROM (SELECT customer_id, code, amount FROM once) AS o JOIN payees AS p USING (code)
"""
_FIRMS = """
SELECT name AS firm_name, count(DISTINCT customer_id) AS customers, sum(amount)::DOUBLE AS firm_yuan
FROM payees WHERE firm GROUP BY name HAVING count(DISTINCT customer_id) >= $payers
ORDER BY customers DESC, firm_yuan DESC, firm_name
"""
_BRANCHES = """
SELECT branch_id, count(DISTINCT code) FILTER (firm) AS outside_firms,
  count(DISTINCT code) FILTER (NOT firm) AS outside_persons
FROM payees LEFT JOIN outside_people USING (customer_id)
GROUP BY GROUPING SETS ((), (branch_id)) HAVING grouping(branch_id) = 1 OR branch_id IS NOT NULL
ORDER BY grouping(branch_id) DESC, branch_id
"""
