"""CPU seconds of limits, their lists, and what ends or lies idle at size: ``python -m bench.credit_size 2000000``.

A sample bank is copied many times over under other ids; each customer has a made-up chance of default.
"""

import sys
import tempfile
from pathlib import Path

import duckdb

from bench.field_work import AS_OF, SEED_CUSTOMERS, TABLES, copy_bank, timed
from goldmine.contract.intake import open_bank
from goldmine.core.workspace import Workspace
from goldmine.credit.fairness import fairness_table
from goldmine.credit.limits import build_limits
from goldmine.credit.rules import load_credit_rules
from goldmine.publishing.credit_lists import write_credit_lists
from goldmine.sample import write_bank
from goldmine.wealth.offers import due_offers, idle_offers
from goldmine.wealth.rules import load_wealth_rules

LENDING = ("loans", "loan_months", "merchants", "products", "term_holdings")


def main() -> None:
    """Print a line a step."""
    customers = int(sys.argv[1]) if len(sys.argv) > 1 else 200_000
    with tempfile.TemporaryDirectory() as folder:
        seed, many, work = Path(folder) / "seed", Path(folder) / "many", Workspace(Path(folder) / "work")
        write_bank(seed, customers=SEED_CUSTOMERS, months=13, seed=1, end=AS_OF)
        copy_bank(seed, many, max(1, customers // SEED_CUSTOMERS), (*TABLES, *LENDING))
        risk = Path(folder) / "risk.parquet"
        chance = "(hash(customer_id) % 1000) / 8000 AS default_probability, 'tax,owed' AS risk_reasons"
        duckdb.sql(f"COPY (SELECT customer_id, {chance} FROM '{many}/customers.parquet') TO '{risk}' (FORMAT parquet)")
        bank, rules, wealth = timed("intake", lambda: open_bank(many, work)), load_credit_rules(), load_wealth_rules()
        limits = timed("limits of all", lambda: build_limits(bank, work, AS_OF, rules, risk=risk))
        print(f"{sum(count for count, _yuan in limits.offered.values()):,} limits")
        timed("their lists", lambda: write_credit_lists(bank, work, limits, "zh"))
        timed("fairness", lambda: fairness_table(bank, work, AS_OF))
        due = timed("what ends", lambda: due_offers(bank, work, AS_OF, wealth, "zh"))
        idle = timed("what lies idle", lambda: idle_offers(bank, work, AS_OF, wealth, "zh"))
        print(f"{due.offers:,} and {idle.offers:,} offers")


if __name__ == "__main__":
    main()
