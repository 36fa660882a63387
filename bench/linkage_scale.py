"""Linkage of a made-up register at size: CPU seconds, peak memory, and how right it is.

    python bench/linkage_scale.py --customers 200000
    python bench/linkage_scale.py --customers 2000000

Names follow a few frequent surnames, families share telephone and address, three of a hundred people have an old number
with a changed telephone, a slip in the name, another document or none. DuckDB makes the register in seconds.
"""

import argparse
import resource
import tempfile
import time
from datetime import date
from pathlib import Path

import duckdb

from goldmine.contract.intake import open_bank
from goldmine.core.sql import literal
from goldmine.core.workspace import Workspace
from goldmine.identity.linkage.find import find_pairs, pairs_path

AS_OF = date(2024, 6, 30)
_SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕"
_FAMILY = 3
_OLD = 33
"""One person in so many has an old number."""


def main() -> None:
    """Make the register, link it, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, default=200_000)
    customers = parser.parse_args().customers
    with tempfile.TemporaryDirectory() as folder:
        source, work = Path(folder) / "bank", Workspace(Path(folder) / "work")
        _write(source, customers)
        bank = open_bank(source, work)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        cpu, wall = time.process_time(), time.perf_counter()
        found = find_pairs(bank, work, AS_OF)
        cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        print(f"{found.customers:,} customers, {sum(found.model.candidates.values()):,} candidates")
        print(f"{cpu:.0f} CPU seconds, {wall:.0f} seconds, peak {peak:,} MiB ({before:,} MiB before)")
        _evaluate(pairs_path(work, AS_OF))


def _write(source: Path, customers: int) -> None:
    source.mkdir(parents=True)
    people = customers * _OLD // (_OLD + 1)
    with duckdb.connect() as connection:
        connection.execute("SET threads = 1")
        connection.execute("SELECT setseed(0.5)")
        connection.execute(_PEOPLE.format(surnames=_SURNAMES, many=len(_SURNAMES), family=_FAMILY, people=people))
        connection.execute(_OLD_NUMBERS.format(old=_OLD))
        for name, rows in (("customers", _CUSTOMERS), ("transactions", _TRANSACTIONS)):
            connection.execute(f"COPY ({rows}) TO {literal(source / f'{name}.parquet')} (FORMAT parquet)")
    (source / "bank.yaml").write_text(f"name: made\ndata_until: {AS_OF}\n", "utf-8")


_PEOPLE = """
CREATE TABLE people AS SELECT n, substr('{surnames}', 1 + (random() * random() * {many})::INTEGER, 1)
  || chr(19968 + (random() * random() * 600)::INTEGER)
  || CASE WHEN random() < 0.75 THEN chr(19968 + (random() * 600)::INTEGER) ELSE '' END AS name,
  DATE '1935-01-01' + (random() * 27000)::INTEGER AS birth_date,
  CASE WHEN random() < 0.5 THEN 'F' ELSE 'M' END AS gender, 'id' || n AS id_number_hash,
  'phone' || CASE WHEN random() < 0.1 THEN n - n % {family} ELSE n END AS phone_hash,
  'G' || n // {family} % 1500 AS grid_id,
  n // {family} % 1500 || '村' || n // {family} % 12 || '组' || n // {family} || '号' AS address,
  'B' || n // {family} % 60 AS branch_id
FROM range({people}) AS t(n)
"""
_OLD_NUMBERS = """
CREATE TABLE old AS SELECT * REPLACE (
  CASE WHEN random() < 0.06 THEN substr(name, 1, 1) || chr(20500) || substr(name, 3) ELSE name END AS name,
  CASE WHEN random() < 0.18 THEN NULL WHEN random() < 0.2 THEN 'other' || n ELSE id_number_hash END AS id_number_hash,
  CASE WHEN random() < 0.65 THEN 'gone' || n ELSE phone_hash END AS phone_hash,
  CASE WHEN random() < 0.5 THEN 'elsewhere' || n ELSE address END AS address
) FROM people WHERE n % {old} = 0
"""
_CUSTOMERS = """
SELECT 'C' || lpad(n::VARCHAR, 8, '0') AS customer_id, * EXCLUDE (n), 'person' AS kind, DATE '2015-01-01' AS opened_on
FROM people
UNION ALL
SELECT 'D' || lpad(n::VARCHAR, 8, '0'), * EXCLUDE (n), 'person', DATE '1995-01-01' FROM old
"""
_TRANSACTIONS = """
SELECT 'T1' AS transaction_id, 'C00000000' AS customer_id, TIMESTAMP '2024-06-01 10:00' AS time,
  1.00::DECIMAL(18, 2) AS amount, 'in' AS direction
"""


def _evaluate(pairs: Path) -> None:
    with duckdb.connect() as connection:
        right = "substr(id_l, 2) = substr(id_r, 2)"
        stored, total, sure, sure_right = connection.execute(
            f"SELECT count(*), count(*) FILTER ({right}), count(*) FILTER (zone = 'sure'), "
            f"count(*) FILTER (zone = 'sure' AND {right}) FROM {literal(pairs)}"
        ).fetchall()[0]
    print(f"{stored:,} pairs, {total:,} of them one person; sure: {sure:,}, {sure_right:,} of them right")


if __name__ == "__main__":
    main()
