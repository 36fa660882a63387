"""Taking a bank in: every table becomes canonical, strictly typed Parquet, or nothing changes."""

from pathlib import Path

from goldmine.contract.bank import Bank, CanonicalTable, TableFile
from goldmine.contract.inplace import Footer, canonical_footers
from goldmine.contract.manifest import Hashes, load_bank, read_manifest, write_manifest
from goldmine.contract.mapping import Mapping, load_mapping
from goldmine.contract.sources import ParquetSource
from goldmine.contract.tables import TABLES
from goldmine.core.errors import ContractError
from goldmine.core.work import Work

__all__ = ["load_bank", "open_bank"]


def open_bank(source: Path, work: Work) -> Bank:
    mapping = load_mapping(source)
    hashes = Hashes(read_manifest(work).get("hashes", {}))
    tables = {}
    for name in TABLES:
        if name in mapping.tables:
            footers = _in_place(mapping, name)
            if footers is None:
                raise ContractError(f"{name}: is not canonical Parquet.", "Not yet.")
            files = tuple(TableFile(f.path, hashes.of(f.path), f.rows, f.month) for f in footers)
            tables[name] = CanonicalTable(name, files, footers[0].columns)
    bank = Bank(mapping.name, mapping.books_to, tables)
    work.claim(bank.name)
    write_manifest(work, bank, {}, hashes)
    return bank


def _in_place(mapping: Mapping, name: str) -> list[Footer] | None:
    table = mapping.tables[name]
    source = mapping.sources[table.source[0]]
    if table.select or not isinstance(source, ParquetSource):
        return None
    return canonical_footers(source.files(), TABLES[name])
