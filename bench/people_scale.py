"""Households, employers, ties, communities and prospects of a made-up bank at size: CPU seconds and peak memory.

    python bench/people_scale.py --customers 200000
    python bench/people_scale.py --customers 2000000 --parts employers

Families of three live in villages of 1,300; half of the people have an employer on record and a sixth are paid by it
here, one in a hundred belongs to one of forty associations, a fifth have transfers with acquaintances of their village,
and everybody pays one utility company, which is a customer. DuckDB makes it in a minute.
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
from goldmine.customers.employer_rules import load_employer_rules
from goldmine.customers.employer_staff import employer_staff
from goldmine.customers.graph.community_table import build_communities
from goldmine.customers.graph.edges import build_edges, write_edges
from goldmine.customers.graph.outside import outside_payees
from goldmine.customers.graph.prospect_rules import load_prospect_rules
from goldmine.customers.graph.prospects import prospects
from goldmine.customers.graph.rules import load_graph_rules
from goldmine.customers.payroll import find_payrolls
from goldmine.customers.source_tables import SourceTables
from goldmine.identity.household_table import build_households

AS_OF = date(2024, 6, 30)


def main() -> None:
    """Make the bank, work out what was asked for, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, default=200_000)
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS))
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        source, work = Path(folder) / "bank", Workspace(Path(folder) / "work")
        write(source, given.customers)
        sources = SourceTables(connect(), open_bank(source, work), work)
        for name in given.parts:
            PARTS[name](sources)


def of_households(sources: SourceTables) -> None:
    """Time the households."""
    with measured("households"):
        homes = build_households(sources.bank, sources.work, AS_OF)
    print(f"{homes.households:,} households, {homes.several:,} of several members")


def of_ties(sources: SourceTables) -> None:
    """Time ties, communities, prospects, and payees outside."""
    rules, graph_rules = load_prospect_rules(), load_graph_rules()
    with measured("ties"):
        edges = build_edges(sources, AS_OF, graph_rules)
        write_edges(edges, sources.work)
    print(edges.counts())
    with measured("communities"):
        found = build_communities(edges, sources.work)
    print(f"{len(found.table):,} communities of two customers or more, resolution {found.found.resolution:,.0f}")
    with measured("prospects"):
        print(f"{len(prospects(edges, rules)):,} prospects")
    with measured("payees outside"):
        print(f"{len(outside_payees(edges, rules, graph_rules.max_partners).firms):,} firms outside")


def of_employers(sources: SourceTables) -> None:
    """Time the payrolls, and what the people on them lack."""
    rules = load_employer_rules()
    with measured("employers"):
        payrolls = find_payrolls(sources, AS_OF, rules)
    paid = payrolls.payments[payrolls.payments["month"] == f"{AS_OF:%Y-%m}"]
    print(f"{paid['employer_id'].nunique():,} employers, {paid['customer_id'].nunique():,} people paid")
    with measured("their people"):
        staff = employer_staff(sources, payrolls, AS_OF, rules)
    print(f"{len(staff.needs):,} rows of people")


PARTS = {"households": of_households, "ties": of_ties, "employers": of_employers}


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
        for name, query in _TABLES.items():
            path = source / f"{name}.parquet"
            if name == "balances":
                (source / name).mkdir()
                path = source / name / f"{AS_OF:%Y-%m}.parquet"
            connection.execute(_copy(query.format(people=customers), path))
        (source / "transactions").mkdir()
        for month in _WAGE_MONTHS:
            rows = _WAGES.format(people=customers, month=month)
            if month in _PAYMENT_MONTHS:
                rows += f"UNION ALL {_PAYMENTS.format(people=customers, month=month)}"
            connection.execute(_copy(rows, source / "transactions" / f"{month}.parquet"))
    (source / "bank.yaml").write_text(f"name: made\ndata_until: {AS_OF}\n", "utf-8")


def _copy(query: str, path: Path) -> str:
    return f"COPY ({query}) TO {literal(path)} (FORMAT parquet)"


_ID = "'C' || lpad(({})::VARCHAR, 8, '0')"
_EMPLOYER = "(n * 7919 % 1000003) % ({people} // 140)"
_TABLES = {
    "customers": f"SELECT {_ID.format('n')} AS customer_id, DATE '2015-01-01' AS opened_on, "
    "substr('王李张刘陈杨赵黄周吴徐孙马', 1 + n // 3 % 13, 1) || chr((19968 + n * 31 % 4000)::INTEGER) AS name, "
    "DATE '1950-01-01' + (n * 37 % 20000)::INTEGER AS birth_date, 'phone ' || n // 2 AS phone_hash, "
    "n // 3 % 430 || '号' AS address, n % 50 <> 0 AS link_consent, "
    "'B' || n // 3 % 60 AS branch_id, 'M' || n // 3 % 240 AS manager_id, 'G' || n // 1300 AS grid_id, "
    f"CASE WHEN n % 2 = 0 THEN 'E' || {_EMPLOYER} END AS employer_id FROM range({{people}}) AS t(n)",
    "relations": f"SELECT {_ID.format('n - n % 3')} AS customer_id, {_ID.format('n')} AS related_id, "
    "'family' AS relation, DATE '2016-01-01' AS since FROM range({people}) AS t(n) WHERE n % 3 > 0",
    "balances": f"SELECT {_ID.format('n')} AS customer_id, DATE '{AS_OF}' AS month_end, 'demand' AS product_class, "
    "(n % 977 * 100)::DECIMAL(18, 2) AS balance FROM range({people}) AS t(n)",
    "employers": "SELECT 'E' || n AS employer_id, 'Works ' || n || ' Ltd' AS name FROM range({people} // 140) AS t(n)",
    "associations": "SELECT 'A' || n AS association_id, 'Association ' || n AS name, "
    "CASE WHEN n % 2 = 0 THEN 'trade' ELSE 'emigrant' END AS kind FROM range(40) AS t(n)",
    "association_members": f"SELECT 'A' || n // 100 % 40 AS association_id, {_ID.format('n')} AS customer_id, "
    "DATE '2020-01-01' AS joined_on FROM range({people}) AS t(n) WHERE n % 100 = 7",
    "product_events": f"SELECT 'V' || n AS event_id, {_ID.format('n')} AS customer_id, "
    "DATE '2024-01-15' AS happened_on, "
    "'loan_drawn' AS event, CASE WHEN n // 100 % 2 = 0 THEN 'L-NUTS' ELSE 'L-EMIGRANT' END AS product_id "
    "FROM range({people}) AS t(n) WHERE n % 1100 = 7",
}
_WAGES = f"""
SELECT 'W' || n || '-{{month}}' AS transaction_id, {_ID.format("n")} AS customer_id,
  TIMESTAMP '{{month}}-05 09:00' + to_days(({_EMPLOYER} % 20)::INTEGER) AS time,
  (4000 + n % 1000)::DECIMAL(18, 2) AS amount, 'in' AS direction, 'salary' AS kind, 'W' || {_EMPLOYER} AS counterparty,
  'Works ' || {_EMPLOYER} || ' Ltd' AS counterparty_name, NULL::VARCHAR AS counterparty_customer_id
FROM range({{people}}) AS t(n) WHERE n % 6 = 0
"""
_PAYMENTS = f"""
SELECT 'T' || row_number() OVER () || '-{{month}}' AS transaction_id, {_ID.format("n")} AS customer_id,
  TIMESTAMP '{{month}}-10 09:00' AS time, 100.00::DECIMAL(18, 2) AS amount, 'out' AS direction, kind, counterparty,
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
"""
_WAGE_MONTHS, _PAYMENT_MONTHS = (
    ("2024-01", "2024-02", "2024-03", "2024-04", "2024-05", "2024-06"),
    ("2024-05", "2024-06"),
)


if __name__ == "__main__":
    main()
