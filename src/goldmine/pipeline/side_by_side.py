"""Steps side by side: while one notebook runs, others that need nothing of it run in kernels of their own.

Dagster's executor in one process takes a step after the other. A step that is ready begins before its turn; at its turn
Dagster gets what came of it, so that order, retries, checks and refusals are as they would be without.
"""

import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from time import monotonic
from types import TracebackType
from typing import Any

from goldmine.core.files import read_json
from goldmine.core.parquet import count_rows, parquet_files
from goldmine.core.progress import cores
from goldmine.core.tasks import is_spread
from goldmine.pipeline.snapshot import Snapshot
from goldmine.pipeline.step import Step, StepResult
from goldmine.pipeline.stop import kill_kernels

Run = Callable[[Step, Snapshot], StepResult]

_LARGE_BANK, _LARGE_GIB, _SMALL_GIB = 250_000, 4, 1
"""Memory of one notebook's kernel: a training, the largest, takes four gigabytes at 2,000,000 customers and more."""
_checking = threading.Lock()
"""Held by a step with suites: a suite has one result and one page, whichever use case it is of."""


@dataclass(frozen=True)
class Attempt:
    """What came of running a step's notebook.

    Parameters
    ----------
    result : StepResult or None
        Its result; None if it failed.
    error : Exception or None
        What it failed of.
    checks : mapping of str to dict
        The result of each of its suites, as it stood when the step ended.
    seconds : float
        How long it took.
    """

    result: StepResult | None
    error: Exception | None
    checks: Mapping[str, dict[str, Any]]
    seconds: float

    def get(self) -> StepResult:
        """The result, or the error raised."""
        if self.error is not None:
            raise self.error
        assert self.result is not None
        return self.result


class SideBySide(AbstractContextManager["SideBySide"]):
    """The notebooks of one run that have begun before their turn; when the run ends, those still at work are ended."""

    def __init__(self) -> None:
        self._pool: ThreadPoolExecutor | None = None
        self._begun: dict[str, Future[Attempt | None]] = {}

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._pool is None:
            return
        if not all(begun.done() for begun in self._begun.values()):
            kill_kernels()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def begin(self, ready: Iterable[tuple[Step, Snapshot]], run: Run, at_once: int) -> None:
        """Begin those of the ready steps that have not begun, so many at once; one at once begins at its turn.

        They share the cores, since threads of two trainings that wait for each other's cores waste their time.
        """
        if at_once < 2:
            return
        self._pool = self._pool or ThreadPoolExecutor(at_once)
        waiting = {full_name(step.name, snapshot.use_case): (step, snapshot) for step, snapshot in ready}
        open_steps = waiting.keys() | {name for name, begun in self._begun.items() if not begun.done()}
        share = max(1, cores() // max(1, min(at_once, len(open_steps))))
        for name, (step, snapshot) in waiting.items():
            if name not in self._begun:
                self._begun[name] = self._pool.submit(_unless_off, run, step, replace(snapshot, cores=share))

    def attempt(self, step: Step, snapshot: Snapshot, run: Run) -> Attempt:
        """What came of a step that has begun, once; a step that has not, or is tried again, runs now."""
        begun = self._begun.get(full_name(step.name, snapshot.use_case))
        taken = begun.result() if begun is not None and not begun.cancelled() else None
        if begun is not None:
            self._begun[full_name(step.name, snapshot.use_case)] = _taken()
        return taken or _attempt(run, step, snapshot)


def _taken() -> Future[Attempt | None]:
    done: Future[Attempt | None] = Future()
    done.set_result(None)
    return done


def _unless_off(run: Run, step: Step, snapshot: Snapshot) -> Attempt | None:
    return None if step.off(snapshot) else _attempt(run, step, snapshot)


def _attempt(run: Run, step: Step, snapshot: Snapshot) -> Attempt:
    result, error = None, None
    with _checking if step.suites else nullcontext():
        began = monotonic()
        try:
            result = run(step, snapshot)
        except Exception as failed:  # raised at the step's turn
            error = failed
        checks = {suite: read_json(snapshot.work.validation(suite), {}) for suite in step.suites}
    return Attempt(result, error, checks, monotonic() - began)


def full_name(step: str, use_case: str) -> str:
    """A step with its use case, such as ``longtail/model``."""
    return "/".join(filter(None, (use_case, step)))


def ready_steps(steps: Sequence[Step], selected: Collection[str], done: Collection[str]) -> Iterator[tuple[Step, str]]:
    """Steps, each with its use case, whose notebook may run now: all that they need is done, or not part of the run.

    Parameters
    ----------
    steps : sequence of Step
        The table of steps.
    selected, done : collection of str
        Full names of the run's steps, and of those that have gone through.
    """
    for_use_case = {step.name for step in steps if step.for_each == "use_case"}
    open_steps = set(selected) - set(done)
    for step in steps:
        if not step.notebook or step.on_request or step.for_each == "campaign":
            continue
        for use_case in step.use_cases() or [""]:
            needed = {full_name(name, use_case if name in for_use_case else "") for name in step.after}
            if not use_case:
                needed |= {name for name in open_steps if name.rpartition("/")[2] in for_use_case & set(step.after)}
            name = full_name(step.name, use_case)
            if name in open_steps and not needed & open_steps:
                yield step, use_case


def notebooks_at_once(run: Snapshot) -> int:
    """How many notebooks may run side by side: as many as there are cores, in half of the memory that is free.

    One before there are features, and where they are spread over Spark's tasks: each notebook would start an
    application of its own.
    """
    features = run.work.features(run.as_of)
    if not features.exists() or is_spread(run.engine, features):
        return 1
    customers = count_rows(parquet_files(features))
    each = _SMALL_GIB if customers <= _LARGE_BANK else _LARGE_GIB
    return max(1, min(cores(), _free_gib() // (2 * each)))


def _free_gib() -> int:
    """Memory that this machine, or its container, has free; none where the system does not say."""
    known = Path("/proc/meminfo")
    if not known.exists():
        return 0
    kilobytes = {line.split(":")[0]: int(line.split()[1]) for line in known.read_text("ascii").splitlines()}
    free = kilobytes.get("MemAvailable", 0) * 1024
    limit, used = Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory.current")
    if limit.exists() and limit.read_text("ascii").strip().isdecimal():
        free = min(free, int(limit.read_text("ascii")) - int(used.read_text("ascii")))
    return free >> 30
