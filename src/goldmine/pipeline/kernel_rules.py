"""What holds in a run's kernels, as an extension of IPython: a failing ``!command`` fails its cell, and so does a cell
that prints without end; what it prints beyond the limit goes nowhere. What a cell prints stays in the notebook.
"""

import os
import subprocess
import sys
import threading
from contextlib import suppress
from io import UnsupportedOperation
from typing import Any

from goldmine.core.errors import NotebookError
from goldmine.core.workspace import hold_with_the_run

MOST_PRINTED = 1_000_000
"""Characters that a cell may print."""


def load_ipython_extension(shell: Any) -> None:
    """Put the rules in force in a kernel, and hold the run's work folder as long as the kernel lives."""
    hold_with_the_run()
    raise_for_commands(shell)
    printed = Printed(shell)
    shell.events.register("pre_run_cell", printed.begin)
    shell.events.register("post_run_cell", printed.end)
    for stream in (sys.stdout, sys.stderr):
        echo_nothing(stream)
        printed.limit(stream)


def echo_nothing(stream: Any) -> None:
    """Keep what programs and libraries print out of the run's own output, which may be a log that others read.

    ipykernel puts it into the notebook and writes it to the kernel's former output besides.
    """
    with suppress(UnsupportedOperation):  # where it does not watch what programs print
        former = stream.fileno()
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, former)
        os.close(nowhere)


def raise_for_commands(shell: Any) -> None:
    """Let a command of a cell, ``!command`` or ``lines = !command``, raise where it fails; IPython goes on."""
    run = shell.system

    def system(command: str) -> None:
        run(command)
        _require_success(shell.user_ns.get("_exit_code", 0))

    def getoutput(command: str, split: bool = True, depth: int = 0) -> Any:
        from IPython.utils.text import LSString, SList

        expanded = shell.var_expand(command, depth=depth + 1)
        done = subprocess.run(
            expanded, shell=True, check=False, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        _require_success(done.returncode)
        return SList(done.stdout.splitlines()) if split else LSString(done.stdout)

    shell.system, shell.getoutput = system, getoutput


def _require_success(code: int) -> None:
    if code:
        raise NotebookError(
            f"a command of the cell (!) ended with code {code}.", "Correct the command, or do without it in a notebook."
        )


class Printed:
    """Counts what the running cell has printed, and fails the cell that printed too much.

    Parameters
    ----------
    shell : InteractiveShell
        The kernel's shell.
    """

    def __init__(self, shell: Any) -> None:
        self._shell = shell
        self._characters = 0

    def begin(self, info: object = None) -> None:
        """Begin a cell."""
        self._characters = 0

    def end(self, result: Any) -> None:
        """Fail a cell whose threads or programs printed too much, or that took no notice of the error."""
        if self._characters > MOST_PRINTED and result.success:
            result.error_in_exec = error = _too_much()
            self._shell.showtraceback((type(error), error, None))

    def limit(self, stream: Any) -> None:
        """Hold a stream to the limit; what is printed beyond it is dropped."""
        write = stream.write

        def limited(text: str) -> int:
            self._characters += len(text)
            if self._characters <= MOST_PRINTED:
                return int(write(text))
            if threading.current_thread() is threading.main_thread():
                raise _too_much()
            return len(text)

        stream.write = limited


def _too_much() -> NotebookError:
    return NotebookError(
        f"the cell printed more than {MOST_PRINTED:,} characters.", "Print counts, or the head of a table."
    )
