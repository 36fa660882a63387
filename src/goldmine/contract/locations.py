"""Where a source stands: environment variables and relative paths in ``bank.yaml``."""

import glob
import os
import re
from pathlib import Path

from goldmine.core.errors import SettingsError
from goldmine.core.project import at_home

_VARIABLE = re.compile(r"\$\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?::-(?P<default>[^}]*))?\}")


def expand(text: str, where: str) -> str:
    """Fill in ``${NAME}`` and ``${NAME:-default}``.

    Raises
    ------
    SettingsError
        If a variable without a default is not set.
    """

    def fill(match: re.Match[str]) -> str:
        value = os.environ.get(match["name"]) or match["default"]
        if value is None:
            raise SettingsError(
                f"{where}: the environment variable {match['name']} is not set.",
                f"Set it, or give it a default: ${{{match['name']}:-default}}.",
            )
        return value

    return _VARIABLE.sub(fill, text)


def locate(text: str, folder: Path, where: str) -> str:
    """An absolute path or glob.

    One that begins with an environment variable is relative to the project's folder, so that a variable
    means the same wherever the bank's folder stands; all others are relative to the bank's folder.
    """
    base = at_home("") if text.startswith("${") else folder.resolve()
    return os.path.normpath(Path(glob.escape(str(base))) / expand(text, where))
