"""Claims: two people never work one customer."""

from datetime import date, timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from goldmine.portal.models import Claim
from goldmine.portal.work import Contact, WorkError, claim, claimed_by_others, record_result, release_claim
from tests.portal.conftest import list_row

pytestmark = pytest.mark.usefixtures("release")
DAY = date(2024, 7, 10)


@pytest.fixture(autouse=True)
def _day(settings):
    settings.GOLDMINE_DAY = DAY


def test_a_claimed_customer_is_kept_for_half_an_hour(users):
    held = claim(users["s1"], "C1", "longtail_2024")
    left = held.until - timezone.now()
    assert timedelta(minutes=29) < left <= timedelta(minutes=30)


def test_a_colleague_does_not_get_a_claimed_customer(users):
    claim(users["s1"], "C1", "longtail_2024")
    with pytest.raises(WorkError, match="taken"):
        claim(users["branch1"], "C1", "longtail_2024")
    assert list(claimed_by_others(users["branch1"])) == ["C1"]
    assert list(claimed_by_others(users["s1"])) == []


def test_a_claim_holds_on_every_list(users, release):
    list_row(release, "C1", list_name="wealth_2024")
    claim(users["s1"], "C1", "longtail_2024")
    with pytest.raises(WorkError, match="taken"):
        claim(users["branch1"], "C1", "wealth_2024")


def test_claiming_again_prolongs_the_own_claim(users):
    claim(users["s1"], "C1", "longtail_2024")
    Claim.objects.update(until=timezone.now() + timedelta(minutes=1))
    assert claim(users["s1"], "C1", "longtail_2024").until > timezone.now() + timedelta(minutes=29)


def test_an_expired_claim_keeps_nobody_out(users):
    claim(users["s1"], "C1", "longtail_2024")
    Claim.objects.update(until=timezone.now() - timedelta(seconds=1))
    assert claim(users["branch1"], "C1", "longtail_2024").user == users["branch1"]


def test_a_customer_given_back_is_free(users):
    claim(users["s1"], "C1", "longtail_2024")
    release_claim(users["branch1"], "C1")
    assert Claim.objects.count() == 1
    release_claim(users["s1"], "C1")
    assert claim(users["branch1"], "C1", "longtail_2024").user == users["branch1"]


@pytest.mark.parametrize("customer", ["C4", "C5", "nobody", "C\x001"])
def test_what_is_not_visible_or_not_listed_is_not_there(users, customer):
    with pytest.raises(WorkError, match="not_there"):
        claim(users["s1"], customer, "longtail_2024")


def test_a_customer_whom_a_colleague_reached_today_is_not_claimed_for_another_list(users, release):
    list_row(release, "C1", list_name="wealth_2024")
    record_result(users["s1"], Contact("C1", "longtail_2024", "no"), uuid4())
    with pytest.raises(WorkError, match="contacted"):
        claim(users["branch1"], "C1", "wealth_2024")
    assert claim(users["s1"], "C1", "wealth_2024").list_name == "wealth_2024"


def test_a_customer_whose_number_a_colleague_found_wrong_is_claimed_for_a_visit(users, release):
    list_row(release, "C1", list_name="wealth_2024", channel="visit")
    record_result(users["s1"], Contact("C1", "longtail_2024", "wrong_number"), uuid4())
    assert claim(users["branch1"], "C1", "wealth_2024").list_name == "wealth_2024"


def test_a_finished_row_is_not_claimed(users):
    record_result(users["s1"], Contact("C1", "longtail_2024", "no"), uuid4())
    with pytest.raises(WorkError, match="not_there"):
        claim(users["s1"], "C1", "longtail_2024")
