"""A table's files as they were from the first byte that is read to the last."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from goldmine.contract.bank import changed_while_read
from goldmine.contract.manifest import Hashes
from goldmine.contract.mapping import Mapping
from goldmine.contract.schema import TableSpec
from goldmine.contract.sources import SqliteSource
from goldmine.core.errors import ContractError
from goldmine.core.files import reading


@contextmanager
def unchanged_sources(mapping: Mapping, spec: TableSpec, hashes: Hashes) -> Iterator[None]:
    """Refuse what a block read of a table's files if one was written, came or went meanwhile.

    That is said in place of what the block found wrong in a file that was half written.

    Parameters
    ----------
    mapping, spec : Mapping, TableSpec
        Where the table's rows stand, and the table.
    hashes : Hashes
        Takes the files' fingerprints before the block begins.

    Raises
    ------
    ContractError
        Names the table and the files; the same for a file that may not be read.
    """
    before = _files(mapping, spec)
    with reading(Path(spec.name), ContractError):
        hashes.of_all(before)
    try:
        yield
    finally:
        changed = [path for path in before if not hashes.is_unchanged(path)] or set(before) ^ set(_files(mapping, spec))
        if changed:
            raise changed_while_read(spec.name, changed)


def _files(mapping: Mapping, spec: TableSpec) -> list[Path]:
    """Files of a table's sources, besides a SQLite file with a log, whose last reader may fold the log into it."""
    sources = (mapping.sources[name] for name in mapping.tables[spec.name].source)
    files = [(source, source.files()) for source in sources]
    return [file for source, held in files if not (isinstance(source, SqliteSource) and len(held) > 1) for file in held]
