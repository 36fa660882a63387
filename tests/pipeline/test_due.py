from datetime import UTC, date, datetime

import pytest

from goldmine.core.errors import OverdueError
from goldmine.pipeline.due import last_due, next_ticks, require_not_overdue
from goldmine.pipeline.run_report import CurrentRelease

CRONS = [("quarter", "retrain", "0 2 2 1,4,7,10 *"), ("month", "score", "0 6 2 * *"), ("pages", "report", "0 8 2 * *")]


def current(as_of):
    return CurrentRelease(release_id="r", as_of=as_of, created_at=datetime(2024, 7, 2, tzinfo=UTC))


def test_schedules_are_read_in_their_own_time_zone():
    soon = next_ticks(CRONS, datetime(2024, 7, 1, 18, 30, tzinfo=UTC))  # 02:30 on 2 July in Shanghai
    assert [(tick.schedule, str(tick.at)) for tick in soon[:2]] == [
        ("month", "2024-07-02 06:00:00+08:00"),
        ("pages", "2024-07-02 08:00:00+08:00"),
    ]
    assert soon[0].as_of == date(2024, 6, 30)


def test_a_release_is_due_when_its_run_has_had_its_time():
    assert last_due(CRONS, datetime(2024, 8, 2, 9, tzinfo=UTC), 12).as_of == date(2024, 6, 30)
    assert last_due(CRONS, datetime(2024, 8, 2, 10, tzinfo=UTC), 12).as_of == date(2024, 7, 31)
    assert last_due([CRONS[2]], datetime(2024, 8, 2, 10, tzinfo=UTC), 12) is None


def test_an_older_release_than_the_one_due_is_refused_with_both_days():
    due = last_due(CRONS, datetime(2024, 8, 3, tzinfo=UTC), 12)
    require_not_overdue(current(date(2024, 7, 31)), due)
    with pytest.raises(OverdueError, match=r"A release of 2024-07-31 was due by 2024-08-02 06:00 .*is of 2024-06-30\."):
        require_not_overdue(current(date(2024, 6, 30)), due)
    with pytest.raises(OverdueError, match="no release is current"):
        require_not_overdue(None, due)
