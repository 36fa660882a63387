"""The suites in `expectations/` say the same as the contract, and can be read."""

import re

import pytest

from goldmine.contract.tables import TABLES
from goldmine.core.workspace import home
from goldmine.validation.docs import rules_page
from goldmine.validation.rules import FILE_SUITES, load_rules

SUITES = (*TABLES, *FILE_SUITES)


def test_there_is_a_suite_a_table_and_none_beside() -> None:
    assert {path.stem for path in (home() / "expectations").glob("*.json")} == set(SUITES)


@pytest.mark.parametrize("suite", SUITES)
def test_names_differ_and_every_rule_has_words_in_both_languages(suite: str) -> None:
    rules = load_rules(suite)
    assert len({rule.name for rule in rules}) == len(rules)
    assert all(rule.config["description"].endswith(".") for rule in rules)
    assert all(re.search("[一-鿿]", rule.config["notes"]) for rule in rules)


@pytest.mark.parametrize("table", TABLES)
def test_code_lists_are_those_of_the_contract(table: str) -> None:
    rules = {rule.name: rule for rule in load_rules(table)}
    for column in TABLES[table].columns:
        named = re.findall(r"'([^']+)'", rules[f"{column.name}_outside_codes"].breaks) if column.codes else []
        assert tuple(named) == column.codes


@pytest.mark.parametrize("table", TABLES)
def test_keys_and_required_columns_are_those_of_the_contract(table: str) -> None:
    spec, rules = TABLES[table], load_rules(table)
    assert {rule.key for rule in rules if rule.of == "key"} == {spec.key}
    given = {rule.column for rule in rules if rule.name.endswith("_given") and rule.severity == "fatal"}
    assert given == {column.name for column in spec.columns if column.required}


@pytest.mark.parametrize("table", TABLES)
def test_no_day_may_lie_after_the_books(table: str) -> None:
    # A refusal may have an end that is still to come, and a loan is due later.
    dated = {c.name for c in TABLES[table].columns if c.kind in ("day", "moment")} - {
        "birth_date",
        "end_date",
        "due_on",
        "matures_on",
    }
    assert {rule.column for rule in load_rules(table) if rule.name.endswith("_after_books")} == dated


def test_equal_rows_that_would_count_twice_stop_the_run() -> None:
    """A month of balances that was exported twice would double everybody's assets; of payments one counts."""
    severities = {name: rule.severity for name in TABLES for rule in load_rules(name) if rule.name == "row_repeated"}
    assert {severities.pop(name) for name in ("customers", "balances", "loans", "loan_months")} == {"fatal"}
    assert set(severities.values()) == {"warning"}


def test_the_page_of_rules_is_up_to_date() -> None:
    assert (home() / "docs" / "expectations.md").read_text("utf-8") == rules_page()
