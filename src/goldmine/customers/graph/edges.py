"""Ties between customers at a cutoff: kind, weight and the day since when, from what was known by then.

A family, a supply and transfers tie two customers; an employer, a village and an association tie each member to the
group, so that a large group does not make a tie for each two of its members. What has very many partners or members
(a utility company, a payment platform, a town) says nothing about who belongs together and ties nobody. The ties hold
no trait of anybody: neither sex, age nor identity.
"""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
import ibis

from goldmine.core.dates import month_end
from goldmine.core.engine import write_parquet
from goldmine.core.sql import literal
from goldmine.core.workspace import Workspace
from goldmine.customers.graph.consent import linkable
from goldmine.customers.graph.rules import GraphRules, TieKind
from goldmine.customers.source_tables import SourceTables
from goldmine.identity.transfers import known_moves, transfers_between

FULL_MONTHS = 6
"""Months of transfers or invoices from which a tie has its full weight."""
AGENCY_EMPLOYERS, MAJORITY = 3, 0.6
"""A payer whose people have so many employers on record is an agency's, unless one has this share of them."""


@dataclass(frozen=True)
class Edges:
    """The ties of a day, as a table ``edges`` of a connection.

    Parameters
    ----------
    sources : SourceTables
        The bank's tables and the connection.
    as_of : date
        The cutoff.
    """

    sources: SourceTables
    as_of: date

    @property
    def connection(self) -> duckdb.DuckDBPyConnection:
        """DuckDB's own connection."""
        return self.sources.connection.con

    def counts(self) -> dict[str, int]:
        """Ties by kind."""
        rows = self.connection.execute("SELECT kind, count(*) FROM edges GROUP BY kind ORDER BY kind").fetchall()
        return {str(kind): int(ties) for kind, ties in rows}


def edges_path(work: Workspace, as_of: date) -> Path:
    """Where the ties of a day are stored."""
    return work.root / "graph" / f"edges_{as_of}.parquet"


def build_edges(sources: SourceTables, as_of: date, rules: GraphRules) -> Edges:
    """Make the table ``edges`` of the ties known at a day, among those whose ties may be used.

    Columns: kind; customer_id; other_id (a customer, or a group such as ``village:G1``); weight; since (missing where
    the books do not say).

    Raises
    ------
    HistoryError
        If the bank does not say whose ties may be used.
    """
    connection = sources.connection.con
    _store(sources, "linkable", linkable(sources, as_of))
    connection.execute("CREATE OR REPLACE TEMP TABLE pairs (kind VARCHAR, one VARCHAR, other VARCHAR, "
                       "part DOUBLE, since DATE)")  # fmt: skip
    connection.execute("CREATE OR REPLACE TEMP TABLE members (kind VARCHAR, customer_id VARCHAR, group_id VARCHAR, "
                       "since DATE)")  # fmt: skip
    _relations(sources, as_of)
    _invoices(sources, as_of, rules)
    _transfers(sources, as_of, rules)
    _villages_and_associations(sources, as_of)
    _employers(sources, as_of, rules)
    connection.execute(_WEIGHTS.format(rows=", ".join(f"({literal(k)}, {w})" for k, w in rules.weights.items())))
    connection.execute(_PAIRS, {"partners": rules.max_partners})
    connection.execute(_GROUPS, {"members": rules.max_group})
    return Edges(sources, as_of)


def write_edges(edges: Edges, work: Workspace) -> Path:
    """Store the ties of a day as one sealed file."""
    path = edges_path(work, edges.as_of)
    write_parquet(edges.sources.connection, "SELECT * FROM edges", path, order=("kind", "customer_id", "other_id"))
    return path


_WEIGHTS = "CREATE OR REPLACE TEMP TABLE weights AS SELECT * FROM (VALUES {rows}) AS w(kind, weight) WHERE weight > 0"
_PAIRS = """
CREATE OR REPLACE TEMP TABLE edges AS
WITH once AS (
  SELECT kind, least(one, other) AS customer_id, greatest(one, other) AS other_id,
    least(1, sum(part)) AS part, min(since) AS since
  FROM pairs
  SEMI JOIN linkable AS l ON l.customer_id = one
  WHERE one <> other AND other IN (FROM linkable) AND kind IN (SELECT kind FROM weights)
  GROUP BY ALL
),
hubs AS (
  SELECT customer_id FROM (SELECT customer_id, other_id AS partner FROM once WHERE kind <> 'family'
    UNION SELECT other_id, customer_id FROM once WHERE kind <> 'family')
  GROUP BY customer_id HAVING count(*) > $partners
)
SELECT kind, customer_id, other_id, weight * part AS weight, since FROM once JOIN weights USING (kind)
WHERE kind = 'family' OR (customer_id NOT IN (FROM hubs) AND other_id NOT IN (FROM hubs))
"""
_GROUPS = """
INSERT INTO edges
WITH once AS (
  SELECT kind, customer_id, group_id, min(since) AS since FROM members
  SEMI JOIN linkable USING (customer_id) WHERE kind IN (SELECT kind FROM weights) GROUP BY ALL
),
fitting AS (SELECT group_id FROM once GROUP BY group_id HAVING count(*) BETWEEN 2 AND $members)
SELECT kind, customer_id, group_id, weight, since FROM once JOIN fitting USING (group_id) JOIN weights USING (kind)
"""


def _store(sources: SourceTables, name: str, rows: ibis.Table) -> None:
    query = ibis.to_sql(rows, dialect="duckdb", pretty=False)
    sources.connection.con.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS {query}")


def _add_pairs(sources: SourceTables, kind: TieKind, rows: ibis.Table, as_of: date) -> None:
    """Add pairs under surviving numbers: one, other, part (of the full weight), since."""
    for column in ("one", "other"):
        rows = sources.under_survivors(rows.rename(customer_id=column), as_of).rename({column: "customer_id"})
    _store(sources, "new_rows", rows.select("one", "other", "part", "since"))
    sources.connection.con.execute(f"INSERT INTO pairs SELECT {literal(kind)}, one, other, part, since FROM new_rows")


def _add_members(sources: SourceTables, kind: TieKind, rows: ibis.Table, as_of: date) -> None:
    """Add members of groups under surviving numbers: customer_id, group_id, since."""
    _store(sources, "new_rows", sources.under_survivors(rows, as_of))
    sources.connection.con.execute(
        f"INSERT INTO members SELECT {literal(kind)}, customer_id, {literal(kind + ':')} || group_id, since "
        "FROM new_rows WHERE group_id IS NOT NULL"
    )


def _relations(sources: SourceTables, as_of: date) -> None:
    rows = sources.bank.read(sources.connection, "relations")
    day = ibis.literal(as_of)
    rows = rows.filter(rows.since.isnull() | (rows.since <= day), rows.ended_on.isnull() | (rows.ended_on > day))
    kinds: tuple[tuple[TieKind, list[str]], ...] = (("family", ["family"]), ("supply", ["supplier", "buyer"]))
    for kind, relations in kinds:
        pairs = rows.filter(rows.relation.isin(relations))
        pairs = pairs.select(one="customer_id", other="related_id", part=ibis.literal(1.0), since="since")
        _add_pairs(sources, kind, pairs, as_of)


def _invoices(sources: SourceTables, as_of: date, rules: GraphRules) -> None:
    rows = sources.bank.read(sources.connection, "turnover")
    rows = rows.filter(
        rows.counterparty_customer_id.notnull(),
        rows.month_end <= ibis.literal(as_of),
        rows.month_end > ibis.literal(month_end(as_of, -rules.months)),
    )
    sides = ("customer_id", "counterparty_customer_id")
    rows = sources.under_survivors(rows.select(*sides, "month_end"), as_of, sides)
    # The buyer may hold the seller's invoice too.
    rows = rows.select("month_end", one=ibis.least(*(rows[side] for side in sides)),
                       other=ibis.greatest(*(rows[side] for side in sides)))  # fmt: skip
    pairs = rows.group_by("one", "other").agg(part=rows.month_end.nunique() / FULL_MONTHS, since=rows.month_end.min())
    _add_pairs(sources, "supply", pairs, as_of)


def _transfers(sources: SourceTables, as_of: date, rules: GraphRules) -> None:
    """Transfers between two customers in enough months."""
    pairs = transfers_between(sources.connection, sources.bank, as_of, rules.months)
    pairs = pairs.filter(pairs.months >= rules.min_months)
    _add_pairs(sources, "transfer", pairs.mutate(part=pairs.months / FULL_MONTHS), as_of)


def _villages_and_associations(sources: SourceTables, as_of: date) -> None:
    day = ibis.literal(as_of)
    people = sources.bank.read(sources.connection, "customers")
    villages = people.select("customer_id", group_id="grid_id", since=ibis.null("date"))
    _add_members(sources, "village", villages, as_of)
    rows = sources.bank.read(sources.connection, "association_members")
    rows = rows.filter(rows.joined_on.isnull() | (rows.joined_on <= day), rows.left_on.isnull() | (rows.left_on > day))
    _add_members(
        sources, "association", rows.select("customer_id", group_id="association_id", since="joined_on"), as_of
    )


def _employers(sources: SourceTables, as_of: date, rules: GraphRules) -> None:
    """The employer on record, or that of most whom the same payer pays; an agency ties nobody."""
    people = sources.bank.read(sources.connection, "customers")
    people = people.filter(people.employer_id.notnull())
    on_record = people.select("customer_id", group_id="employer_id", since=ibis.null("date"))
    _add_members(sources, "employer", on_record, as_of)
    moves = known_moves(sources.connection, sources.bank, as_of, rules.months)
    payer = ibis.coalesce(moves.counterparty, moves.counterparty_name)
    wages = moves.filter(moves.kind == "salary", moves.direction == "in", payer.notnull())
    wages = wages.select("customer_id", payer=ibis.coalesce(wages.counterparty, wages.counterparty_name),
                         month=wages.time.strftime("%Y-%m"), day=wages.time.date())  # fmt: skip
    paid = sources.under_survivors(wages, as_of)
    paid = paid.group_by("customer_id", "payer").agg(months=paid.month.nunique(), since=paid.day.min())
    _store(sources, "paid", paid.filter(paid.months >= rules.min_months))
    sources.connection.con.execute(_PAID, {"employers": AGENCY_EMPLOYERS, "majority": MAJORITY})


_PAID = """
INSERT INTO members
WITH on_record AS (SELECT customer_id, max(group_id) AS employer FROM members WHERE kind = 'employer' GROUP BY ALL),
shares AS (
  SELECT payer, employer, count(*) AS people, count(*) / sum(count(*)) OVER (PARTITION BY payer) AS share
  FROM paid JOIN on_record USING (customer_id) GROUP BY payer, employer
),
payers AS (
  SELECT payer, max(employer) FILTER (share >= $majority) AS employer, count(employer) AS employers
  FROM (SELECT DISTINCT payer FROM paid) LEFT JOIN shares USING (payer) GROUP BY payer
)
SELECT 'employer', customer_id, coalesce(employer, 'employer:payer ' || payer), since
FROM paid JOIN payers USING (payer) ANTI JOIN on_record USING (customer_id)
WHERE employer IS NOT NULL OR employers < $employers
"""
