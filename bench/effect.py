"""Coverage of measured effects, and the gain of the workbench's lists over the old rule.

    python bench/effect.py coverage [--customers 6000] [--seeds 300]
    python bench/effect.py quarters [--customers 20000] [--seed 1]

Both run on the sample bank, whose truth is known. `coverage` draws control, contacts and outcomes of one campaign many
times, with and without an effect, and compares the measurement with raw differences of shares by stratum: how wide the
intervals are, how often they hold the true effect (90 to 98 of 100), how often they exclude zero (without an effect at
most 5 of 100), also where the prediction says nothing and where it is the truth, which no model can do better than.
`quarters` runs four campaigns in a row, each on a bank that holds the results of those before it. The workbench's list
ranks by propensity until uplift may rank, and a part of it is control; the old rule contacts the largest balances and
has no control. It compares the true effect of equally many contacts (target: 1.5 times as much), also with the best
possible lists: by the true probability of the outcome, and by the true effect.
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
from goldmine.models.uplift.effect import Estimate, interval
from goldmine.models.uplift.history import LearnedUplift
from goldmine.sample import bank_files, write_bank
from goldmine.sample.persuasion import UNWANTED
from goldmine.sample.simulated_responses import simulate_campaign, work_campaign

QUARTERS = (date(2023, 5, 31), date(2023, 8, 31), date(2023, 11, 30), date(2024, 2, 29))
USE_CASES = ("longtail", "dormancy", "wealth")
MONTHS = 42
"""Months of history to the end of June 2024: enough for six training cutoffs in the first quarter too."""
LISTED = 1_100
"""Most customers of the campaign that `coverage` repeats."""
CAPACITY, CONTROL = 0.2, 0.15
"""Share of the eligible that is contacted; share of the list that is control."""


def coverage(folder: Path, customers: int, seeds: int) -> None:
    """Repeat one campaign of each use case on the same customers, with what a trained model predicts for them."""
    write_bank(folder / "bank", customers=customers, months=36, seed=1)
    work = Workspace(folder / "work")
    bank = open_bank(folder / "bank", work)
    build_activity(bank, work)
    for name in USE_CASES:
        rows = _scored(folder, bank, work, load_use_case(name), QUARTERS[-1])
        listed = rows.nlargest(min(LISTED, len(rows) // 2), "probability").reset_index(drop=True)
        print(
            f"{name}, {len(listed)} listed\n{worlds(listed, name, seeds).to_string(float_format='%.4f')}\n", flush=True
        )


def worlds(listed: pd.DataFrame, use_case: str, seeds: int) -> pd.DataFrame:
    """Draw groups, contacts and outcomes many times and count what the measurement says of them.

    Parameters
    ----------
    listed : DataFrame
        customer_id, branch_id, decile and probability as listed; truly, effect and reach of the truth.

    Returns
    -------
    DataFrame
        By truth (with effect or without) and method: mean width of the interval, worlds in 100 whose interval holds the
        true effect, worlds in 100 whose interval excludes zero, and the mean error of the estimate.
    """
    prevents = use_case in UNWANTED
    aim = 1 - listed["truly"] if prevents else listed["truly"]
    listed = listed.assign(campaign_id="c", channel="call", aim=aim)
    listed["stratum"] = listed["branch_id"].astype("str") + "|" + listed["decile"].astype("str")
    results: dict[tuple[str, str], list[tuple[float, float, float, float]]] = {}
    for seed in range(seeds):
        random = np.random.default_rng([seed, 7])
        group = np.where(random.random(len(listed)) < CONTROL, "control", "contact")
        came = random.random(len(listed)) < aim
        for truth, gain in (("no effect", 0.0), ("effect", 1.0)):
            world = listed.assign(came=came, group=group, effect=gain * listed["effect"])
            played = simulate_campaign(world, QUARTERS[-1], np.random.default_rng([seed, 8]))
            rows = played.rows.assign(aim=(played.rows["came"] | played.rows["extra"]).astype(float))
            says_nothing = rows.assign(probability=random.permutation(rows["probability"].to_numpy()))
            estimates = {
                "raw differences": raw_differences(rows),
                "by prediction": intention_to_treat(rows),
                "prediction says nothing": intention_to_treat(says_nothing),
                "prediction is the truth": intention_to_treat(rows.assign(probability=rows["truly"])),
            }
            for method, estimate in estimates.items():
                if isinstance(estimate, Estimate):
                    found = estimate.value, estimate.low, estimate.high, played.true_effect
                    results.setdefault((truth, method), []).append(found)
    return pd.DataFrame({key: _counted(np.array(found)) for key, found in results.items()}).T


def _counted(found: np.ndarray) -> dict[str, float]:
    value, low, high, true = found.T
    return {
        "width": float((high - low).mean()),
        "holds the truth": 100 * float(((low <= true) & (true <= high)).mean()),
        "shows an effect": 100 * float(((low > 0) | (high < 0)).mean()),
        "mean error": float((value - true).mean()),
    }


def raw_differences(rows: pd.DataFrame) -> Estimate:
    """Difference of shares by stratum, without the prediction: what an interval is to be narrower than.

    The strata that have fewer than two customers of a group are pooled.
    """
    counts = rows.groupby(["stratum", "group"]).size().unstack(fill_value=0).min(axis=1)
    stratum = rows["stratum"].where(rows["stratum"].map(counts) > 1, "rest")
    arms = rows.groupby([stratum, "group"])["aim"].agg(["mean", "var", "size"]).unstack()
    if "rest" in arms.index and not arms.loc["rest", "size"].fillna(0).min() > 1:
        rest = stratum == "rest"
        stratum = stratum.mask(rest, stratum[~rest].value_counts().index[-1])
        arms = rows.groupby([stratum, "group"])["aim"].agg(["mean", "var", "size"]).unstack()
    size = arms["size"]
    weight = size.sum(axis=1) / len(rows)
    separate = (arms["var"] / size).sum(axis=1)
    pooled = ((size - 1) * arms["var"]).sum(axis=1) / (size.sum(axis=1) - 2) * (1 / size).sum(axis=1)
    error = float(np.sqrt(max(weight**2 @ separate, weight**2 @ pooled)))
    difference = arms["mean"]["contact"] - arms["mean"]["control"]
    return interval(float(weight @ difference), error, len(rows) - 2 * len(arms))


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


def _scored(folder: Path, bank: Bank, work: Workspace, use_case: UseCase, as_of: date) -> pd.DataFrame:
    """Everyone eligible with the probability that a model trained at the day predicts, and the truth."""
    cutoffs = plan_cutoffs(use_case, as_of, bank)
    build_features(bank, work, sorted({*cutoffs.all, as_of}))
    learnt = read_training_set(bank, work, use_case, as_of)
    model = train(use_case, learnt.train, learnt.calibrate, 1).model
    everyone = eligible_rows(work, use_case, as_of)
    rows = pd.DataFrame(
        {
            "customer_id": everyone["customer_id"].to_pylist(),
            "balance": everyone["aum_avg_30d"].to_numpy(),
            "probability": model.predict(everyone),
        }
    )
    rows["decile"] = np.ceil(rows["probability"].rank(ascending=False) * 10 / len(rows)).astype(int)
    branches = pd.read_parquet(folder / "bank" / "customers.parquet", columns=["customer_id", "branch_id"])
    truth = bank_files.truth(folder / "bank", use_case.name, as_of).rename(columns={"probability": "truly"})
    return rows.merge(branches, on="customer_id").merge(truth, on="customer_id")


def _campaign(folder: Path, bank: Bank, work: Workspace, use_case: UseCase, quarter: date) -> dict[str, float]:
    """Publish one campaign; returns the true extra conversions of each list."""
    rows = _scored(folder, bank, work, use_case, quarter)
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
    parser.add_argument("--seeds", type=int, default=300)
    parser.add_argument("--customers", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if arguments.what == "coverage":
            coverage(Path(folder), arguments.customers or 6_000, arguments.seeds)
        else:
            quarters(Path(folder), arguments.customers or 20_000, arguments.seed)


if __name__ == "__main__":
    main()
