"""How well households are found on sample banks, with and without transfers and family relations.

    python bench/households.py --customers 6000 --seeds 1 2 3

Pairs of customers in one household are compared with those of the truth.
"""

import argparse
import tempfile
import time
from dataclasses import replace
from datetime import date
from pathlib import Path

import duckdb
import pyarrow as pa

from goldmine.contract.intake import open_bank
from goldmine.core.engine import connect
from goldmine.core.sql import literal
from goldmine.core.workspace import Workspace
from goldmine.identity.households import households
from goldmine.sample import write_bank

END = date(2024, 6, 30)
WITHOUT = {
    "all tables": (),
    "no transfers": ("transactions",),
    "no relations": ("relations",),
    "neither": ("relations", "transactions"),
}


def main() -> None:
    """Make the banks and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, default=6_000)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--folder", type=Path, help="Folder of the banks; a temporary one by default.")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        for seed in given.seeds:
            of_bank((given.folder or Path(scratch)) / f"{given.customers}-{seed}", given.customers, seed)


def of_bank(folder: Path, customers: int, seed: int) -> None:
    """The figures of one bank."""
    if not (folder / "bank" / "bank.yaml").exists():
        write_bank(folder / "bank", customers=customers, seed=seed, end=END)
    bank = open_bank(folder / "bank", Workspace(folder / "work"))
    truth = folder / "bank" / "truth" / "persons.parquet"
    for title, left_out in WITHOUT.items():
        started = time.process_time()
        tables = {name: table for name, table in bank.tables.items() if name not in left_out}
        found = households(connect(), replace(bank, tables=tables), END)
        seconds = time.process_time() - started
        print(f"{customers:,}, {seed}: {title:<13}{figures(found.rows, truth)}, {seconds:.1f} CPU s", flush=True)


def figures(rows: pa.Table, truth: Path) -> str:
    """Pairs found, and how many of them and of the true ones agree."""
    with duckdb.connect() as connection:
        connection.register("found", rows)
        connection.execute(
            "CREATE TABLE people AS SELECT f.household_id AS found, t.household_id AS lives FROM found AS f "
            f"JOIN read_parquet({literal(truth)}) AS t USING (customer_id)"
        )
        pairs = "SELECT coalesce(sum(n * (n - 1) // 2), 0) FROM (SELECT count(*) AS n FROM people {})"
        found, true, both = (
            int(connection.execute(pairs.format(grouped)).fetchall()[0][0])
            for grouped in (
                "GROUP BY found",
                "WHERE lives IS NOT NULL GROUP BY lives",
                "WHERE lives IS NOT NULL GROUP BY found, lives",
            )
        )
    return f"{found:>8,} pairs, precision {both / max(found, 1):.4f}, recall {both / max(true, 1):.4f}"


if __name__ == "__main__":
    main()
