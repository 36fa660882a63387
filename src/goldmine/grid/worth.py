"""What a contact may earn: offers of the campaigns in force, and care for assets that nobody asked after."""

from goldmine.campaigns.load import live, load_campaigns
from goldmine.campaigns.stored_uplift import read_stored_uplift
from goldmine.core.dates import month_key
from goldmine.core.engine import read_parquet
from goldmine.core.sql import literal
from goldmine.core.workspace import Workspace
from goldmine.grid.residents import Residents
from goldmine.grid.rules import VisitRules
from goldmine.identity import merged_numbers, under_survivors


def store_worth(found: Residents, work: Workspace, rules: VisitRules) -> list[str]:
    """Make the tables ``offered`` (customer_id, offer_yuan, use_case, ranked_by) and ``reach`` of a snapshot.

    ``offered``: the best offer's value times what a contact adds to its probability, where past campaigns measured it
    (uplift), else times its probability. ``reach``: customer_id, call_reach, visit_reach, last_met_on, last_contact_on,
    moved: shares of contacts in which the customer was met, mixed with the bank's own.

    Returns
    -------
    list of str
        Use cases whose scores count; none where nothing was scored.
    """
    names = _store_offers(found, work)
    _store_reach(found, work, rules)
    return names


def _store_offers(found: Residents, work: Workspace) -> list[str]:
    values: dict[str, float] = {}
    for campaign in live(load_campaigns(found.as_of), found.as_of):
        best = max(offer.value for offer in campaign.offers)
        for name in campaign.use_cases:
            values[name] = max(values.get(name, 0.0), best)
    parts, used = [], []
    for name, value in sorted(values.items()):
        scores, uplift = work.scores(found.as_of, name), read_stored_uplift(work, found.as_of, name)
        if not scores.exists():
            continue
        used.append(name)
        path, column, source = (
            (uplift.path, "uplift", "uplift") if uplift.path else (scores, "probability", "propensity")
        )
        parts.append(
            f"SELECT customer_id, greatest({column}, 0) * {value} AS offer_yuan, {literal(name)} AS use_case, "
            f"{literal(source)} AS ranked_by FROM {literal(path)}"
        )
    rows = " UNION ALL ".join(parts) or (
        "SELECT NULL::VARCHAR AS customer_id, 0.0 AS offer_yuan, NULL::VARCHAR AS use_case, NULL::VARCHAR AS ranked_by "
        "WHERE false"
    )
    found.connection.raw_sql(
        "CREATE OR REPLACE TEMP TABLE offered AS SELECT DISTINCT ON (customer_id) * "
        f"FROM ({rows}) ORDER BY customer_id, offer_yuan DESC, use_case"
    )
    return used


def _store_reach(found: Residents, work: Workspace, rules: VisitRules) -> None:
    connection, bank, day = found.connection, found.bank, found.as_of
    merged = merged_numbers(connection, bank.read(connection, "customers"), day)
    came_back = {"contacts": work.returned, "visits": work.returned_visits("visits")}
    for name, column in (("contacts", "contacted_on"), ("visits", "visited_on")):
        rows = bank.read(connection, name)
        if came_back[name].exists():
            # What the last intake took in already is there twice until equal rows are one.
            rows = rows.union(read_parquet(connection, [came_back[name]]).select(*rows.columns))
        rows = under_survivors(rows.distinct(), merged)
        rows = rows.filter(rows[column] <= day)
        connection.raw_sql(f"CREATE OR REPLACE TEMP TABLE past_{name} AS {connection.compile(rows)}")
    # Who has no telephone cannot be called, where the bank knows telephones at all.
    without = "bool_and(phone IS NULL)" if bank.has("customers", "phone") else "false"
    people = under_survivors(bank.read(connection, "customers").select("customer_id", "phone"), merged)
    connection.raw_sql(
        f"CREATE OR REPLACE TEMP TABLE phones AS SELECT customer_id, {without} AS without "
        f"FROM ({connection.compile(people)}) GROUP BY ALL"
    )
    prior = rules.prior_contacts
    connection.raw_sql(
        f"""
        CREATE OR REPLACE TEMP TABLE reach AS
        WITH tries AS (
          SELECT customer_id, contacted_on AS day, channel = 'visit' AS by_visit,
            coalesce(answer <> 'not_reached', true) AS met, false AS moved
          FROM past_contacts WHERE channel IN ('call', 'visit')
          UNION ALL
          SELECT customer_id, visited_on, true, coalesce(result = 'met', false), coalesce(result = 'moved', false)
          FROM past_visits
        ),
        bank AS (
          SELECT coalesce(avg(met::INT) FILTER (NOT by_visit), 0.5) AS calls,
            coalesce(avg(met::INT) FILTER (by_visit), 0.5) AS visits FROM tries
        ),
        own AS (
          SELECT customer_id, count(*) FILTER (NOT by_visit) AS calls, count(*) FILTER (NOT by_visit AND met) AS called,
            count(*) FILTER (by_visit) AS visits, count(*) FILTER (by_visit AND met) AS visited,
            max(day) FILTER (by_visit AND met) AS last_met_on, max(day) FILTER (met) AS last_contact_on,
            -- A call, or a visit at which nobody was met, does not say that somebody lives there again.
            coalesce(arg_max(moved, (day, moved)) FILTER (moved OR by_visit AND met), false) AS moved
          FROM tries GROUP BY ALL
        )
        SELECT r.customer_id, CASE WHEN p.without THEN 0 ELSE
            (coalesce(own.called, 0) + {prior} * bank.calls) / (coalesce(own.calls, 0) + {prior}) END AS call_reach,
          (coalesce(own.visited, 0) + {prior} * bank.visits) / (coalesce(own.visits, 0) + {prior}) AS visit_reach,
          own.last_met_on, own.last_contact_on, coalesce(own.moved, false) AS moved
        FROM residents AS r CROSS JOIN bank LEFT JOIN own USING (customer_id) LEFT JOIN phones AS p USING (customer_id)
        """
    )


def store_assets(found: Residents) -> bool:
    """Make the table ``assets``: customer_id, aum in yuan at the month end; whether the bank has that month."""
    connection, bank, day = found.connection, found.bank, found.as_of
    there = month_key(day) in bank.months("balances")
    merged = merged_numbers(connection, bank.read(connection, "customers"), day)
    rows = bank.read(connection, "balances", [month_key(day)])
    rows = under_survivors(rows.select("customer_id", "product_class", "balance"), merged)
    connection.raw_sql(
        "CREATE OR REPLACE TEMP TABLE assets AS SELECT customer_id, sum(balance)::DOUBLE AS aum "
        f"FROM ({connection.compile(rows)}) WHERE product_class <> 'loan' GROUP BY ALL"
    )
    return there
