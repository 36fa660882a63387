"""``goldmine tags``: what it prints."""

from datetime import date

import pytest
from typer.testing import CliRunner

from goldmine.activity import build_activity
from goldmine.cli.tags import app
from goldmine.contract.intake import open_bank
from goldmine.core.workspace import Workspace
from goldmine.customers.table import build_customers
from goldmine.features import build_features
from tests.project.test_texts import CHINESE
from tests.tiny import balance, make_bank, transaction

JUNE = date(2024, 6, 30)


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tags")
    people = [{"customer_id": "001", "opened_on": date(2020, 1, 1), "branch_id": "B1"}]
    tables = {"customers": people, "transactions": [transaction(1, "001", "2024-06-05T09:00")]}
    tables |= {"balances": [balance("001", str(JUNE), "demand", "60000.00")]}
    make_bank(folder / "bank", tables)
    work = Workspace(folder / "work")
    bank = open_bank(folder / "bank", work)
    build_activity(bank, work)
    build_features(bank, work, [JUNE])
    build_customers(bank, work, [JUNE])
    return work


def test_check_counts_example_rows_that_pass():
    done = CliRunner().invoke(app, ["check"])
    assert done.exit_code == 0
    assert "rows of their examples pass" in done.output


def test_list_shows_each_condition_with_both_titles():
    done = CliRunner().invoke(app, ["list"])
    assert "长尾客户  Long-tail customer" in done.output
    assert "level == 0" in done.output


def explained(work, language):
    command = ["explain", "001", "--work", str(work.root), "--as-of", str(JUNE), "--language", language]
    result = CliRunner().invoke(app, command)
    assert result.exit_code == 0, result.output
    return result.output.splitlines()


def test_reasons_of_tags_are_in_the_language_asked_for(work, own_home):
    chinese, english = explained(work, "zh"), explained(work, "en")
    assert chinese[0].startswith("001，2024-06-30：共")
    assert english[0].startswith("001 at 2024-06-30: ")
    assert not any(CHINESE.search(line) for line in english)
    assert all(CHINESE.search(line) for line in chinese if not line.startswith(" "))
    assert any("口径负责人：" in line for line in chinese)
    assert not any("owner:" in line or "(since" in line for line in chinese)


def test_another_language_is_refused(work):
    result = CliRunner().invoke(app, ["explain", "001", "--work", str(work.root), "--language", "fr"])
    assert result.exit_code == 2
