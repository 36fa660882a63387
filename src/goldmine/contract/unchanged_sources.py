"""A table's files as they were from the first byte that is read to the last."""

from dataclasses import dataclass
from pathlib import Path

from goldmine.contract.bank import changed_while_read
from goldmine.contract.manifest import Hashes
from goldmine.contract.mapping import Mapping
from goldmine.contract.schema import TableSpec
from goldmine.contract.sources import SqliteSource
from goldmine.core.errors import ContractError
from goldmine.core.files import reading


@dataclass(frozen=True)
class SourceFiles:
    """A table's files before anything is read of them.

    Parameters
    ----------
    mapping, spec : Mapping, TableSpec
        Where the table's rows stand, and the table.
    hashes : Hashes
        Holds the files' fingerprints.
    paths : list of Path
        The files.
    """

    mapping: Mapping
    spec: TableSpec
    hashes: Hashes
    paths: list[Path]

    @classmethod
    def before_reading(cls, mapping: Mapping, spec: TableSpec, hashes: Hashes) -> "SourceFiles":
        """Take the fingerprints of a table's files.

        Raises
        ------
        ContractError
            If a file may not be read.
        """
        paths = _files(mapping, spec)
        with reading(Path(spec.name), ContractError):
            hashes.of_all(paths)
        return cls(mapping, spec, hashes, paths)

    def require_unchanged(self) -> None:
        """Refuse what was read if a file was written, came or went meanwhile.

        That is said in place of what was found wrong in a file that was half written.

        Raises
        ------
        ContractError
            Names the table and the files.
        """
        changed = [path for path in self.paths if not self.hashes.is_unchanged(path)]
        changed += set(self.paths) ^ set(_files(self.mapping, self.spec))
        if changed:
            raise changed_while_read(self.spec.name, changed)


def _files(mapping: Mapping, spec: TableSpec) -> list[Path]:
    """Files of a table's sources, besides a SQLite file with a log, whose last reader may fold the log into it."""
    sources = (mapping.sources[name] for name in mapping.tables[spec.name].source)
    files = [(source, source.files()) for source in sources]
    return [file for source, held in files if not (isinstance(source, SqliteSource) and len(held) > 1) for file in held]
