"""Seals of derived tables: any change of content is noticed, and a table that was only moved is kept."""

import os
import shutil

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from goldmine.core import seals
from goldmine.core.fingerprint import of_file
from goldmine.core.seals import (
    discard_damaged,
    fault,
    file_sha256,
    is_sealed,
    sealed_content,
    sealed_file,
    sealed_folder,
)


def write(path, amounts):
    with sealed_file(path) as temporary:
        pq.write_table(pa.table({"customer_id": ["c1", "c2"], "aum": amounts}), temporary)


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "features" / "2024-06-30.parquet"
    write(path, [1.0, 2.0])
    return path


def edit(table, old=b"c2", new=b"c9"):
    """Change bytes in place and put back the modification time: size, name and inode stay."""
    status = table.stat()
    content = table.read_bytes()
    assert old in content
    with table.open("r+b") as stream:
        stream.write(content.replace(old, new))
    os.utime(table, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert (table.stat().st_size, table.stat().st_mtime_ns) == (status.st_size, status.st_mtime_ns)


DAMAGES = {
    "edited": edit,
    "cut": lambda table: os.truncate(table, table.stat().st_size // 2),
    "empty": lambda table: os.truncate(table, 0),
    "replaced": lambda table: pq.write_table(pa.table({"customer_id": ["c1"], "aum": [0.0]}), table),
    "a folder": lambda table: (table.unlink(), table.mkdir()),
    "gone": lambda table: table.unlink(),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_table_is_removed_and_named(table, damage, capsys):
    damage(table)
    assert not is_sealed(table)
    assert discard_damaged(table.parents[1]) == [table]
    assert not table.exists()
    assert list(table.parent.iterdir()) == []
    assert capsys.readouterr().err.startswith("!!! features/2024-06-30.parquet: ")
    assert discard_damaged(table.parents[1]) == []


def test_an_undamaged_table_is_not_read(table, monkeypatch):
    monkeypatch.setattr(seals, "of_file", lambda path: pytest.fail("hashed"))
    assert is_sealed(table)
    assert discard_damaged(table.parents[1]) == []


def test_a_moved_table_is_hashed_once_and_kept(table, tmp_path, monkeypatch):
    moved = tmp_path / "elsewhere"
    shutil.copytree(table.parent, moved)
    assert is_sealed(moved / table.name)
    monkeypatch.setattr(seals, "of_file", lambda path: pytest.fail("hashed again"))
    assert is_sealed(moved / table.name)


def test_all_contents_are_hashed_on_request(table, monkeypatch):
    hashed = []
    monkeypatch.setattr(seals, "of_file", hashed.append)
    monkeypatch.setenv("GOLDMINE_VERIFY", "1")
    assert fault(table) == "is not as it was written"
    assert hashed == [table]


def test_a_table_without_a_seal_is_not_trusted_and_not_removed(table):
    (seal,) = table.parent.glob(".*.seal")
    seal.unlink()
    assert not is_sealed(table)
    assert discard_damaged(table.parents[1]) == []
    assert table.exists()


def test_a_damaged_seal_counts_as_none(table):
    (seal,) = table.parent.glob(".*.seal")
    seal.write_text("")
    assert not is_sealed(table)


def test_writing_again_replaces_the_seal(table):
    before = sealed_content(table)
    write(table, [3.0, 4.0])
    assert is_sealed(table)
    assert sealed_content(table) != before


def test_a_table_in_parts_misses_none(tmp_path):
    table = tmp_path / "2024-06-30.parquet"
    with sealed_folder(table) as folder:
        for part in ("0000", "0001"):
            pq.write_table(pa.table({"customer_id": [part]}), folder / f"{part}.parquet")
    assert is_sealed(table)
    (table / "0001.parquet").unlink()
    assert fault(table) == "has other parts than were written"


def test_a_part_that_a_task_has_sealed_is_not_read_again(tmp_path, monkeypatch):
    table = tmp_path / "2024-06-30.parquet"
    with sealed_folder(table) as folder:
        for part in ("0000", "0001"):
            write(folder / f"{part}.parquet", [1.0, 2.0])
        edit(folder / "0001.parquet")
        monkeypatch.setattr(seals, "of_file", lambda path: f"read {path.name}")
    untouched, edited = (file_sha256(table / f"{part}.parquet") for part in ("0000", "0001"))
    assert (untouched, edited) == (of_file(table / "0000.parquet"), "read 0001.parquet")
    assert sorted(path.name for path in table.iterdir()) == ["0000.parquet", "0001.parquet"]


def test_content_of_a_file_comes_from_its_seal_while_it_is_as_it_was_written(table, tmp_path, monkeypatch):
    content, other = file_sha256(table), tmp_path / "notes.txt"
    other.write_text("a")
    assert content == of_file(table)
    monkeypatch.setattr(seals, "of_file", lambda path: f"read {path.name}")
    assert file_sha256(table) == content
    assert file_sha256(other) == "read notes.txt"
    edit(table)
    assert file_sha256(table) == "read 2024-06-30.parquet"


def test_content_of_a_file_is_read_on_request(table, monkeypatch):
    monkeypatch.setattr(seals, "of_file", lambda path: f"read {path.name}")
    monkeypatch.setenv("GOLDMINE_VERIFY", "1")
    assert file_sha256(table) == "read 2024-06-30.parquet"
