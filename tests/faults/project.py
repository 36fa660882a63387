"""A project of the matrix's own: a small bank, commands as processes of their own, and states that are put back."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import psutil

from goldmine.core.workspace import Workspace, home
from goldmine.sample import write_bank
from tests.faults.commands import Forked, fork_command, helpers, load_packages, server
from tests.faults.disk import in_child

NEW, TRAINED, SCORED, UNDISTURBED = "new", "trained", "scored", "undisturbed"
"""Saved states: nothing done, a run killed in the scores, one killed in the release, a run that nothing disturbed."""
AS_OF = "2024-06-30"
NOTEBOOKS = ("1_validate", "2_features", "3_customers", "4_train_dormancy", "5_score_dormancy", "6_publish")
"""The steps of a whole run, in order."""
_COMMAND = "from goldmine.cli import main; main()"
_HOURS = 3600.0
_LINKED = ("expectations", "requirements.lock")
_ONE_OF = {"use_cases": "dormancy.yaml", "campaigns": "wake.yaml"}
"""Of these folders the project has one file, so that a whole run takes a minute."""


class Project:
    """One bank with one use case and one campaign, always at the same path, since stores hold paths.

    Parameters
    ----------
    folder : Path
        Where it is made, with its saved states and its temporary folder.
    """

    def __init__(self, folder: Path) -> None:
        self.folder, self.root = folder, folder / "project"
        self.bank, self.work = self.root / "bank", Workspace(self.root / "work")
        self.temporary = folder / "tmp"

    def make(self, customers: int) -> None:
        """Write the project's folder and its bank."""
        self.temporary.mkdir(parents=True)
        self.temporary.chmod(0o1777)
        (self.root / "pipelines").mkdir(parents=True)
        for name in _LINKED:
            (self.root / name).symlink_to(home() / name)
        for path in (home() / "pipelines").iterdir():
            if path.name in _ONE_OF:
                (self.root / "pipelines" / path.name).mkdir()
                shutil.copy(path / _ONE_OF[path.name], self.root / "pipelines" / path.name)
            elif path.name != "__pycache__":
                (self.root / "pipelines" / path.name).symlink_to(path)
        shutil.copytree(home() / "notebooks", self.root / "notebooks", ignore=shutil.ignore_patterns(".*"))
        until = date.fromisoformat(AS_OF)
        if in_child(partial(write_bank, self.bank, customers=customers, months=30, seed=1, end=until)) != 0:
            raise RuntimeError("the bank was not made")
        subprocess.run(["chmod", "-R", "a+rX", str(self.bank)], check=True)
        self.work.root.mkdir()
        (self.work.root / "holdout.salt").write_text("of all projects", "utf-8")  # by another, others are held out
        self.save(NEW)

    def save(self, state: str) -> None:
        """Keep the project as it is."""
        subprocess.run(["cp", "-a", str(self.root), str(self.folder / state)], check=True)

    def restore(self, state: str) -> None:
        """Bring the project back as it was kept."""
        shutil.rmtree(self.root)
        subprocess.run(["cp", "-a", str(self.folder / state), str(self.root)], check=True)

    def start(
        self,
        command: str = "run",
        *arguments: str,
        variables: Mapping[str, str] | None = None,
        before: Callable[[], object] | None = None,
        as_a_user: bool = False,
    ) -> "Run":
        """Start ``goldmine COMMAND`` on the bank, in a session of its own.

        Parameters
        ----------
        arguments : str
            More arguments of the command.
        variables : mapping of str to str, optional
            More environment variables.
        before : callable, optional
            What the new process does before it runs the command; not as a user.
        as_a_user : bool
            Start Python anew, as the command does; else fork this process, which has loaded the packages.
        """
        own = {"GOLDMINE_HOME": str(self.root), "TMPDIR": str(self.temporary), **(variables or {})}
        line, log = [command, *self._folders(), *arguments], self.folder / "said.txt"
        if not as_a_user:
            load_packages({})
            return Run(self, fork_command(line, own, self.root, log, before), log)
        outer = {key: value for key, value in os.environ.items() if not key.startswith(("MLFLOW_", "GOLDMINE_"))}
        with log.open("w", encoding="utf-8") as stream:
            process = subprocess.Popen(
                [sys.executable, "-c", _COMMAND, *line],
                env={**outer, **own, "PYTHONPATH": os.pathsep.join(sys.path)},
                cwd=self.root,
                stdout=stream,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
        return Run(self, process, log)

    def _folders(self) -> list[str]:
        return ["--bank", str(self.bank), "--work", str(self.work.root)]

    def run(self, command: str = "run", *arguments: str, **given: Any) -> "Run":
        """Like `start`, and wait for the end."""
        run = self.start(command, *arguments, **given)
        run.end()
        return run

    def processes(self) -> Iterator[psutil.Process]:
        """Living processes that were started for the project."""
        ours = {child.pid for child in psutil.Process().children(recursive=True)} - helpers()
        for process in psutil.process_iter():
            with suppress(psutil.Error):
                started = process.pid in ours or process.environ().get("GOLDMINE_HOME") == str(self.root)
                if started and process.status() != "zombie":
                    yield process


class Run:
    """One command at work."""

    def __init__(self, project: Project, process: subprocess.Popen[bytes] | Forked, log: Path) -> None:
        self.project, self.process, self.log = project, process, log
        self.began = time.time()

    def end(self, seconds: float = _HOURS) -> int:
        """Wait for the end; the exit code."""
        return self.process.wait(timeout=seconds)

    @property
    def code(self) -> int:
        """The exit code."""
        return self.process.wait(timeout=0)

    def said(self) -> str:
        """What it printed, without its bars."""
        lines = self.log.read_text("utf-8", errors="replace").splitlines()
        return "\n".join(line for line in lines if " cells " not in line)

    def words(self) -> str:
        """The last lines that it printed, as one."""
        lines = [line.strip() for line in self.said().splitlines() if line.strip()]
        return " ".join(lines[-4:]).replace(f"{self.project.root}/", "").replace("|", "/")

    def unsaid(self) -> Iterator[str]:
        """What an error should not be: one without words of ours."""
        if "Traceback" in self.said():
            yield "a traceback"
        if "An unknown error" in self.said():
            yield f"an error without words: {self.words()}"

    def notebook_at_work(self, name: str) -> bool:
        """Wait until a notebook's first cells have run; whether it came to that."""
        copy = self.project.work.root / "notebooks" / AS_OF / f"{name}.ipynb"
        while self.process.poll() is None:
            with suppress(OSError):
                status = copy.stat()
                if status.st_mtime > self.began and '"execution_count": 2' in copy.read_text("utf-8"):
                    return True
            time.sleep(0.05)
        return False

    def kernels(self) -> list[psutil.Process]:
        """Kernels of the run: children of its fork server."""
        servers = [child for child in psutil.Process(self.process.pid).children() if "forkserver" in _line(child)]
        shared = server()
        return [kernel for one in servers or ([shared] if shared else []) for kernel in one.children()]

    def kill(self) -> None:
        """End the command's process alone, as the kernel of the system does when memory runs out."""
        self.process.kill()
        self.process.wait()


def _line(process: psutil.Process) -> str:
    with suppress(psutil.Error):
        return " ".join(process.cmdline())
    return ""
