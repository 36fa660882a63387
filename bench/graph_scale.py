"""Ties, communities and prospects of a made-up bank at size: CPU seconds and peak memory of each.

    python bench/graph_scale.py --customers 200000
    python bench/graph_scale.py --customers 2000000

Families of three live in villages of 1,300; half of the people have an employer, one in a hundred belongs to one of
forty associations, a fifth have transfers with acquaintances of their village, and everybody pays one utility company,
which is a customer. DuckDB makes it in seconds.
"""

import argparse
import resource
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import duckdb

from goldmine.contract.intake import open_bank
from goldmine.core.engine import connect
from goldmine.core.sql import literal
from goldmine.core.workspace import Workspace
from goldmine.customers.graph.community_table import build_communities
from goldmine.customers.graph.edges import build_edges, write_edges
from goldmine.customers.graph.outside import outside_payees
from goldmine.customers.graph.prospect_rules import load_prospect_rules
from goldmine.customers.graph.prospects import prospects
from goldmine.customers.graph.rules import load_graph_rules
from goldmine.customers.source_tables import SourceTables

AS_OF = date(2024, 6, 30)


def main() -> None:
    """Make the bank, work out everything, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, default=200_000)
    customers = parser.parse_args().customers
    with tempfile.TemporaryDirectory() as folder:
        source, work = Path(folder) / "bank", Workspace(Path(folder) / "work")
        write(source, customers)
        sources = SourceTables(connect(), open_bank(source, work), work)
        rules, graph_rules = load_prospect_rules(), load_graph_rules()
        with measured("ties"):
            edges = build_edges(sources, AS_OF, graph_rules)
            write_edges(edges, work)
        print(edges.counts())
        with measured("communities"):
            found = build_communities(edges, work)
        print(f"{len(found.table):,} communities of two customers or more, resolution {found.found.resolution:,.0f}")
        with measured("prospects"):
            print(f"{len(prospects(edges, rules)):,} prospects")
        with measured("payees outside"):
            print(f"{len(outside_payees(edges, rules, graph_rules.max_partners).firms):,} firms outside")


@contextmanager
def measured(what: str) -> Iterator[None]:
    """Print CPU seconds, seconds and peak memory of a block."""
    cpu, wall = time.process_time(), time.perf_counter()
    yield
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"{what}: {cpu:.0f} CPU seconds, {wall:.0f} seconds, peak {peak:,} MiB", flush=True)


def write(source: Path, customers: int) -> None:
    """Write the bank's tables."""
    source.mkdir(parents=True)
    with duckdb.connect() as connection:
        connection.execute("SET threads = 1")
        connection.execute("SELECT setseed(0.5)")
        for name, query in _TABLES.items():
            path = source / f"{name}.parquet"
            if name == "transactions":
                (source / name).mkdir()
                path = source / name / "2024-06.parquet"
                earlier = query.replace("2024-06-", "2024-05-").replace("'T'", "'S'")
                connection.execute(_copy(earlier, customers, source / name / "2024-05.parquet"))
            connection.execute(_copy(query, customers, path))
    (source / "bank.yaml").write_text(f"name: made\ndata_until: {AS_OF}\n", "utf-8")


def _copy(query: str, customers: int, path: Path) -> str:
    return f"COPY ({query.format(people=customers)}) TO {literal(path)} (FORMAT parquet)"


_ID = "'C' || lpad({}::VARCHAR, 8, '0')"
_TABLES = {
    "customers": f"SELECT {_ID.format('n')} AS customer_id, DATE '2015-01-01' AS opened_on, "
    "n % 50 <> 0 AS link_consent, "
    "'B' || n // 3 % 60 AS branch_id, 'M' || n // 3 % 240 AS manager_id, 'G' || n // 1300 AS grid_id, "
    "CASE WHEN n % 2 = 0 THEN 'E' || (n * 7919 % 1000003) % ({people} // 60) END AS employer_id "
    "FROM range({people}) AS t(n)",
    "relations": f"SELECT {_ID.format('n - n % 3')} AS customer_id, {_ID.format('n')} AS related_id, "
    "'family' AS relation, DATE '2016-01-01' AS since FROM range({people}) AS t(n) WHERE n % 3 > 0",
    "associations": "SELECT 'A' || n AS association_id, 'Association ' || n AS name, "
    "CASE WHEN n % 2 = 0 THEN 'trade' ELSE 'emigrant' END AS kind FROM range(40) AS t(n)",
    "association_members": f"SELECT 'A' || n // 100 % 40 AS association_id, {_ID.format('n')} AS customer_id, "
    "DATE '2020-01-01' AS joined_on FROM range({people}) AS t(n) WHERE n % 100 = 7",
    "product_events": f"SELECT 'V' || n AS event_id, {_ID.format('n')} AS customer_id, "
    "DATE '2024-01-15' AS happened_on, "
    "'loan_drawn' AS event, CASE WHEN n // 100 % 2 = 0 THEN 'L-NUTS' ELSE 'L-EMIGRANT' END AS product_id "
    "FROM range({people}) AS t(n) WHERE n % 1100 = 7",
    "transactions": f"""
SELECT 'T' || row_number() OVER () AS transaction_id, {_ID.format("n")} AS customer_id,
  TIMESTAMP '2024-06-10 09:00' AS time, 100.00::DECIMAL(18, 2) AS amount, 'out' AS direction, kind, counterparty,
  counterparty_name, counterparty_customer_id
FROM (
  SELECT n, 'transfer' AS kind, 'P' || m AS counterparty, 'somebody' AS counterparty_name,
    {_ID.format("m")} AS counterparty_customer_id
  FROM (SELECT n, least(n - n % 1300 + (n * 31 + k * 97) % 1300, {{people}} - 1) AS m
        FROM range({{people}}) AS t(n), range(3) AS r(k) WHERE n % 5 = 0)
  UNION ALL SELECT n, 'transfer', 'U1', 'Power Co.', {_ID.format("1")} FROM range({{people}}) AS t(n)
  UNION ALL SELECT n, 'purchase', 'M' || n % ({{people}} // 60), 'Shop ' || n % ({{people}} // 60), NULL
  FROM range({{people}}) AS t(n)
)
""",
}


if __name__ == "__main__":
    main()
