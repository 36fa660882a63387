"""What a household's limits are worked out from, in whole fen and hundredths of a mu, as known at a snapshot."""

from goldmine.contactability import ContactTables
from goldmine.contract.field_tables import HOUSEHOLD_RATINGS
from goldmine.core.dates import month_key, months_back
from goldmine.core.sql import literal
from goldmine.credit.bases import owed
from goldmine.credit.exclusions import in_arrears, missing_tables
from goldmine.credit.rules import CreditRules
from goldmine.grid.residents import Residents
from goldmine.grid.village_rules import VillageRules
from goldmine.identity import merged_numbers, surviving_customers, under_survivors

MONTHS = 12
"""Months of deposits; one in which a household has no row counts as nothing."""
FACTS = ("tax", "provident_fund", "property")


def store_lending(tables: ContactTables, rules: CreditRules) -> bool:
    """Make the tables ``owing`` (customer_id, fen) and ``late`` (customer_id), by the bank's rules of credit.

    Debts stand under the numbers that survive by now. Where such a number is no resident of the snapshot yet, they are
    those of the resident who was merged into it since.

    Returns
    -------
    bool
        Whether arrears can be checked, or need not be.
    """
    run, sql = tables.connection.raw_sql, tables.connection.compile
    merged = sql(merged_numbers(tables.connection, tables.table("customers")))
    run(
        f"""
        CREATE OR REPLACE TEMP TABLE owing AS
        WITH since AS (
          SELECT survivor_id, min(merged_id) AS resident_id FROM ({merged}) JOIN residents ON customer_id = merged_id
          WHERE survivor_id NOT IN (SELECT customer_id FROM residents) GROUP BY ALL
        )
        SELECT coalesce(resident_id, customer_id) AS customer_id, sum(fen)::BIGINT AS fen
        FROM ({sql(owed(tables))}) LEFT JOIN since ON survivor_id = customer_id GROUP BY ALL
        """
    )
    parts = [sql(tables.with_survivors(rows.select("customer_id"))) for rows in in_arrears(tables, rules).values()]
    late = " UNION ".join(f"SELECT customer_id FROM ({part})" for part in parts)
    run(f"CREATE OR REPLACE TEMP TABLE late AS {late or 'SELECT NULL::VARCHAR AS customer_id WHERE false'}")
    return "loan_months" not in missing_tables(tables, rules)


def store_facts(found: Residents, grid: str, rules: VillageRules) -> None:
    """Make the table ``facts``: a row a household with its head, village, rating, what it holds and what it owes.

    Columns: household_id, head_id, head_name, members, branch_id, grid_id, age (full years of the head), rating (the
    latest of any member, of one day the lower), deposits, tax, provident_fund, property, owed (fen), land_mu
    (hundredths), on_ledger, staff, in_arrears. `store_lending` comes first.

    Parameters
    ----------
    grid : str
        The grid's file, as an SQL literal.
    """
    connection, bank, day = found.connection, found.bank, found.as_of
    merged = merged_numbers(connection, bank.read(connection, "customers"), day)
    months = months_back(day, MONTHS)
    people = surviving_customers(bank.read(connection, "customers"), merged)
    others = ("external_facts", "village_ratings", "suppressions", "staff")
    tables = {name: under_survivors(bank.read(connection, name), merged) for name in others}
    for name, rows in {**tables, "customers": people}.items():
        connection.raw_sql(f"CREATE OR REPLACE TEMP TABLE of_{name} AS {connection.compile(rows)}")
    balances = bank.read(connection, "balances", [month_key(month) for month in months])
    balances = under_survivors(balances, merged)
    connection.raw_sql(f"CREATE OR REPLACE TEMP TABLE of_balances AS {connection.compile(balances)}")
    reasons = ", ".join(literal(reason) for reason in rules.ledger) or "NULL"
    days = sum(month.day for month in months)
    # Of two of one day the lower, as with facts: whose number is the higher one says nothing.
    ranked = f"arg_max({{0}}, (rated_on, list_position({list(HOUSEHOLD_RATINGS)}, rating), -coalesce(land_mu, 0)))"
    latest = ", ".join(f"coalesce(max(fen) FILTER (fact = '{fact}'), 0) AS {fact}" for fact in FACTS)
    connection.raw_sql(
        f"""
        CREATE OR REPLACE TEMP TABLE facts AS
        WITH home AS (SELECT customer_id, household_id, is_head, members, branch_id, grid_id FROM {grid}),
        money AS (
          SELECT household_id,
            coalesce(sum((coalesce(average_daily_balance, balance) * 100)::BIGINT * day(month_end))
              FILTER (product_class IN ('demand', 'time')), 0)::BIGINT // {days} AS deposits
          FROM of_balances JOIN home USING (customer_id) GROUP BY ALL
        ),
        debts AS (
          SELECT household_id, sum(fen)::BIGINT AS owed FROM owing JOIN home USING (customer_id) GROUP BY ALL
        ),
        behind AS (SELECT DISTINCT household_id FROM late JOIN home USING (customer_id)),
        known AS (
          SELECT customer_id, fact, (arg_max(amount, (observed_on, -amount)) * 100)::BIGINT AS fen
          FROM of_external_facts WHERE observed_on <= DATE '{day}' GROUP BY ALL
        ),
        outside AS (
          SELECT household_id, fact, sum(fen)::BIGINT AS fen FROM known JOIN home USING (customer_id) GROUP BY ALL
        ),
        outside_wide AS (SELECT household_id, {latest} FROM outside GROUP BY ALL),
        rated AS (
          SELECT household_id, {ranked.format("rating")} AS rating,
            coalesce(({ranked.format("coalesce(land_mu, 0)")} * 100)::BIGINT, 0) AS land_mu
          FROM of_village_ratings JOIN home USING (customer_id) WHERE rated_on <= DATE '{day}' GROUP BY ALL
        ),
        listed AS (
          SELECT DISTINCT household_id FROM of_suppressions JOIN home USING (customer_id)
          WHERE coalesce(reason IN ({reasons}), true) AND (end_date IS NULL OR end_date >= DATE '{day}')
        ),
        employed AS (
          SELECT DISTINCT household_id FROM of_staff JOIN home USING (customer_id)
          WHERE left_on IS NULL OR left_on > DATE '{day}'
        ),
        people AS (SELECT DISTINCT ON (customer_id) customer_id, name, birth_date FROM of_customers)
        SELECT h.household_id, h.customer_id AS head_id, p.name AS head_name, h.members, h.branch_id, h.grid_id,
          date_sub('year', p.birth_date, DATE '{day}') AS age, r.rating, coalesce(r.land_mu, 0) AS land_mu,
          coalesce(m.deposits, 0) AS deposits, coalesce(d.owed, 0) AS owed,
          {", ".join(f"coalesce(o.{fact}, 0) AS {fact}" for fact in FACTS)},
          l.household_id IS NOT NULL AS on_ledger, e.household_id IS NOT NULL AS staff,
          b.household_id IS NOT NULL AS in_arrears
        FROM home AS h LEFT JOIN people AS p USING (customer_id) LEFT JOIN money AS m ON m.household_id = h.household_id
        LEFT JOIN debts AS d ON d.household_id = h.household_id
        LEFT JOIN behind AS b ON b.household_id = h.household_id
        LEFT JOIN outside_wide AS o ON o.household_id = h.household_id
        LEFT JOIN rated AS r ON r.household_id = h.household_id
        LEFT JOIN listed AS l ON l.household_id = h.household_id
        LEFT JOIN employed AS e ON e.household_id = h.household_id WHERE h.is_head
        """
    )
