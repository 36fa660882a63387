"""Several numbers of one person: from the release on that merges them, they are one for whoever names any of them."""

from datetime import date
from uuid import UUID, uuid4

import pyarrow.parquet as pq
import pytest
from cryptography.fernet import Fernet
from django.core.files.uploadedfile import SimpleUploadedFile

from goldmine.portal import numbers
from goldmine.portal.current_release import show
from goldmine.portal.loading import load_release
from goldmine.portal.models import CallBack, Claim, Customer, Exposure, ListRow, MergedNumber, OptOut, Release, Result
from goldmine.portal.numbers import Person, reveal
from goldmine.portal.persons import numbers_of, survivor
from goldmine.portal.returning import return_results
from goldmine.portal.scope import visible
from goldmine.portal.work import Contact, WorkError, claim, record_result, release_claim
from tests.portal.conftest import list_row, make_release
from tests.portal.made import VALID_UNTIL, publish, work_folder

pytestmark = pytest.mark.django_db(databases=["default", "numbers"])
BEFORE, AFTER = date(2024, 7, 10), date(2024, 8, 5)
KEY = UUID("11111111-1111-4111-8111-111111111111")
LIST = "longtail_2024"


@pytest.fixture
def merge(release, settings):
    """Show the release of July, in which C1 was merged into another number; r1 of June had both."""
    settings.GOLDMINE_DAY = BEFORE

    def into(number="C2", release_id="r2", as_of=date(2024, 7, 31)):
        made = make_release(release_id, as_of)
        if number:
            Customer.objects.filter(release=made, customer_id="C1").delete()
            ListRow.objects.filter(release=made, customer_id="C1").delete()
            MergedNumber.objects.create(release=made, merged_id="C1", survivor_id=number)
        show(made)
        settings.GOLDMINE_DAY = AFTER
        return made

    return into


def told(user, customer, answer="no", key=None, **values):
    return record_result(user, Contact(customer, LIST, answer, **values), key or uuid4()).result


def test_numbers_are_those_of_the_release_that_is_shown(merge):
    assert (survivor("C1"), numbers_of("C1"), numbers_of("C2")) == ("C1", ["C1"], ["C2"])
    merge()
    assert (survivor("C1"), numbers_of("C1"), numbers_of("C2")) == ("C2", ["C2", "C1"], ["C2", "C1"])
    assert (survivor("C3"), survivor("C1\x00"), numbers_of("C3")) == ("C3", "C1\x00", ["C3"])


@pytest.mark.parametrize(("name", "rows"), [("s1", 1), ("branch1", 1), ("head", 1), ("s2", 0), ("branch2", 0)])
def test_the_old_number_finds_the_rows_of_the_person_within_scope(merge, browser, name, rows):
    merge()
    client = browser(name)
    page = client.get("/lists?search=C1").content.decode()
    assert page.count('href="/customers/C2"') == rows
    opened, nobody = client.get("/customers/C1"), client.get("/customers/C9")
    assert opened.status_code == (200 if rows else 404)
    assert (opened.content == nobody.content) == (rows == 0)


def test_the_counter_looks_the_person_up(merge, browser):
    merge()
    page = browser("counter1").post("/counter", {"number": "C1"}).content.decode()
    assert "<h2>C2 · 张**</h2>" in page
    assert "Step-up deposit" in page
    assert list(Exposure.objects.values_list("customer_id", "offer")) == [("C2", "step_up_deposit")]


def test_one_claim_holds_all_numbers(merge, users):
    merge()
    claim(users["s1"], "C1", LIST)
    assert list(Claim.objects.values_list("customer_id", "user")) == [("C2", users["s1"].pk)]
    with pytest.raises(WorkError, match="taken"):
        claim(users["branch1"], "C2", LIST)
    release_claim(users["s1"], "C1")
    assert not Claim.objects.exists()


def test_a_claim_goes_on_under_the_surviving_number(merge, users):
    claim(users["s1"], "C1", LIST)
    merge()
    assert list(Claim.objects.values_list("customer_id", "user")) == [("C2", users["s1"].pk)]


def test_who_holds_the_surviving_number_keeps_the_customer(merge, users):
    claim(users["s1"], "C1", LIST)
    claim(users["branch1"], "C2", LIST)
    merge()
    assert list(Claim.objects.values_list("customer_id", "user")) == [("C2", users["branch1"].pk)]


def test_a_colleague_who_reached_the_old_number_today_reached_the_person(merge, users, settings):
    merge()
    told(users["branch1"], "C1")
    with pytest.raises(WorkError, match="not_there"):
        claim(users["s1"], "C2", LIST)
    list_row(Release.objects.get(release_id="r2"), "C2", list_name="wake_2024")
    with pytest.raises(WorkError, match="contacted"):
        claim(users["s1"], "C2", "wake_2024")


def test_a_call_back_and_its_result_go_on_under_the_surviving_number(merge, users):
    told(users["s1"], "C1", "later", call_back_on=date(2024, 8, 5), promised="the rate")
    merge()
    assert list(Result.objects.values_list("customer_id", "listed_as")) == [("C2", "C1")]
    assert list(CallBack.objects.values_list("customer_id", "on_day")) == [("C2", date(2024, 8, 5))]
    assert ListRow.objects.get(customer_id="C2", release__release_id="r2").status == "call_back"
    told(users["s1"], "C2", "yes")
    assert CallBack.objects.get().done_at is not None
    assert ListRow.objects.get(customer_id="C2", release__release_id="r2").status == "done"


@pytest.mark.parametrize("refused", ["C1", "C2"])
def test_a_refusal_under_either_number_takes_the_person_off_the_lists(merge, users, refused):
    told(users["s1"], refused, "opt_out")
    merge()
    assert [row.customer_id for row in visible(users["branch1"], ListRow)] == ["C3"]
    assert ListRow.objects.get(customer_id="C2", release__release_id="r2").status == "refused"


def test_a_refusal_after_the_merger_counts_for_all_numbers_and_so_does_its_correction(merge, users):
    merge()
    told(users["s1"], "C1", "opt_out", certain=False)
    assert list(OptOut.objects.order_by("pk").values_list("customer_id", "certain")) == [("C1", False), ("C2", False)]
    assert not visible(users["s1"], ListRow).exists()
    record_result(users["s1"], Contact("C2", LIST, "yes"), uuid4(), corrects_refusal=True)
    assert not OptOut.objects.exists()
    assert visible(users["s1"], ListRow).get().status == "done"


def test_a_result_that_comes_late_under_the_old_number_is_the_persons(merge, users):
    merge()
    told(users["s1"], "C1", "bought", KEY, contacted_on=BEFORE)
    stored = Result.objects.get()
    assert (stored.customer_id, stored.listed_as, stored.release) == ("C2", "C1", "r1")
    assert record_result(users["s1"], Contact("C1", LIST, "bought", contacted_on=BEFORE), KEY).repeated
    with pytest.raises(WorkError, match="key"):
        told(users["s1"], "C3", "bought", KEY, contacted_on=BEFORE)


def test_a_key_sent_again_after_the_merger_is_known(merge, users):
    told(users["s1"], "C1", "no", KEY, contacted_on=BEFORE)
    merge()
    assert record_result(users["s1"], Contact("C1", LIST, "no", contacted_on=BEFORE), KEY).repeated


def test_a_merger_that_is_withdrawn_gives_each_number_its_own_again(merge, users):
    told(users["s1"], "C1", "later", call_back_on=date(2024, 9, 2))
    told(users["s1"], "C2", "opt_out")
    merge()
    merge(None, "r3", date(2024, 8, 31))
    assert list(Result.objects.order_by("pk").values_list("customer_id", "listed_as")) == [("C1", ""), ("C2", "")]
    assert CallBack.objects.get().customer_id == "C1"
    assert [row.customer_id for row in visible(users["branch1"], ListRow).order_by("customer_id")] == ["C1", "C3"]


def test_a_refused_number_stays_refused_when_its_merger_is_withdrawn(merge, users):
    told(users["s1"], "C1", "opt_out")
    merge()
    merge(None, "r3", date(2024, 8, 31))
    assert [row.customer_id for row in visible(users["branch1"], ListRow)] == ["C3"]


def test_who_was_promised_a_call_keeps_the_telephone(
    merge, users, release, monkeypatch, django_capture_on_commit_callbacks
):
    monkeypatch.setenv(numbers.KEY, Fernet.generate_key().decode())
    numbers.store(release, [("C1", Person("张三", "13800000001"), VALID_UNTIL)])
    told(users["s1"], "C1", "later", call_back_on=AFTER)
    with django_capture_on_commit_callbacks(execute=True):
        merge()
    numbers.erase_ended()
    assert reveal(users["s1"], "C1") == reveal(users["s1"], "C2") == Person("张三", "13800000001")


def test_a_file_of_the_old_number_is_taken_and_the_same_one_again_changes_nothing(merge, browser, settings, tmp_path):
    settings.GOLDMINE_WORK = tmp_path
    merge()
    text = f"Campaign,Customer,Contacted on,Channel,Answer,Note\n{LIST},C1,2024-07-10,phone call,no,\n".encode()
    pages = [
        browser("s1").post("/results", {"file": SimpleUploadedFile("r.csv", text)}).content.decode() for _ in range(2)
    ]
    assert ["1 result was stored." in page for page in pages] == [True, False]
    assert Result.objects.get().customer_id == "C2"


def test_mergers_come_with_the_release_and_results_return_as_they_were_listed(tmp_path, settings, users):
    settings.GOLDMINE_DAY = BEFORE
    work = work_folder(tmp_path, merged={"C5": "C1"})
    publish(work, offers=("C1", "C2"), control=(), listed=("C3",))
    load_release(work)
    assert list(MergedNumber.objects.values_list("merged_id", "survivor_id")) == [("C5", "C1")]
    told(users["s1"], "C5", "yes")
    Result.objects.create(
        key=uuid4(), user=users["s1"], at="2024-07-10T10:00Z", contacted_on=BEFORE, release="r1", list_name=LIST,
        customer_id="C1", listed_as="C2", branch_id="B1", manager_id="S1", channel="call", answer="no", source="page",
    )  # fmt: skip
    assert return_results(work).results == 2
    rows = pq.read_table(work.returned).to_pylist()
    assert sorted((row["customer_id"], row["answer"]) for row in rows) == [("C1", "yes"), ("C2", "no")]
