"""The software bill of materials: every locked package with version, licence and hashes, as CycloneDX 1.6 JSON."""

import json
import re
import uuid
from collections.abc import Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

_PINNED = re.compile(r"^(?P<name>[A-Za-z0-9][\w.-]*)(\[[^\]]*\])?==(?P<version>[^\s;\\]+)")
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")
_LONGEST_LICENCE = 200
UNKNOWN = "unknown"
"""Licence of a package that states none, or that is not installed here."""


def bill_of_materials(locks: list[Path]) -> dict[str, Any]:
    """The bill of the packages that lock files name; licences come from the packages that are installed here.

    The same locks give the same bill: it holds no time, and its serial number is made of its content.

    Parameters
    ----------
    locks : list of Path
        Files such as ``requirements.lock``.
    """
    packages = {(name, version): hashes for lock in locks for name, version, hashes in locked(lock)}
    components = [_component(name, version, hashes) for (name, version), hashes in sorted(packages.items())]
    serial = uuid.uuid5(uuid.NAMESPACE_URL, json.dumps(components, sort_keys=True))
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{serial}",
        "version": 1,
        "metadata": {"component": {"type": "application", "name": "goldmine"}},
        "components": components,
    }


def locked(lock: Path) -> Iterator[tuple[str, str, list[str]]]:
    """Name, version and SHA-256 of each package of a lock file, in its order."""
    text = lock.read_text("utf-8").replace("\\\n", " ")
    for line in text.splitlines():
        pinned = _PINNED.match(line)
        if pinned:
            yield _normal(pinned["name"]), pinned["version"], _HASH.findall(line)


def licence(package: Distribution) -> str:
    """The licence that a package states: its SPDX expression, else its field, else its classifiers."""
    about = package.metadata.json
    expression, field = str(about.get("license_expression") or ""), str(about.get("license") or "").strip()
    classes = [text.rpartition("::")[2].strip() for text in about.get("classifier") or () if "License ::" in text]
    if expression:
        return expression
    if field and "\n" not in field and len(field) <= _LONGEST_LICENCE and field.lower() != UNKNOWN:
        return field
    return " AND ".join(sorted(set(classes))) or UNKNOWN


def _component(name: str, version: str, hashes: list[str]) -> dict[str, Any]:
    purl = f"pkg:pypi/{name}@{version}"
    try:
        package = distribution(name)
        says = licence(package) if package.version == version else UNKNOWN
    except PackageNotFoundError:
        says = UNKNOWN
    return {
        "type": "library",
        "bom-ref": purl,
        "name": name,
        "version": version,
        "purl": purl,
        "licenses": [{"license": {"name": says}}],
        "properties": [{"name": "goldmine:sha256", "value": value} for value in hashes],
    }


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
