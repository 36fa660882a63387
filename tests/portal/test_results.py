"""Results of contacts and what follows from them."""

from datetime import date
from decimal import Decimal
from uuid import UUID, uuid4

import pytest

from goldmine.portal.models import CallBack, Claim, CurrentRelease, ListRow, OptOut, Result
from goldmine.portal.scope import visible
from goldmine.portal.work import Contact, WorkError, apply_results, claim, record_result
from tests.portal.conftest import list_row, make_release

pytestmark = pytest.mark.usefixtures("release")
DAY = date(2024, 7, 10)
KEY = UUID("11111111-1111-4111-8111-111111111111")


@pytest.fixture(autouse=True)
def _day(settings):
    settings.GOLDMINE_DAY = DAY


def record(user, customer="C1", answer="no", *, key=None, corrects_refusal=False, **values):
    contact = Contact(customer, values.pop("list_name", "longtail_2024"), answer, **values)
    return record_result(user, contact, key or uuid4(), corrects_refusal=corrects_refusal)


def status(customer="C1", list_name="longtail_2024"):
    return ListRow.objects.get(customer_id=customer, list_name=list_name, release__release_id="r1").status


def test_a_result_is_stored_with_its_row(users):
    result = record(users["s1"], answer="bought", product_id="TD1", amount=Decimal("50000")).result
    stored = Result.objects.get(pk=result.pk)
    assert (stored.customer_id, stored.branch_id, stored.manager_id, stored.release) == ("C1", "B1", "S1", "r1")
    assert (stored.answer, stored.channel, stored.contacted_on) == ("bought", "call", DAY)
    assert (stored.product_id, stored.amount, stored.source) == ("TD1", Decimal("50000.00"), "page")


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("yes", "done"),
        ("no", "done"),
        ("bought", "done"),
        ("wrong_number", "done"),
        ("not_reached", "open"),
        ("later", "call_back"),
        ("opt_out", "refused"),
    ],
)
def test_the_status_of_the_row_follows(users, answer, expected):
    record(users["s1"], answer=answer)
    assert status() == expected


def test_the_same_key_again_stores_nothing_and_answers_the_same(users):
    first = record(users["s1"], answer="later", key=KEY, note="next week")
    again = record(users["s1"], answer="later", key=KEY, note="next week")
    assert (first.repeated, again.repeated) == (False, True)
    assert again.result.pk == first.result.pk
    assert (Result.objects.count(), CallBack.objects.count()) == (1, 1)


def test_the_same_key_is_harmless_on_a_later_day(users, settings):
    record(users["s1"], key=KEY)
    settings.GOLDMINE_DAY = date(2024, 7, 12)
    assert record(users["s1"], key=KEY).result.contacted_on == DAY


@pytest.mark.parametrize(
    "other", [{"answer": "yes"}, {"customer": "C2"}, {"note": "x"}, {"contacted_on": date(2024, 7, 9)}]
)
def test_other_content_under_the_same_key_is_refused(users, other):
    record(users["s1"], key=KEY)
    with pytest.raises(WorkError, match="key"):
        record(users["s1"], **{"key": KEY, **other})
    assert Result.objects.get().answer == "no"


def test_a_key_of_somebody_else_is_refused(users):
    record(users["s1"], key=KEY)
    with pytest.raises(WorkError, match="key"):
        record(users["branch1"], key=KEY)


@pytest.mark.parametrize(
    ("reason", "values"),
    [
        ("answer", {"answer": "perhaps"}),
        ("channel", {"channel": "pigeon"}),
        ("future", {"contacted_on": date(2024, 7, 11)}),
        ("before", {"contacted_on": date(2024, 6, 30)}),
        ("amount", {"answer": "bought", "amount": Decimal(-1)}),
        ("amount", {"answer": "bought", "amount": Decimal("NaN")}),
        ("amount", {"answer": "no", "amount": Decimal(5)}),
        ("call_back_day", {"answer": "later", "call_back_on": date(2024, 7, 9)}),
        ("call_back_day", {"answer": "later", "call_back_on": date(2026, 7, 9)}),
        ("call_back_day", {"answer": "no", "call_back_on": date(2024, 7, 20)}),
        ("call_back_day", {"answer": "later", "promised": "the rates"}),
        ("text", {"note": "a\x00b"}),
        ("text", {"note": "a" * 2001}),
        ("not_there", {"customer": "C4"}),
        ("not_there", {"customer": "C5"}),
        ("not_there", {"list_name": "wealth_2024"}),
    ],
)
def test_what_cannot_be_true_is_refused(users, reason, values):
    with pytest.raises(WorkError, match=reason):
        record(users["s1"], **values)
    assert not Result.objects.exists()


def test_a_contact_long_after_the_offer_ended_is_refused(users, settings):
    settings.GOLDMINE_DAY = date(2026, 7, 10)
    ListRow.objects.filter(customer_id="C1").update(valid_until=date(2024, 8, 29))
    with pytest.raises(WorkError, match="late"):
        record(users["s1"])
    assert record(users["s1"], contacted_on=date(2024, 11, 27)).result.contacted_on == date(2024, 11, 27)


def test_a_call_back_without_a_day_is_due_after_the_days_of_the_daily_queue(users):
    record(users["s1"], answer="later")
    assert CallBack.objects.get().on_day == date(2024, 7, 17)


def test_a_call_back_holds_what_was_promised_until_the_next_result(users):
    record(users["s1"], answer="later", call_back_on=date(2024, 7, 20), promised="send the rates")
    agreed = CallBack.objects.get()
    assert (agreed.on_day, agreed.promised, agreed.done_at) == (date(2024, 7, 20), "send the rates", None)
    record(users["s1"], answer="not_reached")
    assert (status(), CallBack.objects.get().done_at) == ("call_back", None)
    record(users["s1"], answer="yes")
    assert status() == "done"
    assert CallBack.objects.get().done_at is not None


def test_a_result_that_comes_late_ends_no_call_back_that_was_agreed_after_it(users):
    record(users["s1"], answer="later", contacted_on=date(2024, 7, 8), call_back_on=date(2024, 7, 20))
    record(users["s1"], answer="no", contacted_on=date(2024, 7, 3))
    assert (status(), CallBack.objects.get().done_at) == ("call_back", None)


@pytest.mark.parametrize("answer", ["no", "bought", "yes"])
def test_a_call_back_that_comes_late_is_not_agreed_again_with_who_was_reached_since(users, answer):
    record(users["s1"], answer=answer, contacted_on=date(2024, 7, 8))
    record(users["s1"], answer="later", contacted_on=date(2024, 7, 3))
    assert (status(), CallBack.objects.count()) == ("done", 0)


def test_a_call_back_that_comes_late_is_agreed_with_who_was_only_tried_since(users):
    record(users["s1"], answer="not_reached", contacted_on=date(2024, 7, 8))
    record(users["s1"], answer="later", contacted_on=date(2024, 7, 3))
    assert (status(), CallBack.objects.get().on_day) == ("call_back", date(2024, 7, 10))


def test_a_result_gives_the_customer_back(users):
    claim(users["s1"], "C1", "longtail_2024")
    claim(users["s1"], "C2", "longtail_2024")
    record(users["s1"])
    assert Claim.objects.get().customer_id == "C2"


def test_a_refusal_takes_the_customer_off_every_list_of_everybody(users, release):
    list_row(release, "C1", list_name="wealth_2024")
    record(users["s1"], answer="later")
    record(users["s1"], answer="opt_out", list_name="wealth_2024")
    assert not visible(users["head"], ListRow).filter(customer_id="C1").exists()
    assert (status(), status(list_name="wealth_2024")) == ("refused", "refused")
    assert not CallBack.objects.filter(done_at=None).exists()
    assert OptOut.objects.get().certain


def test_a_refusal_of_a_customer_on_no_list_counts(users):
    record(users["s3"], "C5", "opt_out", list_name="")
    assert OptOut.objects.get().customer_id == "C5"


def test_a_refusal_out_of_scope_is_not_there(users):
    with pytest.raises(WorkError, match="not_there"):
        record(users["s1"], "C5", "opt_out", list_name="")


def test_a_refusal_in_the_note_counts_whatever_was_tapped(users):
    recorded = record(users["s1"], answer="yes", note="please stop calling")
    assert (recorded.result.answer, recorded.may_refuse) == ("opt_out", False)
    assert OptOut.objects.get().certain


def test_a_possible_refusal_counts_until_it_is_corrected(users, release):
    list_row(release, "C1", list_name="wealth_2024")
    record(users["s1"], answer="later", list_name="wealth_2024")
    recorded = record(users["s1"], answer="yes", note="电话不方便", key=KEY)
    assert (recorded.may_refuse, OptOut.objects.get().certain, status()) == (True, False, "refused")
    correction = uuid4()
    record(users["s1"], answer="yes", note="电话不方便", key=correction, corrects_refusal=True)
    assert not OptOut.objects.exists()
    assert (status(), status(list_name="wealth_2024")) == ("done", "call_back")
    assert record(users["s1"], answer="yes", note="电话不方便", key=correction, corrects_refusal=True).repeated
    assert record(users["s1"], answer="yes", note="电话不方便", key=KEY).repeated


def test_a_certain_refusal_is_not_corrected(users):
    record(users["s1"], answer="opt_out")
    record(users["s1"], answer="yes", corrects_refusal=True)
    assert (OptOut.objects.get().certain, status()) == (True, "refused")


def test_a_refusal_after_a_possible_one_is_certain(users):
    record(users["s1"], answer="yes", note="电话不方便")
    record(users["s1"], answer="opt_out")
    assert OptOut.objects.get().certain


def test_a_plain_note_is_no_refusal(users):
    assert record(users["s1"], answer="yes", note="儿子在上海工作").result.answer == "yes"


def test_a_wrong_number_ends_the_calls_of_all_lists(users, release):
    list_row(release, "C1", list_name="wealth_2024")
    list_row(release, "C1", list_name="credit_2024", channel="visit")
    record(users["s1"], answer="wrong_number")
    names = ("longtail_2024", "wealth_2024", "credit_2024")
    assert [status(list_name=name) for name in names] == ["done", "done", "open"]


def test_results_come_late_without_loss(users):
    record(users["branch1"], answer="opt_out")
    newer = make_release("r2", date(2024, 9, 30))
    ListRow.objects.filter(release=newer, customer_id="C2").delete()
    CurrentRelease.objects.update(release=newer)
    assert record(users["s1"], "C2", "yes").result.release == "r1"
    assert record(users["s1"], "C1", "no").result.answer == "no"
    assert OptOut.objects.get().customer_id == "C1"


def test_a_new_release_takes_over_what_was_done_since_its_snapshot(users):
    record(users["s1"], "C1", "yes", contacted_on=date(2024, 7, 2))
    record(users["s1"], "C2", "later", contacted_on=date(2024, 7, 3))
    record(users["s2"], "C3", "opt_out")
    again, later = make_release("r2", date(2024, 6, 30)), make_release("r3", date(2024, 7, 5))
    for release in (again, later):
        apply_results(release)
    rows = {(row.release.release_id, row.customer_id): row.status for row in ListRow.objects.all()}
    assert [rows["r2", name] for name in ("C1", "C2", "C3", "C4")] == ["done", "call_back", "refused", "open"]
    assert [rows["r3", name] for name in ("C1", "C2", "C3", "C4")] == ["open", "call_back", "refused", "open"]


def test_a_result_before_a_snapshot_ends_no_work_on_its_rows(users):
    record(users["s1"], contacted_on=date(2024, 7, 2))
    later = make_release("r2", date(2024, 7, 5))
    record(users["s1"], answer="not_reached")
    assert (status(), ListRow.objects.get(release=later, customer_id="C1").status) == ("done", "open")
