"""What one run has done so far, shared by its steps."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal

from goldmine.core.errors import GoldmineError
from goldmine.core.i18n import LocalizedText, _
from goldmine.core.settings import RecordModel
from goldmine.labels.refusal import Refusal
from goldmine.pipeline.stop import StoppedError

Outcome = Literal["made", "reused", "off", "left_out", "refused", "failed"]


class StepRecord(RecordModel):
    """One step of a run.

    Parameters
    ----------
    step, use_case : str
        The step, and its use case if it has one.
    outcome : str
        ``made``; ``reused``, as nothing had changed; ``off`` for this bank; ``left_out``, as the bank is too small for
        it; ``refused``, which stopped no other use case; or ``failed``.
    seconds : float
        How long it took.
    why : LocalizedText, optional
        Why it was not made.
    """

    step: str
    use_case: str = ""
    outcome: Outcome = "made"
    seconds: float = 0.0
    why: LocalizedText | None = None

    @property
    def name(self) -> str:
        """The step with its use case, such as ``longtail/model``."""
        return "/".join(filter(None, (self.use_case, self.step)))


@dataclass
class RunRecord:
    """One run's record.

    Parameters
    ----------
    refused : list of Refusal
        Steps of use cases that were refused, in order.
    done : list of str
        Steps that went through, made or taken as they were, with their use cases: ``longtail/model``.
    steps : list of StepRecord
        Every step that began, in order; one that was tried again stands there again.
    """

    refused: list[Refusal] = field(default_factory=list)
    done: list[str] = field(default_factory=list)
    steps: list[StepRecord] = field(default_factory=list)

    @contextmanager
    def step(self, name: str, use_case: str) -> Iterator[None]:
        """Record a step: how long it took, and whether it failed; it counts as done if the block ends well."""
        self.steps.append(StepRecord(step=name, use_case=use_case))
        began = time.monotonic()
        try:
            yield
        except Exception as error:
            self.note("failed", failed_for(error))
            raise
        else:
            self.done.append(self.steps[-1].name)
        finally:
            self._change(seconds=round(max(time.monotonic() - began, self.steps[-1].seconds), 1))

    def note(self, outcome: Outcome, why: str = "") -> None:
        """Say of the step at work what became of it."""
        self._change(outcome=outcome, why=_text(why) if why else None)

    def took(self, seconds: float) -> None:
        """Say of the step at work how long it took, where it began before its turn."""
        self._change(seconds=seconds)

    @property
    def failed(self) -> StepRecord | None:
        """The step that failed at its last attempt; None if none did."""
        last = {step.name: step for step in self.steps}
        return next((step for step in last.values() if step.outcome == "failed"), None)

    def _change(self, **values: object) -> None:
        if self.steps:
            self.steps[-1] = self.steps[-1].model_copy(update=values)


def failed_for(error: BaseException) -> LocalizedText:
    """Why something failed: our error's first line; of another error the kind alone, as its text may hold values."""
    cause: BaseException = error
    while not isinstance(cause, GoldmineError) and cause.__cause__ is not None:
        cause = cause.__cause__
    if isinstance(cause, GoldmineError):
        return _text(cause.what)
    if isinstance(cause, StoppedError):
        return _("the run was stopped")
    return _("{kind}; its text is withheld, since it may hold a customer's values", kind=type(cause).__name__)


def _text(text: str) -> LocalizedText:
    return text if isinstance(text, LocalizedText) else LocalizedText(text, translations={"en": text, "zh": text})
