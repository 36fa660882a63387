"""Which use cases a bank's tables can carry, and which feature tables they need."""

from collections.abc import Iterable
from datetime import date

from goldmine.contract.bank import Bank
from goldmine.core.errors import ModelError, UseCaseError
from goldmine.core.parquet import parquet_schema
from goldmine.core.workspace import Workspace
from goldmine.labels import plan_cutoffs
from goldmine.labels.use_case import UseCase, load_use_case, use_case_names
from goldmine.pipeline.tracked_run import champion_version


def missing(bank: Bank, use_case: UseCase, work: Workspace, as_of: date) -> list[str]:
    """What a use case needs and the bank does not have.

    Returns
    -------
    list of str
        Tables that its outcome is counted from; and, where the features of the snapshot have been made, features
        that its eligibility or its rule asks for.
    """
    tables = [f"table {name}" for name in use_case.needs if not bank.has(name)]
    path = work.features(as_of)
    if not path.exists():
        return tables
    have = set(parquet_schema(path).names)
    return tables + [f"feature {name}" for name in use_case.asked_features if name not in have]


def selected_use_cases(
    bank: Bank, work: Workspace, as_of: date, asked: Iterable[str] = (), *, quarterly: bool = False
) -> list[str]:
    """Use cases of a run: those asked for, or all that the bank's tables can carry.

    Parameters
    ----------
    asked : iterable of str
        Those asked for by name.
    quarterly : bool
        Where none is asked for, also take in those whose file says ``schedule: quarterly``.

    Raises
    ------
    UseCaseError
        If one that was asked for is unknown or cannot be carried, or if none can.
    """
    names = sorted(set(asked)) or use_case_names(quarterly=quarterly)
    off = {name: missing(bank, load_use_case(name, work), work, as_of) for name in names}
    for name in sorted(set(asked)):
        if off[name]:
            raise UseCaseError(
                f"{name}: this bank's tables do not carry it: {', '.join(off[name])}.",
                "Map what is missing in bank.yaml, or leave this use case out.",
            )
    found = [name for name, needs in off.items() if not needs]
    if not found:
        raise UseCaseError(
            "This bank's tables can carry no use case.", "Map more tables; docs/contract.md says which there are."
        )
    return found


def use_cases_with_champion(bank: Bank, use_cases: Iterable[str]) -> list[str]:
    """Those of some use cases that a champion scores; a list of the others would be made of nothing.

    Raises
    ------
    ModelError
        If none has one.
    """
    asked = list(use_cases)
    found = [name for name in asked if champion_version(bank.name, name)]
    if not found:
        raise ModelError(
            f"{', '.join(asked)}: no model is champion, so there is nothing to list.",
            "Read in the notebook 4_train why none beat its baseline; the last release stays as it is.",
        )
    return found


def required_cutoffs(bank: Bank, use_cases: Iterable[str], as_of: date) -> list[date]:
    """Cutoffs whose features a run needs: each use case's for training, and the snapshot itself.

    Raises
    ------
    HistoryError
        If the books do not reach the snapshot, or not far enough back to train.
    """
    months = bank.months("transactions")
    plans = [plan_cutoffs(load_use_case(name), as_of, months) for name in use_cases]
    return sorted({as_of, *(cutoff for plan in plans for cutoff in plan.all)})
