import os
import socket
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import dagster as dg
import mlflow
import psutil
import pytest

from goldmine.core.errors import WorkFolderError
from goldmine.core.fingerprint import of_value
from goldmine.core.processes import is_alive, process_mark
from goldmine.core.workspace import Workspace
from goldmine.pipeline import left_over
from goldmine.pipeline.left_over import (
    PROCESS_TAG,
    WORK_TAG,
    close_dagster_runs,
    close_mlflow_runs,
    end_late_runs,
    sweep_run_folders,
)
from goldmine.pipeline.tracked_run import tracked_run


@pytest.fixture
def dead():
    """The mark of a process that was killed."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        mark = process_mark(process.pid)
        process.kill()
    return mark


def test_process_is_alive_until_it_ends_and_its_number_alone_proves_nothing(dead):
    assert is_alive(process_mark()) is True
    assert is_alive(dead) is False
    assert is_alive(f"{socket.gethostname()}:{os.getpid()}:1") is False
    assert is_alive(f"another.machine:{os.getpid()}:1") is None


class TestDagstersStore:
    @pytest.fixture
    def instance(self):
        with dg.DagsterInstance.ephemeral() as instance:
            yield instance

    def state(self, instance, run):
        return instance.get_run_by_id(run.run_id).status.value

    def make(self, instance, status, tags):
        run = dg.DagsterRun(job_name="retrain", status=status, tags=tags)
        return instance.add_run(run)

    def test_run_of_a_dead_process_is_closed_and_a_living_one_is_left(self, instance, dead):
        started = dg.DagsterRunStatus.STARTED
        killed, alive = (self.make(instance, started, {PROCESS_TAG: mark}) for mark in (dead, process_mark()))
        elsewhere = self.make(instance, started, {PROCESS_TAG: "another.machine:1:1"})
        assert set(close_dagster_runs(instance)) == {killed.run_id, elsewhere.run_id}
        assert [self.state(instance, run) for run in (killed, alive)] == ["FAILURE", "STARTED"]

    def test_run_that_was_killed_before_it_began_is_closed(self, instance, dead):
        killed = self.make(instance, dg.DagsterRunStatus.NOT_STARTED, {PROCESS_TAG: dead})
        assert close_dagster_runs(instance) == [killed.run_id]
        assert self.state(instance, killed) == "FAILURE"

    def test_run_without_a_process_may_still_be_loading_its_code(self, instance, monkeypatch):
        run = self.make(instance, dg.DagsterRunStatus.STARTING, {})
        assert close_dagster_runs(instance) == []
        monkeypatch.setattr(left_over, "START_SECONDS", -1.0)
        assert close_dagster_runs(instance, own_run=run.run_id) == []
        assert close_dagster_runs(instance) == [run.run_id]

    def test_run_that_waited_too_long_in_the_queue_is_ended_with_a_message(self):
        ended = []
        run = SimpleNamespace(run_id="late")
        record = SimpleNamespace(dagster_run=run, create_timestamp=datetime.now(UTC) - timedelta(minutes=90))
        store = SimpleNamespace(
            get_run_records=lambda asked: [record], report_run_failed=lambda *said: ended.append(said)
        )
        assert end_late_runs(store, wait_minutes=120) == []
        assert end_late_runs(store, wait_minutes=60) == ["late"]
        assert ended == [(run, "Another run was at work on the work folder for 60 minutes.")]


def test_mlflow_runs_of_a_killed_run_are_closed_and_no_others(home, work):
    (work.root / "notebooks").mkdir(parents=True)
    with tracked_run("tiny", "done", {WORK_TAG: str(work.root.resolve())}) as done:
        client = mlflow.MlflowClient()
        experiment = client.get_run(done.run_id).info.experiment_id
        ours = {WORK_TAG: str(work.root.resolve())}
        killed = client.create_run(experiment, tags=ours).info.run_id
        nested = client.create_run(experiment, tags={"mlflow.parentRunId": killed}).info.run_id
        foreign = client.create_run(experiment, tags={WORK_TAG: "/elsewhere"}).info.run_id
        by_hand = client.create_run(experiment).info.run_id
        client.set_terminated(done.run_id)
    assert close_mlflow_runs(work, "tiny") == 2
    states = [client.get_run(run).info.status for run in (killed, nested, foreign, by_hand, done.run_id)]
    assert states == ["FAILED", "FAILED", "RUNNING", "RUNNING", "FINISHED"]


def run_folder(mark: str, machine: str = socket.gethostname()) -> str:
    """Name of the run folder of a process."""
    return f"goldmine-run-{of_value(machine)[:8]}+{'+'.join(mark.split(':')[-2:])}-x"


def test_folders_of_killed_processes_are_removed_and_those_of_living_ones_stay(tmp_path, dead):
    alive, elsewhere = run_folder(process_mark()), run_folder(dead, "another.machine")
    for name in [run_folder(dead), alive, elsewhere, "goldmine-run-odd", "pymp-x"]:
        (tmp_path / name).mkdir()
    assert [path.name for path in sweep_run_folders(tmp_path)] == [run_folder(dead)]
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([alive, elsewhere, "goldmine-run-odd", "pymp-x"])


def test_folder_stays_while_a_process_lives_that_a_killed_one_started_to_use_it(tmp_path, dead):
    """Dagster's daemon outlives the command that started it, and needs the sockets there."""
    folder = tmp_path / run_folder(dead)
    folder.mkdir()
    command = [sys.executable, "-c", "print(1, flush=True); input()"]
    with subprocess.Popen(
        command, env={**os.environ, "TMPDIR": str(folder)}, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as daemon:
        daemon.stdout.readline()
        assert sweep_run_folders(tmp_path) == []
        daemon.kill()
    assert sweep_run_folders(tmp_path) == [folder]


@pytest.fixture
def short():
    """A folder whose path is short enough for sockets below it."""
    with tempfile.TemporaryDirectory(prefix="gm", dir="/tmp") as folder:
        yield Path(folder)


def test_a_process_has_one_run_folder_which_ends_with_it(short):
    code = (
        "import tempfile; from goldmine.pipeline.left_over import use_run_folder\n"
        "from multiprocessing.util import get_temp_dir\n"
        "print(use_run_folder() == use_run_folder(), tempfile.mkdtemp(), get_temp_dir())"
    )
    environment = {**os.environ, "TMPDIR": str(short)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, text=True, capture_output=True, check=True)
    assert done.stdout.startswith(f"True {short}/goldmine-run-")
    assert done.stderr == ""
    assert list(short.iterdir()) == []


def test_a_process_started_by_another_has_its_run_folder_beside_the_others(short):
    """One within the other would make paths of sockets longer than a system allows."""
    child = "from goldmine.pipeline.left_over import use_run_folder as use; print(use().parent)"
    code = (
        "import subprocess, sys; from goldmine.pipeline.left_over import use_run_folder\n"
        f"use_run_folder(); subprocess.run([sys.executable, '-c', {child!r}], check=True)"
    )
    environment = {**os.environ, "TMPDIR": str(short)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, text=True, capture_output=True, check=True)
    assert done.stdout == f"{short}\n"
    assert list(short.iterdir()) == []


def test_a_long_temporary_folder_of_the_user_leaves_room_for_sockets(tmp_path):
    long = tmp_path / ("x" * 40)
    long.mkdir()
    code = (
        "import os; from goldmine.pipeline.left_over import use_run_folder\n"
        "from goldmine.pipeline.preloaded_kernels import forkserver\n"
        "folder = use_run_folder(); forkserver.ensure_running(); print(folder.parent, folder.exists())"
    )
    environment = {**os.environ, "TMPDIR": str(long)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, text=True, capture_output=True, check=True)
    assert done.stdout == "/tmp True\n"
    assert list(long.iterdir()) == []


def test_the_lock_lives_as_long_as_the_last_kernel(tmp_path, monkeypatch):
    """A run is killed alone; its kernel, which does not notice, keeps the folder until it ends."""
    kernel = "from goldmine.core.workspace import hold_with_the_run; hold_with_the_run(); print(1, flush=True); input()"
    run = (
        "import subprocess, sys; from pathlib import Path; from goldmine.core.workspace import Workspace\n"
        f"with Workspace(Path({str(tmp_path)!r})).lock():\n"
        f"    child = subprocess.Popen([sys.executable, '-c', {kernel!r}], stdin=subprocess.PIPE)\n"
        "    child.wait()"
    )
    work = Workspace(tmp_path)
    with subprocess.Popen([sys.executable, "-c", run], stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        (child,) = psutil.Process(process.pid).children()
        with pytest.raises(WorkFolderError, match=r"another run is at work here \(process"), work.lock():
            pass
        child.suspend()  # it does not see that its run is gone
        process.kill()
        process.wait()
        monkeypatch.setattr("goldmine.core.workspace.KERNEL_SECONDS", 0.2)
        assert not work.is_free()
        with pytest.raises(WorkFolderError, match="kernels of a run that was killed"), work.lock():
            pass
        child.kill()
        deadline = time.monotonic() + 20
        while not work.is_free() and time.monotonic() < deadline:
            time.sleep(0.1)
        with work.lock():
            assert not work.is_free()


def test_run_waits_for_another_as_long_as_it_is_told(tmp_path):
    code = (
        "from pathlib import Path; from goldmine.core.workspace import Workspace\n"
        f"with Workspace(Path({str(tmp_path)!r})).lock():\n"
        "    print(1, flush=True)\n"
        "    input()"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        other.stdout.readline()
        other.stdin.write(b"\n")
        other.stdin.flush()
        with Workspace(tmp_path).lock(wait_seconds=60):
            assert other.wait(timeout=20) == 0
