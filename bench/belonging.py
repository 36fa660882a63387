"""What neighbours and households add to the models, and what look-alikes find beside them, on sample banks.

    python bench/belonging.py --customers 6000 --seeds 1 2 3

For each seed a bank is made and each use case is trained by default settings on its own features, and again with those
of the other members of the household beside them, and with those of all who are tied to a customer (transfers, supply
chain, association, community, household): how many there are, and their mean AUM, own transaction days, and the shares
whose AUM rose, who hold wealth products and who are asleep, at each cutoff by what was known then. The test cutoff
decides: differences of average precision and of the lift in the top tenth have paired 95% intervals over its customers.
`pooled` is the mean difference over seeds, with the interval that follows from theirs. Look-alikes are judged as in
`goldmine prospects`, by the same held-out cutoff.
"""

import argparse
import tempfile
import time
import warnings
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from goldmine.activity import build_activity
from goldmine.contract.intake import open_bank
from goldmine.core.engine import connect, keep_rows
from goldmine.core.sql import literal
from goldmine.core.workspace import Workspace
from goldmine.customers.graph.community_table import build_communities
from goldmine.customers.graph.consent import linkable
from goldmine.customers.graph.edges import build_edges
from goldmine.customers.graph.lookalikes import judge_lookalikes
from goldmine.customers.graph.rules import load_graph_rules
from goldmine.customers.source_tables import SourceTables
from goldmine.features import build_features
from goldmine.governance.bootstrap import intervals
from goldmine.identity.households import households
from goldmine.labels import feature_days, plan_cutoffs
from goldmine.labels.use_case import load_use_case
from goldmine.models.train import train
from goldmine.models.training_set import TrainingSet, read_training_set
from goldmine.sample import write_bank

END = date(2024, 6, 30)
USE_CASES = ("longtail", "dormancy", "wealth")
FIGURES = ("average_precision", "lift_10pct")
MEASURES = {
    "aum": "aum_avg_30d",
    "own_days": "own_days_90d",
    "rose": "(aum_change_90d > 0)::INTEGER",
    "wealth": "(wealth_avg_30d > 0)::INTEGER",
    "asleep": "(own_days_90d = 0)::INTEGER",
}
PAIRS = "SELECT {one} AS customer_id, {other} AS other_id, weight FROM edges WHERE kind = {kind}"
GROUPS = {
    "household": "SELECT customer_id, household_id AS gathered FROM homes WHERE members > 1",
    "association": "SELECT customer_id, other_id AS gathered FROM edges WHERE kind = 'association'",
    "community": "SELECT customer_id, community AS gathered FROM numbered WHERE NOT is_group",
}


def main() -> None:
    """Make the banks, train with and without, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, default=6_000)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--use-cases", nargs="+", default=list(USE_CASES), choices=USE_CASES)
    parser.add_argument("--folder", type=Path, help="Folder of the banks; a temporary one by default.")
    arguments = parser.parse_args()
    warnings.filterwarnings("ignore")
    added: list[dict[str, Any]] = []
    lookalikes: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as scratch:
        for seed in arguments.seeds:
            folder = (arguments.folder or Path(scratch)) / f"{arguments.customers}-{seed}"
            more, found = of_bank(folder, arguments.customers, seed, arguments.use_cases)
            added, lookalikes = added + more, lookalikes + found
    print(pd.DataFrame(added).round(4).to_string())
    print(pooled(pd.DataFrame(added)).round(4).to_string())
    print(pd.DataFrame(lookalikes).round(3).to_string())


def of_bank(folder: Path, customers: int, seed: int, names: list[str]) -> tuple[list[dict], list[dict]]:
    """What was added on one bank, a row a use case, set of features and figure; and its look-alikes."""
    started = time.process_time()
    if not (folder / "bank" / "bank.yaml").exists():
        write_bank(folder / "bank", customers=customers, seed=seed, end=END)
    work = Workspace(folder / "work")
    bank = open_bank(folder / "bank", work)
    cases = [load_use_case(name) for name in names]
    build_activity(bank, work)
    planned = {case.name: plan_cutoffs(case, END, bank) for case in cases}
    build_features(bank, work, sorted({day for case in cases for day in feature_days(case, planned[case.name])}))
    days = sorted({day for cutoffs in planned.values() for day in cutoffs.all})
    sources = SourceTables(connect(), bank, work)
    others = pd.concat([others_of(sources, day).assign(cutoff=day) for day in days])
    home = others[["customer_id", "cutoff", *(name for name in others if name.startswith("nb_household"))]]
    print(f"seed {seed}: {len(days)} cutoffs, {time.process_time() - started:.0f} CPU s", flush=True)
    added, lookalikes = [], []
    for case in cases:
        rows = read_training_set(bank, work, case, END, seed)
        outcome = rows.test["outcome"].to_numpy()
        plain = train(case, rows.train, rows.calibrate, seed).model
        score = plain.predict(rows.test)
        for features, table in (("household", home), ("all", others)):
            beside = with_others(rows, table)
            scores = {
                "plain": score,
                features: train(case, beside.train, beside.calibrate, seed).model.predict(beside.test),
            }
            found = intervals(outcome, scores, len(outcome) // 10)
            added += [
                {
                    "seed": seed, "use_case": case.name, "positives": int(outcome.sum()), "features": features,
                    "figure": figure, "plain": found["plain"][figure].value, "with": found[features][figure].value,
                    "difference": found["difference"][figure].value, "low": found["difference"][figure].low,
                    "high": found["difference"][figure].high,
                }
                for figure in FIGURES
            ]  # fmt: skip
        judged = judge_lookalikes(sources, case, END, plain, load_graph_rules())
        for row in judged.rankers.to_dict("records"):
            lookalikes.append({"seed": seed, "use_case": case.name, "eligible": judged.eligible,
                               "outcomes": judged.converted, **row})  # fmt: skip
        print(f"seed {seed} {case.name}: {time.process_time() - started:.0f} CPU s", flush=True)
    return added, lookalikes


def others_of(sources: SourceTables, day: date) -> pd.DataFrame:
    """Means over those tied to each customer at a cutoff, by kind of tie; a row a customer with any."""
    edges = build_edges(sources, day, load_graph_rules())
    build_communities(edges, sources.work)
    homes = households(sources.connection, sources.bank, day, among=linkable(sources, day)).rows
    keep_rows(sources.connection, "homes", homes)
    measures = ", ".join(f"{value} AS {name}" for name, value in MEASURES.items())
    path = literal(sources.work.features(day))
    edges.connection.execute(
        f"CREATE OR REPLACE TEMP TABLE known AS SELECT customer_id, {measures} FROM read_parquet({path})"
    )
    parts = [edges.connection.execute(_pairs(kind)).df() for kind in ("transfer", "supply")]
    parts += [edges.connection.execute(_group(name, members)).df() for name, members in GROUPS.items()]
    found = parts[0]
    for part in parts[1:]:
        found = found.merge(part, "outer", "customer_id")
    return found


def _pairs(kind: str) -> str:
    means = ", ".join(f"sum(weight * {name}) / sum(weight) AS nb_{kind}_{name}" for name in MEASURES)
    there, back = (
        PAIRS.format(one=one, other=other, kind=literal(kind))
        for one, other in (("customer_id", "other_id"), ("other_id", "customer_id"))
    )
    return (
        f"SELECT p.customer_id, count(*) AS nb_{kind}_count, {means} FROM ({there} UNION ALL {back}) AS p "
        "JOIN known ON known.customer_id = p.other_id GROUP BY p.customer_id ORDER BY p.customer_id"
    )


def _group(name: str, members: str) -> str:
    means = ", ".join(
        f"(sum({value}) OVER gathering - {value}) / nullif(count(*) OVER gathering - 1, 0) AS nb_{name}_{value}"
        for value in MEASURES
    )
    return (
        f"SELECT customer_id, count(*) OVER gathering - 1 AS nb_{name}_count, {means} "
        f"FROM ({members}) JOIN known USING (customer_id) WINDOW gathering AS (PARTITION BY gathered) "
        "QUALIFY row_number() OVER (PARTITION BY customer_id ORDER BY gathered) = 1 ORDER BY customer_id"
    )


def with_others(rows: TrainingSet, others: pd.DataFrame) -> TrainingSet:
    """The training's rows with the figures of others beside their own."""

    def beside(table: pa.Table) -> pa.Table:
        keys = table.select(["customer_id", "cutoff"]).to_pandas()
        found = keys.merge(others, "left", ["customer_id", "cutoff"])
        for name in found.columns[2:]:
            values = pa.array(found[name].to_numpy(np.float32), pa.float32(), from_pandas=True)
            table = table.append_column(name, values)
        return table

    return TrainingSet(beside(rows.train), beside(rows.test), beside(rows.calibrate), rows.cutoffs)


def pooled(added: pd.DataFrame) -> pd.DataFrame:
    """The mean difference over seeds, and its 95% interval by the intervals of each."""
    added = added.assign(variance=((added["high"] - added["low"]) / 3.92) ** 2)
    table = added.groupby(["use_case", "features", "figure"], sort=False).agg(
        plain=("plain", "mean"), difference=("difference", "mean"), error=("variance", "sum"), seeds=("seed", "size")
    )
    error = np.sqrt(table.pop("error")) / table.pop("seeds")
    return table.assign(low=table["difference"] - 1.96 * error, high=table["difference"] + 1.96 * error)


if __name__ == "__main__":
    main()
