"""The audit log and the journals of models checked together, by the command as a user calls it."""

import json
import sys

import pytest

from goldmine.cli import main
from goldmine.core.audit.log import AuditLog
from goldmine.governance.audit import check_audit
from goldmine.governance.journal import Event, Journal
from goldmine.models.store import Store

STORE = Store("a1", "sqlite:mlruns/mlflow.db")


@pytest.fixture
def journal(own_home):
    """Two promotions of a model, and a sign-in between them; another model without any line in the log."""
    journal = Journal("tiny", "mine")
    with journal.locked():
        journal.append(Event("promoted", "1", "1", ("better",), {}, {}), STORE)
        AuditLog.of_bank("tiny").append("sign_in", who="li", role="branch")
        journal.append(Event("promoted", "2", "2", ("better",), {}, {}), STORE)
    return journal


@pytest.fixture
def goldmine(journal, own_home, monkeypatch, capsys):
    """Call ``goldmine audit``; gives exit code, output lines and error lines."""
    (own_home / "work").mkdir()
    (own_home / "work" / "bank.json").write_text(json.dumps({"bank": "tiny"}))
    monkeypatch.setenv("COLUMNS", "300")

    def call(*words):
        monkeypatch.setattr(sys, "argv", ["goldmine", "audit", *words, "--work", str(own_home / "work")])
        with pytest.raises(SystemExit, match=r"^\d+$") as left:
            main()
        printed = capsys.readouterr()
        return left.value.code, printed.out.splitlines(), printed.err.splitlines()

    return call


def fault():
    found = check_audit("tiny").fault
    return found and (found.file, found.line, str(found.what))


def test_whole_log_with_its_journals_has_no_fault(journal):
    found = check_audit("tiny")
    assert (found.fault, found.lines) == (None, 3)
    assert found.anchors == {"tiny.mine": (2, journal.entries()[-1].seal)}


def test_changed_line_of_a_journal_is_found(journal):
    journal.path.write_text(journal.path.read_text("utf-8").replace("better", "larger", 1), "utf-8")
    assert fault() == ("tiny.mine.jsonl", 1, "is not as it was written, or does not follow the line before")


def test_cut_and_removed_journals_are_found(journal):
    missing = "is missing or another than the audit log holds the seal of"
    journal.path.write_text(journal.path.read_text("utf-8").splitlines(keepends=True)[0], "utf-8")
    assert fault() == ("tiny.mine.jsonl", 2, missing)
    journal.path.unlink()
    assert fault() == ("tiny.mine.jsonl", 1, missing)


def test_journal_written_anew_is_found(journal, own_home):
    journal.path.unlink()
    log = own_home / "mlruns" / "journal" / "tiny"
    log.rename(own_home / "aside")
    journal.append(Event("promoted", "7", "7", ("better",), {}, {}), STORE)
    journal.append(Event("promoted", "8", "8", ("better",), {}, {}), STORE)
    for path in log.iterdir():
        path.unlink()
    log.rmdir()
    (own_home / "aside").rename(log)
    assert fault() == ("tiny.mine.jsonl", 1, "is missing or another than the audit log holds the seal of")


def test_line_of_a_journal_that_the_log_does_not_know_is_found(journal, monkeypatch):
    monkeypatch.setattr(Journal, "_log", lambda *_: None)
    journal.append(Event("promoted", "3", "3", ("better",), {}, {}), STORE)
    assert fault() == ("tiny.mine.jsonl", 3, "is not in the audit log")


def test_lines_from_before_the_log_are_covered_by_the_next_one(journal, monkeypatch):
    older = Journal("tiny", "wealth")
    with monkeypatch.context() as patch:
        patch.setattr(Journal, "_log", lambda *_: None)
        older.append(Event("promoted", "1", "1", ("better",), {}, {}), STORE)
    assert fault() is None
    older.append(Event("promoted", "2", "2", ("better",), {}, {}), STORE)
    assert fault() is None
    older.path.write_text(older.path.read_text("utf-8").replace("better", "larger", 1), "utf-8")
    assert fault()[:2] == ("tiny.wealth.jsonl", 1)


def test_journals_of_another_bank_are_left_alone(journal, own_home):
    other = Journal("tiny2", "mine")
    other.append(Event("promoted", "1", "1", ("better",), {}, {}), STORE)
    other.path.write_text("", "utf-8")
    assert fault() is None
    assert check_audit("tiny2").fault is not None


class TestCommand:
    def test_verify_tells_its_reach_and_its_end(self, goldmine):
        code, lines, _ = goldmine("verify")
        first, last = check_audit("tiny").first, check_audit("tiny").last
        assert code == 0
        when = [line.at[:19].replace("T", " ") for line in (first, last)]
        assert lines[0] == f"3 lines are as they were written: line 1 of {when[0]} to line 3 of {when[1]}"
        assert lines[1].endswith(f"3:{last.seal}")
        assert goldmine("verify", "--noted", f"3:{last.seal}")[0] == 0

    def test_verify_names_file_and_line_of_the_first_fault(self, goldmine, own_home):
        (path,) = (own_home / "mlruns" / "journal" / "tiny").glob("*.jsonl")
        path.write_text(path.read_text("utf-8").replace('"who": "li"', '"who": "ma"'), "utf-8")
        code, lines, errors = goldmine("verify")
        what = f"audit log: {path.name} line 2: is not as it was written, or does not follow the line before."
        assert (code, errors[0]) == (26, what)
        assert lines[0].startswith("1 lines are as they were written")

    def test_verify_refuses_what_is_no_noted_line(self, goldmine):
        code, _, errors = goldmine("verify", "--noted", "3")
        assert (code, errors[0]) == (26, "--noted: is not of the form NUMBER:SEAL.")
        code, _, errors = goldmine("verify", "--noted", "3:" + "ab" * 32)
        assert (code, errors[0]) == (26, "audit log: head line 1: line 3 is not the one that was noted.")

    def test_show_filters(self, goldmine):
        code, lines, _ = goldmine("show")
        assert (code, [line.split()[0] for line in lines]) == (0, ["Number", "3", "2", "1"])
        assert "wang  -       promotion  model:tiny.mine" in lines[1]
        assert "version: 2" in lines[1]
        assert [line.split()[0] for line in goldmine("show", "--who", "li")[1]] == ["Number", "2"]
        assert [line.split()[0] for line in goldmine("show", "--action", "promotion", "--last", "1")[1][1:]] == ["3"]
        assert goldmine("show", "--on", "2020-01-01")[1] == ["The log has no such line."]
        assert "登录" in goldmine("show", "--who", "li", "--language", "zh")[1][1]

    def test_show_refuses_an_unknown_action(self, goldmine):
        code, _, errors = goldmine("show", "--action", "peek")
        assert (code, errors[0]) == (26, "audit log: 'peek' is no action.")

    def test_archive_without_an_old_month_moves_nothing(self, goldmine, own_home):
        code, lines, _ = goldmine("archive", "--to", str(own_home / "old"))
        assert (code, lines) == (0, ["Nothing to archive: no month is older than the 24 that are kept."])
