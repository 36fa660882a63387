"""Results go back to the work folder, and the next lists respect them."""

from collections import Counter
from datetime import date
from decimal import Decimal
from uuid import uuid4

import pyarrow.parquet as pq
import pytest

from goldmine.contactability import may_contact
from goldmine.contactability.tables import ContactTables
from goldmine.contract.intake import load_bank
from goldmine.portal import returning
from goldmine.portal.loading import load_release
from goldmine.portal.models import Result
from goldmine.portal.returning import return_results
from goldmine.portal.work import Contact, record_result
from tests.portal.conftest import list_row
from tests.portal.made import publish, work_folder

pytestmark = pytest.mark.django_db(databases=["default", "numbers"])
DAY = date(2024, 7, 10)


@pytest.fixture
def work(tmp_path, settings, monkeypatch):
    """A work folder whose release of C1 and C2 is loaded."""
    monkeypatch.delenv("GOLDMINE_NUMBERS_KEY", raising=False)
    settings.GOLDMINE_DAY = DAY
    made = work_folder(tmp_path)
    publish(made)
    load_release(made)
    return made


def record(user, customer="C1", answer="no", *, corrects_refusal=False, list_name="longtail_2024", **values):
    contact = Contact(customer, list_name, answer, **values)
    return record_result(user, contact, uuid4(), corrects_refusal=corrects_refusal).result


def stored(work):
    """Customer, answer and note of the contacts in the work folder."""
    rows = pq.read_table(work.returned).to_pylist()
    return [(row["customer_id"], row["answer"], row["note"]) for row in rows]


def refused(work):
    """Customers whom the next publishing leaves out because they asked not to be contacted."""
    tables = ContactTables.open(load_bank(work), work, date(2024, 6, 30))
    rules = may_contact(tables, {"C1", "C2", "C3", "C4", "C5"}, "campaign").first_rules
    return sorted(customer for customer, rule in rules.items() if rule == "refused")


def test_results_become_contacts_of_the_work_folder(work, users):
    record(users["s1"], "C1", "bought", product_id="TD1", amount=Decimal("50000"), note="in the branch")
    returned = return_results(work)
    row = pq.read_table(work.returned).to_pylist()[0]
    assert (returned.results, returned.imported.new) == (1, 1)
    assert (row["campaign_id"], row["contacted_on"], row["channel"]) == ("longtail_2024", DAY, "call")
    assert (row["answer"], row["amount"], row["product"]) == ("bought", Decimal("50000.00"), "TD1")
    assert (row["note"], row["certain"]) == ("in the branch", True)
    assert Result.objects.get().returned_at is not None


def test_returning_again_changes_nothing(work, users):
    record(users["s1"])
    return_results(work)
    before = work.returned.read_bytes()
    assert return_results(work) == returning.Returned(0, None, Counter())
    assert work.returned.read_bytes() == before


def test_a_kill_after_the_files_are_written_is_made_good_by_the_next_call(work, users, monkeypatch):
    record(users["s1"])

    def killed(*args, **kwargs):
        taken = real(*args, **kwargs)
        raise KeyboardInterrupt(taken)

    real = returning.take_results
    monkeypatch.setattr(returning, "take_results", killed)
    with pytest.raises(KeyboardInterrupt):
        return_results(work)
    monkeypatch.setattr(returning, "take_results", real)
    assert Result.objects.get().returned_at is None
    returned = return_results(work)
    assert (returned.results, returned.imported.known, len(stored(work))) == (1, 1, 1)


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        (("not_reached", "yes"), "yes"),
        (("yes", "not_reached"), "yes"),
        (("yes", "no"), "no"),
        (("opt_out", "yes"), "opt_out"),
        (("not_reached", "wrong_number"), "not_reached"),
    ],
)
@pytest.mark.parametrize("between", [False, True])
def test_several_results_of_a_day_are_one_contact(work, users, answers, expected, between):
    for answer in answers:
        record(users["s1"], "C1", answer)
        if between:
            return_results(work)
    return_results(work)
    assert [answer for _customer, answer, _note in stored(work)] == [expected]
    assert not Result.objects.filter(returned_at=None).exists()


def test_a_wrong_number_is_not_reached_and_says_so(work, users):
    record(users["s1"], "C1", "wrong_number", note="a shop answers")
    return_results(work)
    assert stored(work) == [("C1", "not_reached", "号码有误 a shop answers")]


def test_a_contact_without_a_campaign_is_customer_care(work, users):
    from goldmine.portal.models import CurrentRelease

    list_row(CurrentRelease.objects.get().release, "C2", kind="service", list_name="overdue")
    record(users["s1"], "C2", "yes", list_name="overdue")
    return_results(work)
    assert pq.read_table(work.returned).to_pylist()[0]["campaign_id"] == "relationship"


def test_refusals_of_the_portal_are_respected_by_the_next_lists(work, users):
    record(users["s1"], "C1", "opt_out")
    record(users["s3"], "C4", "opt_out", list_name="")
    return_results(work)
    assert refused(work) == ["C1", "C4"]


def test_a_possible_refusal_counts_there_too_until_it_is_corrected(work, users):
    record(users["s1"], "C1", "yes", note="电话不方便")
    return_results(work)
    assert refused(work) == ["C1"]
    record(users["s1"], "C1", "yes", note="电话不方便", corrects_refusal=True)
    return_results(work)
    assert (refused(work), stored(work)) == ([], [("C1", "yes", "电话不方便")])


def test_other_results_do_not_take_a_possible_refusal_back(work, users):
    record(users["s1"], "C1", "yes", note="电话不方便")
    record(users["branch1"], "C1", "no", contacted_on=date(2024, 7, 9))
    assert return_results(work).results == 1
    assert refused(work) == ["C1"]
    record(users["s1"], "C1", "yes", note="电话不方便", corrects_refusal=True)
    assert return_results(work).results == 2
    assert refused(work) == []


def test_what_the_work_folder_does_not_know_waits(work, users):
    from goldmine.portal.models import CurrentRelease

    list_row(CurrentRelease.objects.get().release, "C3")
    record(users["s2"], "C3", "yes")
    record(users["s1"], "C1", "yes")
    returned = return_results(work)
    assert (returned.results, returned.waiting) == (1, {"never_listed": 1})
    assert Result.objects.get(returned_at=None).customer_id == "C3"
