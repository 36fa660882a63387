"""Beta calibration beside Platt's, and group-by and crossing features, on thirteen tables of at most 10,000 rows.

    python bench/calibration_and_crossings.py                   # all tables, five splits each
    python bench/calibration_and_crossings.py heloc ratios --splits 2

Tables are both files of Bank Marketing and HELOC (GOLDMINE_SHARED_DATA names the folder of the data, by default
../shared/data), and ten made-up ones (`bench/made_tables.py`). Half of a split's rows are learnt from, the others are
hidden. Trees have fixed, light settings. Both calibrators are fitted on the same out-of-fold log-odds of the rows
learnt from. Features are added out of fold: a row's encoding does not know its own outcome, and nothing of the hidden
rows is known to any. A method is worth having if it wins on 70% of the tables within twice the time. Figures are means
over splits; CPU seconds are of making features, encoding and growing trees. `docs/performance.md` has the results.
"""

import argparse
import os
import time
import warnings
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd
from lightgbm import LGBMClassifier
from made_tables import OF_ANY_KIND
from scipy.optimize import minimize
from scipy.special import expit
from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict, train_test_split
from sklearn.preprocessing import TargetEncoder

from goldmine.core.workspace import at_home
from goldmine.models.model import fit_calibrator

FILES = {
    "bank_full": ("bank_marketing/bank-full.csv", ";", "y", "yes"),
    "bank_additional": ("bank_marketing/bank-additional-full.csv", ";", "y", "yes"),
    "heloc": ("credit/heloc.csv", ",", "RiskPerformance", "Bad"),
}
ROWS, LEADING, BINS, FOLDS = 10_000, 6, 10, 5
MIN_COEFFICIENT = 0.01
"""Of a beta calibration, so that it rises strictly."""


@dataclass(frozen=True)
class Halves:
    """Features of the rows to learn from and of the hidden rows."""

    known: pd.DataFrame
    hidden: pd.DataFrame


def main() -> None:
    """Run each table that was asked for, and count the wins."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tables", nargs="*", default=[*FILES, *OF_ANY_KIND], metavar="TABLE")
    parser.add_argument("--splits", type=int, default=5)
    arguments = parser.parse_args()
    warnings.filterwarnings("ignore")
    calibrated, added = [], []
    for name in arguments.tables:
        features, outcome = of_file(name) if name in FILES else OF_ANY_KIND[name](ROWS, 1)
        for split in range(arguments.splits):
            known, hidden = train_test_split(
                np.arange(len(outcome)), test_size=0.5, random_state=split, stratify=outcome
            )
            halves = Halves(features.iloc[known], features.iloc[hidden])
            outcomes = outcome[known], outcome[hidden]
            calibrated.append({"table": name, **calibration(halves, *outcomes)})
            added.append({"table": name, **added_features(halves, *outcomes)})
        print(pd.DataFrame(calibrated[-arguments.splits :]).mean(numeric_only=True).round(5).to_dict(), flush=True)
        print(pd.DataFrame(added[-arguments.splits :]).mean(numeric_only=True).round(4).to_dict(), flush=True)
    for figures in (calibrated, added):
        print(pd.DataFrame(figures).groupby("table", sort=False).mean().round(5).to_string())
    print_wins(pd.DataFrame(calibrated), pd.DataFrame(added))


def of_file(name: str) -> tuple[pd.DataFrame, np.ndarray]:
    """A sample of one of the files."""
    path, separator, label, positive = FILES[name]
    shared = at_home(os.environ.get("GOLDMINE_SHARED_DATA") or "../shared/data")
    table = pd.read_csv(shared / path, sep=separator).drop(columns="duration", errors="ignore")
    table = table.sample(min(ROWS, len(table)), random_state=1).reset_index(drop=True)
    return table, (table.pop(label) == positive).to_numpy().astype(int)


def calibration(halves: Halves, known: np.ndarray, hidden: np.ndarray) -> dict[str, float]:
    """Log loss, Brier score and calibration error of both calibrators on the hidden rows."""
    matrices = encoded(halves)
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=1)
    out_of_fold = cross_val_predict(
        learner(), matrices.known, known, cv=folds, method="predict_proba", n_jobs=1
    )[:, 1]  # fmt: skip
    log_odds = np.log(out_of_fold / (1 - out_of_fold))
    raw = np.asarray(learner().fit(matrices.known, known).predict_proba(matrices.hidden))[:, 1]
    platt = fit_calibrator(log_odds, known).apply(np.log(raw / (1 - raw)))
    beta = beta_calibrated(fit_beta(log_odds, known), np.log(raw / (1 - raw)))
    figures = {}
    for who, chance in (("platt", platt), ("beta", beta)):
        figures[f"{who}_log_loss"] = log_loss(hidden, chance)
        figures[f"{who}_brier"] = brier_score_loss(hidden, chance)
        figures[f"{who}_error"] = calibration_error(hidden, chance)
    return figures


def fit_beta(log_odds: np.ndarray, outcome: np.ndarray) -> np.ndarray:
    """Three numbers a, b and c of the log-odds a ln(p) - b ln(1 - p) + c, with a and b above zero."""
    logs = np.column_stack([-np.logaddexp(0, -log_odds), np.logaddexp(0, log_odds), np.ones(len(log_odds))])

    def loss(numbers: np.ndarray) -> tuple[float, np.ndarray]:
        raw = logs @ numbers
        slope = logs.T @ (expit(raw) - outcome) / len(outcome)
        return float(np.mean(np.logaddexp(0, raw) - outcome * raw)), slope

    bounds = [(MIN_COEFFICIENT, None), (MIN_COEFFICIENT, None), (None, None)]
    return np.asarray(minimize(loss, [1.0, 1.0, 0.0], jac=True, method="L-BFGS-B", bounds=bounds, tol=1e-12).x)


def beta_calibrated(numbers: np.ndarray, log_odds: np.ndarray) -> np.ndarray:
    """Probabilities by the three numbers of a beta calibration."""
    below, above, offset = numbers
    return np.asarray(expit(-below * np.logaddexp(0, -log_odds) + above * np.logaddexp(0, log_odds) + offset))


def calibration_error(outcome: np.ndarray, chance: np.ndarray) -> float:
    """Mean gap between promised and observed over ten groups of equal size."""
    groups = np.array_split(np.argsort(chance, kind="stable"), 10)
    return float(np.mean([abs(chance[group].mean() - outcome[group].mean()) for group in groups]))


def added_features(halves: Halves, known: np.ndarray, hidden: np.ndarray) -> dict[str, float]:
    """AUC, log loss and CPU seconds with the table's own columns, and with group-by and crossing features beside."""
    figures = {}
    for who, make in MAKERS.items():
        started = time.process_time()
        matrices = encoded(halves)
        if make:
            leading = leading_columns(halves, known)
            more = [function(halves, known, leading) for function in make]
            matrices = Halves(
                pd.concat([matrices.known, *(part.known for part in more)], axis=1),
                pd.concat([matrices.hidden, *(part.hidden for part in more)], axis=1),
            )
        chance = np.asarray(learner().fit(matrices.known, known).predict_proba(matrices.hidden))[:, 1]
        figures[f"{who}_auc"] = roc_auc_score(hidden, chance)
        figures[f"{who}_log_loss"] = log_loss(hidden, chance)
        figures[f"{who}_cpu"] = time.process_time() - started
    return figures


def learner() -> LGBMClassifier:
    """Trees of fixed, light settings."""
    return LGBMClassifier(
        n_estimators=100, learning_rate=0.06, num_leaves=8, min_child_samples=20, colsample_bytree=0.5, subsample=0.8,
        subsample_freq=1, reg_lambda=3.0, max_bin=63, random_state=1, n_jobs=1, verbosity=-1,
    )  # fmt: skip


def encoded(halves: Halves) -> Halves:
    """Text as LightGBM's categories, those of the rows learnt from."""
    known, hidden = halves.known.copy(), halves.hidden.copy()
    for name in text_columns(known):
        levels = pd.CategoricalDtype(sorted(known[name].dropna().unique()))
        known[name], hidden[name] = known[name].astype(levels), hidden[name].astype(levels)
    return Halves(known, hidden)


def text_columns(table: pd.DataFrame) -> list[str]:
    """Names of the columns that are not numbers."""
    return [name for name in table if not pd.api.types.is_numeric_dtype(table[name])]


def binned(halves: Halves) -> Halves:
    """Every column as words: text as it is, numbers by the quantiles of the rows learnt from."""
    known: dict[str, pd.Series] = {}
    hidden: dict[str, pd.Series] = {}
    text = text_columns(halves.known)
    for name in halves.known:
        quantiles = [] if name in text else halves.known[name].quantile(np.linspace(0, 1, BINS + 1)[1:-1]).dropna()
        for made, half in ((known, halves.known), (hidden, halves.hidden)):
            if name in text:
                made[name] = half[name].fillna("").astype(str)
                continue
            bins = np.searchsorted(np.unique(quantiles), half[name].to_numpy(), side="left")
            made[name] = pd.Series(np.where(half[name].isna(), -1, bins), half.index).astype(str)
    return Halves(pd.DataFrame(known), pd.DataFrame(hidden))


def leading_columns(halves: Halves, outcome: np.ndarray) -> list[str]:
    """The columns that tell the outcome best alone, by their bins' outcomes out of fold."""
    words = binned(halves).known
    chances = TargetEncoder(target_type="binary", random_state=1).fit_transform(words, outcome)
    aucs = [roc_auc_score(outcome, chances[:, number]) for number in range(words.shape[1])]
    return [str(words.columns[number]) for number in np.argsort(aucs)[::-1][:LEADING]]


def crossings(halves: Halves, outcome: np.ndarray, leading: list[str]) -> Halves:
    """Outcomes of the cells of each pair of leading columns, out of fold for the rows learnt from."""
    words = binned(halves)

    def pairs(table: pd.DataFrame) -> pd.DataFrame:
        return pd.DataFrame({f"{a} x {b}": table[a] + "|" + table[b] for a, b in combinations(leading, 2)})

    encoder = TargetEncoder(target_type="binary", random_state=1)
    known = encoder.fit_transform(pairs(words.known), outcome)
    names = [f"cross{number}" for number in range(known.shape[1])]
    return Halves(
        pd.DataFrame(known, halves.known.index, names),
        pd.DataFrame(encoder.transform(pairs(words.hidden)), halves.hidden.index, names),
    )


def by_group(halves: Halves, _: np.ndarray, leading: list[str]) -> Halves:
    """Distance of each leading number from the mean of its group: text columns, else bins of other leading columns."""
    words = binned(halves)
    numbers = [name for name in leading if name not in text_columns(halves.known)] or [
        name for name in halves.known if name not in text_columns(halves.known)
    ][:LEADING]
    groups = (text_columns(halves.known) or leading)[:4]
    known: dict[str, pd.Series] = {}
    hidden: dict[str, pd.Series] = {}
    for group in groups:
        for number in numbers:
            if number == group:
                continue
            means = halves.known[number].groupby(words.known[group]).mean()
            name = f"group{len(known)}"
            known[name] = halves.known[number] - words.known[group].map(means)
            hidden[name] = halves.hidden[number] - words.hidden[group].map(means)
    return Halves(pd.DataFrame(known, halves.known.index), pd.DataFrame(hidden, halves.hidden.index))


MAKERS = {"plain": (), "groups": (by_group,), "crossings": (crossings,), "both": (by_group, crossings)}


def print_wins(calibrated: pd.DataFrame, added: pd.DataFrame) -> None:
    """Share of the tables, by mean over splits, on which each method is ahead."""
    by_table = calibrated.groupby("table").mean()
    for figure in ("log_loss", "brier", "error"):
        gap = by_table[f"platt_{figure}"] - by_table[f"beta_{figure}"]
        print(f"beta ahead by {figure}: {np.mean(gap > 0):.0%} of tables, mean gain {gap.mean():.5f}")
    by_table = added.groupby("table").mean()
    for who in ("groups", "crossings", "both"):
        auc = by_table[f"{who}_auc"] - by_table["plain_auc"]
        loss = by_table["plain_log_loss"] - by_table[f"{who}_log_loss"]
        cpu = by_table[f"{who}_cpu"].sum() / by_table["plain_cpu"].sum()
        print(
            f"{who} ahead by AUC: {np.mean(auc > 0):.0%} of tables (mean {auc.mean():.4f}, median {auc.median():.4f}), "
            f"by log loss {np.mean(loss > 0):.0%}; {cpu:.1f} x CPU"
        )


if __name__ == "__main__":
    main()
