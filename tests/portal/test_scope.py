"""Whose rows each user sees."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from goldmine.portal.models import CurrentRelease, Customer, HandOver, ListRow, OptOut
from goldmine.portal.scope import current_release, one_view, visible
from tests.portal.conftest import list_row, make_release


@pytest.mark.parametrize(
    ("name", "seen"),
    [
        ("head", "C1 C2 C3 C4"),
        ("branch1", "C1 C2 C3"),
        ("branch2", "C4"),
        ("s1", "C1 C2"),
        ("s2", "C3"),
        ("s3", "C4"),
        ("system1", "C1 C2 C3"),
        ("counter1", ""),
        ("operator", ""),
        ("auditor", ""),
    ],
)
def test_each_role_sees_its_own_rows(release, users, name, seen):
    rows = visible(users[name], ListRow).order_by("rank").values_list("customer_id", flat=True)
    assert list(rows) == seen.split()


def test_a_manager_without_a_staff_number_sees_nothing(release, users):
    users["s1"].staff_id = ""
    list_row(release, "C5", rank=5, manager_id="")
    assert not visible(users["s1"], ListRow).exists()


def test_a_user_who_left_sees_nothing(release, users):
    users["head"].is_active = False
    assert not visible(users["head"], Customer).exists()


def test_rows_of_another_release_are_not_shown(release, users):
    make_release("r2", date(2024, 9, 30))
    assert visible(users["head"], ListRow).count() == 4


def test_a_customer_who_asked_not_to_be_contacted_is_gone_at_once(release, users):
    OptOut.objects.create(customer_id="C1", at=timezone.now(), user=users["s1"])
    assert list(visible(users["s1"], ListRow).values_list("customer_id", flat=True)) == ["C2"]


@pytest.mark.parametrize(("first", "last", "seen"), [(0, 0, "C1 C2 C3"), (1, 2, "C3"), (-3, -1, "C3")])
def test_handed_over_customers_are_seen_on_the_days_of_the_hand_over(release, users, first, last, seen):
    today = timezone.localdate()
    HandOver.objects.create(
        from_staff_id="S1",
        to_staff_id="S2",
        branch_id="B1",
        first_day=today + timedelta(days=first),
        last_day=today + timedelta(days=last),
        made_by=users["branch1"],
    )
    rows = visible(users["s2"], ListRow).order_by("rank").values_list("customer_id", flat=True)
    assert list(rows) == seen.split()


def test_a_table_without_a_scope_is_refused(users):
    with pytest.raises(TypeError, match="OptOut has no row scope"):
        visible(users["head"], OptOut)


def test_a_request_sees_one_release_and_one_set_of_hand_overs_from_its_beginning_to_its_end(release, users):
    with one_view():
        assert visible(users["s2"], ListRow).count() == 1
        CurrentRelease.objects.update(release=make_release("r2", date(2024, 9, 30)))
        HandOver.objects.create(
            from_staff_id="S1",
            to_staff_id="S2",
            branch_id="B1",
            first_day=timezone.localdate(),
            last_day=timezone.localdate(),
            made_by=users["s1"],
        )
        assert (current_release(), visible(users["s2"], ListRow).count()) == (release, 1)
    assert (current_release().release_id, visible(users["s2"], ListRow).count()) == ("r2", 3)


def test_a_manager_sees_the_customer_whom_a_campaign_gave_them(release, users):
    ListRow.objects.filter(customer_id="C3").update(manager_id="S1")
    seen = {name: sorted(row.customer_id for row in visible(users[name], Customer)) for name in ("s1", "s2", "s3")}
    assert seen == {"s1": ["C1", "C2", "C3"], "s2": ["C3"], "s3": ["C4", "C5"]}
    CurrentRelease.objects.update(release=make_release("r2", date(2024, 9, 30)))
    assert sorted(row.customer_id for row in visible(users["s1"], Customer)) == ["C1", "C2"]
