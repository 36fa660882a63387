"""Commands as processes of their own: started as a user does, or forked from this one, which has loaded all packages.

A forked command and its forked kernels need a second where a started one needs twenty to load the packages.
"""

import importlib
import multiprocessing
import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from multiprocessing import forkserver, resource_tracker, util
from pathlib import Path

import psutil

from goldmine.pipeline.environment import QUIET
from goldmine.pipeline.preloaded_kernels import EARLY, LOADED

_COMMANDS = (
    *("dagster", "nbconvert", "papermill", "goldmine.cli.commands", "goldmine.cli.status", "goldmine.cli.findings"),
    *("goldmine.pipeline.dagster_assets", "goldmine.pipeline.dagster_job", "goldmine.pipeline.inputs"),
    *("goldmine.pipeline.portal_step", "goldmine.pipeline.reports", "goldmine.cli.portal", "rich.console"),
)
"""What commands load when they need it."""


class Forked:
    """A forked process, with the parts of `subprocess.Popen` that the matrix asks for."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """The exit code, if it has ended."""
        if self.returncode is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            self.returncode = os.waitstatus_to_exitcode(status) if pid else None
        return self.returncode

    def wait(self, timeout: float = 3600.0) -> int:
        """The exit code, waited for."""
        until = time.monotonic() + timeout
        while (code := self.poll()) is None:
            if time.monotonic() >= until:
                raise TimeoutError(f"process {self.pid} is still at work")
            time.sleep(0.02)
        return code

    def kill(self) -> None:
        """End it at once."""
        if self.poll() is None:
            os.kill(self.pid, signal.SIGKILL)


def load_packages(variables: Mapping[str, str]) -> None:
    """Load what commands and kernels need, here and in a fork server that all forked commands share; once."""
    if server() is not None:
        return
    os.environ.update({**QUIET, **EARLY, **variables})
    for name in (*_COMMANDS, *LOADED):
        importlib.import_module(name)
    multiprocessing.get_context("forkserver").set_forkserver_preload(list(LOADED))
    forkserver.ensure_running()


def fork_command(
    arguments: Sequence[str], variables: Mapping[str, str], folder: Path, log: Path, before: Callable[[], object] | None
) -> Forked:
    """Fork this process into ``goldmine ARGUMENTS``, in a session of its own.

    Parameters
    ----------
    folder, log : Path
        Where it works, and the file that it prints to.
    before : callable, optional
        What it does first.
    """
    pid = os.fork()
    if pid:
        return Forked(pid)
    try:
        code = _become(arguments, variables, folder, log, before)
    except BaseException:
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    util._exit_function()  # type: ignore[attr-defined]  # its own folder goes, as at any process' end
    os._exit(code)


def server() -> psutil.Process | None:
    """The fork server that forked commands share; None before packages are loaded."""
    pid = forkserver._forkserver._forkserver_pid  # type: ignore[attr-defined]
    return psutil.Process(pid) if pid else None


def helpers() -> set[int]:
    """Numbers of this process' own helpers, which are no left-overs of a command."""
    own = {forkserver._forkserver._forkserver_pid, resource_tracker._resource_tracker._pid}  # type: ignore[attr-defined]
    return own - {None}


def _become(
    arguments: Sequence[str], variables: Mapping[str, str], folder: Path, log: Path, before: Callable[[], object] | None
) -> int:
    from goldmine.cli import main

    os.setsid()
    os.chdir(folder)
    with log.open("w", encoding="utf-8") as stream:
        for handle in (1, 2):
            os.dup2(stream.fileno(), handle)
    os.environ.update(variables)
    tempfile.tempdir = None
    forkserver.ensure_running = forkserver._forkserver.ensure_running = lambda: None  # type: ignore[attr-defined]
    sys.argv = ["goldmine", *arguments]
    try:
        if before is not None:
            before()
        main()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    return 0
