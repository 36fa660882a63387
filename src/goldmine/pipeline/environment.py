"""The environment of kernels and libraries that run unattended: quiet, and sending nothing to anyone."""

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
    # A kernel is ended rather than asked to leave, so that what it had open is found by others.
    "PYTHONWARNINGS": "ignore:IProgress not found,ignore:resource_tracker,ignore:PySpark does not yet",
}


@contextmanager
def environment(variables: Mapping[str, str]) -> Iterator[None]:
    """Set environment variables for the block, and put back what was there."""
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
