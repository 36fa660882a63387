"""Loss of accuracy by training on a downsampled, reweighted share of the rows.

    python bench/learning_curve.py --customers 200000 --picture docs/learning_curve.svg

A sample bank is made once and each use case is trained on every row, then on as many rows as all positives and
one in two, four, ... of the others are; sampled rows are reweighted (as ``max_rows`` does, by
`goldmine.models.training_draw`). All models are stopped and calibrated on the same rows and tested
on the same latest complete cutoff, and figures are means.
"""

import argparse
import time
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from matplotlib import pyplot as plt
from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter

from bench.models import END, USE_CASES, cutoffs
from goldmine.activity import build_activity
from goldmine.contract.intake import open_bank
from goldmine.core.engine import connect
from goldmine.core.workspace import Workspace, home
from goldmine.features import build_features
from goldmine.labels.use_case import UseCase, load_use_case
from goldmine.models.evaluation import evaluate
from goldmine.models.train import train
from goldmine.models.training_draw import draw_balanced
from goldmine.models.training_set import TrainingSet, read_training_set
from goldmine.plots.style import PALETTE
from goldmine.sample import write_bank

ONE_IN = (1, 2, 4, 8, 16)
EVERY_ROW = 100_000_000


def main() -> None:
    """Make the bank if it is missing, train, print the table and draw the curve."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, default=200_000)
    parser.add_argument("--draws", type=int, default=3)
    parser.add_argument("--use-cases", nargs="+", default=list(USE_CASES), choices=USE_CASES)
    parser.add_argument("--picture", type=Path, help="File to draw the curve to.")
    arguments = parser.parse_args()
    folder = home() / "data" / "bench" / f"curve_{arguments.customers}"
    if not (folder / "bank" / "bank.yaml").exists():
        write_bank(folder / "bank", customers=arguments.customers, seed=1, end=END)
    work = Workspace(folder / "work")
    bank = open_bank(folder / "bank", work)
    cases = [everything(load_use_case(name)) for name in arguments.use_cases]
    build_activity(bank, work)
    build_features(bank, work, sorted({day for case in cases for day in cutoffs(bank, case)}))
    figures = []
    for case in cases:
        rows = read_training_set(bank, work, case, END)
        for one_in in ONE_IN:
            for draw in range(arguments.draws if one_in > 1 else 1):
                figures.append(curve_point(case, rows, one_in, draw))
                print("  ".join(f"{k} {v}" for k, v in figures[-1].items()), flush=True)
    frame = pd.DataFrame(figures)
    mean = frame.groupby(["use_case", "one_in"], sort=False).mean().drop(columns="draw")
    print(mean.round(4).to_string())
    if arguments.picture:
        picture(mean.reset_index(), arguments.picture)


def everything(case: UseCase) -> UseCase:
    """A use case without downsampling."""
    return case.model_copy(update={"training": case.training.model_copy(update={"max_rows": EVERY_ROW})})


def curve_point(case: UseCase, rows: TrainingSet, one_in: int, draw: int) -> dict[str, object]:
    """Figures of one training on as many rows as all positives and one in `one_in` of the others."""
    positives = int(rows.train["outcome"].to_numpy().sum())
    max_rows = positives + (rows.train.num_rows - positives) // one_in
    sampled = downsampled(rows.train, max_rows, draw)
    started = time.process_time()
    fitted = train(case, sampled, rows.calibrate, draw)
    seconds = time.process_time() - started
    card = evaluate(fitted.model, rows.test, case).model
    metrics = {"auc": card.auc, "average_precision": card.average_precision, "lift_10pct": card.lift["10pct"]}
    metrics["calibration_error"] = card.calibration_error or 0.0
    figures = {name: round(value, 4) for name, value in metrics.items()}
    return {"use_case": case.name, "one_in": one_in, "draw": draw, "rows": sampled.num_rows, **figures, "cpu": seconds}


def downsampled(rows: pa.Table, max_rows: int, seed: int) -> pa.Table:
    """About so many of some rows, drawn and weighted as a training does; all where there are no more."""
    draw = draw_balanced([(rows.num_rows, int(rows["outcome"].to_numpy().sum()))], max_rows, seed)
    if draw is None:
        return rows
    days = pc.unique(rows["cutoff"]).to_pylist()
    drawn = [draw.rows_of(connect(), rows.filter(pc.equal(rows["cutoff"], day)), day) for day in days]
    return draw.weighted(pa.concat_tables(drawn))


def picture(mean: pd.DataFrame, out: Path) -> None:
    """Draw the lift relative to training on every row, against the training rows."""
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
