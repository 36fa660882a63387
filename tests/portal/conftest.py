"""A small portal: two branches, three managers, a release with one campaign and one list, and a user of each role."""

from datetime import UTC, date, datetime

import pytest

PASSWORD = "Correct-Horse-7"
BRANCHES = {"S1": "B1", "S2": "B1", "S3": "B2"}
"""Managers and their branches."""
CUSTOMERS = {"C1": "S1", "C2": "S1", "C3": "S2", "C4": "S3", "C5": "S3"}
"""Customers and their managers; C5 is on no list."""


def list_row(release, customer_id, *, kind="campaign", list_name="longtail_2024", rank=1, **values):
    """A row of the release, of the customer's manager and branch."""
    from goldmine.portal.models import ListRow

    manager_id = CUSTOMERS[customer_id]
    filled = {
        "use_case": "longtail",
        "branch_id": BRANCHES[manager_id],
        "manager_id": manager_id,
        "grid_id": "",
        "decile": 10,
        "probability": 0.5,
        "expected_value": 100.0 / rank,
        "segment": "",
        "offer": "step_up_deposit",
        "offer_zh": "万元起存提级存款",
        "offer_en": "Step-up deposit",
        "product_id": "",
        "channel": "call",
        "time_band": "evening",
        "say_zh": "月日均达到1万元，即可享受提级存款利率。",
        "say_en": "At a monthly average of 10,000 yuan a better rate is open to you.",
        "reasons_zh": "近三个月进账增加",
        "reasons_en": "more came in over three months",
        "valid_until": date(2099, 12, 31),
        "expires_with": "",
        "model_version": "1",
        "name": "张**",
        "phone": f"138****000{customer_id[1]}",
        "phone_end": f"000{customer_id[1]}",
        "initials": "zs",
    }
    keys = {"release": release, "kind": kind, "list_name": list_name, "customer_id": customer_id, "rank": rank}
    return ListRow.objects.create(**keys, **{**filled, **values})


def make_release(release_id="r1", as_of=date(2024, 6, 30)):
    """A release with the customers C1 to C5, of which C1 to C4 are in the campaign, by rank."""
    from goldmine.portal.models import Customer, Release

    release = Release.objects.create(
        release_id=release_id,
        as_of=as_of,
        bank="Test Bank",
        created_at=datetime(2024, 7, 1, tzinfo=UTC),
        loaded_at=datetime(2024, 7, 1, tzinfo=UTC),
        manifest_sha256="0" * 64,
        manifest={"campaigns": {"longtail_2024": {"title": {"en": "Long tail", "zh": "长尾提级"}}}},
    )
    for number, (customer_id, manager_id) in enumerate(CUSTOMERS.items(), start=1):
        Customer.objects.create(
            release=release,
            customer_id=customer_id,
            branch_id=BRANCHES[manager_id],
            manager_id=manager_id,
            name="张**",
            phone=f"138****000{number}",
            layer="basic",
            level=0,
            aum_avg=1000.0 * number,
            tags="{}",
            months="[]",
            products="{}",
        )
    for rank, customer_id in enumerate(["C1", "C2", "C3", "C4"], start=1):
        list_row(release, customer_id, rank=rank)
    return release


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """Tests prepare and look as a system task; requests are their users' own."""
    from goldmine.portal.row_security import become_system_task

    with django_db_blocker.unblock():
        become_system_task()


@pytest.fixture(autouse=True)
def journal(tmp_path_factory):
    """The audit log of a test."""
    from goldmine.core.audit.log import AuditLog

    log = AuditLog(tmp_path_factory.mktemp("journal") / "bank")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("goldmine.portal.journal.bank_log", lambda: log)
        yield log


@pytest.fixture
def release(db):
    """The release that is shown."""
    from goldmine.portal.models import CurrentRelease

    made = make_release()
    CurrentRelease.objects.create(id=1, release=made)
    return made


@pytest.fixture
def users(db):
    """A user of each role, by name: head, branch1, branch2, s1, s2, s3, counter1, operator, auditor, system1."""
    from goldmine.portal.models import User

    people = {
        "head": ("head_office", "", ""),
        "branch1": ("branch", "B1", ""),
        "branch2": ("branch", "B2", ""),
        "s1": ("manager", "B1", "S1"),
        "s2": ("manager", "B1", "S2"),
        "s3": ("manager", "B2", "S3"),
        "counter1": ("counter", "B1", ""),
        "operator": ("operator", "", ""),
        "auditor": ("auditor", "", ""),
        "system1": ("system", "B1", ""),
    }
    return {
        name: User.objects.create(
            username=name, role=role, branch_id=branch, staff_id=staff, language="en", must_change_password=False
        )
        for name, (role, branch, staff) in people.items()
    }


@pytest.fixture
def browser(client, users):
    """Sign a user in and give the client: ``browser("s1").get("/lists")``."""

    def signed_in(name):
        client.force_login(users[name], backend="django.contrib.auth.backends.ModelBackend")
        return client

    return signed_in
