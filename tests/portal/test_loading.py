"""Loading releases."""

import json
from datetime import date
from uuid import uuid4

import pandas as pd
import pytest
from django.utils import timezone

from goldmine.core.errors import ReleaseError
from goldmine.governance.retention import Retention
from goldmine.portal.loading import load_release, services
from goldmine.portal.loading.initials import initials
from goldmine.portal.loading.retention import drop_old_releases
from goldmine.portal.models import CurrentRelease, Customer, ListRow, OptOut, Release, Result
from goldmine.portal.work import Contact, record_result
from tests.portal.conftest import make_release
from tests.portal.made import VALID_UNTIL, publish, work_folder

pytestmark = pytest.mark.django_db(databases=["default", "numbers"])


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A work folder with a release, for tests that change neither."""
    work = work_folder(tmp_path_factory.mktemp("load"))
    publish(work)
    return work


def _shown():
    return CurrentRelease.objects.values_list("release__release_id", flat=True).first()


def test_a_release_is_loaded_and_shown(made):
    load_release(made)
    assert _shown() == "r1"
    rows = ListRow.objects.order_by("kind", "list_name", "rank")
    assert list(rows.values_list("kind", "list_name", "rank", "customer_id", "expected_value")) == [
        ("campaign", "longtail_2024", 1, "C2", 12.0),
        ("campaign", "longtail_2024", 2, "C1", 11.0),
        ("list", "dormancy", 1, "C3", None),
        ("list", "dormancy", 2, "C4", None),
    ]


def test_a_row_names_the_person_masked_and_can_be_searched_for(made):
    load_release(made)
    rows = ListRow.objects.order_by("customer_id")
    assert list(rows.values_list("name", "phone", "phone_end", "initials", "grid_id")) == [
        ("张*", "138****0001", "0001", "zs", "G1"),
        ("单**", "138****0002", "0002", "sxx", ""),
        ("欧***", "138****0003", "0003", "oynn", ""),
        ("J***", "138****0004", "0004", "js", ""),
    ]


def test_a_list_has_its_reasons_as_lines_and_a_day(made):
    load_release(made)
    row = ListRow.objects.get(customer_id="C3")
    assert (row.reasons_zh, row.reasons_en) == ("Saves\nIs near", "Saves\nIs near")
    assert (row.valid_until, row.branch_id, row.manager_id, row.status) == (VALID_UNTIL, "B1", "S2", "open")
    assert ListRow.objects.get(customer_id="C1").reasons_zh == "近三个月进账增加"


def test_a_customer_has_months_products_and_the_tags_that_hold(made):
    load_release(made)
    first, second = Customer.objects.order_by("customer_id")[:2]
    assert json.loads(first.months) == [None] * 10 + [1000, 5101]
    assert json.loads(first.products) == {"demand": 100.5, "wealth": 5000, "loan": 700}
    assert json.loads(first.tags) == {"tag_value": "longtail", "tag_value_since": "2024-06-30"}
    assert (json.loads(second.months), json.loads(second.products)) == ([], {})
    assert json.loads(second.tags) == {"tag_holding_loan": True, "tag_holding_loan_since": "2024-06-30"}
    assert (first.name, first.phone, first.aum_avg) == ("张*", "138****0001", 5100.5)


def test_what_the_bank_does_not_know_is_empty(made):
    load_release(made)
    nobody = Customer.objects.get(customer_id="C5")
    assert (nobody.name, nobody.phone, nobody.branch_id, nobody.manager_id, nobody.grid_id) == ("", "", "", "", "")


def test_loading_again_changes_nothing(made):
    first = load_release(made)
    assert load_release(made).release.pk == first.release.pk
    assert (Release.objects.count(), Customer.objects.count(), ListRow.objects.count()) == (1, 5, 4)


def test_a_changed_file_is_refused_and_the_release_before_stays(tmp_path):
    work = work_folder(tmp_path)
    publish(work)
    load_release(work)
    second = publish(work, "r2", offers=("C1",))
    file = second.folder / "lists" / "dormancy.parquet"
    file.chmod(0o644)
    file.write_bytes(file.read_bytes() + b" ")
    with pytest.raises(ReleaseError, match=r"lists/dormancy\.parquet is not the one that was published"):
        load_release(work)
    assert (_shown(), Release.objects.count(), ListRow.objects.count()) == ("r1", 1, 4)


@pytest.mark.parametrize(
    ("named", "match"),
    [({"offers": ("C1", "C5")}, "offers hold 1 customers of a control"), ({"listed": ("C5",)}, "lists hold 1")],
)
def test_a_release_that_names_a_customer_of_its_control_is_refused(tmp_path, named, match):
    work = work_folder(tmp_path)
    publish(work, **named)
    with pytest.raises(ReleaseError, match=match):
        load_release(work)
    assert Release.objects.count() == 0


def test_a_load_that_fails_half_way_leaves_nothing(made, monkeypatch):
    from goldmine.portal.loading import load

    def fail(model, batches, **same):
        if model is ListRow:
            raise KeyboardInterrupt
        insert(model, batches, **same)

    insert = load.insert
    monkeypatch.setattr(load, "insert", fail)
    with pytest.raises(KeyboardInterrupt):
        load_release(made)
    assert (Release.objects.count(), Customer.objects.count(), _shown()) == (0, 0, None)


def test_rows_have_the_status_that_results_since_the_snapshot_give_them(made, users):
    OptOut.objects.create(customer_id="C3", at=timezone.now(), user=users["s2"])
    for customer_id, day in (("C1", date(2024, 7, 2)), ("C2", date(2024, 6, 2))):
        Result.objects.create(
            key=uuid4(),
            user=users["s1"],
            at=timezone.now(),
            contacted_on=day,
            release="r0",
            list_name="longtail_2024",
            customer_id=customer_id,
            branch_id="B1",
            manager_id="S1",
            channel="call",
            answer="no",
            source="page",
        )
    load_release(made)
    rows = ListRow.objects.order_by("customer_id")
    assert list(rows.values_list("status", flat=True)) == ["done", "open", "refused", "open"]


def test_old_releases_go_and_the_shown_one_stays(monkeypatch):
    monkeypatch.setattr("goldmine.portal.loading.retention.retention", lambda: Retention(portal_releases=1))
    oldest, older, newer = (make_release(name, date(2024, month, 28)) for month, name in ((1, "a"), (2, "b"), (3, "c")))
    CurrentRelease.objects.create(id=1, release=oldest)
    assert drop_old_releases() == 1
    assert set(Release.objects.values_list("release_id", flat=True)) == {"a", "c"}
    assert not ListRow.objects.filter(release_id=older.pk).exists()
    assert not Customer.objects.filter(release_id=older.pk).exists()
    assert ListRow.objects.filter(release_id=newer.pk).count() == 4


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("曾国藩", "zgf"),
        ("单于明", "cym"),
        ("尉迟恭", "ycg"),
        ("解晓东", "xxd"),
        ("邳州市水杉商行", "pzssssh"),
        ("ABC 贸易", "amy"),
        ("", ""),
        ("长" * 40, "c" * 16),
    ],
)
def test_initials_of_a_name(name, letters):
    assert initials(name) == letters


def test_service_contacts_are_added_once_the_reports_of_the_month_were_made(made, monkeypatch, tmp_path):
    figures, rows = (
        tmp_path / "figures.parquet",
        [
            {
                "customer_id": customer_id,
                "branch_id": "B1",
                "manager_id": "S1",
                "kind_of_contact": "overdue",
                "channel": channel,
                "time_band": "morning",
                "expected_value": value,
                "reasons_zh": "逾期",
                "reasons_en": "overdue",
                "say_zh": "您好",
                "say_en": "Hello",
            }
            for customer_id, channel, value in (("C1", "call", 9.0), ("C5", "visit", 5.0))
        ],
    )
    monkeypatch.setattr(services, "figures_path", lambda work, day: figures)
    monkeypatch.setattr(services, "opened", lambda *_: None)
    monkeypatch.setattr(services, "bank_services", lambda *_: pd.DataFrame(rows))
    load_release(made)
    assert not ListRow.objects.filter(kind="service").exists()
    figures.touch()
    load_release(made)
    load_release(made)
    assert dict(ListRow.objects.filter(kind="service").values_list("customer_id", "initials")) == {"C1": "zs", "C5": ""}
    added = ListRow.objects.filter(kind="service").order_by("rank")
    assert list(
        added.values_list("list_name", "rank", "customer_id", "channel", "name", "phone_end", "reasons_zh")
    ) == [
        ("overdue", 1, "C1", "call", "张*", "0001", "逾期"),
        ("overdue", 2, "C5", "visit", "", "", "逾期"),
    ]
    assert set(added.values_list("status", "valid_until", "say_en")) == {("open", None, "Hello")}


def test_service_contacts_that_are_added_later_know_what_came_before(made, users, monkeypatch):
    row = {"customer_id": "C1", "branch_id": "B1", "manager_id": "S1", "kind_of_contact": "overdue", "channel": "call"}
    row |= {"time_band": "", "expected_value": 1.0, "reasons_zh": "", "reasons_en": "", "say_zh": "", "say_en": ""}
    monkeypatch.setattr(services, "opened", lambda *_: None)
    monkeypatch.setattr(services, "bank_services", lambda *_: pd.DataFrame([row]))
    load_release(made)
    wrong = Contact("C1", "longtail_2024", "wrong_number", contacted_on=date(2024, 7, 2))
    record_result(users["s1"], wrong, uuid4())
    load_release(made, services=True)
    assert [row.status for row in ListRow.objects.filter(kind="service")] == ["done"]
