"""Prospects: customers of ours in groups that have taken a product which they have not.

A group is a trade association, an association of people from here who live elsewhere (emigrant group), or those who
supply or buy from an association's members (supply chain). What leads to a customer is the share of the group that took
the product, never a single neighbour: a group is only looked at with enough members, a path only where enough people of
all its groups took the product, and the reason names the association alone. A count so small that it would point to
persons enters no figure: groups with such counts count together, so that no rate can be solved for one of them.
"""

import ibis
import pandas as pd
import pyarrow as pa
from scipy.stats import binom

from goldmine.core.dates import month_end
from goldmine.core.i18n import LocalizedText, _
from goldmine.customers.graph.edges import Edges
from goldmine.customers.graph.prospect_rules import PathKind, ProspectOffer, ProspectRules

REASONS: dict[PathKind, LocalizedText] = {
    "association": _("Member of {association}"),
    "emigrant_group": _("Member of {association}, an association of people from here who live elsewhere"),
    "supply_chain": _("Does business with the trade of {association}"),
}
"""Why somebody is a prospect; it names no person."""
CHANCE = 0.05
"""A group in which so few took the product that chance explains it less often leads to nobody."""
COLUMNS = ["customer_id", "branch_id", "manager_id", "offer", "path", "association_name", "expected_rate"]


def prospects(edges: Edges, rules: ProspectRules) -> pd.DataFrame:
    """Customers next to those who took a product, the most promising first; one row a customer.

    Returns
    -------
    pandas.DataFrame
        customer_id, branch_id, manager_id, offer (code), path (a key of `REASONS`), association_name, expected_rate
        (share of the group that took the product, drawn to that of all groups of its kind).
    """
    _store_groups(edges)
    parts = [_of_offer(edges, code, offer, rules) for code, offer in rules.offers.items()]
    rows = pd.concat(parts, ignore_index=True)
    people = edges.sources.customers(edges.as_of).select("customer_id", "branch_id", "manager_id")
    rows = rows.merge(edges.sources.connection.to_pyarrow(people).to_pandas(), on="customer_id")
    rows = rows.sort_values(["expected_rate", "customer_id", "offer"], ascending=[False, True, True])
    return rows.drop_duplicates("customer_id", ignore_index=True)[COLUMNS]


def groups_of(edges: Edges, rules: ProspectRules) -> pd.DataFrame:
    """The groups that prospects come from: offer, path, association_name, customers, taken, expected_rate.

    ``taken`` is empty where so few took the product that it would point to persons.
    """
    _store_groups(edges)
    parts = [
        _rated(edges, offer, rules)
        .groupby(["path", "association_name"], as_index=False)
        .agg(customers=("customer_id", "size"), taken=("taken", "sum"), expected_rate=("expected_rate", "first"))
        .assign(offer=code)
        for code, offer in rules.offers.items()
    ]
    rows = pd.concat(parts, ignore_index=True)
    rows["taken"] = rows["taken"].where(rows["taken"] >= rules.min_taken).astype("Int64")
    rows = rows.sort_values(["expected_rate", "association_name"], ascending=[False, True], ignore_index=True)
    return rows[["offer", "path", "association_name", "customers", "taken", "expected_rate"]]


def _of_offer(edges: Edges, code: str, offer: ProspectOffer, rules: ProspectRules) -> pd.DataFrame:
    """Members of the offer's groups who never took it, each by the path with the highest expected rate."""
    rows = _rated(edges, offer, rules)
    rows = rows[~rows["has_it"]].sort_values(
        ["expected_rate", "path", "association_name"], ascending=[False, True, True]
    )
    columns = ["customer_id", "path", "association_name", "expected_rate"]
    return rows.drop_duplicates("customer_id")[columns].assign(offer=code)


def _rated(edges: Edges, offer: ProspectOffer, rules: ProspectRules) -> pd.DataFrame:
    """Members of the offer's groups: who took it lately, who has it, the group's share drawn to its kind's."""
    connection = edges.connection
    connection.register("offer_paths", pa.table({"path": offer.paths}))
    events = edges.sources.bank.read(edges.sources.connection, "product_events")
    day = ibis.literal(edges.as_of)
    events = events.filter(
        events.event == offer.event, events.product_id.isin(offer.products), events.happened_on <= day
    )
    taken = edges.sources.under_survivors(events.select("customer_id", "happened_on"), edges.as_of)
    connection.execute(f"CREATE OR REPLACE TEMP TABLE takers AS {ibis.to_sql(taken, dialect='duckdb')}")
    since = month_end(edges.as_of, -rules.months)
    rows = connection.execute(_RATED, {"since": since, "members": rules.min_members}).df()
    rows[["taken", "has_it"]] = rows[["taken", "has_it"]].astype(bool)
    rows = rows[rows.groupby("path")["taken"].transform("sum") >= rules.min_taken]
    groups = rows.groupby(["path", "association_id"], as_index=False).agg(size=("taken", "size"), own=("taken", "sum"))
    groups["own"] = _counted(groups, rules.min_taken)
    totals = groups.groupby("path")[["own", "size"]].transform("sum")
    prior = totals["own"] / totals["size"]
    groups["expected_rate"] = (groups["own"] + rules.strength * prior) / (groups["size"] + rules.strength)
    groups = groups[binom.cdf(groups["own"], groups["size"], prior) >= CHANCE]
    return rows.merge(groups[["path", "association_id", "expected_rate"]], on=["path", "association_id"])


def _counted(groups: pd.DataFrame, least: int) -> pd.Series:
    """Takers of each group as they enter figures: a count below the least is spread over all such groups of a kind.

    Examples
    --------
    >>> groups = pd.DataFrame({"path": ["a"] * 3 + ["b"] * 2, "size": [10, 20, 10, 50, 60], "own": [2, 1, 5, 1, 0]})
    >>> _counted(groups, 3).tolist()
    [1.0, 2.0, 5.0, 0.0, 0.0]
    """
    few = groups["own"] < least
    together = groups[few].groupby("path")[["own", "size"]].transform("sum")
    shared = groups["size"] * together["own"] / together["size"]
    return groups["own"].where(~few, shared.where(together["own"] >= least, 0.0)).astype(float)


def _store_groups(edges: Edges) -> None:
    """The table ``prospect_groups``: customer_id, path, association_id, association_name."""
    rows = edges.sources.bank.read(edges.sources.connection, "associations")
    query = ibis.to_sql(rows.select("association_id", "name", "kind"), dialect="duckdb")
    edges.connection.execute(f"CREATE OR REPLACE TEMP TABLE named_associations AS {query}")
    edges.connection.execute(_PROSPECT_GROUPS)


_PROSPECT_GROUPS = """
CREATE OR REPLACE TEMP TABLE prospect_groups AS
WITH members AS (
  SELECT customer_id, association_id, name, coalesce(named_associations.kind, 'trade') AS kind
  FROM edges JOIN named_associations ON other_id = 'association:' || association_id WHERE edges.kind = 'association'
),
partners AS (
  SELECT customer_id AS member, other_id AS partner FROM edges WHERE kind = 'supply'
  UNION ALL SELECT other_id, customer_id FROM edges WHERE kind = 'supply'
)
SELECT customer_id, CASE kind WHEN 'emigrant' THEN 'emigrant_group' ELSE 'association' END AS path, association_id,
  coalesce(name, association_id) AS association_name
FROM members
UNION
SELECT p.partner, 'supply_chain', m.association_id, coalesce(m.name, m.association_id)
FROM partners AS p JOIN members AS m ON m.customer_id = p.member AND m.kind = 'trade'
ANTI JOIN members AS same ON same.customer_id = p.partner AND same.association_id = m.association_id
"""
_RATED = """
WITH who AS (SELECT customer_id, max(happened_on) AS last FROM takers GROUP BY customer_id),
large AS (SELECT path, association_id FROM prospect_groups GROUP BY ALL HAVING count(*) >= $members)
SELECT g.*, coalesce(w.last > $since, false) AS taken, w.last IS NOT NULL AS has_it
FROM prospect_groups AS g JOIN large USING (path, association_id) LEFT JOIN who AS w USING (customer_id)
WHERE g.path IN (FROM offer_paths) ORDER BY ALL
"""
