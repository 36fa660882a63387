"""Real tables through `goldmine train-table`, judged on rows whose label the command never saw.

    python bench/tables.py                      # bank_full and bank_additional, default settings
    python bench/tables.py bank_full --tune-minutes 4

Bank Marketing (Moro, Cortez, Rita 2014), `duration` left out, as it is known only after the call. `bank_full` is split
as scikit-learn's train_test_split(random_state=20240331, stratify) splits it; of `bank_additional`, whose rows stand in
the order of time, the first 80% are learnt from. The data is read where GOLDMINE_SHARED_DATA says, default
../shared/data; runs and models go to a temporary store.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import train_test_split

from goldmine.core.project import at_home

FILES = {"bank_full": "bank-full.csv", "bank_additional": "bank-additional-full.csv"}
IN_TIME = ("bank_additional",)


def main() -> None:
    """Run each table that was asked for."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("tables", nargs="*", default=list(FILES), metavar="TABLE", help=", ".join(FILES))
    asked.add_argument("--tune-minutes", type=float, default=0.0)
    given = asked.parse_args()
    for name in given.tables:
        with tempfile.TemporaryDirectory() as scratch:
            one_table(name, Path(scratch), given.tune_minutes)


def one_table(name: str, folder: Path, minutes: float) -> None:
    """Hide the labels of the rows to judge by, run the command, and say how it did on them."""
    shared = at_home(os.environ.get("GOLDMINE_SHARED_DATA") or "../shared/data")
    table = pd.read_csv(shared / "bank_marketing" / FILES[name], sep=";").drop(columns="duration")
    table.insert(0, "row", np.arange(len(table)))
    outcome = (table.y == "yes").to_numpy()
    hidden = hide(table, outcome, in_time=name in IN_TIME)
    file, scores = folder / f"{name}.csv", folder / "scores.parquet"
    if name in IN_TIME:
        table["order"] = table.row
    table.assign(y=table.y.mask(np.isin(table.row, hidden))).to_csv(file, index=False)
    command = [Path(sys.executable).with_name("goldmine"), "train-table", file, "--label", "y", "--id", "row"]
    command += ["--scores", scores, "--work", folder / "work", *(["--time", "order"] if name in IN_TIME else [])]
    command += ["--tune-minutes", str(minutes)] if minutes else []
    started = time.monotonic()
    store = {"MLFLOW_TRACKING_URI": f"sqlite:///{folder / 'mlflow.db'}"}
    subprocess.run(command, check=True, env={**os.environ, **store})
    chance = pd.read_parquet(scores).set_index("row").probability
    print(f"{name}: {time.monotonic() - started:.0f} s")
    for words, rows in (("labelled, out of fold", np.setdiff1d(table.row, hidden)), ("hidden", hidden)):
        told, share = outcome[rows], chance.loc[rows].to_numpy()
        head = told[np.argsort(-share, kind="stable")[: len(rows) // 10]].mean()
        print(
            f"  {words:<22} {len(rows):>6,} rows, {told.mean():.1%} yes, promised {share.mean():.1%}: "
            f"AUC {roc_auc_score(told, share):.4f}, lift in the top 10% {head / told.mean():.3f}"
        )


def hide(table: pd.DataFrame, outcome: np.ndarray, *, in_time: bool) -> np.ndarray:
    """Numbers of the rows whose label the command does not see."""
    if in_time:
        return np.arange(int(0.8 * len(table)), len(table))
    return train_test_split(np.arange(len(table)), test_size=0.25, random_state=20240331, stratify=outcome)[1]


if __name__ == "__main__":
    main()
