"""Processes of a run that are killed: the run, its kernels, Dagster's process under a live daemon, at any moment."""

import json
import os
import random
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import closing, suppress

from goldmine.pipeline.left_over import PROCESS_TAG
from tests.faults.afterwards import ENDED, after_the_fault, after_the_next_run, next_run, release
from tests.faults.matrix import Row
from tests.faults.project import AS_OF, NEW, NOTEBOOKS, SCORED, TRAINED, UNDISTURBED, Project, Run

_SECONDS = "seconds.txt"
"""How long a whole run takes here; at random, a run is killed within a third of that."""
_KEPT = {NOTEBOOKS[4]: TRAINED, NOTEBOOKS[5]: SCORED}
"""States after a kill in these steps, which later faults begin with."""
SHANGHAI, LOS_ANGELES = {"TZ": "Asia/Shanghai"}, {"TZ": "America/Los_Angeles"}


def undisturbed(project: Project) -> Iterator[Row]:
    """The run that all others are compared with, in Shanghai; it is kept."""
    began = time.monotonic()
    run = project.run(variables=SHANGHAI, as_a_user=True)
    if run.code != 0:
        raise RuntimeError(run.said())
    project.save(UNDISTURBED)
    (project.folder / _SECONDS).write_text(str(time.monotonic() - began), "utf-8")
    yield Row("none", "whole run, in Shanghai", f"release {release(project)} after {time.monotonic() - began:.0f} s")


def run_in_each_step(project: Project) -> Iterator[Row]:
    """One run after the other is killed in the next step; the last goes through."""
    project.restore(NEW)
    for name in NOTEBOOKS:
        run = project.start()
        met = run.notebook_at_work(name)
        run.kill()
        wrong = list(after_the_fault(project)) + ([] if met else [f"did not come to {name}: {run.words()}"])
        if name in _KEPT:
            project.save(_KEPT[name])
        yield Row("SIGKILL of the run", name, f"release now: {release(project) or 'none'}", tuple(wrong))
    yield next_run(project)


def kernel_in_each_step(project: Project) -> Iterator[Row]:
    """One run, whose kernels are killed once in each step: each step is tried again."""
    project.restore(NEW)
    run = project.start(variables=LOS_ANGELES, as_a_user=True)
    beside = 0  # kernels of the notebooks that follow, which ran side by side with the last and were killed with it
    for name in NOTEBOOKS:
        wrong: tuple[str, ...] = ()
        if beside:
            beside -= 1
        else:
            met = run.notebook_at_work(name)
            kernels = run.kernels() if met else []
            for kernel in kernels:
                kernel.kill()
            beside = max(0, len(kernels) - 1)
            wrong = () if kernels else (f"did not come to a kernel of {name}: {run.words()}",)
            run.began = time.time() + 1  # the copy of the next attempt, or of the next notebook
        yield Row("SIGKILL of the kernel, in Los Angeles", name, "tried again in the same run", wrong)
    code = run.end()
    happened = f"ended with {code}, release {release(project) or 'none'}"
    yield Row("", "the end of that run", happened, tuple(after_the_next_run(project, code)))


def at_random_moments(project: Project, moments: int, seed: int = 1) -> Iterator[Row]:
    """Runs are killed at random moments until there were so many; one that ends before is compared and begun anew."""
    draw, seconds = random.Random(seed), float((project.folder / _SECONDS).read_text("utf-8"))
    project.restore(NEW)
    killed, ended, wrong = 0, 0, []
    while killed < moments:
        run = project.start()
        try:
            code = run.end(draw.uniform(1.0, seconds / 3))
        except TimeoutError:
            run.kill()
            killed += 1
            wrong += after_the_fault(project)
            continue
        ended += 1
        wrong += [*after_the_next_run(project, code), *([run.words()] if code else [])]
        project.restore(NEW)
    run = project.run()
    wrong += after_the_next_run(project, run.code)
    happened = f"{killed} kills; {ended + 1} runs came to their end between them"
    yield Row(f"SIGKILL of the run at {moments} random moments", "whole run", happened, tuple(wrong))


def under_a_live_daemon(project: Project) -> Iterator[Row]:
    """The daemon starts a run from its queue, whose process is killed; the next one in the queue goes through."""
    project.restore(UNDISTURBED)
    for path in project.work.root.glob("scores/*/*"):
        path.unlink()
    daemon = project.start("schedule", "--port", str(_free_port()), as_a_user=True)
    try:
        first = _launch(project)
        met = daemon.notebook_at_work(NOTEBOOKS[4])
        _kill_dagsters_run(project, first)
        wrong = list(after_the_fault(project)) + ([] if met else ["the daemon started no run"])
        state = _await_state(project, first, 240)
        wrong += [] if state == "FAILURE" else [f"Dagster calls the killed run {state}"]
        yield Row("SIGKILL of Dagster's run", NOTEBOOKS[4], "closed as failed by the sensor", tuple(wrong))
        second = _launch(project)
        state = _await_state(project, second, 600)
        wrong = [] if state == "SUCCESS" else [f"the next run in the queue: {state}"]
        yield Row("", "the next run in the queue", f"{state}, release {release(project) or 'none'}", tuple(wrong))
    finally:
        _end(daemon)
    after = next_run(project)
    yield Row("", "the next run, by hand, after the daemon", after.happened, after.wrong)


def _launch(project: Project) -> str:
    """Put a run of the scores into the daemon's queue; its id."""
    run_id, definitions = str(uuid.uuid4()), project.root / "pipelines" / "definitions.py"
    tags = json.dumps({"dagster/partition": AS_OF})
    command = ["dagster", "job", "launch", "-f", str(definitions), "-j", "score", "--run-id", run_id, "--tags", tags]
    variables = {"DAGSTER_HOME": str(project.work.dagster), "GOLDMINE_HOME": str(project.root)}
    folders = {"GOLDMINE_BANK": str(project.bank), "GOLDMINE_WORK": str(project.work.root)}
    environment = {**os.environ, **variables, **folders, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-m", *command], env=environment, check=False, capture_output=True)
    if done.returncode != 0:
        raise RuntimeError(done.stderr.decode())
    return run_id


def _ask(project: Project, query: str, run_id: str) -> str:
    """One value of Dagster's store, read past Dagster."""
    store = project.work.dagster / "history" / "runs.db"
    with closing(sqlite3.connect(f"file:{store}?mode=ro", uri=True)) as connection:
        found = connection.execute(query, (run_id,)).fetchone()
    return str(found[0]) if found else ""


def _kill_dagsters_run(project: Project, run_id: str) -> None:
    mark = _ask(project, f"SELECT value FROM run_tags WHERE run_id = ? AND key = '{PROCESS_TAG}'", run_id)
    os.kill(int(mark.split(":")[1]), signal.SIGKILL)


def _await_state(project: Project, run_id: str, seconds: float) -> str:
    """State of a run when it has ended, or when the time is over."""
    until = time.monotonic() + seconds
    while (state := _ask(project, "SELECT status FROM runs WHERE run_id = ?", run_id)) not in ENDED:
        if time.monotonic() > until:
            break
        time.sleep(2)
    return state


def _end(daemon: Run) -> None:
    """End Dagster's pages, daemon and code server as Ctrl-C does, and by force what stays."""
    os.killpg(daemon.process.pid, signal.SIGINT)
    with suppress(subprocess.TimeoutExpired):
        daemon.end(30)
    for process in daemon.project.processes():
        process.kill()


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
