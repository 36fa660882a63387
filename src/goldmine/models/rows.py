"""The rows of one training: read at every cutoff, and fingerprinted."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pyarrow as pa

import goldmine
from goldmine.contract.bank import Bank
from goldmine.core import fingerprint
from goldmine.core.work import Work
from goldmine.features import feature_fingerprint
from goldmine.labels import Cutoffs, plan_cutoffs, training_rows
from goldmine.usecases import UseCase

_ROOMS = ("models", "labels", "features")


@dataclass(frozen=True)
class Rows:
    """What one training learns from, is calibrated on and is judged by.

    Parameters
    ----------
    cutoffs : Cutoffs
        The month ends.
    train, calibrate, judge : pyarrow.Table
        Features as stored and ``outcome`` of the eligible; the training cutoffs follow one another in `train`.
    """

    cutoffs: Cutoffs
    train: pa.Table
    calibrate: pa.Table
    judge: pa.Table

    def counts(self) -> dict[str, dict[str, int]]:
        """Rows and positives of each part."""
        parts = {"train": self.train, "calibrate": self.calibrate, "judge": self.judge}
        return {
            name: {"rows": t.num_rows, "positives": int(t["outcome"].to_numpy().sum())} for name, t in parts.items()
        }


def read_rows(bank: Bank, work: Work, use_case: UseCase, as_of: date) -> Rows:
    """Read the rows of a use case's training at a snapshot; the cutoffs' features must be there.

    Raises
    ------
    HistoryError
        If the books are too short, or a cutoff's features have not been made.
    UseCaseError
        If the bank lacks a table or a feature that the use case needs.
    """
    cutoffs = plan_cutoffs(use_case, as_of, bank.months("transactions"))
    learnt = [training_rows(bank, work, use_case, cutoff, as_of) for cutoff in cutoffs.train]
    return Rows(
        cutoffs,
        pa.concat_tables(learnt, promote_options="default"),
        training_rows(bank, work, use_case, cutoffs.calibrate, as_of),
        training_rows(bank, work, use_case, cutoffs.judge, as_of),
    )


def code_fingerprint() -> str:
    """Fingerprint of the code that makes features, labels and models."""
    package = Path(goldmine.__file__).parent
    return fingerprint.of_code(*(package / room for room in _ROOMS))


def training_fingerprint(bank: Bank, work: Work, use_case: UseCase, as_of: date, seed: int) -> str:
    """Fingerprint of all that a training depends on; where a finished run bears it, nothing new would come out.

    Raises
    ------
    HistoryError
        If the books are too short for the use case.
    """
    cutoffs = plan_cutoffs(use_case, as_of, bank.months("transactions"))
    outcomes = {t: [f.fingerprint for f in bank.tables[t].files] for t in (*use_case.needs, "customers") if bank.has(t)}
    return fingerprint.of_value(
        {
            "bank": bank.name,
            "as_of": as_of,
            "seed": seed,
            "use_case": use_case.model_dump(mode="json"),
            "features": [feature_fingerprint(bank, work, cutoff) for cutoff in cutoffs.all],
            "outcomes": outcomes,
            "code": code_fingerprint(),
        }
    )
