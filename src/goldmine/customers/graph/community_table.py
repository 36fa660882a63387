"""The communities of the customers at a day: numbers of the ties' table to a graph and back, and what ties each."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pandas as pd
import pyarrow as pa

from goldmine.core.engine import keep_rows, write_parquet
from goldmine.core.workspace import Workspace
from goldmine.customers.graph.communities import Communities, NumberedEdges, find_communities
from goldmine.customers.graph.edges import Edges

COMMUNITY_COLUMNS = ["community", "customers", "main_tie", "ties_inside"]


@dataclass(frozen=True)
class BuiltCommunities:
    """Communities of the customers.

    Parameters
    ----------
    found : Communities
        Of the graph, whose first nodes are the customers with ties in the order of their numbers.
    table : pandas.DataFrame
        A row a community of two customers or more, the largest first: community (from 1), customers, main_tie (the kind
        of most ties inside), ties_inside (share of the weight of its customers' ties that stays inside).
    path : Path
        Where each customer's community is stored.
    """

    found: Communities
    table: pd.DataFrame
    path: Path


def communities_path(work: Workspace, as_of: date) -> Path:
    """Where the communities of a day are stored."""
    return work.root / "graph" / f"communities_{as_of}.parquet"


def build_communities(edges: Edges, work: Workspace) -> BuiltCommunities:
    """Find the communities of the customers and groups, and store each customer's number of it.

    Columns: customer_id, community; customers without ties are not in it.
    """
    connection = edges.connection
    connection.execute(_NODES)
    ends = connection.execute(_ENDS).fetchnumpy()
    ((nodes,),) = connection.execute("SELECT count(*) FROM nodes").fetchall()
    found = find_communities(NumberedEdges(nodes, ends["one"], ends["other"], ends["weight"]))
    keep_rows(edges.sources.connection, "node_communities", pa.table({"place": range(nodes), "found": found.community}))
    connection.execute(_NUMBERED)
    path = communities_path(work, edges.as_of)
    write_parquet(
        edges.sources.connection,
        "SELECT customer_id, community FROM numbered WHERE NOT is_group",
        path,
        order=("community", "customer_id"),
    )
    return BuiltCommunities(found, connection.execute(_TABLE).df(), path)


_NODES = """
CREATE OR REPLACE TEMP TABLE nodes AS
SELECT customer_id, is_group, row_number() OVER (ORDER BY is_group, customer_id) - 1 AS place FROM (
  SELECT customer_id, false AS is_group FROM edges
  UNION SELECT other_id, kind IN ('association', 'employer', 'village') FROM edges
)
"""
_ENDS = """
SELECT l.place AS one, r.place AS other, e.weight
FROM edges AS e JOIN nodes AS l ON l.customer_id = e.customer_id AND NOT l.is_group
JOIN nodes AS r ON r.customer_id = e.other_id AND r.is_group = (e.kind IN ('association', 'employer', 'village'))
ORDER BY one, other, e.kind
"""
_NUMBERED = """
CREATE OR REPLACE TEMP TABLE numbered AS
WITH sizes AS (
  SELECT found, count(*) FILTER (NOT is_group) AS customers, min(place) AS first
  FROM nodes JOIN node_communities USING (place) GROUP BY found HAVING customers > 0
),
ranked AS (SELECT *, row_number() OVER (ORDER BY customers DESC, first) AS community FROM sizes)
SELECT customer_id, is_group, customers, community
FROM nodes JOIN node_communities USING (place) JOIN ranked USING (found)
"""
_TABLE = """
WITH ends AS (
  SELECT e.kind, e.weight, l.community AS one, r.community AS other
  FROM edges AS e JOIN numbered AS l ON l.customer_id = e.customer_id AND NOT l.is_group
  JOIN numbered AS r ON r.customer_id = e.other_id AND r.is_group = (e.kind IN ('association', 'employer', 'village'))
),
ties AS (
  SELECT kind, weight, one AS community, one = other AS inside FROM ends
  UNION ALL SELECT kind, weight, other, false FROM ends WHERE one <> other
),
kinds AS (SELECT community, kind, count(*) AS number FROM ties WHERE inside GROUP BY ALL),
main AS (SELECT community, arg_max(kind, (number, kind)) AS main_tie FROM kinds GROUP BY community),
shares AS (
  -- Sums of fractions depend on the order of the rows in their last digits.
  SELECT community, round(coalesce(sum(weight) FILTER (inside), 0) / sum(weight), 6) AS ties_inside
  FROM ties GROUP BY community
),
sizes AS (SELECT DISTINCT community, customers FROM numbered WHERE customers > 1)
SELECT community, customers, main_tie, ties_inside
FROM sizes JOIN main USING (community) JOIN shares USING (community) ORDER BY community
"""
