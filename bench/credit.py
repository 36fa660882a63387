"""The HELOC challenge in ten splits: a scorecard, LightGBM and CatBoost, with monotone constraints and without.

    GOLDMINE_SHARED_DATA=../shared/data python -m bench.credit [scorecard] [LightGBM] [CatBoost]

Every column has a direction: more of it is safer or riskier. The special codes -7, -8 and -9 are missing values to the
trees and bins of their own to the scorecard. Prints the AUC of each model by split, its mean, its difference from the
same model without constraints, and how many of 10,000 pairs a column are ordered the wrong way. Needs the extras
`bench` and `credit`.
"""

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import train_test_split

from goldmine.credit.risk_model import fit_trees, monotone_violations

SPLITS, CODES = 10, (-7, -8, -9)
SAFER = {
    "ExternalRiskEstimate": 1,
    "MSinceOldestTradeOpen": 1,
    "MSinceMostRecentTradeOpen": 1,
    "AverageMInFile": 1,
    "NumSatisfactoryTrades": 1,
    "NumTrades60Ever2DerogPubRec": -1,
    "NumTrades90Ever2DerogPubRec": -1,
    "PercentTradesNeverDelq": 1,
    "MSinceMostRecentDelq": 1,
    "MaxDelq2PublicRecLast12M": 1,
    "MaxDelqEver": 1,
    "NumTotalTrades": 0,
    "NumTradesOpeninLast12M": -1,
    "PercentInstallTrades": 0,
    "MSinceMostRecentInqexcl7days": 1,
    "NumInqLast6M": -1,
    "NumInqLast6Mexcl7days": -1,
    "NetFractionRevolvingBurden": -1,
    "NetFractionInstallBurden": -1,
    "NumRevolvingTradesWBalance": 0,
    "NumInstallTradesWBalance": 0,
    "NumBank2NatlTradesWHighUtilization": -1,
    "PercentTradesWBalance": -1,
}
"""1 where more is safer, -1 where more is riskier, 0 where the challenge's own dictionary gives no direction."""
Model = Callable[[pd.DataFrame, NDArray], Callable[[pd.DataFrame], NDArray]]


def missing(rows: pd.DataFrame) -> pd.DataFrame:
    """The special codes as missing values."""
    return rows.astype("float64").mask(rows.isin(CODES))


def lightgbm(safer: dict[str, int]) -> Model:
    """The trees of the project's model of risk."""

    def fit(rows: pd.DataFrame, bad: NDArray) -> Callable[[pd.DataFrame], NDArray]:
        trees = fit_trees(missing(rows), bad, np.ones(len(rows)), safer)
        return lambda more: np.asarray(trees.predict(missing(more).to_numpy()))

    return fit


def catboost(safer: dict[str, int]) -> Model:
    """CatBoost with as many trees of the same rate as suit this table."""
    from catboost import CatBoostClassifier

    def fit(rows: pd.DataFrame, bad: NDArray) -> Callable[[pd.DataFrame], NDArray]:
        trees = CatBoostClassifier(
            iterations=300, learning_rate=0.05, depth=5, random_seed=1, verbose=0, thread_count=2,
            monotone_constraints=[-safer[name] for name in rows.columns], allow_writing_files=False,
        )  # fmt: skip
        trees.fit(missing(rows), bad)
        return lambda more: trees.predict_proba(missing(more))[:, 1]

    return fit


def scorecard(safer: dict[str, int]) -> Model:
    """optbinning's scorecard; without directions each column gets the trend that suits it best."""
    from optbinning import BinningProcess, Scorecard

    trends = {1: "descending", -1: "ascending", 0: "auto"}

    def fit(rows: pd.DataFrame, bad: NDArray) -> Callable[[pd.DataFrame], NDArray]:
        trend = {name: {"monotonic_trend": trends[safer[name]]} for name in rows.columns}
        bins = BinningProcess(list(rows.columns), special_codes=list(CODES), binning_fit_params=trend)
        card = Scorecard(binning_process=bins, estimator=LogisticRegression(max_iter=1000))
        card.fit(rows, bad)
        return lambda more: card.predict_proba(more)[:, 1]

    return fit


def main() -> None:
    """Print the table."""
    file = Path(os.environ.get("GOLDMINE_SHARED_DATA", "../shared/data")) / "credit" / "heloc.csv"
    table = pd.read_csv(file)
    bad = (table.pop("RiskPerformance") == "Bad").to_numpy(dtype=np.float64)
    free = dict.fromkeys(SAFER, 0)
    models = {
        f"{name}, {kind}": make(safer)
        for name, make in (("scorecard", scorecard), ("LightGBM", lightgbm), ("CatBoost", catboost))
        if name in (sys.argv[1:] or ("scorecard", "LightGBM", "CatBoost"))
        for kind, safer in (("free", free), ("monotone", SAFER))
    }
    found: dict[str, list[float]] = {name: [] for name in models}
    wrong, seconds = dict.fromkeys(models, 0), dict.fromkeys(models, 0.0)
    for split in range(SPLITS):
        learn, test, bad_learn, bad_test = train_test_split(
            table, bad, test_size=0.25, stratify=bad, random_state=split
        )
        for name, model in models.items():
            start = time.process_time()
            predict = model(learn, bad_learn)
            seconds[name] += time.process_time() - start
            found[name].append(roc_auc_score(bad_test, predict(test)))
            if split == 0 and "monotone" in name:
                plain = test[~test.isin(CODES).any(axis=1)]
                wrong[name] = sum(monotone_violations(predict, plain, SAFER).values())
        sys.stdout.write(f"split {split}: " + "  ".join(f"{name} {auc[-1]:.4f}" for name, auc in found.items()) + "\n")
        sys.stdout.flush()
    for name, auc in found.items():
        line = f"{name:22} mean AUC {np.mean(auc):.4f}  {seconds[name] / SPLITS:.1f} s of CPU a split"
        if "monotone" in name:
            others = found[name.replace("monotone", "free")]
            line += f"  against free {np.mean(auc) - np.mean(others):+.4f}  wrong pairs {wrong[name]}"
        sys.stdout.write(line + "\n")


if __name__ == "__main__":
    main()
