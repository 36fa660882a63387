import json
from datetime import date, datetime

import pytest

from goldmine.core.audit.log import AuditLog
from goldmine.core.errors import AuditError, ModelError
from goldmine.core.i18n import _, in_language
from goldmine.governance.journal import Event, Journal
from goldmine.models.store import Store

STORE = Store("a1", "sqlite:mlruns/mlflow.db")


def event(action="promoted", version="1", champion="1", why="better"):
    return Event(action, version, champion, (why,), {"auc": 0.8}, {"code": "abc"})


@pytest.fixture
def journal(tmp_path, monkeypatch):
    monkeypatch.setenv("GOLDMINE_HOME", str(tmp_path))
    monkeypatch.setenv("GOLDMINE_USER", "wang")
    return Journal("tiny", "mine")


def test_appended_entries_are_read_back(journal):
    with journal.locked():
        first, second = journal.append(event(), STORE), journal.append(event("refused", "2"), STORE)
    assert journal.entries() == [first, second]
    assert (first.number, first.who, first.before, second.before) == (1, "wang", "", first.seal)
    assert (first.event, first.store) == (event(), STORE)


def test_reasons_are_kept_in_every_language(journal):
    journal.path.parent.mkdir(parents=True)
    journal.append(event(why=_("version {version} was rolled back before; train anew", version="2")), STORE)
    journal.append(event(why="branches complained"), STORE)
    (line,) = json.loads(journal.path.read_text("utf-8").splitlines()[0])["event"]["why"]
    assert line == {"en": "version 2 was rolled back before; train anew", "zh": "第2版曾被回退，请重新训练"}
    (reason,), (plain,) = (entry.event.why for entry in journal.entries())
    assert in_language(reason, "zh") == "第2版曾被回退，请重新训练"
    assert (plain, in_language(plain, "zh")) == ("branches complained", "branches complained")


def test_changed_line_is_detected(journal):
    journal.path.parent.mkdir(parents=True)
    journal.append(event(), STORE)
    journal.append(event("refused", "2"), STORE)
    journal.path.write_text(journal.path.read_text("utf-8").replace('"auc": 0.8', '"auc": 0.9', 1), "utf-8")
    with pytest.raises(ModelError, match=r"journal of tiny\.mine: line 1 is not as it was written"):
        journal.entries()
    with pytest.raises(ModelError, match="line 1 is not as it was written"):
        journal.append(event(), STORE)


def test_removed_line_is_detected(journal):
    journal.path.parent.mkdir(parents=True)
    for version in "123":
        journal.append(event(version=version), STORE)
    lines = journal.path.read_text("utf-8").splitlines(keepends=True)
    journal.path.write_text(lines[0] + lines[2], "utf-8")
    with pytest.raises(ModelError, match="line 2 is not as it was written"):
        journal.entries()


def test_line_cut_short_by_a_crash_is_ignored(journal):
    journal.path.parent.mkdir(parents=True)
    first = journal.append(event(), STORE)
    with journal.path.open("a") as stream:
        stream.write('{"number": 2, "at"')
    assert journal.entries() == [first]
    second = journal.append(event(version="2"), STORE)
    assert journal.entries() == [first, second]


def test_each_line_leaves_one_in_the_audit_log_with_its_seal(journal):
    with journal.locked():
        first = journal.append(event(), STORE)
        second = journal.append(event("rolled_back", "1", ""), STORE)
    newest, before = AuditLog.of_bank("tiny").newest_first()
    assert (before.action, before.who, before.subject) == ("promotion", "wang", "model:tiny.mine")
    assert before.details == {"journal_line": 1, "journal_seal": first.seal, "version": "1", "champion": "1"}
    assert (newest.action, newest.details["journal_seal"]) == ("rollback", second.seal)


def test_line_is_taken_back_where_the_audit_log_refuses_it(journal, tmp_path):
    with journal.locked():
        first = journal.append(event(), STORE)
        (log,) = (tmp_path / "mlruns" / "journal" / "tiny").glob("*.jsonl")
        log.write_text("", "utf-8")
        with pytest.raises(AuditError, match="ends with line 0, but its head is line 1"):
            journal.append(event("refused", "2"), STORE)
    assert journal.entries() == [first]


def test_champion_on_a_day_is_that_of_its_end(journal):
    journal.path.parent.mkdir(parents=True)
    for entry in (event(), event("refused", "2", "1"), event(version="3", champion="3")):
        journal.append(entry, STORE)
    days = iter(["2024-01-10T09:00:00.000", "2024-01-11T09:00:00.000", "2024-01-12T23:59:59.000"])
    moved = []
    for line in map(json.loads, journal.path.read_text("utf-8").splitlines()):
        moved.append(line | {"at": datetime.fromisoformat(next(days)).astimezone().isoformat()})
    rewrite(journal, moved)
    told = {day: journal.champion_on(date(2024, 1, day)) for day in (9, 10, 11, 12, 31)}
    assert {day: entry and entry.event.version for day, entry in told.items()} == {
        9: None,
        10: "1",
        11: "1",
        12: "3",
        31: "3",
    }


def rewrite(journal, lines):
    """Write lines with their seals, as if they had been written so."""
    from goldmine.core.fingerprint import of_value

    before = ""
    text = ""
    for line in lines:
        moved = {key: value for key, value in line.items() if key != "seal"} | {"before": before}
        before = moved["seal"] = of_value(moved)
        text += json.dumps(moved, ensure_ascii=False, sort_keys=True) + "\n"
    journal.path.write_text(text, "utf-8")
