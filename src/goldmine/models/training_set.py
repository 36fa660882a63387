"""The rows of one training: read at every cutoff, and fingerprinted."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa

from goldmine.contract.bank import Bank
from goldmine.core import fingerprint
from goldmine.core.code_fingerprint import code_fingerprint
from goldmine.core.errors import UseCaseError
from goldmine.core.i18n import _
from goldmine.core.workspace import Workspace
from goldmine.features import feature_content, feature_fingerprint, require_current
from goldmine.labels import Cutoffs, feature_days, labelled, plan_cutoffs, with_features
from goldmine.labels.use_case import Training, UseCase
from goldmine.models.external.table import external_table_fingerprint, read_external_table


@dataclass(frozen=True)
class TrainingSet:
    """The rows that one training fits, calibrates and tests on.

    Parameters
    ----------
    train, test : pyarrow.Table
        Features as stored and ``outcome`` of the eligible; the training cutoffs follow one another in `train`. Where
        rows were sampled there is a ``weight`` too, the sample weight.
    calibrate : pyarrow.Table or None
        Likewise; None for an external table, which is calibrated on its own folds.
    cutoffs : Cutoffs or None
        The month ends; None for an external table.
    """

    train: pa.Table
    test: pa.Table
    calibrate: pa.Table | None = None
    cutoffs: Cutoffs | None = None

    def spans(self) -> dict[str, str]:
        """Description of the rows of each part, in words."""
        if self.cutoffs is not None:
            train = ", ".join(map(str, self.cutoffs.train))
            return {"train": train, "calibrate": str(self.cutoffs.calibrate), "test": str(self.cutoffs.test)}
        if "moment" in self.train.column_names:
            return {"train": "the earlier rows of the table", "test": "the latest rows of the table"}
        return {"train": "drawn rows of the table", "test": "the other rows of the table"}

    def counts(self) -> dict[str, dict[str, float]]:
        """Rows, weighted rows, positives and the weighted share of positives, by part."""
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
    """Sample weight of each row; None where each counts once."""
    return rows["weight"].to_numpy() if "weight" in rows.column_names else None


def weighted_rows(rows: pa.Table) -> int:
    """Number of customers that some rows represent: the sum of their sample weights."""
    weight = sample_weights(rows)
    return rows.num_rows if weight is None else round(weight.sum(dtype=np.float64))


def read_training_set(bank: Bank, work: Workspace, use_case: UseCase, as_of: date, seed: int = 0) -> TrainingSet:
    """Read the rows of a use case's training at a snapshot; the cutoffs' features must be there.

    Raises
    ------
    HistoryError
        If the history is too short, or a cutoff's features have not been made, or were made by other code.
    UseCaseError
        If the bank lacks a table or a feature that the use case needs.
    ContractError
        If a table changed while it was being read.
    """
    if use_case.has_external_label:
        return TrainingSet(*read_external_table(work, use_case.name))
    cutoffs = plan_cutoffs(use_case, as_of, bank.months("transactions"))
    require_current(bank, work, feature_days(use_case, cutoffs))
    max_rows = use_case.training.max_rows
    labels = {cutoff: labelled(bank, work, use_case, cutoff, as_of) for cutoff in (*cutoffs.train, cutoffs.calibrate)}
    calibrate = downsample(labels.pop(cutoffs.calibrate), max_rows // 2, seed)
    test = downsample(labelled(bank, work, use_case, cutoffs.test, as_of), 2 * max_rows, seed)
    bank.require_unchanged()
    sampled = downsample_negatives(labels, max_rows, seed)
    train = [with_features(work, cutoff, rows) for cutoff, rows in sampled.items()]
    return TrainingSet(
        train=pa.concat_tables(train, promote_options="default"),
        test=with_features(work, cutoffs.test, test),
        calibrate=with_features(work, cutoffs.calibrate, calibrate),
        cutoffs=cutoffs,
    )


def downsample_negatives(labels: dict[date, pa.Table], max_rows: int, seed: int) -> dict[date, pa.Table]:
    """Downsample rows without the outcome to about `max_rows` in all, and reweight what remains.

    Positives are all kept as long as they are no more than half of `max_rows`; of more, a half is sampled.

    Parameters
    ----------
    labels : dict of date to pyarrow.Table
        customer_id and outcome by cutoff.
    max_rows : int
        Rows to keep over all cutoffs; where there are fewer, nothing is sampled and there is no weight.
    seed : int
        Same seed, same rows.
    """
    rows = sum(table.num_rows for table in labels.values())
    if rows <= max_rows:
        return labels
    positives = sum(int(table["outcome"].to_numpy().sum()) for table in labels.values())
    kept_positives = min(positives, max(max_rows // 2, max_rows - (rows - positives)))
    shares = (max_rows - kept_positives) / max(rows - positives, 1), kept_positives / max(positives, 1)
    sampled = {}
    for cutoff, table in labels.items():
        share = np.choose(table["outcome"].to_numpy(), shares)
        draws = np.random.default_rng([seed, cutoff.toordinal()]).random(table.num_rows)
        weight = pa.array(1 / share, pa.float32())
        sampled[cutoff] = table.append_column("weight", weight).filter(pa.array(draws < share))
    return sampled


def downsample(table: pa.Table, max_rows: int, seed: int) -> pa.Table:
    """Sample about `max_rows` rows uniformly, with one weight for all; where there are fewer, all are kept."""
    if table.num_rows <= max_rows:
        return table
    draws = np.random.default_rng(seed).random(table.num_rows)
    sampled = table.filter(pa.array(draws < max_rows / table.num_rows))
    weight = np.full(sampled.num_rows, table.num_rows / sampled.num_rows, np.float32)
    return sampled.append_column("weight", pa.array(weight))


def outcomes(rows: pa.Table, where: str, min_positives: int = 1) -> np.ndarray:
    """The outcome column as int8, checked: both classes, and enough positives.

    Raises
    ------
    UseCaseError
        If the rows can neither train nor test a model.
    """
    outcome = rows["outcome"].to_numpy().astype(np.int8)
    positives = int(outcome.sum())
    if positives < min_positives or positives == len(outcome):
        kind: str = _("fewer than {n} positives", n=min_positives)
        if positives in (0, len(outcome)):
            kind = _("one class only")
        raise UseCaseError(
            _(
                "{where}: {rows} rows with {positives} positives: {kind}.",
                where=where,
                rows=len(outcome),
                positives=positives,
                kind=kind,
            ),
            _("Widen who is eligible, lengthen the horizon or give more months of data."),
        )
    return outcome


def training_code_fingerprint() -> str:
    """Fingerprint of the code that makes features, labels and models."""
    return code_fingerprint("goldmine.models.train", "goldmine.models.tuning")


def training_fingerprint(
    bank: Bank, work: Workspace, use_case: UseCase, as_of: date, seed: int, *, tuned: Sequence[Training] = ()
) -> str:
    """Fingerprint of everything a training depends on; a finished run with the same one need not be repeated.

    A feature table counts by what it was built from and by its content, so that one that was damaged or replaced after
    it was built is another training.

    Raises
    ------
    HistoryError
        If the history is too short for the use case.
    """
    inputs = {
        "bank": bank.name,
        "as_of": as_of,
        "seed": seed,
        "code": training_code_fingerprint(),
        "use_case": use_case.model_dump(mode="json"),
        "tuned": [settings.model_dump(mode="json") for settings in tuned],
    }
    if use_case.has_external_label:
        return fingerprint.of_value({**inputs, "table": external_table_fingerprint(work, use_case.name)})
    cutoffs = plan_cutoffs(use_case, as_of, bank.months("transactions"))
    tables = {t: [f.fingerprint for f in bank.tables[t].files] for t in (*use_case.needs, "customers") if bank.has(t)}
    days = feature_days(use_case, cutoffs)
    features = [[feature_fingerprint(bank, work, day), feature_content(work, day)] for day in days]
    return fingerprint.of_value({**inputs, "features": features, "outcomes": tables})
