"""The rows of one training: read at every cutoff, and fingerprinted."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial

import numpy as np
import pyarrow as pa

from goldmine.contract.bank import Bank
from goldmine.core import fingerprint
from goldmine.core.code_fingerprint import code_fingerprint
from goldmine.core.engine import DUCKDB, Engine
from goldmine.core.errors import UseCaseError
from goldmine.core.i18n import _
from goldmine.core.workspace import Workspace
from goldmine.features import feature_content, feature_fingerprint, require_current
from goldmine.labels import Cutoffs, feature_days, plan_cutoffs
from goldmine.labels.training_settings import Training
from goldmine.labels.use_case import UseCase
from goldmine.models.external.table import external_table_fingerprint, read_external_table
from goldmine.models.training_draw import draw_balanced, draw_uniform
from goldmine.models.training_rows import Counts, Draws, RowSource, read_rows


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


def read_training_set(
    bank: Bank, work: Workspace, use_case: UseCase, as_of: date, seed: int = 0, *, engine: Engine = DUCKDB
) -> TrainingSet:
    """Read the rows of a use case's training at a snapshot; the cutoffs' features must be there.

    Of more rows than the use case's `max_rows` some are drawn, the same ones with either engine.

    Raises
    ------
    HistoryError
        If the history is too short, or a cutoff's features have not been made, or were made by other code.
    UseCaseError
        If the bank lacks a table or a feature that the use case needs.
    ContractError
        If a table changed while it was being read.
    EngineError
        If Spark fails.
    """
    if use_case.has_external_label:
        return TrainingSet(*read_external_table(work, use_case.name))
    cutoffs = plan_cutoffs(use_case, as_of, bank)
    require_current(bank, work, feature_days(use_case, cutoffs))
    rows = read_rows(
        engine, RowSource(bank, work, use_case, as_of), list(cutoffs.all), partial(_draws, use_case, cutoffs, seed)
    )
    return TrainingSet(
        train=pa.concat_tables([rows.pop(cutoff) for cutoff in cutoffs.train], promote_options="default"),
        test=rows[cutoffs.test],
        calibrate=rows[cutoffs.calibrate],
        cutoffs=cutoffs,
    )


def _draws(use_case: UseCase, cutoffs: Cutoffs, seed: int, counts: Counts) -> Draws:
    """What is drawn of each cutoff, by the use case's `max_rows`."""
    max_rows = use_case.training.max_rows
    train = draw_balanced([counts[cutoff] for cutoff in cutoffs.train], max_rows, seed)
    return {
        **dict.fromkeys(cutoffs.train, train),
        cutoffs.calibrate: draw_uniform(counts[cutoffs.calibrate][0], max_rows // 2, seed),
        cutoffs.test: draw_uniform(counts[cutoffs.test][0], max_rows, seed),
    }


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
    cutoffs = plan_cutoffs(use_case, as_of, bank)
    used = {*use_case.needs, *(table for table, _day in use_case.outcome.dated_by), "customers"}
    tables = {table: [f.fingerprint for f in bank.tables[table].files] for table in sorted(used) if bank.has(table)}
    days = feature_days(use_case, cutoffs)
    features = [[feature_fingerprint(bank, work, day), feature_content(work, day)] for day in days]
    return fingerprint.of_value({**inputs, "features": features, "outcomes": tables})
