"""Who may read what is written: its user alone, or a group by setting, whatever the umask says."""

import grp
import os
import stat

import pytest

from goldmine.core.errors import SettingsError
from goldmine.core.file_modes import file_mode, folder_mode, released_mode
from goldmine.core.files import whole_folder, write_json
from goldmine.core.workspace import Workspace


@pytest.fixture
def work(tmp_path, monkeypatch):
    """A work folder, and an open umask as it may be at the start of a command."""
    monkeypatch.delenv("GOLDMINE_FILE_MODE", raising=False)
    monkeypatch.delenv("GOLDMINE_GROUP", raising=False)
    before = os.umask(0)
    yield Workspace(tmp_path / "work")
    os.umask(before)


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def write(work):
    """A file, a folder and a file in it, as steps write them."""
    with work.lock():
        write_json(work.features("2024-06-30").with_suffix(".json"), "mark")
        with whole_folder(work.root / "parts") as folder:
            (folder / "0000.parquet").write_bytes(b"rows")
    return [work.root / name for name in (".", "features", "parts")], [
        work.root / name for name in ("features/2024-06-30.json", "parts/0000.parquet", ".lock")
    ]


def test_everything_is_its_users_alone_where_nothing_is_set(work):
    folders, files = write(work)
    assert {mode(folder) for folder in folders} == {0o700}
    assert {mode(file) for file in files} == {0o600}
    assert released_mode() == 0o400


def test_a_group_may_read_where_the_setting_says_so(work, monkeypatch):
    group = grp.getgrgid(os.getegid()).gr_name
    monkeypatch.setenv("GOLDMINE_FILE_MODE", "640")
    monkeypatch.setenv("GOLDMINE_GROUP", group)
    folders, files = write(work)
    assert {mode(folder) & 0o777 for folder in folders} == {0o750}
    assert mode(work.root) & stat.S_ISGID
    assert {mode(file) for file in files} == {0o640}
    assert {path.group() for path in (*folders, *files)} == {group}
    assert released_mode() == 0o440


def test_an_open_work_folder_of_an_earlier_release_is_closed(work):
    work.root.mkdir(mode=0o755)
    with work.lock():
        assert mode(work.root) == 0o700


@pytest.mark.parametrize("text", ["644", "777", "400", "rw", "0o600", "6000"])
def test_a_mode_for_everybody_is_refused(work, monkeypatch, text):
    monkeypatch.setenv("GOLDMINE_FILE_MODE", text)
    with pytest.raises(SettingsError, match=r"GOLDMINE_FILE_MODE: .* is not allowed"), work.lock():
        pass


def test_an_unknown_group_is_refused(work, monkeypatch):
    monkeypatch.setenv("GOLDMINE_GROUP", "no such group")
    with pytest.raises(SettingsError, match="GOLDMINE_GROUP"), work.lock():
        pass


def test_who_may_write_may_also_read_and_enter(monkeypatch):
    monkeypatch.setenv("GOLDMINE_FILE_MODE", "660")
    assert (file_mode(), folder_mode()) == (0o660, 0o770)
