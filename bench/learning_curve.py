"""What is lost by training on a drawn, reweighted share of the rows.

    python bench/learning_curve.py --customers 200000 --picture docs/learning_curve.svg

A sample bank is made once and each use case is trained on every row, then on so many as all rows with the outcome and
one in two, four, ... of the others are; what is drawn counts for several (as ``max_rows`` does, by
`goldmine.models.training_set.downsample_negatives`). They are stopped and calibrated on the same rows and tested on the
same latest complete cutoff, and figures are means.
"""

import argparse
import time
from pathlib import Path

import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter

from bench.models import END, USE_CASES, cutoffs
from goldmine.activity import build_activity
from goldmine.contract.intake import open_bank
from goldmine.core.workspace import Workspace, home
from goldmine.features import build_features
from goldmine.labels.use_case import UseCase, load_use_case
from goldmine.models.evaluation import evaluate
from goldmine.models.train import train
from goldmine.models.training_set import TrainingSet, downsample_negatives, read_training_set
from goldmine.plots.style import PALETTE
from goldmine.sample import write_bank

ONE_IN = (1, 2, 4, 8, 16)
EVERY_ROW = 100_000_000


def main() -> None:
    """Make the bank where it is not there, train, print the table and draw the curve."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--customers", type=int, default=200_000)
    asked.add_argument("--draws", type=int, default=3)
    asked.add_argument("--use-cases", nargs="+", default=list(USE_CASES), choices=USE_CASES)
    asked.add_argument("--picture", type=Path, help="Where the curve is drawn, if anywhere.")
    given = asked.parse_args()
    place = home() / "data" / "bench" / f"curve_{given.customers}"
    if not (place / "bank" / "bank.yaml").exists():
        write_bank(place / "bank", customers=given.customers, seed=1, end=END)
    work = Workspace(place / "work")
    bank = open_bank(place / "bank", work)
    cases = [everything(load_use_case(name)) for name in given.use_cases]
    build_activity(bank, work)
    build_features(bank, work, sorted({day for case in cases for day in cutoffs(bank, case)}))
    found = []
    for case in cases:
        rows = read_training_set(bank, work, case, END)
        for one_in in ONE_IN:
            for draw in range(given.draws if one_in > 1 else 1):
                found.append(curve_point(case, rows, one_in, draw))
                print("  ".join(f"{k} {v}" for k, v in found[-1].items()), flush=True)
    frame = pd.DataFrame(found)
    mean = frame.groupby(["use_case", "one_in"], sort=False).mean().drop(columns="draw")
    print(mean.round(4).to_string())
    if given.picture:
        picture(mean.reset_index(), given.picture)


def everything(case: UseCase) -> UseCase:
    """A use case that draws no rows by itself."""
    return case.model_copy(update={"training": case.training.model_copy(update={"max_rows": EVERY_ROW})})


def curve_point(case: UseCase, rows: TrainingSet, one_in: int, draw: int) -> dict[str, object]:
    """Figures of one training on so many rows as all positives and one in so many of the others are."""
    positives = int(rows.train["outcome"].to_numpy().sum())
    most = positives + (rows.train.num_rows - positives) // one_in
    drawn = downsample_negatives({END: rows.train}, most, draw)[END]
    began = time.process_time()
    fitted = train(case, drawn, rows.calibrate, draw)
    seconds = time.process_time() - began
    card = evaluate(fitted.model, rows.test, case).model
    told = {"auc": card.auc, "average_precision": card.average_precision, "lift_10pct": card.lift["10pct"]}
    told["calibration_error"] = card.calibration_error or 0.0
    figures = {name: round(value, 4) for name, value in told.items()}
    return {"use_case": case.name, "one_in": one_in, "draw": draw, "rows": drawn.num_rows, **figures, "cpu": seconds}


def picture(mean: pd.DataFrame, out: Path) -> None:
    """Lift beside that of every row, against the rows learnt from."""
    figure, axes = plt.subplots(figsize=(7, 3.6), layout="constrained")
    for (name, curve), colour in zip(mean.groupby("use_case", sort=False), PALETTE, strict=False):
        axes.plot(curve["rows"], curve["lift_10pct"] / curve["lift_10pct"].iloc[0], "o-", color=colour, label=name)
    axes.set(xscale="log", xlabel="rows learnt from", ylabel="lift in the top tenth, every row = 1", ylim=(0.9, 1.02))
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.legend(frameon=False)
    axes.spines[["top", "right"]].set_visible(False)
    with plt.rc_context({"svg.fonttype": "none", "svg.hashsalt": out.name}):  # letters as text; the same file each time
        figure.savefig(out, metadata={"Date": None})


if __name__ == "__main__":
    main()
