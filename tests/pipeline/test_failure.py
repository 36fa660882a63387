import sqlite3

import pytest
from nbclient.exceptions import DeadKernelError
from papermill import PapermillExecutionError

from goldmine.core.errors import ContractError, DiskError, NotebookError
from goldmine.pipeline.failure import is_transient


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
