"""Coverage of measured effects, and the gain of the workbench's lists over the old rule.

    python bench/effect.py coverage [--seeds 100]
    python bench/effect.py quarters [--customers 20000] [--seed 1]

Both run on the sample bank, whose truth is known. `coverage` draws control, contacts and outcomes many times and counts
how often the interval of the measured effect holds the true one (target: 90 of 100). `quarters` runs four campaigns in
a row, each on a bank that holds the results of those before it. The workbench's list ranks by propensity until uplift
may rank, and a part of it is control; the old rule contacts the largest balances and has no control. It compares the
true effect of equally many contacts (target: 1.5 times as much), also with the best possible lists: by the true
probability of the outcome, and by the true effect.
"""

import argparse
import tempfile
import time
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from goldmine.activity import build_activity
from goldmine.contract.bank import Bank
from goldmine.contract.intake import open_bank
from goldmine.core.workspace import Workspace
from goldmine.features import build_features
from goldmine.labels import eligible_rows, plan_cutoffs
from goldmine.labels.use_case import UseCase, load_use_case
from goldmine.measurement.effect import intention_to_treat
from goldmine.measurement.uplift_history import features_of, learn_uplift
from goldmine.models.train import train
from goldmine.models.training_set import read_training_set
from goldmine.models.uplift.effect import Estimate
from goldmine.models.uplift.history import LearnedUplift
from goldmine.sample import bank_files, write_bank
from goldmine.sample.persuasion import UNWANTED
from goldmine.sample.simulated_responses import simulate_campaign, work_campaign

QUARTERS = (date(2023, 5, 31), date(2023, 8, 31), date(2023, 11, 30), date(2024, 2, 29))
USE_CASES = ("longtail", "dormancy", "wealth")
MONTHS = 42
"""Months of history to the end of June 2024: enough for six training cutoffs in the first quarter too."""
CAPACITY, CONTROL = 0.2, 0.15
"""Share of the eligible that is contacted; share of the list that is control."""


def coverage(folder: Path, seeds: int) -> None:
    """Repeat one campaign on the same customers."""
    write_bank(folder / "bank", customers=20_000, months=12, seed=1)
    for use_case in USE_CASES:
        truth = bank_files.truth(folder / "bank", use_case, QUARTERS[-1]).nlargest(2_000, "probability", keep="first")
        truth = truth.assign(campaign_id="c", channel="call", stratum=np.arange(len(truth)) * 10 // len(truth))
        aim = 1 - truth["probability"] if use_case in UNWANTED else truth["probability"]
        held, widths, values, true = 0, [], [], 0.0
        for seed in range(seeds):
            random = np.random.default_rng([seed, 7])
            group = np.where(random.random(len(truth)) < CONTROL, "control", "contact")
            outcome = random.random(len(truth)) < aim
            played = simulate_campaign(truth.assign(aim=aim, came=outcome, group=group), QUARTERS[-1], random)
            rows = played.rows.assign(aim=(played.rows["came"] | played.rows["extra"]).astype(float))
            estimate, true = intention_to_treat(rows), played.true_effect
            if isinstance(estimate, Estimate):
                held += estimate.low <= true <= estimate.high
                widths.append(estimate.high - estimate.low)
                values.append(estimate.value)
        print(
            f"{use_case:<10} true {true:+.4f}  mean measured {np.mean(values):+.4f}  mean width {np.mean(widths):.4f}  "
            f"interval holds the true effect in {held} of {seeds}"
        )


def quarters(folder: Path, customers: int, seed: int) -> None:
    """Run four campaigns, each on a bank that holds the results of those before it."""
    write_bank(folder / "bank", customers=customers, months=MONTHS, seed=seed)
    work, campaigns = Workspace(folder / "work"), []
    for quarter in QUARTERS:
        bank = open_bank(folder / "bank", work)
        build_activity(bank, work)
        for name in USE_CASES:
            start = time.perf_counter()
            gains = _campaign(folder, bank, work, load_use_case(name), quarter)
            campaigns.append({"use_case": name} | gains)
            figures = "  ".join(f"{who} {gain:6.1f}" for who, gain in gains.items())
            print(f"{quarter} {name:<10} {figures}  {time.perf_counter() - start:.0f} s", flush=True)
        for path in sorted((work.releases / str(quarter)).glob("r/campaigns/*")):
            work_campaign(folder / "bank", path / "offers.parquet", path / "control.parquet", 1)
    sums = pd.DataFrame(campaigns).groupby("use_case").sum()
    sums.loc["all"] = sums.sum()
    print("true extra conversions of four quarters, and how many times the old rule's\n")
    print(sums.round(1).to_string(), "\n")
    print(sums.div(sums["old rule"], axis=0).round(2).to_string())


def _campaign(folder: Path, bank: Bank, work: Workspace, use_case: UseCase, quarter: date) -> dict[str, float]:
    """Publish one campaign; returns the true extra conversions of each list."""
    cutoffs = plan_cutoffs(use_case, quarter, bank.months("transactions"))
    build_features(bank, work, sorted({*cutoffs.all, quarter}))
    learnt = read_training_set(bank, work, use_case, quarter)
    model = train(use_case, learnt.train, learnt.calibrate, 1).model
    everyone = eligible_rows(work, use_case, quarter)
    rows = pd.DataFrame(
        {
            "customer_id": everyone["customer_id"].to_pylist(),
            "balance": everyone["aum_avg_30d"].to_numpy(),
            "probability": model.predict(everyone),
        }
    ).merge(
        bank_files.truth(folder / "bank", use_case.name, quarter).rename(columns={"probability": "truly"}),
        on="customer_id",
    )
    rows["gain"] = rows["effect"] * rows["reach"]
    contacts = round(CAPACITY * len(rows))
    learned = _history(bank, work, use_case, quarter, rows[["customer_id", "probability"]])
    score = rows["probability"]
    if learned.may_rank:
        known = features_of(work, quarter, pa.array(rows["customer_id"].tolist(), pa.string()))
        score = pd.Series(learned.uplift(known, rows["probability"].to_numpy()), rows.index)
    print(f"{quarter} {use_case.name:<10} {learned.verdict}, {learned.rows} customers, needed {learned.rows_needed}")
    listed = rows.loc[score.nlargest(round(contacts / (1 - CONTROL))).index]
    contacted = np.random.default_rng([quarter.toordinal(), len(listed)]).permutation(len(listed)) < contacts
    _publish(work, use_case, quarter, listed.assign(group=np.where(contacted, "contact", "control")))
    return {
        "workbench": float(listed.loc[contacted, "gain"].sum()),
        "old rule": float(rows.nlargest(contacts, "balance")["gain"].sum()),
        "true probability": float(rows.nlargest(contacts, "truly")["gain"].sum()),
        "true effect": float(rows.nlargest(contacts, "gain")["gain"].sum()),
    }


def _history(bank: Bank, work: Workspace, use_case: UseCase, quarter: date, scores: pd.DataFrame) -> LearnedUplift:
    """Uplift learnt from complete campaigns, once the scores are written where the command reads them."""
    path = work.scores(quarter, use_case.name)
    path.parent.mkdir(parents=True, exist_ok=True)
    scores.to_parquet(path, index=False)
    return learn_uplift(bank, work, use_case, quarter)


def _publish(work: Workspace, use_case: UseCase, quarter: date, rows: pd.DataFrame) -> None:
    folder = work.releases / str(quarter) / "r" / "campaigns" / f"quarter_{use_case.name}"
    folder.mkdir(parents=True)
    known = rows[["customer_id", "probability", "group"]].assign(
        campaign_id=f"quarter_{use_case.name}",
        use_case=use_case.name,
        offer=use_case.name,
        product_id="W-R1",
        channel="call",
        uplift=np.nan,
        decile=np.arange(len(rows)) * 10 // len(rows) + 1,
        branch_id="B000",
        stratum="all",
        as_of=quarter,
        valid_until=quarter,
        model_version="1",
        release_id="r",
    )
    known[known["group"] == "contact"].to_parquet(folder / "offers.parquet", index=False)
    known[known["group"] == "control"].to_parquet(folder / "control.parquet", index=False)


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["coverage", "quarters"])
    parser.add_argument("--seeds", type=int, default=100)
    parser.add_argument("--customers", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if arguments.what == "coverage":
            coverage(Path(folder), arguments.seeds)
        else:
            quarters(Path(folder), arguments.customers, arguments.seed)


if __name__ == "__main__":
    main()
