"""The rows of one training: read at every cutoff, and fingerprinted."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa

from goldmine.contract.bank import Bank
from goldmine.core import fingerprint
from goldmine.core.code_fingerprint import code_fingerprint
from goldmine.core.workspace import Workspace
from goldmine.features import feature_fingerprint, require_current
from goldmine.labels import Cutoffs, labelled, plan_cutoffs, with_features
from goldmine.labels.use_case import Training, UseCase
from goldmine.models.external.table import external_table_fingerprint, read_external_table


@dataclass(frozen=True)
class TrainingSet:
    """What one training learns from, is calibrated on and is judged by.

    Parameters
    ----------
    train, test : pyarrow.Table
        Features as stored and ``outcome`` of the eligible; the training cutoffs follow one another in `train`. Where
        rows were drawn there is a ``weight`` too: for how many a row counts.
    calibrate : pyarrow.Table or None
        Likewise; None where `train` is a table made elsewhere, whose own folds serve.
    cutoffs : Cutoffs or None
        The month ends; None for such a table.
    """

    train: pa.Table
    test: pa.Table
    calibrate: pa.Table | None = None
    cutoffs: Cutoffs | None = None

    def spans(self) -> dict[str, str]:
        """Of each part in words which rows it holds."""
        if self.cutoffs is not None:
            train = ", ".join(map(str, self.cutoffs.train))
            return {"train": train, "calibrate": str(self.cutoffs.calibrate), "test": str(self.cutoffs.test)}
        if "moment" in self.train.column_names:
            return {"train": "the earlier rows of the table", "test": "the latest rows of the table"}
        return {"train": "drawn rows of the table", "test": "the other rows of the table"}

    def counts(self) -> dict[str, dict[str, float]]:
        """Of each part: rows, the customers they stand for, rows with the outcome, and the customers' share with it."""
        parts = {"train": self.train, "calibrate": self.calibrate, "test": self.test}
        return {
            name: {
                "rows": table.num_rows,
                "weighted_rows": weighted_rows(table),
                "positives": int(table["outcome"].to_numpy().sum()),
                "share": float(np.average(table["outcome"].to_numpy(), weights=sample_weights(table))),
            }
            for name, table in parts.items()
            if table is not None
        }


def sample_weights(rows: pa.Table) -> np.ndarray | None:
    """For how many each row counts; None where each counts for itself."""
    return rows["weight"].to_numpy() if "weight" in rows.column_names else None


def weighted_rows(rows: pa.Table) -> int:
    """How many customers some rows stand for: of drawn ones the sum of their weights."""
    counted = sample_weights(rows)
    return rows.num_rows if counted is None else round(counted.sum(dtype=np.float64))


def read_training_set(bank: Bank, work: Workspace, use_case: UseCase, as_of: date, seed: int = 0) -> TrainingSet:
    """Read the rows of a use case's training at a snapshot; the cutoffs' features must be there.

    Raises
    ------
    HistoryError
        If the books are too short, or a cutoff's features have not been made, or by other code than there is now.
    UseCaseError
        If the bank lacks a table or a feature that the use case needs.
    """
    if use_case.outcome.kind == "external_label":
        return TrainingSet(*read_external_table(work, use_case.name))
    cutoffs = plan_cutoffs(use_case, as_of, bank.months("transactions"))
    require_current(bank, work, cutoffs.all)
    most = use_case.training.max_rows
    told = {cutoff: labelled(bank, work, use_case, cutoff, as_of) for cutoff in (*cutoffs.train, cutoffs.calibrate)}
    later = downsample(told.pop(cutoffs.calibrate), most // 2, seed)
    judged = downsample(labelled(bank, work, use_case, cutoffs.test, as_of), 2 * most, seed)
    drawn = downsample_negatives(told, most, seed)
    learnt = [with_features(work, cutoff, wanted) for cutoff, wanted in drawn.items()]
    return TrainingSet(
        train=pa.concat_tables(learnt, promote_options="default"),
        test=with_features(work, cutoffs.test, judged),
        calibrate=with_features(work, cutoffs.calibrate, later),
        cutoffs=cutoffs,
    )


def downsample_negatives(told: dict[date, pa.Table], most: int, seed: int) -> dict[date, pa.Table]:
    """Draw of the rows without the outcome, so that about `most` remain; each then stands for those left out too.

    Rows with the outcome are all kept as long as they are no more than half of `most`; of more, a half is drawn.

    Parameters
    ----------
    told : dict of date to pyarrow.Table
        customer_id and outcome by cutoff.
    most : int
        Rows to keep over all cutoffs; where there are fewer, nothing is drawn and there is no weight.
    seed : int
        Same seed, same rows.
    """
    rows = sum(table.num_rows for table in told.values())
    if rows <= most:
        return told
    positives = sum(int(table["outcome"].to_numpy().sum()) for table in told.values())
    with_outcome = min(positives, max(most // 2, most - (rows - positives)))
    shares = (most - with_outcome) / max(rows - positives, 1), with_outcome / max(positives, 1)
    drawn = {}
    for cutoff, table in told.items():
        share = np.choose(table["outcome"].to_numpy(), shares)
        weight = pa.array(1 / share, pa.float32())
        drawn[cutoff] = table.append_column("weight", weight).filter(
            pa.array(_chances(cutoff, seed, table.num_rows) < share)
        )
    return drawn


def downsample(table: pa.Table, most: int, seed: int) -> pa.Table:
    """Draw about `most` rows, all with the same chance and so with one weight; where there are fewer, none is drawn."""
    if table.num_rows <= most:
        return table
    drawn = table.filter(pa.array(np.random.default_rng(seed).random(table.num_rows) < most / table.num_rows))
    weight = np.full(drawn.num_rows, table.num_rows / drawn.num_rows, np.float32)
    return drawn.append_column("weight", pa.array(weight))


def _chances(cutoff: date, seed: int, rows: int) -> np.ndarray:
    return np.random.default_rng([seed, cutoff.toordinal()]).random(rows)


def training_code_fingerprint() -> str:
    """Fingerprint of the code that makes features, labels and models."""
    return code_fingerprint("goldmine.models.fit", "goldmine.models.tuning")


def training_fingerprint(
    bank: Bank, work: Workspace, use_case: UseCase, as_of: date, seed: int, *, tuned: Sequence[Training] = ()
) -> str:
    """Fingerprint of all that a training depends on; where a finished run bears it, nothing new would come out.

    Raises
    ------
    HistoryError
        If the books are too short for the use case.
    """
    known = {"bank": bank.name, "as_of": as_of, "seed": seed, "code": training_code_fingerprint()}
    asked = {"use_case": use_case.model_dump(mode="json"), "tuned": [one.model_dump(mode="json") for one in tuned]}
    if use_case.outcome.kind == "external_label":
        return fingerprint.of_value({**known, **asked, "table": external_table_fingerprint(work, use_case.name)})
    cutoffs = plan_cutoffs(use_case, as_of, bank.months("transactions"))
    outcomes = {t: [f.fingerprint for f in bank.tables[t].files] for t in (*use_case.needs, "customers") if bank.has(t)}
    features = [feature_fingerprint(bank, work, cutoff) for cutoff in cutoffs.all]
    return fingerprint.of_value({**known, **asked, "features": features, "outcomes": outcomes})
