"""PostgreSQL's row security: the wall that stands when a query forgets `scope.visible`. Run by test_postgresql.py."""

from datetime import date
from uuid import uuid4

import pytest
from django.db import ProgrammingError, connection, transaction
from django.http import HttpResponse, StreamingHttpResponse
from django.utils import timezone

from goldmine.portal.middleware import row_security
from goldmine.portal.models import CallBack, HandOver, ListRow, Result
from goldmine.portal.row_security import request_scope, require_row_security, system_task

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif("connection.vendor != 'postgresql'", reason="only PostgreSQL has row security"),
]
TABLES = ("listrow", "customer", "result", "callback")


def _raw(table="listrow"):
    """The customers of a table, asked for without the scope."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT customer_id FROM portal_{table} ORDER BY customer_id")
        return " ".join(row[0] for row in cursor.fetchall())


def _as(rf, user, ask):
    """What a page would get that asks the database as a signed-in user."""
    request = rf.get("/")
    request.user = user
    return row_security(ask)(request)


def _result(users, customer_id, branch_id, manager_id):
    result = Result.objects.create(
        key=uuid4(),
        user=users["s1"],
        at=timezone.now(),
        contacted_on=date(2024, 7, 2),
        release="r1",
        list_name="longtail_2024",
        customer_id=customer_id,
        branch_id=branch_id,
        manager_id=manager_id,
        channel="call",
        answer="later",
        source="page",
    )
    CallBack.objects.create(
        customer_id=customer_id,
        list_name="longtail_2024",
        branch_id=branch_id,
        manager_id=manager_id,
        on_day=date(2024, 7, 5),
        result=result,
    )


@pytest.mark.parametrize(
    ("name", "seen"),
    [
        ("head", "C1 C2 C3 C4"),
        ("branch1", "C1 C2 C3"),
        ("branch2", "C4"),
        ("system1", "C1 C2 C3"),
        ("s1", "C1 C2"),
        ("s3", "C4"),
        ("counter1", ""),
        ("operator", ""),
        ("auditor", ""),
    ],
)
def test_a_query_without_the_scope_gives_no_foreign_row(release, users, rf, name, seen):
    answer = _as(rf, users[name], lambda _: HttpResponse(_raw()))
    assert answer.content.decode() == seen


@pytest.mark.parametrize("table", TABLES)
def test_each_table_is_closed_to_nobody_and_to_another_branch(release, users, rf, table):
    _result(users, "C1", "B1", "S1")
    with request_scope():
        assert _raw(table) == ""
    assert "C1" not in _as(rf, users["branch2"], lambda _: HttpResponse(_raw(table))).content.decode()
    assert "C1" in _as(rf, users["branch1"], lambda _: HttpResponse(_raw(table))).content.decode()


def test_who_has_no_branch_or_staff_number_or_left_sees_nothing(release, users, rf):
    users["branch1"].branch_id = users["s1"].staff_id = ""
    users["head"].is_active = False
    seen = [_as(rf, users[name], lambda _: HttpResponse(_raw())).content for name in ("branch1", "s1", "head")]
    assert seen == [b"", b"", b""]


def test_a_hand_over_opens_the_colleagues_customers(release, users, rf):
    day = timezone.localdate()
    HandOver.objects.create(
        from_staff_id="S2", to_staff_id="S1", branch_id="B1", first_day=day, last_day=day, made_by=users["branch1"]
    )
    assert _as(rf, users["s1"], lambda _: HttpResponse(_raw())).content == b"C1 C2 C3"


def test_a_manager_sees_the_customers_of_their_rows(release, users, rf):
    ListRow.objects.filter(customer_id="C3").update(manager_id="S1")
    seen = {name: _as(rf, users[name], lambda _: HttpResponse(_raw("customer"))).content for name in ("s1", "s2", "s3")}
    assert seen == {"s1": b"C1 C2 C3", "s2": b"C3", "s3": b"C4 C5"}


def test_the_next_request_of_the_connection_sees_its_own_rows_only(release, users, rf):
    _as(rf, users["head"], lambda _: HttpResponse(_raw()))
    with request_scope():
        assert _raw() == ""
        assert _as(rf, users["branch2"], lambda _: HttpResponse(_raw())).content == b"C4"
        assert _raw() == ""


def test_an_answer_that_is_made_while_it_is_sent_is_the_askers(release, users, rf):
    with request_scope():
        answer = _as(rf, users["branch2"], lambda _: StreamingHttpResponse(_raw() for _ in range(2)))
        assert _raw() == ""
        assert list(answer) == [b"C4", b"C4"]
        assert _raw() == ""


def test_foreign_rows_are_neither_changed_nor_made(release, users, rf):
    def change(_):
        with connection.cursor() as cursor:
            cursor.execute("UPDATE portal_listrow SET status = 'done'")
            return HttpResponse(cursor.rowcount)

    def make(_):
        with pytest.raises(ProgrammingError, match="row-level security policy"), transaction.atomic():
            _result(users, "C1", "B1", "S1")
        return HttpResponse()

    assert _as(rf, users["branch2"], change).content == b"1"
    _as(rf, users["branch2"], make)
    assert not Result.objects.exists()


def test_a_request_that_fails_leaves_nobody_behind(release, users, rf):
    def fail(_):
        raise ValueError("broken")

    with request_scope():
        with pytest.raises(ValueError, match="broken"):
            _as(rf, users["head"], fail)
        assert _raw() == ""


def test_a_failed_transaction_leaves_nobody_behind(release):
    with request_scope():
        with pytest.raises(ProgrammingError), transaction.atomic(), system_task():
            connection.cursor().execute("SELECT nothing FROM nowhere")
        assert _raw() == ""


@pytest.mark.django_db(transaction=True)
def test_a_transaction_that_is_taken_back_leaves_nobody_behind(release):
    with request_scope():
        assert _raw() == ""
        with pytest.raises(ValueError, match="broken"), transaction.atomic(), system_task():
            assert _raw() == "C1 C2 C3 C4"
            raise ValueError("broken")
        assert _raw() == ""
        with system_task():
            assert _raw() == "C1 C2 C3 C4"
            with pytest.raises(ValueError, match="broken"), transaction.atomic(), request_scope():
                assert _raw() == ""
                raise ValueError("broken")
            assert _raw() == "C1 C2 C3 C4"


@pytest.mark.django_db(transaction=True)
def test_the_database_is_told_once_for_the_queries_of_one_asker(release, users, rf, django_assert_num_queries):
    with request_scope():
        _raw()
        with django_assert_num_queries(5):  # of which two say who asks
            assert _as(rf, users["branch2"], lambda _: HttpResponse(_raw() + _raw())).content == b"C4C4"
            assert _raw() == ""


def test_the_portals_own_database_user_is_bound_by_it(db):
    require_row_security()
