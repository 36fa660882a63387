"""Accuracy of the default models relative to the true probabilities of sample banks.

    python bench/models.py --customers 200000

For each seed a bank is made, each use case is trained by default settings and evaluated on its latest complete cutoff,
beside the true probabilities, a logistic regression on recency, frequency and value, the baseline, and CatBoost
on the same matrix (stopped on the same calibration cutoff; on a sample of at most `--catboost-rows` rows,
0 leaves it out). `of_truth` is the lift in the top tenth over that of the true probabilities, by observed outcomes;
`expected` is the same by the true probabilities, free of chance. Needs the extra `bench`. Only this file reads the
truth. With `--folder`, banks and features are stored, so that seeds and use cases can be run one after another.
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
    """One way to order the test customers, and the seconds of its training."""

    score: np.ndarray
    seconds: float = 0.0


def main() -> None:
    """Make the banks, train, evaluate, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, default=200_000)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--use-cases", nargs="+", default=list(USE_CASES), choices=USE_CASES)
    parser.add_argument("--catboost-rows", type=int, default=100_000)
    parser.add_argument("--folder", type=Path, help="Folder of the banks; a temporary one by default.")
    arguments = parser.parse_args()
    warnings.filterwarnings("ignore")
    figures = []
    with tempfile.TemporaryDirectory() as scratch:
        for seed in arguments.seeds:
            folder = (arguments.folder or Path(scratch)) / f"{arguments.customers}-{seed}"
            figures += figures_of_bank(
                folder, arguments.customers, seed, arguments.use_cases, catboost_rows=arguments.catboost_rows
            )
    frame = pd.DataFrame(figures)
    print(f"\nMean of {len(arguments.seeds)} banks of {arguments.customers:,} customers")
    print(
        frame.groupby(["use_case", "who"], sort=False).mean(numeric_only=True).drop(columns="seed").round(4).to_string()
    )


def figures_of_bank(
    folder: Path, customers: int, seed: int, use_cases: list[str], *, catboost_rows: int
) -> list[dict[str, object]]:
    """Figures of every use case on one bank."""
    if not (folder / "bank" / "bank.yaml").exists():
        write_bank(folder / "bank", customers=customers, seed=seed, end=END)
    work = Workspace(folder / "work")
    bank = open_bank(folder / "bank", work)
    cases = [load_use_case(name) for name in use_cases]
    build_activity(bank, work)
    build_features(bank, work, sorted({day for case in cases for day in cutoffs(bank, case)}))
    figures = []
    for case in cases:
        rows = read_training_set(bank, work, case, END, seed)
        chance = true_probability(folder / "bank" / "truth" / f"{case.name}.parquet", rows)
        figures += figures_of_use_case(rows, case, chance, seed, catboost_rows)
    return figures


def cutoffs(bank: Bank, case: UseCase) -> tuple[date, ...]:
    """Every cutoff of a use case's training."""
    return plan_cutoffs(case, END, bank).all


def figures_of_use_case(
    rows: TrainingSet, case: UseCase, chance: np.ndarray, seed: int, catboost_rows: int
) -> list[dict[str, object]]:
    """Figures of one use case, a row a way to order its customers."""
    started = time.monotonic()
    fitted = train(case, rows.train, rows.calibrate, seed)
    model = Scored(fitted.model.predict(rows.test), time.monotonic() - started)
    evaluation = evaluate(fitted.model, rows.test, case)
    ways = {
        "model": model,
        "truth": Scored(chance),
        "logistic on rfv": logistic(rows),
        "baseline": Scored(evaluation.baseline_score),
    }
    if catboost_rows:
        ways["catboost"] = catboost(fitted.model, rows, seed, catboost_rows)
    best = lift(evaluation.outcome, ways["truth"].score)
    figures = []
    for who, way in ways.items():
        card = scorecard(evaluation.outcome, way.score, evaluation.list_size)
        metrics = {
            "auc": card.auc,
            "lift_10pct": card.lift["10pct"],
            "of_truth": card.lift["10pct"] / best,
            "expected": in_top(chance, way.score) / in_top(chance, chance),
            "seconds": way.seconds,
        }
        figures.append({"seed": seed, "use_case": case.name, "who": who, **metrics})
        print(
            f"seed {seed} {case.name:<9}{who:<16}" + "  ".join(f"{k} {v:.4f}" for k, v in metrics.items()), flush=True
        )
    counts = f"{len(evaluation.outcome):,} test rows, {evaluation.positives:,} positives"
    print(f"  {counts}, {rows.train.num_rows:,} training rows")
    return figures


def lift(outcome: np.ndarray, score: np.ndarray) -> float:
    """Lift in the top tenth."""
    return scorecard(outcome, score, 1).lift["10pct"]


def in_top(chance: np.ndarray, score: np.ndarray) -> float:
    """Mean true probability of the tenth that a score puts first."""
    return float(chance[np.argsort(-score, kind="stable")[: len(score) // 10]].mean())


def true_probability(path: Path, rows: TrainingSet) -> np.ndarray:
    """The true probabilities of the test customers."""
    assert rows.cutoffs  # no external table
    truth = pq.read_table(path, filters=[("cutoff", "=", rows.cutoffs.test)])
    positions = pc.index_in(rows.test["customer_id"], value_set=truth["customer_id"].combine_chunks())
    return truth["probability"].take(positions).to_numpy()


def logistic(rows: TrainingSet) -> Scored:
    """A logistic regression on the ranks of recency, frequency and value."""
    started = time.monotonic()
    fit, test = (np.column_stack([ranks(table, name) for name in RFV]) for table in (rows.train, rows.test))
    weight = rows.train["weight"].to_numpy() if "weight" in rows.train.column_names else None
    regression = LogisticRegression(max_iter=1000).fit(fit, rows.train["outcome"].to_numpy(), sample_weight=weight)
    return Scored(regression.decision_function(test), time.monotonic() - started)


def ranks(table: pa.Table, name: str) -> np.ndarray:
    """A column as normal scores of its ranks; missing values in the middle."""
    standing = table[name].to_pandas().astype(float).rank(pct=True).fillna(0.5).to_numpy()
    return ndtri(np.clip(standing, 1e-4, 1 - 1e-4))


def catboost(model: Model, rows: TrainingSet, seed: int, catboost_rows: int) -> Scored:
    """CatBoost's defaults on the model's own matrix, or a sample of its rows, stopped on the calibration cutoff."""
    started = time.monotonic()
    share = min(1.0, catboost_rows / rows.train.num_rows)
    train_rows = rows.train.filter(pa.array(np.random.default_rng(seed).random(rows.train.num_rows) < share))
    text = model.encoding.categorical

    def frame(table: pa.Table) -> pd.DataFrame:
        matrix = pd.DataFrame(encode(model.encoding, table))
        for column in text:
            matrix[column] = matrix[column].fillna(-1).astype(int).astype(str)
        return matrix

    weight = train_rows["weight"].to_numpy() if "weight" in train_rows.column_names else None
    classifier = CatBoostClassifier(
        iterations=2000, early_stopping_rounds=50, random_seed=seed, thread_count=cores(), verbose=False,
        allow_writing_files=False,
    )  # fmt: skip
    assert rows.calibrate  # no external table
    classifier.fit(
        frame(train_rows), train_rows["outcome"].to_numpy(), sample_weight=weight, cat_features=text,
        eval_set=(frame(rows.calibrate), rows.calibrate["outcome"].to_numpy()),
    )  # fmt: skip
    score = classifier.predict(frame(rows.test), prediction_type="RawFormulaVal")
    return Scored(np.asarray(score), time.monotonic() - started)


if __name__ == "__main__":
    main()
