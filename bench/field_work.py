"""CPU seconds of the grid, visits, cards, credit by village and routes at size: ``python -m bench.field_work 2000000``.

A sample bank is copied many times over under other ids of customers, grids and staff. Weeks are planned for 500
visitors; 600,000 customers are enough for each to have 120 households to choose from, as many as the rules consider.
"""

import resource
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TypeVar

import duckdb

from goldmine.contract.intake import open_bank
from goldmine.core.workspace import Workspace
from goldmine.grid.card_rules import load_card_rules
from goldmine.grid.cards import card_table
from goldmine.grid.one_grid import make_grid
from goldmine.grid.rules import load_grid_rules
from goldmine.grid.village_credit import make_village_credit
from goldmine.grid.village_rules import load_village_rules
from goldmine.grid.visit_list import make_visit_list
from goldmine.grid.week import WeekRequest, plan_week
from goldmine.sample import write_bank

SEED_CUSTOMERS, AS_OF = 4_000, date(2024, 6, 30)
VISITORS = 500
TABLES = (
    *("customers", "grids", "staff", "relations", "places", "visits", "villages", "village_ratings", "contacts"),
    *("social_security_cards", "card_uses", "external_facts", "suppressions", "branches"),
)
IDS = (
    *("customer_id", "related_id", "merged_into", "grid_id", "visitor_id", "staff_id", "manager_id", "visit_id"),
    *("branch_id", "place_id", "id_number_hash", "phone", "phone_hash", "loan_id", "holding_id"),
)
CARE_RATE = 0.05
"""Makes almost every household with assets worth a visit, so that weeks are full."""
T = TypeVar("T")


def copy_bank(source: Path, target: Path, copies: int, tables: tuple[str, ...] = TABLES) -> None:
    """Write a bank of many copies, each with ids of its own."""
    (target / "balances").mkdir(parents=True)
    (target / "transactions").mkdir()
    files = [f"{name}.parquet" for name in tables]
    files += [str(file.relative_to(source)) for file in sorted((source / "balances").glob("*.parquet"))[-12:]]
    for file in files:
        names = [row[0] for row in duckdb.sql(f"DESCRIBE FROM '{source / file}'").fetchall()]
        renamed = ", ".join(f"{name} || '-' || i AS {name}" for name in names if name in IDS)
        replaced = f"* REPLACE ({renamed})" if renamed else "*"
        query = f"SELECT {replaced} FROM '{source / file}', range({copies}) AS copies(i)"
        duckdb.sql(f"COPY ({query}) TO '{target / file}' (FORMAT parquet, COMPRESSION zstd)")
    last = sorted((source / "transactions").glob("*.parquet"))[-1]
    duckdb.sql(f"COPY (FROM '{last}' LIMIT 10) TO '{target / 'transactions' / last.name}' (FORMAT parquet)")
    (target / "bank.yaml").write_text(f"name: many\ndata_until: {AS_OF}\n", "utf-8")


def timed(what: str, work: Callable[[], T]) -> T:
    """Run and print CPU seconds and the most memory so far."""
    started = time.process_time()
    result = work()
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"{what}: {time.process_time() - started:.1f} CPU s, {memory:.1f} GiB", flush=True)
    return result


def main() -> None:
    """Print a line a step."""
    customers = int(sys.argv[1]) if len(sys.argv) > 1 else 200_000
    with tempfile.TemporaryDirectory() as folder:
        seed, many, work = Path(folder) / "seed", Path(folder) / "many", Workspace(Path(folder) / "work")
        write_bank(seed, customers=SEED_CUSTOMERS, months=13, seed=1, end=AS_OF)
        copy_bank(seed, many, max(1, customers // SEED_CUSTOMERS))
        bank = timed("intake", lambda: open_bank(many, work))
        rules = load_grid_rules()
        grid = timed("grid", lambda: make_grid(bank, work, AS_OF, rules))
        print(f"{grid.residents:,} residents, {len(grid.grids):,} grids, {len(grid.loads):,} visitors")
        visits = timed("visits", lambda: make_visit_list(bank, work, AS_OF, rules.visits))
        print(f"{len(visits.rows):,} households listed")
        timed("cards", lambda: card_table(bank, work, AS_OF, load_card_rules()))
        credit = timed("villages", lambda: make_village_credit(bank, work, AS_OF, load_village_rules()))
        print(f"{len(credit.households):,} households, {len(credit.villages):,} villages")
        worth = rules.visits.model_copy(update={"care_rate": CARE_RATE, "min_gain": 0})
        many_visits = make_visit_list(bank, work, AS_OF, worth)
        rows = many_visits.rows
        visitors = sorted(set(rows["visitor_id"]))
        # A sample visitor looks after one small grid; these look after several.
        rows["visitor_id"] = rows["visitor_id"].map({one: f"V{i % VISITORS}" for i, one in enumerate(visitors)})
        rows.to_parquet(many_visits.path, index=False)
        week = timed("weeks", lambda: plan_week(bank, work, AS_OF, rules, WeekRequest(AS_OF)))
        half_days = week.visits.assign(morning=week.visits["arrive_at"] < rules.routes.lunch_from)
        used = half_days.groupby(["visitor_id", "on_day", "morning"]).ngroups
        candidates = week.visitors["candidates"].clip(upper=rules.routes.most_stops).mean()
        print(
            f"{len(week.visitors):,} visitors with {candidates:.0f} households each to choose from, "
            f"{len(week.visits) / len(week.visitors):.0f} planned on {used / len(week.visitors):.1f} half-days"
        )


if __name__ == "__main__":
    main()
