"""Loading time of a large release into the portal: a release's rows, repeated under new numbers.

    python -m bench.portal_load --work data --into ../large                          # SQLite
    python -m bench.portal_load --work data --into ../large --postgresql ../postgres

makes the large release (2,000,000 customers, 600,000 rows of lists) below ``--into`` once, loads it into a new
database, SQLite's or that of a server of its own, and prints time, memory and size. The database stays for
`bench.portal_users`. A bank of that size has more branches and more staff, too: each repetition has customer managers
of its own, and `_BRANCHES` of them share a branch network.
"""

import argparse
import os
import resource
import subprocess
import sys
import time
from contextlib import nullcontext
from datetime import date
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

from bench.portal_postgresql import server
from goldmine.contract.bank import Bank, CanonicalTable, TableFile
from goldmine.contract.manifest import Hashes, load_bank, write_manifest
from goldmine.core import fingerprint
from goldmine.core.workspace import Workspace
from goldmine.publishing import read_latest
from goldmine.publishing.manifest import Latest

_SETS = 2
"""A list cannot name a customer twice, so that rows beyond one a customer stand in lists of their own."""
_BRANCHES = 20
"""Repetitions of the bank's branches; those of its customers share them evenly."""
_STAFF = {"branch_id": f"copy % {_BRANCHES}", "manager_id": "copy"}
"""Numbers that a repetition gets of its own, and their endings; who has none stays without."""


def main() -> None:
    """Make the release if it is not there, and load it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, default=Path("data"), help="a work folder with a release")
    parser.add_argument("--into", type=Path, required=True, help="folder of the large one")
    parser.add_argument("--customers", type=int, default=2_000_000)
    parser.add_argument("--rows", type=int, default=600_000)
    parser.add_argument("--postgresql", type=Path, help="folder of a PostgreSQL server of its own; SQLite without it")
    given = parser.parse_args()
    large = Workspace(given.into.absolute())
    if not (large.releases / "latest.json").exists():
        make(Workspace(given.work.absolute()), large, given.customers, given.rows)
    with server(given.postgresql.absolute(), fresh=True) if given.postgresql else nullcontext():
        load(large, keep_sqlite=bool(given.postgresql))


def load(large: Workspace, *, keep_sqlite: bool) -> None:
    """Load the large release into an empty database, and print what it took."""
    if not keep_sqlite:
        for path in (large.root / "portal").glob("portal.sqlite3*"):
            path.unlink()
    start, before = time.perf_counter(), os.getloadavg()[0]
    command = [sys.executable, "-c", "from goldmine.cli import main; main()"]
    subprocess.run([*command, "portal", "load", "--work", str(large.root)], check=True)
    seconds, used = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    busy, memory = used.ru_utime + used.ru_stime, used.ru_maxrss / 1e6
    print(f"loaded in {seconds:.0f} s, {busy:.0f} s of them on a processor, {memory:.1f} GB of memory", end="; ")
    print(f"load average {before:.1f} before, {os.getloadavg()[0]:.1f} after")
    for name, size in sizes(large):
        print(f"{name}: {size / 1e9:.2f} GB")


def make(small: Workspace, large: Workspace, customers: int, rows: int) -> None:
    """Write the large release, with the bank's customers and the activity that its rows are made from."""
    release = read_latest(small)
    manifest = release.manifest
    assert manifest.customers
    copies = -(-customers // manifest.customers.rows)
    lists = [*release.folder.glob("lists/*.parquet"), *release.folder.glob("campaigns/*/offers.parquet")]
    times = -(-rows // sum(pq.read_metadata(path).num_rows for path in lists))
    large.root.mkdir(parents=True)
    folder = large.releases / str(manifest.as_of) / "large"
    made = [repeat(release.folder / manifest.customers.path, folder / manifest.customers.path, copies)]
    for path in lists:
        for part in range(_SETS):
            count = min(copies, times - part * copies)
            if count > 0:
                place = path.relative_to(release.folder)
                renamed = place.parts[-2] if path.name == "offers.parquet" else place.stem
                target = str(place).replace(renamed, f"{renamed}_{part}")
                made.append(repeat(path, folder / target, count, f"_{part}"))
    large_files = {path.relative_to(folder).as_posix(): path for path in made}
    of_customers = manifest.customers.path
    replaced = {
        "release_id": "large",
        "files": (),
        "campaign_files": tuple(
            {"path": name, "sha256": fingerprint.of_file(path), "rows": pq.read_metadata(path).num_rows}
            for name, path in large_files.items()
            if name != of_customers
        ),
        "customers": {
            "path": of_customers,
            "sha256": fingerprint.of_file(large_files[of_customers]),
            "rows": pq.read_metadata(large_files[of_customers]).num_rows,
        },
        "replaces": None,
    }
    text = type(manifest).model_validate(manifest.model_dump() | replaced).model_dump_json(indent=2)
    (folder / "manifest.json").write_text(text, "utf-8")
    copy_bank(small, large, copies, manifest.as_of)
    latest = Latest(
        as_of=manifest.as_of,
        release_id="large",
        path=f"{manifest.as_of}/large",
        manifest_sha256=fingerprint.of_file(folder / "manifest.json"),
    )
    (large.releases / "latest.json").write_text(latest.model_dump_json(), "utf-8")


def copy_bank(small: Workspace, large: Workspace, copies: int, as_of: date) -> None:
    """Repeat the bank's customers, and the activity of its balances."""
    bank = load_bank(small)
    people = bank.tables["customers"]
    path = repeat(people.files[0].path, large.root / "customers.parquet", copies)
    file = TableFile(path, fingerprint.of_file(path), people.rows * copies)
    tables = {"customers": CanonicalTable("customers", (file,), people.columns), "balances": bank.tables["balances"]}
    large.claim(bank.name)
    write_manifest(large, Bank(bank.name, bank.data_until, tables), {}, Hashes({}))
    for month in sorted((small.activity / "balances").glob("*.parquet"))[-15:]:
        repeat(month, large.activity / "balances" / month.name, copies)


def repeat(path: Path, target: Path, copies: int, campaign: str = "") -> Path:
    """A table's rows again and again, each time under new customer numbers, in their order."""
    target.parent.mkdir(parents=True, exist_ok=True)
    names = pq.read_schema(path).names
    more = ", merged_into || '-' || copy AS merged_into" if "merged_into" in names else ""
    more += f", campaign_id || '{campaign}' AS campaign_id" if "campaign_id" in names else ""
    for name, ending in _STAFF.items():
        more += f", nullif({name}, '') || '-' || {ending} AS {name}" if name in names else ""
    with duckdb.connect() as connection:
        connection.execute(
            f"COPY (SELECT t.* REPLACE (customer_id || '-' || copy AS customer_id{more}) "
            f"FROM range({copies}) c(copy), read_parquet('{path}') t ORDER BY copy) "
            f"TO '{target}' (FORMAT parquet, COMPRESSION zstd)"
        )
    return target


def sizes(work: Workspace) -> list[tuple[str, int]]:
    """Size on disk of each database."""
    import psycopg

    found = [(path.name, path.stat().st_size) for path in (work.root / "portal").glob("*.sqlite3*")]
    for variable in ("GOLDMINE_DATABASE_URL", "GOLDMINE_NUMBERS_URL"):
        if os.environ.get(variable):
            with psycopg.connect(os.environ[variable]) as connection:
                row = connection.execute("SELECT pg_database_size(current_database())").fetchone()
                found.append((variable, row[0] if row else 0))
    return found


if __name__ == "__main__":
    main()
