"""In which week of a workbook a contact stands."""

from datetime import date

import pyarrow as pa

from goldmine.campaigns.queue_settings import load_queue_settings
from goldmine.publishing.weeks import weeks_of

JUNE, AUGUST = date(2024, 6, 30), date(2024, 8, 29)
FIRST, SECOND = date(2024, 7, 1), date(2024, 7, 8)


def weeks(rows: list[tuple[str | None, str, date]]) -> list[date]:
    managers, channels, last = zip(*rows, strict=True)
    table = pa.table(
        {"branch_id": ["B1"] * len(rows), "manager_id": managers, "channel": channels, "valid_until": last}
    )
    return weeks_of(table, JUNE, load_queue_settings())


def test_each_manager_works_what_a_day_holds_and_the_best_come_first():
    # Three visits a day, five days a week.
    made = weeks([("S1", "visit", AUGUST)] * 17 + [("S2", "visit", AUGUST)])
    assert made == [FIRST] * 15 + [SECOND] * 2 + [FIRST]


def test_what_finds_no_room_stands_in_the_week_of_its_last_day():
    assert weeks([(None, "visit", date(2024, 7, 2))] * 7) == [FIRST] * 7
    assert weeks([("S1", "visit", AUGUST)] * 15 + [("S1", "visit", date(2024, 7, 9))])[-1] == SECOND


def test_channel_that_no_person_works_stands_in_the_first_week():
    assert weeks([("S1", "app", AUGUST)]) == [FIRST]
    nobody = pa.table({name: [] for name in ("branch_id", "manager_id", "channel", "valid_until")})
    assert weeks_of(nobody, JUNE, load_queue_settings()) == []
