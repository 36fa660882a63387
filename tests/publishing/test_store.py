import json
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from goldmine.core.errors import ReleaseError, SettingsError
from goldmine.core.fingerprint import of_file
from goldmine.core.workspace import Workspace, home
from goldmine.publishing.latest_lists import latest_lists
from goldmine.publishing.release_store import read_latest, read_release
from tests.publishing.literal import leftovers, publish_literal

RAN_OUT = ["unshare", "-rm", "sh", "-c", 'mount -t tmpfs -o size=3m tmpfs "$0" && exec "$@"']


def contents(work: Workspace) -> dict[str, bytes]:
    return {str(p.relative_to(work.root)): p.read_bytes() for p in work.releases.rglob("*") if p.is_file()}


def test_release_is_complete_under_its_id_and_current(tmp_path):
    work = Workspace(tmp_path)
    publish_literal(work, "r1")
    assert sorted(contents(work)) == [
        "releases/2024-06-30/r1/lists/longtail.csv",
        "releases/2024-06-30/r1/lists/longtail.parquet",
        "releases/2024-06-30/r1/lists/longtail.xlsx",
        "releases/2024-06-30/r1/manifest.json",
        "releases/latest.json",
    ]
    latest = json.loads((work.releases / "latest.json").read_text())
    assert (latest["as_of"], latest["release_id"], latest["path"]) == ("2024-06-30", "r1", "2024-06-30/r1")
    assert read_latest(work).manifest.release_id == "r1"


def test_the_manifest_names_every_file_with_its_checksum_and_model(tmp_path):
    release = publish_literal(Workspace(tmp_path), "r1")
    manifest = json.loads((release.folder / "manifest.json").read_text())
    assert {"as_of": "2024-06-30", "release_id": "r1", "created_at": "2024-07-01T00:00:00Z"}.items() <= manifest.items()
    assert [file["path"] for file in manifest["files"]] == [
        "lists/longtail.parquet",
        "lists/longtail.csv",
        "lists/longtail.xlsx",
    ]
    listed = {
        key: manifest["files"][0][key] for key in ("rows", "use_case", "model_name", "model_version", "mlflow_run")
    }
    assert listed == {
        "rows": 3,
        "use_case": "longtail",
        "model_name": "tiny.longtail",
        "model_version": "1",
        "mlflow_run": "r",
    }
    assert manifest["files"][0]["columns"][:2] == ["rank", "customer_id"]


def test_release_files_are_read_only(tmp_path):
    release = publish_literal(Workspace(tmp_path), "r1")
    assert {p.stat().st_mode & 0o777 for p in release.folder.rglob("*") if p.is_file()} == {0o400}


def test_publishing_again_changes_nothing(tmp_path):
    work = Workspace(tmp_path)
    publish_literal(work, "r1")
    before = contents(work)
    publish_literal(work, "r1", rows=5)
    assert contents(work) == before


def test_the_newest_release_of_a_snapshot_is_current_and_the_older_stays(tmp_path):
    work = Workspace(tmp_path)
    publish_literal(work, "r1")
    publish_literal(work, "r2")
    assert read_latest(work).manifest.release_id == "r2"
    publish_literal(work, "r1")
    assert read_latest(work).manifest.release_id == "r1"
    assert (work.releases / "2024-06-30" / "r2" / "manifest.json").exists()


def test_backfilled_month_does_not_replace_a_newer_release(tmp_path):
    work = Workspace(tmp_path)
    publish_literal(work, "new")
    old = publish_literal(work, "old", as_of=date(2024, 5, 31))
    assert (old.folder / "manifest.json").exists()
    assert read_latest(work).manifest.release_id == "new"


def test_missing_release_is_reported(tmp_path):
    with pytest.raises(ReleaseError, match="nothing has been published yet"):
        read_latest(Workspace(tmp_path))


@pytest.mark.parametrize(
    "name", ["manifest.json", "lists/longtail.csv", "lists/longtail.parquet", "lists/longtail.xlsx"]
)
def test_missing_file_makes_a_release_incomplete_until_published_again(tmp_path, name):
    work = Workspace(tmp_path)
    (publish_literal(work, "r1").folder / name).unlink()
    with pytest.raises(ReleaseError, match=f"{name} is missing"):
        read_latest(work)
    publish_literal(work, "r1")
    assert read_latest(work).manifest.release_id == "r1"
    assert leftovers(work) == []


def test_changed_file_makes_a_release_incomplete(tmp_path):
    work = Workspace(tmp_path)
    path = publish_literal(work, "r1").folder / "lists" / "longtail.csv"
    path.chmod(0o644)
    path.write_bytes(path.read_bytes().replace(b"00000001", b"00000002"))
    with pytest.raises(ReleaseError, match=r"longtail\.csv is not the one that was published"):
        latest_lists(work)


def test_changed_manifest_makes_a_release_incomplete(tmp_path):
    work = Workspace(tmp_path)
    path = publish_literal(work, "r1").folder / "manifest.json"
    path.chmod(0o644)
    path.write_text(path.read_text().replace('"bank": "tiny"', '"bank": "other"'))
    with pytest.raises(ReleaseError, match=r"manifest\.json is not the one that was published"):
        read_latest(work)


@pytest.mark.parametrize("damage", ["", "null", "[]", "{", "folder"])
def test_damaged_latest_is_repaired_by_publishing_again(tmp_path, damage):
    work = Workspace(tmp_path)
    publish_literal(work, "r1")
    latest = work.releases / "latest.json"
    latest.unlink()
    if damage == "folder":
        latest.mkdir()
    else:
        latest.write_text(damage)
    with pytest.raises(ReleaseError, match="the release is not whole: it cannot be read"):
        read_latest(work)
    publish_literal(work, "r1")
    assert read_latest(work).manifest.release_id == "r1"


def rewrite(work, release):
    """Change a list, and every checksum that speaks of it: what somebody does who knows the layout."""
    listed, manifest = release.folder / "lists/longtail.csv", release.folder / "manifest.json"
    for path in (listed, manifest):
        path.chmod(0o600)
    before = [of_file(listed), of_file(manifest)]
    listed.write_bytes(listed.read_bytes().replace(b"00000001", b"00000002"))
    manifest.write_text(manifest.read_text().replace(before[0], of_file(listed)))
    latest = work.releases / "latest.json"
    latest.write_text(latest.read_text().replace(before[1], of_file(manifest)))


def test_a_consistent_rewrite_is_noticed_by_the_signature(tmp_path, monkeypatch):
    monkeypatch.setenv("GOLDMINE_SIGNING_KEY", "k" * 32)
    work = Workspace(tmp_path)
    release = publish_literal(work, "r1")
    assert read_latest(work).manifest == release.manifest
    rewrite(work, release)
    with pytest.raises(ReleaseError, match="was not signed by this bank's key"):
        read_latest(work)
    monkeypatch.delenv("GOLDMINE_SIGNING_KEY")
    assert read_latest(work).manifest.release_id == "r1"  # nobody can tell without a key


def test_a_release_without_a_signature_is_published_again_once_there_is_a_key(tmp_path, monkeypatch):
    work = Workspace(tmp_path)
    publish_literal(work, "r1")
    monkeypatch.setenv("GOLDMINE_SIGNING_KEY", "k" * 32)
    with pytest.raises(ReleaseError, match="is not signed"):
        read_latest(work)
    publish_literal(work, "r1")
    assert read_latest(work).manifest.release_id == "r1"


def test_a_short_signing_key_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("GOLDMINE_SIGNING_KEY", "secret")
    with pytest.raises(SettingsError, match="GOLDMINE_SIGNING_KEY: has 6 bytes"):
        publish_literal(Workspace(tmp_path), "r1")


def audited(work, *options):
    """Exit code and lines of ``goldmine audit releases``."""
    from goldmine.cli import main

    with pytest.MonkeyPatch.context() as patch, pytest.raises(SystemExit) as left:
        patch.setattr(sys, "argv", ["goldmine", "audit", "releases", "--work", str(work.root), *options])
        main()
    return left.value.code or 0


def test_every_release_is_said_to_be_signed_unsigned_forged_or_unverifiable(tmp_path, monkeypatch, capsys):
    work, key = Workspace(tmp_path), "GOLDMINE_SIGNING_KEY"
    monkeypatch.delenv(key, raising=False)
    publish_literal(work, "plain", as_of=date(2024, 4, 30))
    monkeypatch.setenv(key, "a" * 32)
    publish_literal(work, "other", as_of=date(2024, 5, 31))
    monkeypatch.setenv(key, "b" * 32)
    publish_literal(work, "own")
    assert audited(work) == 19
    assert [line.partition(": ")[2].rpartition(", ")[2] for line in capsys.readouterr().out.splitlines()] == [
        "not signed",
        "FORGED: not signed by this bank's key",
        "signed by this bank's key",
    ]
    monkeypatch.delenv(key)
    assert audited(work, "--language", "zh") == 0
    assert capsys.readouterr().out.splitlines() == [
        "2024-04-30/plain: 完整, 未签名",
        "2024-05-31/other: 完整, 已签名，但此处没有密钥，无法核验",
        "2024-06-30/own: 完整, 已签名，但此处没有密钥，无法核验",
    ]


def test_a_release_whose_files_were_changed_is_named(tmp_path, monkeypatch, capsys):
    work = Workspace(tmp_path)
    monkeypatch.delenv("GOLDMINE_SIGNING_KEY", raising=False)
    path = publish_literal(work, "r1").folder / "lists" / "longtail.csv"
    path.chmod(0o600)
    path.write_text("rank\n")
    assert audited(work) == 19
    assert "NOT WHOLE" in capsys.readouterr().out


def test_a_manifest_that_names_a_file_elsewhere_is_refused(tmp_path):
    work = Workspace(tmp_path)
    release = publish_literal(work, "r1")
    manifest = release.folder / "manifest.json"
    manifest.chmod(0o600)
    manifest.write_text(manifest.read_text().replace("lists/longtail.csv", "../../../../etc/hosts"))
    with pytest.raises(ReleaseError, match="names a file outside of it"):
        read_release(release.folder)


def test_unreadable_latest_is_reported_and_repaired(tmp_path):
    work = Workspace(tmp_path)
    publish_literal(work, "r1")
    (work.releases / "latest.json").write_text("{")
    with pytest.raises(ReleaseError, match=r"latest\.json: the release is not whole: it cannot be read"):
        read_latest(work)
    publish_literal(work, "r1")
    assert read_latest(work).manifest.release_id == "r1"


def test_current_lists_are_summarised_a_row_each(tmp_path):
    work = Workspace(tmp_path)
    release = publish_literal(work, "r1")
    (line,) = latest_lists(work)
    assert (line.use_case, line.rows, line.top_probability) == ("longtail", 3, 0.5)
    assert (line.as_of, line.valid_until) == (date(2024, 6, 30), date(2024, 9, 28))
    assert line.file == release.folder / "lists" / "longtail.xlsx"


def run_literal(what: str, folder: Path, before: list[str]) -> dict:
    command = [*before, sys.executable, "-m", "tests.publishing.literal", what, str(folder)]
    done = subprocess.run(command, cwd=home(), capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_complete_release_stays_current_wherever_publish_is_killed(tmp_path):
    counts = run_literal("killed", tmp_path, [])
    assert counts["status"] == 0
    assert len(counts["current"]) > 30
    assert counts["partial"] > 20
    turn = counts["current"].index("new")
    assert set(counts["current"][:turn]) == {"old"}
    assert set(counts["current"][turn:]) == {"new"}


def test_full_disk_keeps_the_old_release_and_leaves_nothing_behind(tmp_path):
    if shutil.which("unshare") is None or subprocess.run([*RAN_OUT, str(tmp_path), "true"], check=False).returncode:
        pytest.skip("this machine does not let a test mount a small disk")
    counts = run_literal("full", tmp_path, [*RAN_OUT, str(tmp_path)])
    assert counts["refused"] > 5
    assert counts["current"] == "new"
