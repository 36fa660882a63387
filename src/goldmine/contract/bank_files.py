"""Files below a bank's folder: which of them are canonical tables, and which nothing reads."""

import glob
import os
from collections.abc import Iterable
from pathlib import Path

from goldmine.contract.sources import CsvSource, ParquetSource, Source
from goldmine.contract.tables import TABLES
from goldmine.core.errors import ContractError
from goldmine.core.i18n import _

_READ = (".parquet", ".csv")


def canonical_files(folder: Path) -> dict[str, Source]:
    """Sources of a folder that already holds canonical tables: ``customers.parquet``, ``transactions/**/*.csv``.

    Capitals in the names of files do not count.

    Raises
    ------
    ContractError
        A table that the contract does not know, that stands there twice, or in files that cannot be read.
    """
    sources: dict[str, Source] = {}
    others = []
    for path in sorted(folder.iterdir()):
        name, suffix, location = path.stem.lower(), path.suffix.lower(), glob.escape(str(path))
        if path.is_dir() and path.name.lower() in TABLES:
            name, suffix = path.name.lower(), _suffix(path)
            location = f"{glob.escape(str(path))}/**/*{any_case(suffix)}"
        elif not (path.is_file() and suffix in _READ):
            others.append(path)
            continue
        if name not in TABLES:
            raise ContractError(
                _("{path}: the contract has no table {name}.", path=path, name=repr(name)),
                _("Rename the file or move it elsewhere. Allowed: {names}.", names=", ".join(TABLES)),
            )
        if name in sources:
            raise ContractError(
                _("{folder}: holds the table {name} twice.", folder=folder, name=name),
                _("Keep one file or folder of it."),
            )
        sources[name] = ParquetSource(parquet=location) if suffix == ".parquet" else CsvSource(csv=location)
    for path in others:
        if path.is_file() and path.stem.lower() in TABLES.keys() - sources.keys():
            raise ContractError(
                _("{path}: a table is read from Parquet or CSV only.", path=path),
                _("Export it as one of these, or map it in bank.yaml."),
            )
    return sources


def unused_files(folder: Path, used: Iterable[Path], besides: Path) -> list[str]:
    """Files below a bank's folder that no table reads, relative to it; hidden ones, locks and `bank.yaml` do not count.

    Parameters
    ----------
    folder : Path
        The bank's folder.
    used : iterable of Path
        Files of the sources that tables read.
    besides : Path
        The work folder, which may lie below.
    """
    known = {Path(os.path.normpath(path.absolute())) for path in used}
    unused = []
    for name, folders, files in os.walk(folder.absolute()):
        folders[:] = sorted(n for n in folders if not n.startswith(".") and Path(name, n) != besides.absolute())
        paths = (Path(name, file) for file in sorted(files) if not file.startswith((".", "~$")))
        unused += [str(path.relative_to(folder.absolute())) for path in paths if path not in known]
    return [name for name in unused if name != "bank.yaml"]


def _suffix(folder: Path) -> str:
    suffixes = sorted({path.suffix.lower() for path in folder.rglob("*")} & set(_READ))
    if len(suffixes) != 1:
        raise ContractError(
            _("{folder}: holds {n} kinds of table file; just one is needed.", folder=folder, n=len(suffixes)),
            _("Keep either .parquet or .csv files there."),
        )
    return suffixes[0]


def any_case(suffix: str) -> str:
    """A glob of a suffix in small letters or capitals."""
    return "." + "".join(f"[{letter}{letter.upper()}]" for letter in suffix[1:])
