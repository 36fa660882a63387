import sqlite3

import pytest
from nbclient.exceptions import DeadKernelError
from papermill import PapermillExecutionError

from goldmine.core.errors import ContractError, DiskError, NotebookError
from goldmine.core.i18n import in_language
from goldmine.pipeline.failure import failure, is_transient


def in_kernel(name, message=""):
    error = NotebookError("x", "y")
    error.__cause__ = PapermillExecutionError(
        cell_index=1, exec_count=1, source="", ename=name, evalue=message, traceback=[]
    )
    return error


@pytest.mark.parametrize(
    "error",
    [
        ConnectionResetError("gone"),
        TimeoutError("slow network"),
        sqlite3.OperationalError("database is locked"),
        in_kernel("ConnectionRefusedError"),
        in_kernel("OperationalError", "(sqlite3.OperationalError) database is locked"),
        DeadKernelError("Kernel died"),
    ],
)
def test_faults_of_machine_and_network_are_transient(error):
    assert is_transient(error)


@pytest.mark.parametrize(
    "error",
    [ContractError("a", "b"), DiskError("a", "b"), KeyError("a"), in_kernel("KeyError"), in_kernel("MemoryError")],
)
def test_faults_of_data_and_code_are_not_transient(error):
    assert not is_transient(error)


@pytest.mark.parametrize("name", ["MemoryError", "OutOfMemoryException", "ArrowMemoryError"])
def test_want_of_memory_is_said_in_words(tmp_path, name):
    (tmp_path / "4_train.ipynb").write_text("")
    shown = failure("4_train", tmp_path / "4_train.ipynb", in_kernel(name).__cause__, 60)
    assert shown.what.endswith(": there was not enough memory.")
    assert in_language(shown.what, "zh").endswith("：内存不足。")
    assert "finished steps are kept" in shown.do


@pytest.mark.parametrize(
    ("name", "said", "why"),
    [
        ("OSError", "[Errno 28] No space left on device", "No space left on device"),
        ("MlflowException", "(sqlite3.OperationalError) database or disk is full", "No space left on device"),
        ("OperationalError", "attempt to write a readonly database", "Permission denied"),
    ],
)
def test_a_disk_that_refused_a_cell_is_named_as_that(tmp_path, name, said, why):
    (tmp_path / "6_publish.ipynb").write_text("")
    shown = failure("6_publish", tmp_path / "6_publish.ipynb", in_kernel(name, said).__cause__, 60)
    assert isinstance(shown, DiskError)
    assert shown.what.endswith(f": could not write ({why}).")
