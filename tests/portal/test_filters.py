"""Filters, orders, pages and cursors of list rows."""

from datetime import date

import pytest
from django.core import signing
from django.http import QueryDict

from goldmine.portal.filters import (
    Counted,
    FilterError,
    RowFilter,
    capped_count,
    count_shown,
    filtered,
    page_of,
    read_filter,
)
from goldmine.portal.models import CurrentRelease
from tests.portal.conftest import list_row, make_release


def _found(user, **query):
    return [row.customer_id for row in filtered(user, read_filter(query))]


@pytest.fixture
def rows(release, users):
    """Rows of one more list beside the campaign: C2 and C5, each with values of its own."""
    values = {"grid_id": "G7", "product_id": "W01", "channel": "visit", "decile": 3, "status": "done"}
    list_row(release, "C2", kind="list", list_name="wealth", rank=1, **values)
    list_row(release, "C5", kind="list", list_name="wealth", rank=2, valid_until=date(2024, 9, 30), initials="lxm")
    return users


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, "C1 C2 C3 C4 C2 C5"),
        ({"list_name": "wealth"}, "C2 C5"),
        ({"branch_id": "B2"}, "C4 C5"),
        ({"manager_id": "S2"}, "C3"),
        ({"grid_id": "G7"}, "C2"),
        ({"product_id": "W01"}, "C2"),
        ({"decile": "3"}, "C2"),
        ({"status": "done"}, "C2"),
        ({"channel": "visit"}, "C2"),
        ({"valid_until": "2024-09-30"}, "C5"),
        ({"list_name": "wealth", "branch_id": "B1"}, "C2"),
        ({"search": "C3"}, "C3"),
        ({"search": " c3 "}, "C3"),
        ({"search": "0002"}, "C2 C2"),
        ({"search": "LXM"}, "C5"),
        ({"search": "nobody"}, ""),
        ({"sort": "customer"}, "C1 C2 C2 C3 C4 C5"),
        ({"sort": "manager"}, "C1 C2 C2 C3 C4 C5"),
        ({"branch_id": "", "search": ""}, "C1 C2 C3 C4 C2 C5"),
    ],
)
def test_a_filter_finds_its_rows_in_its_order(rows, query, found):
    assert _found(rows["head"], **query) == found.split()


@pytest.mark.parametrize("query", [{"branch_id": "B2"}, {"search": "C4"}, {"search": "0004"}, {"manager_id": "S3"}])
def test_a_filter_never_reaches_beyond_the_users_scope(rows, query):
    assert _found(rows["branch1"], **query) == []
    assert capped_count(filtered(rows["branch1"], read_filter(query))).n == 0


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("salary=1", r"There is no filter salary\.\nAllowed: list_name, branch_id"),
        ("decile=11", r"The filter decile has a value that is not allowed\.\nAllowed: a whole number from 1 to 10"),
        ("decile=ten", "a whole number"),
        ("valid_until=2024-02-30", "a day such as 2024-06-30"),
        ("valid_until=1700000000", "a day such as 2024-06-30"),
        ("status=lost", "open, call_back, done or refused"),
        ("channel=letter", "call, visit, sms"),
        ("sort=phone", "rank, customer or manager"),
        ("search=a%00b", "a text of one line"),
        (f"search={'9' * 65}", "a text of one line"),
        ("decile=1&decile=2", "The filter decile stands there twice"),
    ],
)
def test_a_filter_that_cannot_be_used_is_refused_in_words(query, message):
    with pytest.raises(FilterError, match=message) as caught:
        read_filter(QueryDict(query))
    assert caught.value.status == 400


def test_a_refused_filter_does_not_repeat_its_value():
    with pytest.raises(FilterError) as caught:
        read_filter(QueryDict("decile=13800138000"))
    assert "13800138000" not in str(caught.value)


@pytest.mark.parametrize("sort", ["rank", "customer", "manager"])
def test_pages_show_every_row_once(rows, sort):
    wanted = RowFilter(sort=sort)
    seen, cursor = [], ""
    for _page in range(10):
        page = page_of(rows["head"], wanted, cursor, size=1)
        seen += [(row.list_name, row.customer_id) for row in page.rows]
        cursor = page.cursor
        if not cursor:
            break
    assert seen == list(filtered(rows["head"], wanted).values_list("list_name", "customer_id"))
    assert len(set(seen)) == 6


def test_the_page_after_a_row_that_is_gone_goes_on_behind_it(rows):
    first = page_of(rows["s1"], RowFilter(), size=1)
    first.rows[0].delete()
    assert [row.customer_id for row in page_of(rows["s1"], RowFilter(), first.cursor, size=1).rows] == ["C2"]


def test_a_cursor_that_was_changed_is_refused(rows):
    cursor = page_of(rows["head"], RowFilter(), size=1).cursor
    with pytest.raises(FilterError, match="cannot be read"):
        page_of(rows["head"], RowFilter(), cursor[:-1] + ("A" if cursor[-1] != "A" else "B"))


def test_a_cursor_that_something_else_signed_is_refused(rows):
    with pytest.raises(FilterError, match="cannot be read"):
        page_of(rows["head"], RowFilter(), signing.dumps({"at": [1]}, salt="another"))


def test_a_cursor_of_another_filter_is_refused(rows):
    cursor = page_of(rows["head"], RowFilter(), size=1).cursor
    with pytest.raises(FilterError, match="another filter's"):
        page_of(rows["head"], RowFilter(sort="customer"), cursor)


def test_a_cursor_of_a_release_that_is_not_shown_any_more_is_refused(rows):
    cursor = page_of(rows["head"], RowFilter(), size=1).cursor
    CurrentRelease.objects.filter(id=1).update(release=make_release("r2", date(2024, 9, 30)))
    with pytest.raises(FilterError, match="A newer release is shown") as caught:
        page_of(rows["head"], RowFilter(), cursor)
    assert caught.value.status == 410


def test_a_cursor_opens_no_rows_of_others(rows):
    cursor = page_of(rows["head"], RowFilter(), size=1).cursor
    assert [row.customer_id for row in page_of(rows["s3"], RowFilter(), cursor).rows] == ["C4", "C5"]


def test_counts_stop_at_their_limit(rows):
    found = filtered(rows["head"], RowFilter())
    assert str(capped_count(found, most=5)) == "5+"
    assert str(capped_count(found, most=6)) == "6"


def test_that_a_filter_has_more_rows_than_are_counted_is_remembered_for_its_scope_alone(rows, monkeypatch):
    asked = []

    def count(found):
        asked.append(found)
        return Counted(10_000, more=len(asked) < 3)

    monkeypatch.setattr("goldmine.portal.filters.capped_count", count)
    shown = [
        str(count_shown(rows[name], RowFilter(status=status, sort=sort), None))
        for name, status, sort in (
            ("s1", "open", "rank"),
            ("s1", "open", "customer"),
            ("s1", None, "rank"),
            ("s3", "open", "rank"),
            ("s3", "open", "rank"),
        )
    ]
    assert (shown, len(asked)) == (["10,000+", "10,000+", "10,000+", "10,000", "10,000"], 4)
