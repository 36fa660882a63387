"""Environment variables of kernels and libraries that run unattended: no noise and no telemetry."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

QUIET = {
    # Telemetry: a bank's network is closed, and its use is nobody else's business.
    "DO_NOT_TRACK": "true",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "GX_ANALYTICS_ENABLED": "false",
    "DAGSTER_DISABLE_TELEMETRY": "yes",
    # Noise: debugger and platform notices of kernels, migration lines and runtime hints of libraries.
    "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    "JUPYTER_PLATFORM_DIRS": "1",
    "MLFLOW_LOGGING_LEVEL": "WARNING",
    "GIT_PYTHON_REFRESH": "quiet",
    # A kernel is killed and not asked to leave, so that others notice what it left open.
    "PYTHONWARNINGS": "ignore:IProgress not found,ignore:resource_tracker,ignore:PySpark does not yet",
}


@contextmanager
def environment(variables: Mapping[str, str]) -> Iterator[None]:
    """Set environment variables for the block, then restore their values."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
