"""Where the project's own folders are: notebooks, pipelines, expectations, mlruns."""

import os
from pathlib import Path


def home() -> Path:
    """The project's folder: ``GOLDMINE_HOME``, or the checkout that holds this package."""
    return Path(os.environ.get("GOLDMINE_HOME") or Path(__file__).parents[3]).resolve()


def at_home(path: str | Path) -> Path:
    """An absolute path; a relative one is taken from the project's folder, wherever the kernel runs."""
    return home() / Path(path)
