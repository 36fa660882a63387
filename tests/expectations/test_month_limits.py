"""Limits of months: proposed from history, and in force once the table's owner has signed them."""

import math
from datetime import date, timedelta
from pathlib import Path

import pytest
import yaml

from goldmine.core.errors import SettingsError
from goldmine.validation.counts import count_tables
from goldmine.validation.month_limits import as_proposal, signed_limits
from goldmine.validation.month_proposal import propose_limits
from tests.tiny import make_bank, transaction

SIGNED = {"name": "Li Wei", "date": date(2024, 7, 5), "reason": "steady for years"}


def books(folder: Path, last: int = 200):
    """Two and a half years of 200 salaries a month by as many customers; the last month has `last`."""
    rows = []
    for month in range(30):
        first = date(2022 + month // 12, 1 + month % 12, 1)
        held = last if month == 29 else 200 - 6 * (month % 3)
        for number in range(held):
            day = first + timedelta(days=number % 28)
            rows.append(transaction(len(rows), f"C{number}", f"{day} 10:00:00", kind="salary"))
    people = [{"customer_id": f"C{number}", "opened_on": date(2020, 1, 1)} for number in range(200)]
    return make_bank(folder, {"customers": people, "transactions": rows})


def broken(bank) -> list[str]:
    (case,) = count_tables(bank, ["transactions"])
    return sorted(rule.name for rule in case.rules if rule.of == "month" and case.counts[rule.name].failing)


@pytest.fixture
def project(tmp_path, monkeypatch) -> Path:
    """A project folder with the suites of this one, and no signed limit."""
    from goldmine.core.workspace import home

    place = tmp_path / "project"
    (place / "pipelines").mkdir(parents=True)
    (place / "expectations").symlink_to(home() / "expectations")
    monkeypatch.setenv("GOLDMINE_HOME", str(place))
    return place


def sign(project: Path, *entries: dict) -> None:
    (project / "pipelines" / "month_limits.yaml").write_text(yaml.safe_dump({"signed": list(entries)}), "utf-8")


def test_limits_come_from_the_widest_healthy_month_and_are_no_nearer_than_chance(project, tmp_path):
    limits = {(each.table, each.figure, each.part): each for each in propose_limits(books(tmp_path))}
    rows = limits["transactions", "rows", ""]
    chance = math.exp(4 * math.sqrt(1 / 194))
    assert (rows.lowest, rows.highest) == (math.floor(100 / chance) / 100, math.ceil(100 * chance) / 100)
    assert (rows.bank, rows.months) == ("tiny", 24)
    total = limits["transactions", "total", "salary"]
    assert (total.lowest, total.highest) == (0.8, 1.25)


def test_a_proposal_is_refused_until_it_is_signed(project, tmp_path):
    proposed = yaml.safe_load(as_proposal(propose_limits(books(tmp_path))))["signed"]
    sign(project, proposed[0])
    with pytest.raises(SettingsError, match=r"month_limits\.yaml: signed"):
        signed_limits("tiny", "transactions")
    sign(project, proposed[0] | SIGNED)
    assert [limit.name for limit in signed_limits("tiny", "transactions")] == ["Li Wei"]


def test_a_signed_limit_takes_the_place_of_the_one_that_every_bank_starts_with(project, tmp_path):
    bank = books(tmp_path, last=155)
    assert broken(bank) == []
    entry = {"bank": "tiny", "table": "transactions", "figure": "rows", "lowest": 0.85, "highest": 1.2, "months": 24}
    sign(project, entry | SIGNED)
    assert broken(bank) == ["snapshot_rows_unlike_months"]
    sign(project, entry | {"bank": "other"} | SIGNED)
    assert broken(bank) == []


def test_a_signed_limit_may_be_wider(project, tmp_path):
    bank = books(tmp_path, last=130)
    assert "snapshot_rows_unlike_months" in broken(bank)
    entry = {"bank": "tiny", "table": "transactions", "figure": "rows", "lowest": 0.5, "highest": 2.0, "months": 0}
    sign(project, entry | SIGNED)
    assert "snapshot_rows_unlike_months" not in broken(bank)


def test_months_that_broke_a_rule_are_no_example_and_few_months_give_no_limit(project, tmp_path):
    before = {limit.figure: limit.lowest for limit in propose_limits(books(tmp_path / "whole")) if not limit.part}
    after = {limit.figure: limit.lowest for limit in propose_limits(books(tmp_path / "cut", last=40)) if not limit.part}
    assert after["rows"] == before["rows"]
    assert propose_limits(books(tmp_path / "whole"), date(2022, 12, 31)) == []


def test_a_month_that_broke_the_nearer_rule_of_months_with_a_year_ago_is_no_example(project, tmp_path):
    assert "snapshot_rows_unlike_months" in broken(books(tmp_path / "broken", last=130))
    before = {limit.figure: limit.lowest for limit in propose_limits(books(tmp_path / "whole")) if not limit.part}
    after = {
        limit.figure: limit.lowest for limit in propose_limits(books(tmp_path / "cut", last=130)) if not limit.part
    }
    assert (before["rows"], after["rows"]) == (0.75, 0.75)


def test_a_proposal_is_no_wider_than_what_holds_without_it(project, tmp_path):
    bank = books(tmp_path, last=152)
    assert broken(bank) == []
    (rows,) = (limit for limit in propose_limits(bank) if limit.figure == "rows")
    assert (rows.lowest, rows.highest) == (0.75, 1.38)
