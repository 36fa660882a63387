"""Kernels that start with their packages loaded.

Half of a short notebook's time is imports, the same ones each time. During a command Python's fork server loads them
once, and each kernel is a fork of it: a process of its own all the same. The server ends with the command, however that
ends, and its kernels with it.
"""

import multiprocessing
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import forkserver

from goldmine.pipeline.environment import QUIET, environment

LOADED = (
    "ipykernel.kernelapp",
    "pandas.io.formats.style",
    "pyarrow.dataset",
    "seaborn",
    "ibis.backends.duckdb",
    "lightgbm",
    "mlflow.pyfunc",
    "mlflow.store.tracking.sqlalchemy_store",
    "mlflow.store.model_registry.sqlalchemy_store",
    "great_expectations.render.renderer.site_builder",
    "grimp",
    "goldmine.pipeline.lab",
    "goldmine.publishing",
    "goldmine.validation",
)
"""What the notebooks use. Nothing of it starts a thread of its own or opens a file when it is loaded."""

EARLY = {"MPLBACKEND": "module://matplotlib_inline.backend_inline", "GOMP_SPINCOUNT": "2000"}
"""What matplotlib and OpenMP read when they are loaded; see `goldmine.models.boosting` for the latter."""

_loading: list[bool] = []


@contextmanager
def loaded_kernels() -> Iterator[None]:
    """Fork kernels from a process that has their packages, during the block; it begins to load at once."""
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
