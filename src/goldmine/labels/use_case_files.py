"""Reading use cases from ``pipelines/use_cases``."""

from difflib import get_close_matches
from pathlib import Path

from goldmine.core.errors import SettingsError, UseCaseError
from goldmine.core.project import home
from goldmine.core.settings import read_yaml, typed
from goldmine.core.workspace import Workspace
from goldmine.labels.use_case import UseCase


def _folder() -> Path:
    return home() / "pipelines" / "use_cases"


def use_case_names(*, quarterly: bool = True) -> list[str]:
    """Names of all use cases, in alphabetical order.

    Parameters
    ----------
    quarterly : bool
        Also those that only the schedules take in, and a run that asks for them by name.
    """
    names = sorted(p.stem for p in _folder().glob("*.yaml"))
    return [name for name in names if quarterly or load_use_case(name).schedule == "always"]


def own_use_case(work: Workspace, name: str) -> Path:
    """Where a work folder keeps the use case of a table that was brought in."""
    return work.root / "use_cases" / f"{name}.yaml"


def load_use_case(name: str, work: Workspace | None = None) -> UseCase:
    """Read one use case.

    Parameters
    ----------
    name : str
        Its name.
    work : Workspace, optional
        Where a table made elsewhere was brought in, its use case stands there and comes first.

    Raises
    ------
    UseCaseError
        If there is none of that name.
    SettingsError
        If its file has an unknown key or a value of the wrong type.
    """
    if work is not None and own_use_case(work, name).exists():
        return read_use_case(own_use_case(work, name))
    known = use_case_names()
    if name not in known:
        near = get_close_matches(name, known, n=1)
        hint = f"Did you mean {near[0]!r}? " if near else ""
        raise UseCaseError(f"use case {name!r}: there is no such use case.", f"{hint}Known: {', '.join(known)}.")
    return read_use_case(_folder() / f"{name}.yaml")


def read_use_case(path: Path) -> UseCase:
    """Read a use case from a file; see `load_use_case`."""
    found = typed(UseCase, read_yaml(path), path.name)
    if found.name != path.stem:
        raise SettingsError(
            f"{path.name}: its name is {found.name!r}.", "Give the file and the use case the same name."
        )
    return found
