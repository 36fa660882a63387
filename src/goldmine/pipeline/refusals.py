"""Each use case stands alone: what refuses one stops no other, and the run says at its end what is missing."""

from typing import Any

from goldmine.core.errors import (
    DriftError,
    GoldmineError,
    HistoryError,
    IncompleteError,
    LeakError,
    ModelError,
    NotebookError,
    SettingsError,
    UseCaseError,
    ValidationError,
)
from goldmine.core.i18n import _
from goldmine.labels.refusal import SCORES, Refusal, clear_refusal, keep_refusal, refused
from goldmine.pipeline.snapshot import Snapshot

OWN = (
    *(SettingsError, ValidationError, HistoryError, UseCaseError),
    *(NotebookError, ModelError, LeakError, DriftError),
)
"""Errors that may be one use case's own. All others, such as a full disk, would meet every use case."""


def stands_alone(run: Snapshot, error: BaseException | None) -> bool:
    """Whether an error refuses the run's use case only; one that was asked for by itself gets the error."""
    return isinstance(error, OWN) and run.use_cases != (run.use_case,)


def refuse(run: Snapshot, step: str, error: GoldmineError) -> None:
    """Note that a step of the run's use case was refused, in the run and in the work folder, and say so."""
    refusal = Refusal.of(run.use_case, step, error)
    run.record.refused.append(refusal)
    run.record.note("refused", error.what)
    keep_refusal(run.work, run.as_of, refusal)
    run.tell(run.use_case, _("{step} refused: {why}", step=step, why=error.what))


def accept(run: Snapshot, step: str) -> None:
    """Note that a step of the run's use case has gone through."""
    clear_refusal(run.work, run.as_of, run.use_case, step)


def require_all(run: Snapshot) -> dict[str, Any]:
    """The job's last step: fail if anything was refused, when all else is published.

    Raises
    ------
    IncompleteError
        If a release was published although something was refused.
    GoldmineError
        What was refused first, if the run published no release; the others are its notes.
    """
    published = "release" in run.record.done
    kept = refused(run.work, run.as_of) if published else {}
    refusals = {(entry.use_case, entry.step): entry for entry in run.record.refused}
    refusals |= {(name, SCORES): entry for name, entry in kept.items() if name in run.selected}
    if not refusals:
        return {"refused": 0}
    lines = [f"{use_case}/{step}: {entry.what}" for (use_case, step), entry in sorted(refusals.items())]
    if published:
        raise IncompleteError(
            _("The release is published, but not all went through. {lines}", lines=" ".join(lines)),
            _("Correct what is named, then run again: what is done is kept."),
        )
    first, *others = run.record.refused
    error = first.error()
    for other in others:
        error.add_note(f"({other.use_case}/{other.step} was refused too: {other.what})")
    raise error
