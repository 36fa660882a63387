"""Names and telephone numbers of those on lists."""

from datetime import date
from uuid import uuid4

import pytest
from cryptography.fernet import Fernet
from django.utils import timezone

from goldmine.core.errors import SettingsError
from goldmine.portal import numbers
from goldmine.portal.day import plan_day
from goldmine.portal.loading import load_release
from goldmine.portal.models import ContactNumber, CurrentRelease, ListRow, OptOut
from goldmine.portal.numbers import Person, erase_ended, reveal, why_masked
from goldmine.portal.work import Contact, record_result
from tests.portal.conftest import list_row, make_release
from tests.portal.made import VALID_UNTIL, publish, work_folder

pytestmark = pytest.mark.django_db(databases=["default", "numbers"])
OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()
ZHANG = Person("张三", "13800000001")


@pytest.fixture(autouse=True)
def key(monkeypatch):
    monkeypatch.setenv(numbers.KEY, NEW)


@pytest.fixture
def filled(release):
    """The store, filled for C1 to C4."""
    people = {"C1": ZHANG} | {f"C{n}": Person("李四", f"1380000000{n}") for n in (2, 3, 4)}
    numbers.store(release, [(number, person, VALID_UNTIL) for number, person in people.items()])
    return release


def test_a_manager_reads_the_number_of_their_own_customer(filled, users):
    assert reveal(users["s1"], "C1") == ZHANG


@pytest.mark.parametrize("name", ["s2", "s3", "head", "branch1", "counter1", "operator", "auditor", "system1"])
def test_nobody_else_reads_it(filled, users, name):
    assert reveal(users[name], "C1") is None


def test_who_is_on_no_list_has_no_number(filled, users):
    ListRow.objects.filter(customer_id="C1").delete()
    assert reveal(users["s1"], "C1") is None


def test_the_number_is_gone_when_the_list_is_over_or_the_customer_refused(filled, users):
    OptOut.objects.create(customer_id="C1", at=timezone.now(), user=users["s1"])
    ListRow.objects.filter(customer_id="C2").update(valid_until=date(2020, 1, 1))
    assert (reveal(users["s1"], "C1"), reveal(users["s1"], "C2")) == (None, None)


def test_a_contact_by_message_shows_no_number(filled, users):
    ListRow.objects.filter(customer_id="C1").update(channel="sms")
    assert reveal(users["s1"], "C1") is None


def test_the_store_holds_nothing_readable_and_is_a_database_of_its_own(filled):
    row = ContactNumber.objects.get(customer_id="C1")
    assert row._state.db == "numbers"
    assert b"13800000001" not in bytes(row.sealed)


def test_without_a_key_numbers_stay_masked_and_it_says_why(filled, users, monkeypatch):
    monkeypatch.delenv(numbers.KEY)
    assert reveal(users["s1"], "C1") is None
    assert str(why_masked()) == "Numbers stay masked: the portal was started without a key for them."


def test_another_key_reads_nothing_and_a_key_that_is_none_is_refused(filled, users, monkeypatch):
    monkeypatch.setenv(numbers.KEY, OLD)
    assert reveal(users["s1"], "C1") is None
    monkeypatch.setenv(numbers.KEY, "secret")
    with pytest.raises(SettingsError, match="GOLDMINE_NUMBERS_KEY: one of the keys cannot be used"):
        reveal(users["s1"], "C1")


def test_a_key_is_replaced_by_a_new_one_before_it(release, users, monkeypatch):
    monkeypatch.setenv(numbers.KEY, OLD)
    numbers.store(release, [("C1", ZHANG, VALID_UNTIL)])
    monkeypatch.setenv(numbers.KEY, f"{NEW}, {OLD}")
    assert reveal(users["s1"], "C1") == ZHANG
    assert numbers.encrypt_again() == 1
    monkeypatch.setenv(numbers.KEY, NEW)
    assert reveal(users["s1"], "C1") == ZHANG


def test_people_go_when_their_lists_are_over_or_their_release_is_no_longer_shown(filled):
    ContactNumber.objects.filter(customer_id="C3").update(until=date(2020, 1, 1))
    second = make_release("r2", date(2024, 9, 30))
    numbers.store(second, [("C1", ZHANG, VALID_UNTIL)])
    assert erase_ended() == 2
    assert set(ContactNumber.objects.values_list("customer_id", flat=True)) == {"C2", "C4"}
    CurrentRelease.objects.update(release=second)
    numbers.store(second, [("C1", ZHANG, VALID_UNTIL)])
    assert erase_ended() == 2
    assert set(ContactNumber.objects.values_list("customer_id", flat=True)) == {"C1"}


def test_who_was_promised_a_call_keeps_a_number_until_it_was_made(filled, users, settings):
    settings.GOLDMINE_DAY = date(2024, 7, 10)
    later = Contact("C1", "longtail_2024", "later", call_back_on=date(2024, 7, 12))
    record_result(users["s1"], later, uuid4())
    ListRow.objects.filter(customer_id="C1").update(valid_until=date(2024, 7, 11))
    ContactNumber.objects.update(until=date(2024, 7, 11))
    settings.GOLDMINE_DAY = date(2024, 7, 12)
    assert erase_ended() == 3
    assert (reveal(users["s1"], "C1"), reveal(users["s2"], "C1")) == (ZHANG, None)
    due = plan_day(users["s1"]).cards[0]
    assert (due.customer_id, due.name, due.phone, due.offer) == ("C1", "张**", "138****0001", "")
    record_result(users["s1"], Contact("C1", "longtail_2024", "no"), uuid4())
    assert reveal(users["s1"], "C1") is None
    assert erase_ended() == 1


def test_what_is_over_goes_with_the_first_call_of_a_day(filled, users, monkeypatch):
    monkeypatch.setattr("goldmine.portal.numbers._erased_on", [])
    ContactNumber.objects.filter(customer_id="C3").update(until=date(2020, 1, 1))
    assert reveal(users["s1"], "C1") == ZHANG
    assert set(ContactNumber.objects.values_list("customer_id", flat=True)) == {"C1", "C2", "C4"}


def test_a_load_fills_the_store_for_those_on_a_list_who_have_a_number(tmp_path, users, monkeypatch):
    work = work_folder(tmp_path)
    publish(work, offers=("C1", "C2"), control=(), listed=("C2", "C5"))
    monkeypatch.delenv(numbers.KEY)
    load_release(work)
    assert not ContactNumber.objects.exists()
    monkeypatch.setenv(numbers.KEY, NEW)
    release = load_release(work).release
    assert set(ContactNumber.objects.values_list("customer_id", "until", "release")) == {
        ("C1", VALID_UNTIL, release.pk),
        ("C2", VALID_UNTIL, release.pk),
    }
    assert reveal(users["s1"], "C2") == Person("单雄信", "13800000002")


def test_a_row_added_later_without_a_number_reveals_nothing(filled, users):
    list_row(filled, "C5", rank=5)
    assert reveal(users["s3"], "C5") is None
