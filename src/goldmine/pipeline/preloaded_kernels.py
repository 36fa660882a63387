"""Kernels that start with their packages loaded.

Imports take half of a short notebook's time. During a command Python's fork server loads the packages once, and each
kernel is a fork of it, a process of its own. The server and its kernels end with the command, however that ends.
"""

import multiprocessing
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import forkserver

from goldmine.pipeline.environment import QUIET, environment

LOADED = (
    "ipykernel.kernelapp",
    "ipykernel.debugger",
    "pandas.io.formats.style",
    "pyarrow.dataset",
    "seaborn",
    "ibis.backends.duckdb",
    "lightgbm",
    "mlflow.pyfunc",
    "mlflow.store.tracking.sqlalchemy_store",
    "mlflow.store.model_registry.sqlalchemy_store",
    "mlflow.tracing.processor.base_mlflow",
    "mlflow.tracing.processor.otel",
    "grimp",
    "goldmine.pipeline.lab",
    "goldmine.publishing",
    "goldmine.validation.gx",
    "goldmine.pipeline.kernel_caches",
)
"""Packages that the notebooks use. None of them starts a thread or opens a file when it is loaded."""

EARLY = {"MPLBACKEND": "module://matplotlib_inline.backend_inline", "GOMP_SPINCOUNT": "2000"}
"""Variables that matplotlib and OpenMP read when they are loaded; see `goldmine.models.boosting` for OpenMP's."""

_loading: list[bool] = []


@contextmanager
def loaded_kernels() -> Iterator[None]:
    """Fork kernels from a process that has loaded their packages, during the block; loading begins at once."""
    multiprocessing.get_context("forkserver").set_forkserver_preload(list(LOADED))
    with environment({**QUIET, **EARLY}):
        forkserver.ensure_running()
    _loading.append(True)
    try:
        yield
    finally:
        _loading.pop()


def loading() -> bool:
    """Whether `loaded_kernels` is in force."""
    return bool(_loading)
