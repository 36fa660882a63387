"""What a validation leaves behind: results of counts, a site without values, an error that names rule and count."""

import json
from pathlib import Path
from urllib.parse import quote

import pytest

from goldmine.core.errors import SettingsError, ValidationError
from goldmine.core.i18n import stored_text
from goldmine.core.workspace import Workspace
from goldmine.validation import SuiteResult, require, validate_bank, validate_file
from goldmine.validation.results import RuleResult
from goldmine.validation.rules import load_rules
from tests.expectations.clean import PARAMETERS, clean_tables, write_file, write_tables

SPOIL = """UPDATE transactions SET customer_id = 'Nobody77', direction = 'sideways' WHERE rowid = 3;
    UPDATE customers SET gender = 'Secret' WHERE rowid = 5"""


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return Workspace(tmp_path_factory.mktemp("work"))


@pytest.fixture(scope="module")
def results(work: Workspace, tmp_path_factory: pytest.TempPathFactory) -> dict[str, SuiteResult]:
    """Results of a spoilt bank of two tables."""
    connection = clean_tables()
    connection.execute(SPOIL)
    bank = write_tables(connection, tmp_path_factory.mktemp("bank"), ["customers", "transactions"])
    return {result.suite: result for result in validate_bank(bank, work)}


def test_results_hold_rule_column_severity_and_counts(results: dict[str, SuiteResult]) -> None:
    broken = results["transactions"].failed("fatal")
    assert [(rule.rule, rule.column, rule.failing, rule.rows) for rule in broken] == [
        ("direction_outside_codes", "direction", 1, 25),
        ("customer_id_unknown", "customer_id", 1, 25),
    ]
    assert not results["transactions"].success


def test_a_warning_does_not_fail_a_suite(results: dict[str, SuiteResult]) -> None:
    assert [rule.rule for rule in results["customers"].failed("warning")] == ["gender_outside_codes"]
    assert results["customers"].success
    require([results["customers"]])


def test_rules_about_absent_tables_are_skipped_and_named(results: dict[str, SuiteResult]) -> None:
    assert results["customers"].skipped == {
        "branch_id_unknown": ["branches.branch_id"],
        "grid_id_unknown": ["grids.grid_id"],
        "manager_id_unknown": ["staff.staff_id"],
        "employer_id_unknown": ["employers.employer_id"],
    }


def test_broken_fatal_rule_stops_the_run_with_its_count(results: dict[str, SuiteResult]) -> None:
    with pytest.raises(ValidationError, match=r"transactions\.customer_id: customer_id_unknown \(1 of 25\)") as caught:
        require(results.values())
    assert "Nobody77" not in str(caught.value)


def test_a_fatal_rule_on_months_names_the_first_two() -> None:
    months = ("2024-06 cash", "2024-06 salary", "2024-06")
    rule = RuleResult("median_unlike", "amount", "", "fatal", False, 80, 3, stored_text({"en": "Alike."}), months)
    with pytest.raises(ValidationError, match=r"median_unlike \(3 of 80: 2024-06 cash, 2024-06 salary, …\)"):
        require([SuiteResult("transactions", (rule,), {})])


def test_results_stand_in_the_work_folder_as_json(results: dict[str, SuiteResult], work: Workspace) -> None:
    written = json.loads(work.validation("transactions").read_text("utf-8"))
    assert (written["success"], written["fatal"], written["warnings"]) == (False, 2, 0)
    assert written["rules"][0]["meaning"] == {"en": "The table has rows.", "zh": "表中有数据。"}


def test_no_value_and_no_web_address_gets_into_the_work_folder(
    results: dict[str, SuiteResult], work: Workspace
) -> None:
    written = "".join(path.read_text("utf-8") for path in work.root.rglob("*") if path.suffix in (".html", ".json"))
    assert "customer_id" in written
    for value in ("Nobody77", "sideways", "Secret", "C3", "1980-01-06", "http"):
        assert value not in written


def test_the_site_has_an_index_of_all_suites_and_a_page_of_each(
    results: dict[str, SuiteResult], work: Workspace, tmp_path: Path
) -> None:
    path = write_file(clean_tables(), tmp_path, "scores")
    for _ in range(2):
        assert validate_file("scores", path, work).success
    index = (work.docs / "index.html").read_text("utf-8")
    for suite in ("customers", "transactions", "scores"):
        pages = list((work.docs / "validations" / suite).rglob("*.html"))
        assert len(pages) == 1
        assert f'href="{quote(pages[0].relative_to(work.docs).as_posix())}"' in index


def test_rules_without_their_parameters_are_skipped(work: Workspace, tmp_path: Path) -> None:
    path = write_file(clean_tables(), tmp_path, "lists")
    skipped = validate_file("lists", path, work, {"use_case": "longtail"}).skipped
    assert skipped["as_of_other"] == ["$as_of"]
    assert skipped["customer_opted_out"] == ["customers.marketing_consent"]
    assert "use_case_other" not in skipped


def test_a_clean_file_passes_with_the_bank_behind_it(work: Workspace, tmp_path: Path) -> None:
    connection = clean_tables()
    bank = write_tables(connection, tmp_path, ["customers", "contacts"])
    result = validate_file("lists", write_file(connection, tmp_path, "lists"), work, PARAMETERS["lists"], bank)
    assert result.success
    assert result.skipped == {}


def test_an_unknown_suite_is_refused() -> None:
    with pytest.raises(SettingsError, match="there is no suite 'nothing'"):
        load_rules("nothing")
