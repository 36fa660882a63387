"""Hand-overs while someone is away."""

from datetime import date, timedelta

import pytest

from goldmine.portal.models import ListRow, User
from goldmine.portal.scope import visible
from goldmine.portal.users import Place, move_user
from goldmine.portal.work import WorkError, colleagues, end_hand_over, hand_over, hand_overs

pytestmark = pytest.mark.usefixtures("release")
DAY = date(2024, 7, 10)
WEEK = (DAY, DAY + timedelta(days=6))


@pytest.fixture(autouse=True)
def _day(settings):
    settings.GOLDMINE_DAY = DAY


def seen(user):
    return list(visible(user, ListRow).order_by("rank").values_list("customer_id", flat=True))


@pytest.mark.parametrize("giver", ["s1", "branch1"])
def test_a_colleague_works_the_customers_from_the_first_day_to_the_last(users, settings, giver):
    hand_over(users[giver], "S1", "S2", *WEEK)
    assert seen(users["s2"]) == ["C1", "C2", "C3"]
    settings.GOLDMINE_DAY = WEEK[1] + timedelta(days=1)
    assert seen(users["s2"]) == ["C3"]


def test_a_hand_over_ends_early(users):
    made = hand_over(users["s1"], "S1", "S2", *WEEK)
    end_hand_over(users["s2"], made.pk)
    assert (seen(users["s2"]), list(hand_overs(users["s1"]))) == (["C3"], [])


@pytest.mark.parametrize(
    ("giver", "source", "target"),
    [
        ("s1", "S2", "S1"),
        ("s1", "S1", "S3"),
        ("s1", "S1", "S1"),
        ("branch1", "S3", "S1"),
        ("s1", "S1", ""),
        ("head", "S1", "S2"),
        ("head", "", "S2"),
    ],
)
def test_nobody_hands_over_what_is_not_theirs_or_to_another_branch(users, giver, source, target):
    with pytest.raises(WorkError, match="not_there"):
        hand_over(users[giver], source, target, *WEEK)


@pytest.mark.parametrize(("first", "last"), [(-1, 3), (3, 2), (0, 400), (500, 501)])
def test_days_that_make_no_sense_are_refused(users, first, last):
    with pytest.raises(WorkError, match="hand_over_days"):
        hand_over(users["s1"], "S1", "S2", DAY + timedelta(days=first), DAY + timedelta(days=last))


def test_the_same_customers_are_not_handed_over_twice(users):
    made = hand_over(users["s1"], "S1", "S2", *WEEK)
    with pytest.raises(WorkError, match="hand_over_twice"):
        hand_over(users["branch1"], "S1", "S2", WEEK[1], WEEK[1])
    end_hand_over(users["branch1"], made.pk)
    assert hand_over(users["branch1"], "S1", "S2", *WEEK).pk != made.pk


def test_a_hand_over_of_another_branch_is_not_there(users):
    made = hand_over(users["s1"], "S1", "S2", *WEEK)
    for name in ("branch2", "s3", "head"):
        with pytest.raises(WorkError, match="not_there"):
            end_hand_over(users[name], made.pk)


@pytest.mark.parametrize("who", ["s1", "s2"])
def test_a_hand_over_ends_when_one_of_the_two_moves_to_another_branch(users, journal, who):
    hand_over(users["s1"], "S1", "S2", *WEEK)
    move_user(who, Place("manager", "B2", users[who].staff_id), users["operator"])
    assert seen(User.objects.get(username="s2")) == ["C3"]
    assert list(hand_overs(users["branch1"])) == []
    ended = [(line.who, line.subject) for line in journal.newest_first() if line.details.get("ended")]
    assert ended == [("operator", "staff:S1")]


def test_a_hand_over_stays_when_a_person_gets_another_role_in_the_branch(users):
    made = hand_over(users["s1"], "S1", "S2", *WEEK)
    move_user("s1", Place("branch", "B1", "S1"))
    assert (seen(users["s2"]), list(hand_overs(users["branch1"]))) == (["C1", "C2", "C3"], [made])


def test_a_hand_over_holds_in_its_branch_alone(users):
    hand_over(users["s1"], "S1", "S2", *WEEK)
    users["s2"].branch_id = "B2"
    assert seen(users["s2"]) == ["C3"]


def test_colleagues_are_the_managers_of_the_branch(users):
    users["s2"].is_active = False
    users["s2"].save()
    assert [user.staff_id for user in colleagues(users["branch1"])] == ["S1"]
    assert not colleagues(users["head"]).exists()
