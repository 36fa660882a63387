"""State files: written whole, and read with a check of what is there."""

import json
import os
import sqlite3
import subprocess
from pathlib import Path

import pytest

from goldmine.core.errors import DiskError, WorkFolderError
from goldmine.core.files import (
    disk_errors,
    read_json,
    read_record,
    remove_unfinished,
    whole_file,
    whole_folder,
    write_json,
)
from goldmine.core.workspace import Workspace

DAMAGES = {
    "empty": lambda path: path.write_bytes(b""),
    "blank": lambda path: path.write_bytes(b" \n"),
    "zeros": lambda path: path.write_bytes(b"\x00" * 64),
    "half": lambda path: os.truncate(path, path.stat().st_size // 2),
    "another type": lambda path: path.write_text("[1, 2]"),
    "null": lambda path: path.write_text("null"),
    "not UTF-8": lambda path: path.write_bytes(b'{"bank": "\xff\xfe"}'),
    "deep": lambda path: path.write_text("[" * 100_000),
    "a folder": lambda path: (path.unlink(), path.mkdir()),
}


@pytest.fixture
def state(tmp_path):
    path = tmp_path / "work" / "bank.json"
    write_json(path, {"bank": "邳州农商银行", "source": "/data"})
    return path


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_damaged_state_that_can_be_made_again_reads_as_none_and_is_named(state, damage, capsys):
    damage(state)
    assert read_json(state, {}) == {}
    assert capsys.readouterr().err.startswith(f"!!! {state}: ")
    write_json(state, {"bank": "again"})
    assert read_json(state, {}) == {"bank": "again"}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_record_says_what_to_restore(state, damage):
    damage(state)
    with pytest.raises(WorkFolderError, match=r"bank\.json: .+\.\nRestore it\.") as raised:
        read_record(state, {}, "Restore it.")
    assert len(str(raised.value).splitlines()) == 2


def test_a_missing_file_reads_as_the_default_without_a_word(tmp_path, capsys):
    assert read_json(tmp_path / "none.json", []) == []
    assert read_record(tmp_path / "none.json", [], "") == []
    assert capsys.readouterr().err == ""


def test_chinese_stays_readable(state):
    assert "邳州农商银行" in state.read_text("utf-8")
    assert read_json(state, {})["bank"] == "邳州农商银行"


def test_a_file_and_its_folder_are_on_the_disk_before_and_after_it_gets_its_name(tmp_path, monkeypatch):
    """In this order: the content synced, the name given, the folder synced."""
    seen = []
    monkeypatch.setattr("os.fsync", lambda handle: seen.append(Path(f"/proc/self/fd/{handle}").readlink().name))
    replace = type(tmp_path).replace
    monkeypatch.setattr(type(tmp_path), "replace", lambda path, to: (seen.append("renamed"), replace(path, to))[1])
    write_json(tmp_path / "state.json", {})
    assert seen == [f".state.json.{os.getpid()}.part", "renamed", tmp_path.name]
    seen.clear()
    with whole_folder(tmp_path / "parts") as folder:
        (folder / "0000.parquet").write_bytes(b"rows")
    assert (seen[0], seen[2:]) == ("0000.parquet", ["renamed", tmp_path.name])


def test_a_block_that_fails_leaves_the_old_file_and_nothing_else(state):
    with pytest.raises(ZeroDivisionError, match="zero"), whole_file(state) as temporary:
        temporary.write_text("half")
        1 / 0  # noqa: B018
    assert json.loads(state.read_text("utf-8"))["source"] == "/data"
    assert [path.name for path in state.parent.iterdir()] == ["bank.json"]


def test_a_file_in_place_of_a_folder_is_an_error_in_words(tmp_path):
    (tmp_path / "work").write_text("")
    with pytest.raises(DiskError, match="could not write"):
        write_json(tmp_path / "work" / "bank.json", {})


@pytest.mark.parametrize("said", ["database or disk is full", "attempt to write a readonly database"])
def test_what_a_database_says_of_its_disk_is_an_error_in_words(tmp_path, said):
    with pytest.raises(DiskError, match=r"mlflow\.db: could not write"), disk_errors(tmp_path / "mlflow.db"):
        raise sqlite3.OperationalError(said)


def test_an_error_of_ours_stays_as_it_is_whatever_it_quotes(tmp_path):
    with pytest.raises(WorkFolderError, match="disk is full"), disk_errors(tmp_path):
        raise WorkFolderError("the disk is full", "Free some.")


def test_what_a_dead_process_was_writing_is_removed_and_nothing_else(tmp_path):
    with subprocess.Popen(["true"]) as ended:
        pass
    (tmp_path / "features" / ".2024.parquet.ab1_x9.part").mkdir(parents=True)
    for folder in (tmp_path, tmp_path / "features", tmp_path / "portal"):
        folder.mkdir(exist_ok=True)
        for name in (f".bank.json.{ended.pid}.part", f".bank.json.{os.getpid()}.part", ".bank.json.seal", "a.part"):
            (folder / name).touch()
    remove_unfinished(tmp_path, ("portal",))
    left = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file())
    stays = [f".bank.json.{os.getpid()}.part", ".bank.json.seal", "a.part"]
    assert left == sorted([*stays, *(f"features/{name}" for name in stays),
                           *(f"portal/{name}" for name in [*stays, f".bank.json.{ended.pid}.part"])])  # fmt: skip
    assert not list(tmp_path.rglob(".2024*"))


def test_lock_of_a_work_folder_removes_what_a_dead_process_was_writing(tmp_path):
    with subprocess.Popen(["true"]) as ended:
        pass
    (tmp_path / f".tables.json.{ended.pid}.part").touch()
    with Workspace(tmp_path).lock():
        assert not list(tmp_path.glob("*.part"))
        assert sorted(path.name for path in tmp_path.iterdir()) == [".kernels.lock", ".lock"]
