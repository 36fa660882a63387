"""A second person's yes before branches see a release or a campaign."""

from datetime import date

import pytest
from django.core.cache import cache

from goldmine.portal.approvals import ApprovalError, decide, waiting
from goldmine.portal.choices import choices
from goldmine.portal.current_release import offer_to_show
from goldmine.portal.models import Approval, CurrentRelease, Customer, ListRow
from goldmine.portal.policy import Approvals, PortalPolicy
from goldmine.portal.scope import looked_up, visible
from tests.portal.conftest import list_row, make_release


@pytest.fixture
def needs(monkeypatch):
    """Set what needs approval."""

    def needed(**what):
        for module in ("current_release", "scope"):
            monkeypatch.setattr(
                f"goldmine.portal.{module}.portal_policy", lambda: PortalPolicy(approvals=Approvals(**what))
            )

    return needed


@pytest.fixture
def second(release):
    """A newer release than the one that is shown."""
    return make_release("r2", date(2024, 9, 30))


def _shown():
    return CurrentRelease.objects.get().release.release_id


def test_without_the_setting_a_release_is_shown_at_once(second, users):
    assert offer_to_show(second, users["head"]) is True
    assert (_shown(), Approval.objects.count()) == ("r2", 0)


def test_a_release_waits_until_somebody_else_approves(second, users, needs):
    needs(release=True)
    assert offer_to_show(second, users["head"]) is False
    assert offer_to_show(second, users["head"]) is False
    asked = Approval.objects.get()
    assert (asked.subject, asked.subject_id, _shown()) == ("release", "r2", "r1")
    second.refresh_from_db()
    assert second.waits_for_approval
    with pytest.raises(ApprovalError):
        decide(users["head"], asked.pk, "", approved=True)
    with pytest.raises(ApprovalError):
        decide(users["branch1"], asked.pk, "", approved=True)
    assert _shown() == "r1"
    users["branch2"].role = "head_office"
    users["branch2"].save()
    decide(users["branch2"], asked.pk, "looks right", approved=True)
    second.refresh_from_db()
    assert (_shown(), second.waits_for_approval) == ("r2", False)


def test_a_release_loaded_by_a_command_is_anybodys_of_head_office_to_approve(second, users, needs):
    needs(release=True)
    offer_to_show(second)
    decide(users["head"], waiting(users["head"]).get().pk, "", approved=True)
    assert _shown() == "r2"
    assert offer_to_show(second) is True


def test_a_refused_release_stays_hidden_however_often_it_is_loaded(second, users, needs):
    needs(release=True)
    offer_to_show(second)
    decide(users["head"], Approval.objects.get().pk, "wrong month", approved=False)
    assert offer_to_show(second) is False
    second.refresh_from_db()
    assert (_shown(), second.waits_for_approval, Approval.objects.count()) == ("r1", False, 1)


def test_a_late_yes_does_not_bring_back_an_older_release(second, users, needs):
    needs(release=True)
    offer_to_show(second)
    CurrentRelease.objects.update(release=make_release("r3", date(2024, 12, 31)))
    decide(users["head"], Approval.objects.get().pk, "", approved=True)
    assert _shown() == "r3"


def test_a_campaign_is_head_offices_alone_until_it_is_approved(second, users, needs):
    needs(campaigns=True)
    offer_to_show(second)
    assert [visible(users[name], ListRow).count() for name in ("head", "branch1", "s1")] == [4, 0, 0]
    assert not looked_up(users["counter1"], ListRow, "C1").exists()
    assert visible(users["s1"], Customer).count() == 2
    decide(users["head"], Approval.objects.get().pk, "", approved=True)
    assert [visible(users[name], ListRow).count() for name in ("head", "branch1", "s1")] == [4, 3, 2]
    assert looked_up(users["counter1"], ListRow, "C1").exists()


def test_the_next_release_of_a_campaign_is_asked_for_again(second, users, needs):
    needs(campaigns=True)
    offer_to_show(second)
    decide(users["head"], Approval.objects.get().pk, "", approved=True)
    offer_to_show(make_release("r3", date(2024, 12, 31)))
    assert Approval.objects.count() == 2
    assert not visible(users["s1"], ListRow).exists()


def test_campaigns_that_are_shown_stay_so_while_the_next_release_waits(users, needs, release):
    needs(release=True, campaigns=True)
    offer_to_show(make_release("r2", date(2024, 9, 30)))
    assert _shown() == "r1"
    assert visible(users["s1"], ListRow).count() == 2
    decide(users["head"], Approval.objects.get(subject="campaign").pk, "wrong offer", approved=False)
    assert visible(users["s1"], ListRow).count() == 2
    decide(users["head"], Approval.objects.get(subject="release").pk, "", approved=True)
    assert _shown() == "r2"
    assert not visible(users["s1"], ListRow).exists()


def test_the_filter_offers_a_campaign_as_soon_as_it_is_approved(second, users, needs):
    cache.clear()
    needs(campaigns=True)
    offer_to_show(second)
    assert choices(users["s1"], second, "en")["list_name"] == []
    decide(users["head"], Approval.objects.get().pk, "", approved=True)
    assert [choice.value for choice in choices(users["s1"], second, "en")["list_name"]] == ["longtail_2024"]


def test_the_filter_offers_services_as_soon_as_they_are_added(release, users):
    cache.clear()
    assert len(choices(users["s1"], release, "en")["list_name"]) == 1
    list_row(release, "C1", kind="service", list_name="overdue")
    assert [choice.value for choice in choices(users["s1"], release, "en")["list_name"]] == ["longtail_2024", "overdue"]
