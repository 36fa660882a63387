"""The social security card: who has one, who uses it for what, who is entitled and has none; events of life."""

from dataclasses import dataclass
from datetime import date

import pandas as pd

from goldmine.contract.bank import Bank
from goldmine.core.engine import connect
from goldmine.core.errors import ContractError
from goldmine.core.i18n import _
from goldmine.core.sql import literal
from goldmine.core.workspace import Workspace
from goldmine.grid.card_rules import CardRules, Entitled
from goldmine.grid.one_grid import require_grid
from goldmine.identity import merged_numbers, surviving_customers, under_survivors

CARD_STATUSES = ("none", "not_activated", "unused", "used_before", "used")
"""No card; not activated; active, but no agency ever paid or collected through it; all that did have ended; in use."""
LIFE_EVENTS = ("first_card", "card", "comes_of_age", "pension_age", "pension_card")
"""A card before 18; a later one; 18 years; the pension age; the first pension through the card."""


@dataclass(frozen=True)
class Cards:
    """Cards at a snapshot.

    Parameters
    ----------
    people : pandas.DataFrame
        A row a resident: customer_id, branch_id, visitor_id, grid_id, age (band), card_status, agencies (in use, with
        commas), entitled_by (agencies that would pay through a card, and do not), life_event, event_on.
    by_village, by_age, by_agency : pandas.DataFrame
        Residents, card holders, active and used cards: by grid; by age; by agency (residents are those entitled).
    """

    people: pd.DataFrame
    by_village: pd.DataFrame
    by_age: pd.DataFrame
    by_agency: pd.DataFrame

    @property
    def unused(self) -> pd.DataFrame:
        """Who has a card and never used it."""
        return self._list(self.people["card_status"].isin(["not_activated", "unused"]))

    @property
    def entitled(self) -> pd.DataFrame:
        """Who is entitled to payments through a card and has none."""
        return self._list((self.people["card_status"] == "none") & (self.people["entitled_by"] != ""))

    @property
    def events(self) -> pd.DataFrame:
        """Whose event of life is recent."""
        return self._list(self.people["life_event"].notna())

    def _list(self, mask: "pd.Series[bool]") -> pd.DataFrame:
        return self.people[mask].sort_values(["visitor_id", "grid_id", "customer_id"], ignore_index=True)


def card_table(bank: Bank, work: Workspace, as_of: date, rules: CardRules) -> Cards:
    """Cards, their use and what is missing, of every resident of the grid.

    Raises
    ------
    ContractError
        If the bank knows of no cards.
    HistoryError
        If the grid of the month end was not made.
    """
    if not (bank.has("social_security_cards") or bank.has("customers", "social_security_card_on")):
        raise ContractError(
            _("cards: this bank has neither social_security_cards nor customers.social_security_card_on."),
            _("Map what is missing in bank.yaml."),
        )
    grid = require_grid(work, as_of)
    connection = connect()
    customers = bank.read(connection, "customers")
    merged = merged_numbers(connection, customers, as_of)
    people = surviving_customers(customers, merged)
    people = people.select("customer_id", "birth_date", "identity", "social_security_card_on")
    parts = {"people": people.distinct(on="customer_id")}
    for name in ("social_security_cards", "card_uses"):
        parts[name] = under_survivors(bank.read(connection, name), merged)
    for name, rows in parts.items():
        connection.raw_sql(f"CREATE TEMP TABLE {name} AS {connection.compile(rows)}")
    activation = bank.has("social_security_cards", "activated_on")
    connection.raw_sql(f"CREATE TEMP TABLE holders AS {_holders(as_of, literal(grid), activation)}")
    connection.raw_sql(f"CREATE TEMP TABLE concerned AS {_concerned(rules)}")

    def frame(query: str) -> pd.DataFrame:
        return connection.con.execute(query).to_arrow_table().to_pandas()

    return Cards(
        frame(_people(as_of, rules)),
        frame(_counts("branch_id, grid_id", "holders")),
        frame(_counts("age", "holders")),
        frame(_AGENCIES),
    )


def _holders(as_of: date, grid: str, activation: bool) -> str:
    day = f"DATE '{as_of}'"
    active = "c.activated_on IS NOT NULL" if activation else "true"
    return f"""
    WITH cards AS (
      SELECT customer_id, min(issued_on) AS issued_on, min(activated_on) FILTER (activated_on <= {day}) AS activated_on
      FROM (SELECT customer_id, issued_on, activated_on FROM social_security_cards
            UNION ALL SELECT customer_id, social_security_card_on, NULL FROM people)
      WHERE issued_on <= {day} GROUP BY ALL
    ),
    uses AS (
      SELECT customer_id, string_agg(DISTINCT agency, ',' ORDER BY agency)
          FILTER (ended_on IS NULL OR ended_on > {day}) AS agencies,
        min(since) FILTER (agency = 'human_resources') AS pension_on
      FROM card_uses WHERE since <= {day} GROUP BY ALL
    )
    SELECT g.customer_id, g.branch_id, g.visitor_id, g.grid_id, p.birth_date, p.identity, c.issued_on,
      date_sub('year', p.birth_date, {day}) AS years, coalesce(u.agencies, '') AS agencies, u.pension_on,
      CASE WHEN years < 18 THEN 'minor' WHEN years < 35 THEN 'young' WHEN years < 50 THEN 'middle'
           WHEN years < 60 THEN 'mature' WHEN years >= 60 THEN 'senior' END AS age,
      CASE WHEN c.customer_id IS NULL THEN 'none' WHEN u.agencies IS NOT NULL THEN 'used'
           WHEN u.customer_id IS NOT NULL THEN 'used_before'
           WHEN NOT ({active}) THEN 'not_activated' ELSE 'unused' END AS card_status
    FROM {grid} AS g LEFT JOIN people AS p USING (customer_id) LEFT JOIN cards AS c USING (customer_id)
    LEFT JOIN uses AS u USING (customer_id)
    """


def _concerned(rules: CardRules) -> str:
    """A row a resident and agency that pays such people."""

    def condition(rule: Entitled) -> str:
        youngest, oldest = rule.ages
        # Who is of no known age is entitled to what has no ages only.
        ages = f"years BETWEEN {youngest} AND {oldest}" if rule.ages != [0, 150] else "true"
        identities = ", ".join(literal(name) for name in rule.identities)
        return f"{ages} AND identity IN ({identities})" if identities else ages

    return " UNION ALL ".join(
        f"SELECT customer_id, {literal(agency)} AS agency FROM holders WHERE {condition(rule)}"
        for agency, rule in rules.entitled.items()
    )


def _people(as_of: date, rules: CardRules) -> str:
    day = f"DATE '{as_of}'"
    oldest = f"{day} - {rules.event_days}"
    return f"""
    WITH events AS (
      SELECT customer_id, issued_on AS event_on,
        CASE WHEN issued_on < birth_date + INTERVAL 18 YEAR THEN 'first_card' ELSE 'card' END AS event FROM holders
      UNION ALL SELECT customer_id, (birth_date + INTERVAL 18 YEAR)::DATE, 'comes_of_age' FROM holders
      UNION ALL SELECT customer_id, (birth_date + INTERVAL {rules.pension_age} YEAR)::DATE, 'pension_age' FROM holders
      UNION ALL SELECT customer_id, pension_on, 'pension_card' FROM holders WHERE years >= {rules.pension_age}
    ),
    latest AS (
      SELECT customer_id, arg_max(event, (event_on, event)) AS life_event, max(event_on) AS event_on FROM events
      WHERE event_on > {oldest} AND event_on <= {day} GROUP BY ALL
    ),
    open AS (
      SELECT customer_id, string_agg(agency, ',' ORDER BY agency) AS entitled_by
      FROM concerned JOIN holders USING (customer_id)
      WHERE NOT list_contains(string_split(agencies, ','), agency) GROUP BY ALL
    )
    SELECT h.customer_id, h.branch_id, h.visitor_id, h.grid_id, h.age, h.card_status, h.agencies,
      coalesce(o.entitled_by, '') AS entitled_by, l.life_event, l.event_on
    FROM holders AS h LEFT JOIN open AS o USING (customer_id) LEFT JOIN latest AS l USING (customer_id)
    ORDER BY h.customer_id
    """


def _counts(by: str, rows: str) -> str:
    return f"""
    SELECT {by}, count(*) AS residents, count(*) FILTER (card_status <> 'none') AS card_holders,
      count(*) FILTER (card_status IN ('unused', 'used_before', 'used')) AS active_cards,
      count(*) FILTER (card_status = 'used') AS used_cards,
      card_holders / residents AS card_share, active_cards / nullif(card_holders, 0) AS active_share
    FROM {rows} GROUP BY ALL ORDER BY ALL
    """


_AGENCIES = """
SELECT agency, count(*) AS residents, count(*) FILTER (card_status <> 'none') AS card_holders,
  count(*) FILTER (card_status IN ('unused', 'used_before', 'used')) AS active_cards,
  count(*) FILTER (card_status = 'used' AND list_contains(string_split(agencies, ','), agency)) AS used_cards,
  card_holders / residents AS card_share, active_cards / nullif(card_holders, 0) AS active_share
FROM concerned JOIN holders USING (customer_id) GROUP BY ALL ORDER BY agency
"""
