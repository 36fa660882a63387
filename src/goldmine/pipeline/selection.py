"""Which use cases a bank's tables support, and which feature tables they need."""

from collections.abc import Iterable
from datetime import date

from goldmine.contract.bank import Bank
from goldmine.core.errors import HistoryError, ModelError, UseCaseError
from goldmine.core.i18n import _
from goldmine.core.parquet import parquet_schema
from goldmine.core.workspace import Workspace
from goldmine.labels import feature_days, plan_cutoffs
from goldmine.labels.use_case import UseCase, load_use_case, readable_use_cases
from goldmine.pipeline.tracked_run import champion_version


def missing(bank: Bank, use_case: UseCase, work: Workspace, as_of: date) -> list[str]:
    """What a use case needs and the bank does not have.

    Returns
    -------
    list of str
        Tables that its outcome is counted from; and, if the features of the snapshot exist, features that its
        eligibility or its baseline reads.
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
    """Use cases of a run: those asked for, or all that the bank's tables support and whose files can be read.

    Parameters
    ----------
    asked : iterable of str
        Use cases asked for by name.
    quarterly : bool
        If none is asked for, include those whose file says ``schedule: quarterly``.

    Raises
    ------
    UseCaseError
        If one that was asked for is unknown or not supported, or if none is supported.
    """
    cases = {name: load_use_case(name, work) for name in sorted(set(asked))} or readable_use_cases(quarterly=quarterly)
    off = {name: missing(bank, case, work, as_of) for name, case in cases.items()}
    for name in sorted(set(asked)):
        if off[name]:
            raise UseCaseError(
                _(
                    "{name}: this bank's tables do not support it; it needs {names}.",
                    name=name,
                    names=", ".join(off[name]),
                ),
                _("Check its names in docs/features.md, map what is missing in bank.yaml, or leave this use case out."),
            )
    supported = [name for name, needs in off.items() if not needs]
    if not supported:
        raise UseCaseError(
            _("This bank's tables support no use case."), _("Map more tables; docs/contract.md says which there are.")
        )
    return supported


def use_cases_with_scores(bank: Bank, use_cases: Iterable[str], work: Workspace | None = None) -> list[str]:
    """The use cases that have a champion, or whose file states the expected rate; others have no scores to list.

    Raises
    ------
    ModelError
        If none has a champion.
    """
    asked = list(use_cases)
    scored = [n for n in asked if not load_use_case(n, work).has_model or champion_version(bank.name, n)]
    if not scored:
        raise ModelError(
            _("{names}: no model is champion, so there is nothing to list.", names=", ".join(asked)),
            _("Read in the notebook 4_train why none beat its baseline; the last release stays as it is."),
        )
    return scored


def required_cutoffs(bank: Bank, use_cases: Iterable[str], as_of: date) -> list[date]:
    """Cutoffs whose features a run needs: each use case's training cutoffs, and the snapshot itself.

    A use case whose history is too short adds none, and its training says so.

    Raises
    ------
    HistoryError
        If the books do not reach the snapshot, or go far enough back for none of the use cases.
    """
    days: set[date] = set()
    too_short: list[HistoryError] = []
    for case in map(load_use_case, use_cases):
        if not case.has_model:
            continue
        try:
            days.update(feature_days(case, plan_cutoffs(case, as_of, bank)))
        except HistoryError as error:
            too_short.append(error)
    if too_short and not days:
        raise too_short[0]
    return sorted({as_of, *days})
