"""Kernels are forked from a process that has loaded their packages, also where PySpark is among them."""

import subprocess
import sys

import pytest

from goldmine.pipeline.preloaded_kernels import LOADED

pytestmark = pytest.mark.spark


def test_fork_server_survives_its_imports():
    imports = "; ".join(f"import {name}" for name in LOADED)
    code = f"{imports}; print('loaded')"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert run.stdout == "loaded\n", run.stderr
