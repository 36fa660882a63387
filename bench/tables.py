"""Tables through `goldmine train-table`, evaluated on rows with hidden labels, beside other models.

    python bench/tables.py                      # all of them, default settings
    python bench/tables.py bank_full --tune-minutes 4
    python bench/tables.py weak_linear clusters interactions mixed --seed 2

Bank Marketing (Moro, Cortez, Rita 2014), `duration` left out, as it is known only after the call. `bank_full` is split
as scikit-learn's train_test_split(random_state=20240331, stratify) splits it; of `bank_additional`, whose rows are in
order of time, the first 80% are training rows. GOLDMINE_SHARED_DATA names the folder of the data, by default
../shared/data. The other tables are made up (`bench/made_tables.py`): 5,000 labelled rows of 80 columns, 6% of them 1,
and 20,000 test rows. Runs and models go to a temporary store. Needs the extra `bench`.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from catboost import CatBoostClassifier
from lightgbm import LGBMClassifier
from made_tables import MADE
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegressionCV
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from goldmine.core.workspace import at_home

FILES = {"bank_full": "bank-full.csv", "bank_additional": "bank-additional-full.csv"}
IN_TIME = ("bank_additional",)
LABELLED, HIDDEN = 5_000, 20_000


@dataclass(frozen=True)
class Table:
    """Features and outcomes of some rows, and the row numbers of those whose label is hidden."""

    features: pd.DataFrame
    outcome: np.ndarray
    hidden: np.ndarray

    @property
    def known(self) -> np.ndarray:
        """Row numbers of the labelled rows."""
        return np.setdiff1d(np.arange(len(self.outcome)), self.hidden)


def main() -> None:
    """Run each table that was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tables", nargs="*", default=[*FILES, *MADE], metavar="TABLE", help=", ".join([*FILES, *MADE]))
    parser.add_argument("--tune-minutes", type=float, default=0.0)
    parser.add_argument("--seed", type=int, default=1, help="Of the made-up tables.")
    arguments = parser.parse_args()
    for name in arguments.tables:
        table = made_up(name, arguments.seed) if name in MADE else of_file(name)
        with tempfile.TemporaryDirectory() as scratch:
            started = time.monotonic()
            chance = train_table(name, table, Path(scratch), arguments.tune_minutes)
        print(f"{name}: {len(table.known):,} rows, {table.outcome[table.known].mean():.1%} of them 1")
        say("goldmine, out of fold", table.outcome[table.known], chance[table.known], time.monotonic() - started)
        say("goldmine, hidden rows", table.outcome[table.hidden], chance[table.hidden])
        for who, chances, seconds in others(table):
            say(f"{who}, hidden rows", table.outcome[table.hidden], chances, seconds)


def of_file(name: str) -> Table:
    """One of the files."""
    shared = at_home(os.environ.get("GOLDMINE_SHARED_DATA") or "../shared/data")
    table = pd.read_csv(shared / "bank_marketing" / FILES[name], sep=";").drop(columns="duration")
    outcome = (table.pop("y") == "yes").to_numpy().astype(int)
    rows = np.arange(len(table))
    if name in IN_TIME:
        return Table(table, outcome, rows[int(0.8 * len(table)) :])
    return Table(table, outcome, train_test_split(rows, test_size=0.25, random_state=20240331, stratify=outcome)[1])


def made_up(name: str, seed: int) -> Table:
    """One of the made-up tables."""
    features, outcome = MADE[name](LABELLED + HIDDEN, seed)
    return Table(features, outcome, np.arange(LABELLED, LABELLED + HIDDEN))


def train_table(name: str, table: Table, folder: Path, minutes: float) -> np.ndarray:
    """Hide the labels of the test rows and run the command; returns every row's probability."""
    rows = pd.Series(np.arange(len(table.outcome)))
    frame = table.features.assign(outcome=pd.Series(table.outcome, dtype="Int64").mask(rows.isin(table.hidden)))
    frame.insert(0, "row", rows)
    if name in IN_TIME:
        frame["order"] = rows
    file, scores = folder / f"{name}.csv", folder / "scores.parquet"
    frame.to_csv(file, index=False)
    command: list[str | Path] = [
        Path(sys.executable).with_name("goldmine"),
        "train-table",
        file,
        "--label",
        "outcome",
        "--id",
        "row",
    ]
    command += ["--scores", scores, "--work", folder / "work", *(["--time", "order"] if name in IN_TIME else [])]
    command += ["--tune-minutes", str(minutes)] if minutes else []
    store = {"MLFLOW_TRACKING_URI": f"sqlite:///{folder / 'mlflow.db'}"}
    subprocess.run(command, check=True, env={**os.environ, **store})
    return pd.read_parquet(scores).set_index("row").probability.loc[rows].to_numpy()


def others(table: Table) -> Iterator[tuple[str, np.ndarray, float]]:
    """Predictions of other models for the hidden rows, and the seconds of their training."""
    text = [name for name in table.features if not pd.api.types.is_numeric_dtype(table.features[name])]
    numbers = [name for name in table.features if name not in text]
    levels = table.features.astype(dict.fromkeys(text, "category"))
    words = table.features.assign(**{name: table.features[name].fillna("").astype(str) for name in text})
    regression = make_pipeline(
        make_column_transformer(
            (make_pipeline(SimpleImputer(add_indicator=True), StandardScaler()), numbers),
            (OneHotEncoder(min_frequency=10, handle_unknown="infrequent_if_exist"), text),
        ),
        LogisticRegressionCV(Cs=8, scoring="neg_log_loss", use_legacy_attributes=False, l1_ratios=(0.0,)),
    )
    boosted = CatBoostClassifier(verbose=False, allow_writing_files=False, cat_features=text, random_seed=1)
    for who, model, features in (
        ("logistic regression", regression, table.features),
        ("LightGBM, defaults", LGBMClassifier(verbosity=-1), levels),
        ("CatBoost, defaults", boosted, words),
    ):
        started = time.monotonic()
        model.fit(features.iloc[table.known], table.outcome[table.known])
        chance = np.asarray(model.predict_proba(features.iloc[table.hidden]))[:, 1]
        yield who, chance, time.monotonic() - started


def say(who: str, outcome: np.ndarray, chance: np.ndarray, seconds: float | None = None) -> None:
    """Print the metrics of one model on some rows."""
    head = outcome[np.argsort(-chance, kind="stable")[: len(outcome) // 10]].mean()
    print(
        f"  {who:<36}AUC {roc_auc_score(outcome, chance):.4f}  lift in the top 10% {head / outcome.mean():.3f}  "
        f"predicted {chance.mean():.1%}, observed {outcome.mean():.1%}" + (f"  {seconds:.0f} s" if seconds else ""),
        flush=True,
    )


if __name__ == "__main__":
    main()
