"""SHA-256 fingerprints, which decide what is unchanged and need not be made again."""

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any


def of_bytes(content: bytes) -> str:
    """SHA-256 of some bytes, as 64 hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


def of_file(path: Path) -> str:
    """SHA-256 of a file's content."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def of_value(value: Any) -> str:
    """SHA-256 of a JSON-like value; keys are sorted, dates become text."""
    return of_bytes(json.dumps(value, sort_keys=True, default=str, ensure_ascii=False).encode())


def of_code(*roots: Path) -> str:
    """SHA-256 over source files: every ``.py``, ``.yaml``, ``.json`` and ``.po`` in some files and folders.

    Parameters
    ----------
    roots : Path
        Files or folders. Names below each root count, the root's own path does not.
    """
    digest = hashlib.sha256()
    for root in roots:
        for path in _sources(root):
            digest.update(str(path.relative_to(root.parent)).encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()


def _sources(root: Path) -> Iterable[Path]:
    if root.is_file():
        return [root]
    kinds = {".py", ".yaml", ".json", ".po"}
    return sorted(p for p in root.rglob("*") if p.suffix in kinds)
