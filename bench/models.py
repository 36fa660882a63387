"""How close the default models come to the best possible, on sample banks whose true probabilities are known.

    python bench/models.py --customers 200000

For each seed a bank is made, each use case is trained by default settings and judged on its latest complete cutoff,
beside the true probabilities, a logistic regression on recency, frequency and value, the baseline, and CatBoost
on the same matrix (stopped on the same calibration cutoff; of many rows so many are drawn as `--catboost-rows` says,
0 leaves it out). `of_truth` is the lift in the top tenth over that of the true probabilities, by what happened;
`expected` the same by the true probabilities themselves, which chance does not move. Needs the extra `bench`. Nothing
but this file reads the truth. With `--folder`, banks and features are kept, so that seeds and use cases can be run one
after another.
"""

import argparse
import tempfile
import time
import warnings
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from catboost import CatBoostClassifier
from scipy.special import ndtri
from sklearn.linear_model import LogisticRegression

from goldmine.activity import build_activity
from goldmine.contract.bank import Bank
from goldmine.contract.intake import open_bank
from goldmine.core.progress import cores
from goldmine.core.workspace import Workspace
from goldmine.features import build_features
from goldmine.labels import plan_cutoffs
from goldmine.labels.use_case import UseCase, load_use_case
from goldmine.models.encoding import encode
from goldmine.models.evaluation import evaluate, scorecard
from goldmine.models.model import Model
from goldmine.models.train import train
from goldmine.models.training_set import TrainingSet, read_training_set
from goldmine.sample import write_bank

END = date(2024, 6, 30)
USE_CASES = ("longtail", "dormancy", "wealth")
RFV = ("days_since_own", "own_count_90d", "own_days_365d", "aum_avg_30d", "inflow_sum_90d", "aum_avg_365d")


@dataclass(frozen=True)
class Scored:
    """One way to order the judged customers, and the seconds that learning it took."""

    score: np.ndarray
    seconds: float = 0.0


def main() -> None:
    """Make the banks, train, judge, and print the figures."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--customers", type=int, default=200_000)
    asked.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    asked.add_argument("--use-cases", nargs="+", default=list(USE_CASES), choices=USE_CASES)
    asked.add_argument("--catboost-rows", type=int, default=100_000)
    asked.add_argument("--folder", type=Path, help="Where banks are kept and found again; else a temporary one.")
    given = asked.parse_args()
    warnings.filterwarnings("ignore")
    found = []
    with tempfile.TemporaryDirectory() as scratch:
        for seed in given.seeds:
            place = (given.folder or Path(scratch)) / f"{given.customers}-{seed}"
            found += one_bank(place, given.customers, seed, given.use_cases, most=given.catboost_rows)
    frame = pd.DataFrame(found)
    print(f"\nMean of {len(given.seeds)} banks of {given.customers:,} customers")
    print(
        frame.groupby(["use_case", "who"], sort=False).mean(numeric_only=True).drop(columns="seed").round(4).to_string()
    )


def one_bank(place: Path, customers: int, seed: int, use_cases: list[str], *, most: int) -> list[dict[str, object]]:
    """Figures of every use case on one bank."""
    if not (place / "bank" / "bank.yaml").exists():
        write_bank(place / "bank", customers=customers, seed=seed, end=END)
    work = Workspace(place / "work")
    bank = open_bank(place / "bank", work)
    cases = [load_use_case(name) for name in use_cases]
    build_activity(bank, work)
    build_features(bank, work, sorted({day for case in cases for day in cutoffs(bank, case)}))
    found = []
    for case in cases:
        rows = read_training_set(bank, work, case, END, seed)
        chance = true_probability(place / "bank" / "truth" / f"{case.name}.parquet", rows)
        found += one_use_case(rows, case, chance, seed, most)
    return found


def cutoffs(bank: Bank, case: UseCase) -> tuple[date, ...]:
    """Every cutoff of a use case's training."""
    return plan_cutoffs(case, END, bank.months("transactions")).all


def one_use_case(rows: TrainingSet, case: UseCase, chance: np.ndarray, seed: int, most: int) -> list[dict[str, object]]:
    """Figures of one use case, a row a way to order its customers."""
    started = time.monotonic()
    fitted = train(case, rows.train, rows.calibrate, seed)
    ours = Scored(fitted.model.predict(rows.test), time.monotonic() - started)
    judged = evaluate(fitted.model, rows.test, case)
    ways = {
        "model": ours,
        "truth": Scored(chance),
        "logistic on rfv": logistic(rows),
        "baseline": Scored(judged.baseline_score),
    }
    if most:
        ways["catboost"] = catboost(fitted.model, rows, seed, most)
    best = lift(judged.outcome, ways["truth"].score)
    found = []
    for who, way in ways.items():
        card = scorecard(judged.outcome, way.score, judged.list_size)
        told = {
            "auc": card.auc,
            "lift_10pct": card.lift["10pct"],
            "of_truth": card.lift["10pct"] / best,
            "expected": in_top(chance, way.score) / in_top(chance, chance),
            "seconds": way.seconds,
        }
        found.append({"seed": seed, "use_case": case.name, "who": who, **told})
        print(f"seed {seed} {case.name:<9}{who:<16}" + "  ".join(f"{k} {v:.4f}" for k, v in told.items()), flush=True)
    print(f"  {len(judged.outcome):,} judged, {judged.positives:,} positives, {rows.train.num_rows:,} rows learnt from")
    return found


def lift(outcome: np.ndarray, score: np.ndarray) -> float:
    """Lift in the top tenth."""
    return scorecard(outcome, score, 1).lift["10pct"]


def in_top(chance: np.ndarray, score: np.ndarray) -> float:
    """Mean true probability of the tenth that a score puts first."""
    return float(chance[np.argsort(-score, kind="stable")[: len(score) // 10]].mean())


def true_probability(path: Path, rows: TrainingSet) -> np.ndarray:
    """The sample bank's own probabilities of the judged customers."""
    truth = pq.read_table(path, filters=[("cutoff", "=", rows.cutoffs.test)])
    places = pc.index_in(rows.test["customer_id"], value_set=truth["customer_id"].combine_chunks())
    return truth["probability"].take(places).to_numpy()


def logistic(rows: TrainingSet) -> Scored:
    """A logistic regression on the ranks of recency, frequency and value."""
    started = time.monotonic()
    fit, held = (np.column_stack([ranks(table, name) for name in RFV]) for table in (rows.train, rows.test))
    weight = rows.train["weight"].to_numpy() if "weight" in rows.train.column_names else None
    line = LogisticRegression(max_iter=1000).fit(fit, rows.train["outcome"].to_numpy(), sample_weight=weight)
    return Scored(line.decision_function(held), time.monotonic() - started)


def ranks(table: pa.Table, name: str) -> np.ndarray:
    """A column as normal scores of its ranks; missing values in the middle."""
    standing = table[name].to_pandas().astype(float).rank(pct=True).fillna(0.5).to_numpy()
    return ndtri(np.clip(standing, 1e-4, 1 - 1e-4))


def catboost(model: Model, rows: TrainingSet, seed: int, most: int) -> Scored:
    """CatBoost's defaults on the model's own matrix, or so many rows of it, stopped on the calibration cutoff."""
    started = time.monotonic()
    share = min(1.0, most / rows.train.num_rows)
    train_rows = rows.train.filter(pa.array(np.random.default_rng(seed).random(rows.train.num_rows) < share))
    text = model.encoding.categorical

    def frame(table: pa.Table) -> pd.DataFrame:
        found = pd.DataFrame(encode(model.encoding, table))
        for place in text:
            found[place] = found[place].fillna(-1).astype(int).astype(str)
        return found

    weight = train_rows["weight"].to_numpy() if "weight" in train_rows.column_names else None
    found = CatBoostClassifier(
        iterations=2000, early_stopping_rounds=50, random_seed=seed, thread_count=cores(), verbose=False,
        allow_writing_files=False,
    )  # fmt: skip
    found.fit(
        frame(train_rows), train_rows["outcome"].to_numpy(), sample_weight=weight, cat_features=text,
        eval_set=(frame(rows.calibrate), rows.calibrate["outcome"].to_numpy()),
    )  # fmt: skip
    score = found.predict(frame(rows.test), prediction_type="RawFormulaVal")
    return Scored(np.asarray(score), time.monotonic() - started)


if __name__ == "__main__":
    main()
