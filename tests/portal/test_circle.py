"""The whole circle: publish, work the lists in the portal, give the results back, publish again, measure."""

import re
import shutil
from datetime import date, timedelta
from pathlib import Path
from uuid import uuid4

import pyarrow.parquet as pq
import pytest

import goldmine
from goldmine.activity.build import build_activity
from goldmine.contract.intake import open_bank
from goldmine.contract.manifest import Hashes, write_manifest
from goldmine.core.workspace import Workspace, home
from goldmine.measurement.campaign_results import campaigns, read_results
from goldmine.portal.loading import load_release
from goldmine.portal.models import ListRow, Result, User
from goldmine.portal.returning import return_results
from goldmine.publishing import publish
from tests.portal.conftest import PASSWORD
from tests.publishing.test_publish import AS_OF, campaigned, people, published, registry
from tests.tiny import balance, make_bank, transaction

__all__ = ["campaigned", "published", "registry"]
pytestmark = pytest.mark.django_db(databases=["default", "numbers"])
DAY = AS_OF + timedelta(days=10)


@pytest.fixture
def circle(campaigned, tmp_path, settings, monkeypatch):
    """A bank, and a copy of the work folder with its first release; the portal shows the tenth day after it."""
    settings.GOLDMINE_DAY = DAY
    monkeypatch.delenv("GOLDMINE_NUMBERS_KEY", raising=False)
    for name in ("answers.yaml", "contact_hours.yaml", "portal.yaml"):
        link = home() / "pipelines" / name
        if not link.exists():
            link.symlink_to(Path(goldmine.__file__).parents[2] / "pipelines" / name)
    bank, work, _release = campaigned
    shutil.copytree(work.root, tmp_path / "work")
    copied = Workspace(tmp_path / "work")
    write_manifest(copied, bank, {}, Hashes({}))
    return bank, copied


def sign_in(client):
    """S01's manager signs in with a password."""
    user = User(username="wang", role="manager", branch_id="B01", staff_id="S01", must_change_password=False)
    user.set_password(PASSWORD)
    user.save()
    client.post("/sign-in", {"username": "wang", "password": PASSWORD})


def work_next(client, answer):
    """Claim the customer whose card is open, and send an answer; the customer's number."""
    page = client.get("/day").content.decode()
    customer, name = re.search(r'data-customer="(\d+)" data-list="(\w+)" open', page).groups()
    client.post("/day/call", {"customer_id": customer, "list_name": name})
    values = {"key": str(uuid4()), "customer_id": customer, "list_name": name, "answer": answer}
    assert client.post("/day/result", values).status_code == 302
    return customer


def offered(work):
    """Customers of the current release's campaign, and of its list."""
    from goldmine.publishing import read_latest

    folder = read_latest(work).folder
    files = (folder / "campaigns" / "tail" / "offers.parquet", folder / "lists" / "longtail.parquet")
    return [set(pq.read_table(file)["customer_id"].to_pylist()) for file in files]


def measured_bank(tmp_path, work):
    """The bank a quarter later, taken in with what was returned to the work folder."""
    numbers = [row["customer_id"] for row in people()]
    months = ("2024-05-31", "2024-06-30", "2024-07-31", "2024-08-31", "2024-09-30", "2024-10-31")
    tables = {
        "customers": people(),
        "transactions": [transaction(n, numbers[0], f"{month[:7]}-15 10:00:00") for n, month in enumerate(months)],
        "balances": [balance(number, month, "demand", "5000") for number in numbers for month in months],
    }
    make_bank(tmp_path / "source", tables, date(2024, 10, 31))
    (tmp_path / "source" / "bank.yaml").write_text("name: tiny\ndata_until: 2024-10-31\n", "utf-8")
    bank = open_bank(tmp_path / "source", work)
    build_activity(bank, work)
    return bank


def test_what_branches_answer_comes_back_to_lists_and_figures(circle, client, tmp_path):
    bank, work = circle
    load_release(work)
    sign_in(client)
    bought, no, opted_out = (work_next(client, answer) for answer in ("bought", "no", "opt_out"))
    assert len({bought, no, opted_out}) == 3
    assert opted_out not in client.get("/day").content.decode()

    returned = return_results(work)
    assert (returned.results, returned.imported.new, returned.imported.refused) == (3, 3, 1)
    assert Result.objects.filter(returned_at=None).count() == 0

    before = offered(work)
    publish(bank, work, ["longtail"], AS_OF)
    for now in offered(work):
        assert opted_out not in now
    assert opted_out in before[0]
    load_release(work)
    assert ListRow.objects.filter(customer_id=opted_out, status="open").count() == 0

    later = measured_bank(tmp_path, work)
    campaign = campaigns(work)[-1]
    rows = read_results(later, work, campaign, date(2024, 10, 31)).set_index("customer_id")
    assert rows.loc[[bought, no], "answer"].to_list() == ["bought", "no"]
    assert rows.loc[[bought, no], "contacted_on"].to_list() == [DAY, DAY]
