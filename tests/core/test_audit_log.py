"""The audit log: what a line holds, what is found when it is changed, and many writers at once."""

import json
import subprocess
import sys
from datetime import date, datetime
from threading import Thread

import pytest

from goldmine.core.audit import log as audit_log
from goldmine.core.audit.actions import ACTIONS, TITLES
from goldmine.core.audit.check import check_log
from goldmine.core.audit.head import Head, parse_head, read_head
from goldmine.core.audit.log import AuditLog, Filter
from goldmine.core.audit.retention import archive
from goldmine.core.errors import AuditError
from goldmine.core.fingerprint import of_value

NOVEMBER, DECEMBER = "2026-11-30T23:59:59", "2026-12-01T00:00:01"


@pytest.fixture
def clock(monkeypatch):
    """Set the log's clock."""

    class Clock(datetime):
        time = NOVEMBER

        @classmethod
        def now(cls, tz=None):
            return datetime.fromisoformat(cls.time)

    monkeypatch.setattr(audit_log, "datetime", Clock)
    return Clock


@pytest.fixture
def log(tmp_path, clock):
    return AuditLog(tmp_path / "journal" / "tiny")


@pytest.fixture
def two_months(log, clock):
    """Lines 1 to 3 in November, 4 and 5 in December."""
    for number in (1, 2, 3):
        log.append("look_up", who="wang", role="counter", subject=f"customer:00{number}", details={"offers": number})
    clock.time = DECEMBER
    log.append("sign_in", who="li", role="branch")
    log.append(
        "download", who="li", role="branch", subject="release:r1", details={"rows": 40, "filter": {"grid": "G1"}}
    )
    return log


def fault(log, **given):
    """File, line and English text of the first fault; None where the log is whole."""
    found = check_log(log, **given).fault
    return found and (found.file, found.line, str(found.what))


def lines_of(log, month):
    return (log.folder / f"{month}.jsonl").read_bytes().splitlines(keepends=True)


def write(log, month, lines):
    (log.folder / f"{month}.jsonl").write_bytes(b"".join(lines))


CHANGED = "is not as it was written, or does not follow the line before"


def test_line_holds_who_did_what_to_what_and_when(two_months):
    newest, *_others, oldest = two_months.newest_first()
    assert (oldest.number, oldest.who, oldest.role, oldest.action) == (1, "wang", "counter", "look_up")
    assert (oldest.subject, oldest.details, oldest.before) == ("customer:001", {"offers": 1}, "")
    assert oldest.at[:23] == "2026-11-30T23:59:59.000"
    assert datetime.fromisoformat(oldest.at).tzinfo is not None
    assert (newest.number, newest.details) == (5, {"rows": 40, "filter": {"grid": "G1"}})
    stored = json.loads(lines_of(two_months, "2026-11")[0])
    seal = stored.pop("seal")
    assert (seal, seal) == (oldest.seal, of_value(stored))


def test_each_month_has_a_file_that_continues_the_month_before(two_months):
    assert [segment.path.name for segment in two_months.segments()] == ["2026-11.jsonl", "2026-12.jsonl"]
    last, first = json.loads(lines_of(two_months, "2026-11")[-1]), json.loads(lines_of(two_months, "2026-12")[0])
    assert (first["number"], first["before"]) == (4, last["seal"])
    found = check_log(two_months)
    assert (found.fault, found.lines, found.first.at[:10], found.last.at[:10]) == (None, 5, "2026-11-30", "2026-12-01")


def test_only_the_newest_month_is_read_to_append(two_months):
    write(two_months, "2026-11", [b"x"])
    assert two_months.append("sign_out", who="li").number == 6


def test_clock_set_back_is_recorded_and_order_is_by_number(two_months, clock):
    clock.time = "2026-01-02T08:00:00"
    line = two_months.append("sign_out", who="li", role="branch")
    assert (line.number, line.at[:19]) == (6, "2026-01-02T08:00:00")
    assert len(lines_of(two_months, "2026-12")) == 3
    assert (check_log(two_months).clock_set_back, fault(two_months)) == (1, None)


@pytest.mark.parametrize("place", [0, 2, 15, 100, -2])
def test_changed_byte_is_found(two_months, place):
    first, second, third = lines_of(two_months, "2026-11")
    changed = bytearray(second)
    changed[place] = ord("~")
    write(two_months, "2026-11", [first, bytes(changed), third])
    assert fault(two_months) == ("2026-11.jsonl", 2, CHANGED)


def test_added_space_is_found(two_months):
    first, second, third = lines_of(two_months, "2026-11")
    write(two_months, "2026-11", [first, second.replace(b'"who": ', b'"who":  '), third])
    assert fault(two_months) == ("2026-11.jsonl", 2, CHANGED)


def test_moved_and_repeated_seals_are_found(two_months):
    first, second, third = lines_of(two_months, "2026-11")
    seal = f', "seal": "{json.loads(second)["seal"]}"'.encode()
    for changed in (second.replace(seal, b"").replace(b"}\n", seal + b"}\n"), second.replace(seal, seal + seal)):
        assert json.loads(changed) == json.loads(second)
        write(two_months, "2026-11", [first, changed, third])
        assert fault(two_months) == ("2026-11.jsonl", 2, CHANGED)


def test_added_line_with_another_number_is_found(two_months):
    line = json.loads(lines_of(two_months, "2026-12")[1])
    line |= {"number": 9, "before": line.pop("seal")}
    line["seal"] = of_value(line)
    write(two_months, "2026-12", [*lines_of(two_months, "2026-12"), json.dumps(line, sort_keys=True).encode() + b"\n"])
    assert fault(two_months) == ("2026-12.jsonl", 3, CHANGED)


def test_line_sealed_anew_is_found_by_the_next(two_months):
    first, second, third = lines_of(two_months, "2026-11")
    line = json.loads(second) | {"who": "nobody"}
    line["seal"] = of_value({name: value for name, value in line.items() if name != "seal"})
    write(two_months, "2026-11", [first, json.dumps(line, sort_keys=True).encode() + b"\n", third])
    assert fault(two_months) == ("2026-11.jsonl", 3, CHANGED)


def test_removed_line_is_found(two_months):
    first, _, third = lines_of(two_months, "2026-11")
    write(two_months, "2026-11", [first, third])
    assert fault(two_months) == ("2026-11.jsonl", 2, CHANGED)


def test_removed_first_line_is_found(two_months):
    write(two_months, "2026-11", lines_of(two_months, "2026-11")[1:])
    missing = "is line 2 of the log; the lines before it are missing and were not archived"
    assert fault(two_months) == ("2026-11.jsonl", 1, missing)


def test_swapped_lines_are_found(two_months):
    first, second, third = lines_of(two_months, "2026-11")
    write(two_months, "2026-11", [first, third, second])
    assert fault(two_months) == ("2026-11.jsonl", 2, CHANGED)


def test_removed_last_line_of_a_month_is_found_in_the_next(two_months):
    write(two_months, "2026-11", lines_of(two_months, "2026-11")[:2])
    assert fault(two_months) == ("2026-12.jsonl", 1, CHANGED)


def test_removed_first_month_is_found(two_months):
    (two_months.folder / "2026-11.jsonl").unlink()
    missing = "is line 4 of the log; the lines before it are missing and were not archived"
    assert fault(two_months) == ("2026-12.jsonl", 1, missing)


def test_removed_last_month_is_found_and_nothing_is_appended(two_months):
    (two_months.folder / "2026-12.jsonl").unlink()
    assert fault(two_months) == ("head", 1, "the log ended with line 5; lines after 3 are missing")
    with pytest.raises(AuditError, match="audit log tiny: ends with line 3, but its head is line 5"):
        two_months.append("sign_in", who="li")


def test_truncated_end_is_found_and_nothing_is_appended(two_months):
    write(two_months, "2026-12", lines_of(two_months, "2026-12")[:1])
    assert fault(two_months) == ("head", 1, "the log ended with line 5; lines after 4 are missing")
    with pytest.raises(AuditError, match="ends with line 4, but its head is line 5"):
        two_months.append("sign_in", who="li")


def test_last_line_sealed_anew_is_found_by_the_head(two_months):
    first, second = lines_of(two_months, "2026-12")
    line = json.loads(second) | {"who": "nobody"}
    line["seal"] = of_value({name: value for name, value in line.items() if name != "seal"})
    write(two_months, "2026-12", [first, json.dumps(line, sort_keys=True).encode() + b"\n"])
    assert fault(two_months) == ("head", 1, "names another seal of line 5 than the log")


def test_removed_head_is_found_and_nothing_is_appended(two_months):
    (two_months.folder / "head").unlink()
    assert fault(two_months)[:2] == ("head", 0)
    with pytest.raises(AuditError, match="ends with line 5, but its head is unreadable"):
        two_months.append("sign_in", who="li")


def test_end_cut_off_together_with_the_head_is_found_by_a_noted_line(two_months):
    noted = parse_head(f"5:{check_log(two_months).last.seal}")
    assert fault(two_months, noted=noted) is None
    write(two_months, "2026-12", lines_of(two_months, "2026-12")[:1])
    kept = json.loads(lines_of(two_months, "2026-12")[0])
    (two_months.folder / "head").write_text(f"{4:015d} {kept['seal']}\n")
    assert fault(two_months) is None
    assert fault(two_months, noted=noted) == ("head", 1, "line 5 is not the one that was noted")


def test_line_cut_short_by_a_crash_is_replaced(two_months):
    with (two_months.folder / "2026-12.jsonl").open("ab") as stream:
        stream.write(b'{"action": "sign_out", "at')
    assert fault(two_months) is None
    assert two_months.append("sign_out", who="li").number == 6
    assert [json.loads(line)["number"] for line in lines_of(two_months, "2026-12")] == [4, 5, 6]
    assert fault(two_months) is None


def test_line_cut_short_before_a_new_month_is_removed(two_months, clock):
    with (two_months.folder / "2026-12.jsonl").open("ab") as stream:
        stream.write(b'{"action"')
    clock.time = "2027-01-01T00:00:00"
    assert two_months.append("sign_out", who="li").number == 6
    assert len(lines_of(two_months, "2026-12")) == 2
    assert fault(two_months) is None
    with (two_months.folder / "2026-12.jsonl").open("ab") as stream:
        stream.write(b'{"action"')
    assert fault(two_months) == ("2026-12.jsonl", 3, CHANGED)


def test_crash_between_line_and_head_leaves_a_whole_log(two_months):
    before = json.loads(lines_of(two_months, "2026-12")[0])
    (two_months.folder / "head").write_text(f"{4:015d} {before['seal']}\n")
    assert fault(two_months) is None
    assert two_months.append("sign_out", who="li").number == 6
    assert read_head(two_months.folder).number == 6


def test_month_left_empty_by_a_crash_is_continued(two_months, clock):
    (two_months.folder / "2027-01.jsonl").touch()
    clock.time = "2027-01-01T00:00:00"
    assert two_months.append("sign_out", who="li").number == 6
    assert (fault(two_months), len(lines_of(two_months, "2027-01"))) == (None, 1)


def test_four_processes_at_once_lose_no_line(tmp_path):
    code = (
        "import sys; from pathlib import Path; from goldmine.core.audit.log import AuditLog\n"
        "log = AuditLog(Path(sys.argv[1]))\n"
        "for number in range(50):\n"
        "    print(log.append('look_up', who=sys.argv[2], details={'n': number}).number)"
    )
    folder = tmp_path / "tiny"
    writers = [
        subprocess.Popen([sys.executable, "-c", code, str(folder), f"user{n}"], stdout=subprocess.PIPE, text=True)
        for n in range(4)
    ]
    numbers = [int(number) for writer in writers for number in writer.communicate()[0].split()]
    assert sorted(numbers) == list(range(1, 201))
    found = check_log(AuditLog(folder))
    assert (found.fault, found.lines, read_head(folder)) == (None, 200, Head(200, found.last.seal))
    order = {f"user{n}": [] for n in range(4)}
    for line in AuditLog(folder).newest_first():
        order[line.who].insert(0, line.details["n"])
    assert order == {f"user{n}": list(range(50)) for n in range(4)}


def test_threads_of_one_process_lose_no_line(log):
    threads = [Thread(target=lambda: [log.append("look_up", who="wang") for _ in range(10)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (check_log(log).lines, fault(log)) == (40, None)


@pytest.mark.parametrize(
    ("wanted", "numbers"),
    [
        (Filter(), [5, 4, 3, 2, 1]),
        (Filter(who="li"), [5, 4]),
        (Filter(action="look_up"), [3, 2, 1]),
        (Filter(subject="customer:002"), [2]),
        (Filter(day=date(2026, 12, 1)), [5, 4]),
        (Filter(below=3), [2, 1]),
        (Filter(who="li", action="look_up"), []),
    ],
)
def test_lines_are_filtered_and_come_newest_first(two_months, wanted, numbers):
    assert [line.number for line in two_months.newest_first(wanted)] == numbers


def test_lines_longer_than_a_block_are_read_newest_first(log):
    for number in range(1, 8):
        log.append("upload", who="wang", details={f"file{n}": "x" * 300 for n in range(number * 5)})
    assert [line.number for line in log.newest_first()] == [7, 6, 5, 4, 3, 2, 1]
    assert fault(log) is None


def test_changed_line_is_refused_when_read(two_months):
    first, second, third = lines_of(two_months, "2026-11")
    write(two_months, "2026-11", [first, second.replace(b"wang", b"wong"), third])
    with pytest.raises(AuditError, match=r"audit log tiny: 2026-11\.jsonl: line 2 is not as it was written"):
        list(two_months.newest_first())


def test_mobile_and_identity_numbers_in_details_are_replaced(log):
    typed = {"search": "13800000000", "note": ["id 110101199003070000 of"], "rows": 13800000000}
    line = log.append("look_up", who="wang", subject="customer:13800000000", details=typed)
    assert line.details == {"search": "***", "note": ["id *** of"], "rows": 13800000000}
    assert line.subject == "customer:13800000000"


def test_seals_with_digits_like_a_mobile_number_are_logged_whole(log):
    seal = "3f" * 10 + "a13800000000b110101199003070000c" + "e" * 12
    details = {"journal_seal": seal, "starts": [[3, seal]], "models": {"tiny.mine": (2, seal)}}
    logged = log.append("promotion", who="wang", details=details).details
    assert logged == {"journal_seal": seal, "starts": [[3, seal]], "models": {"tiny.mine": [2, seal]}}
    typed = log.append("look_up", who="wang", details={"search": f"{seal} 13800000000"}).details
    assert typed == {"search": "3f" * 10 + "a***b***c" + "e" * 12 + " ***"}


def test_text_that_someone_typed_is_cut_and_made_writable(log):
    line = log.append("sign_in_failed", who="a\ud800\n" + "x" * 1_000_000)
    assert (line.who[:3], len(line.who)) == ("a?\n", 300)
    assert len(lines_of(log, "2026-11")) == 1
    assert fault(log) is None


def test_unknown_action_and_long_details_are_refused(log):
    with pytest.raises(AuditError, match="'peek' is no action"):
        log.append("peek", who="wang")
    with pytest.raises(AuditError, match="the details of 'upload' take more than 16,384 bytes"):
        log.append("upload", who="wang", details={str(n): "x" * 300 for n in range(100)})
    assert list(log.newest_first()) == []


def test_every_action_has_a_title():
    assert tuple(TITLES) == ACTIONS
    assert len({str(title) for title in TITLES.values()}) == len(ACTIONS)


class TestArchive:
    @pytest.fixture
    def year(self, log, clock):
        """A line a month, from January to December; the one of March anchors a model's journal."""
        for month in range(1, 13):
            clock.time = f"2026-{month:02}-15T10:00:00"
            log.append("sign_in", who="wang")
            if month == 3:
                anchor = {"journal_line": 1, "journal_seal": "ab"}
                log.append("promotion", who="wang", subject="model:tiny.mine", details=anchor)
        return log

    def test_old_months_move_and_the_log_stays_whole(self, year, tmp_path):
        line = archive(year, tmp_path / "old", 6, date(2026, 12, 20))
        assert line.details["months"] == ["2026-01", "2026-02", "2026-03", "2026-04", "2026-05"]
        assert [path.stem for path in sorted((tmp_path / "old").iterdir())] == line.details["months"]
        assert year.segments()[0].path.stem == "2026-06"
        found = check_log(year)
        assert (found.fault, found.lines, found.first.number) == (None, 8, 7)
        assert found.anchors == {"tiny.mine": (1, "ab")}
        together = check_log(year, tmp_path / "old")
        assert (together.fault, together.lines, together.first.number) == (None, 14, 1)

    def test_month_removed_after_archiving_is_found(self, year, tmp_path):
        archive(year, tmp_path / "old", 6, date(2026, 12, 20))
        (year.folder / "2026-06.jsonl").unlink()
        assert fault(year)[:2] == ("2026-07.jsonl", 1)

    def test_changed_archived_line_is_found(self, year, tmp_path):
        archive(year, tmp_path / "old", 6, date(2026, 12, 20))
        path = tmp_path / "old" / "2026-02.jsonl"
        path.write_bytes(path.read_bytes().replace(b"wang", b"wong"))
        assert fault(year, archive=tmp_path / "old") == ("2026-02.jsonl", 1, CHANGED)

    def test_crash_between_two_months_leaves_a_whole_log_that_is_archived_again(self, year, tmp_path):
        (tmp_path / "kept").mkdir()
        for month in ("2026-04", "2026-05"):
            (tmp_path / "kept" / month).write_bytes((year.folder / f"{month}.jsonl").read_bytes())
        archive(year, tmp_path / "old", 6, date(2026, 12, 20))
        for month in ("2026-04", "2026-05"):
            (tmp_path / "kept" / month).rename(year.folder / f"{month}.jsonl")
        assert fault(year) is None
        line = archive(year, tmp_path / "old", 6, date(2026, 12, 20))
        assert (line.details["months"], fault(year)) == (["2026-04", "2026-05"], None)

    def test_nothing_old_enough_is_left_alone(self, year, tmp_path):
        assert archive(year, tmp_path / "old", 12, date(2026, 12, 20)) is None
        assert check_log(year).lines == 13

    def test_fewer_than_six_months_are_refused(self, year, tmp_path):
        with pytest.raises(AuditError, match=r"5 months are to be kept\.\nKeep 6 months or more"):
            archive(year, tmp_path / "old", 5, date(2026, 12, 20))

    def test_damaged_log_is_not_archived(self, year, tmp_path):
        write(year, "2026-08", [b"{}\n"])
        with pytest.raises(AuditError, match=r"2026-08\.jsonl line 1 is not as it was written"):
            archive(year, tmp_path / "old", 6, date(2026, 12, 20))
        assert not (tmp_path / "old").exists()

    def test_another_file_in_the_archive_is_not_overwritten(self, year, tmp_path):
        (tmp_path / "old").mkdir()
        (tmp_path / "old" / "2026-02.jsonl").write_text("another log")
        with pytest.raises(AuditError, match="holds another file of that name"):
            archive(year, tmp_path / "old", 6, date(2026, 12, 20))
        assert len(year.segments()) == 12
