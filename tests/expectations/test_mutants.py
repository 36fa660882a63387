"""Every rule of every suite fires on its mutant, and just that rule; the clean tables pass them all."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

import duckdb
import pytest

from goldmine.contract.tables import TABLES
from goldmine.validation.cases import Case, count_bank, count_file
from goldmine.validation.judge import judge
from goldmine.validation.rules import FILE_SUITES, Rule, load_rules
from tests.expectations.clean import PARAMETERS, clean_tables, write_file, write_tables
from tests.expectations.mutants import mutant

SUITES = (*TABLES, *FILE_SUITES)
RULES = [(suite, rule.name) for suite in SUITES for rule in load_rules(suite)]

Fired = Callable[[str], dict[str, set[str]]]


@pytest.mark.parametrize("suite", SUITES)
def test_the_clean_tables_pass_every_rule(suite: str, tmp_path: Path) -> None:
    case = count(clean_tables(), suite, tmp_path)
    assert case.skipped == {}
    assert judge([case]) == [{rule.name: True for rule in case.rules}]


@pytest.mark.parametrize(("suite", "name"), RULES, ids=[f"{suite}.{name}" for suite, name in RULES])
def test_a_mutant_makes_just_its_rule_fire(suite: str, name: str, fired: Fired) -> None:
    rule = next(rule for rule in load_rules(suite) if rule.name == name)
    assert fired(suite)[name] == {name, *mutant(suite, rule).also}


@pytest.fixture(scope="module")
def fired(tmp_path_factory: pytest.TempPathFactory) -> Fired:
    """For each rule of a suite, the rules that Great Expectations finds broken in its mutant."""
    connection = clean_tables()

    @cache
    def fired(suite: str) -> dict[str, set[str]]:
        rules = load_rules(suite)
        cases = {rule.name: spoilt(connection, suite, rule, tmp_path_factory.mktemp(suite)) for rule in rules}
        verdicts = judge([in_one(cases)])[0]
        broken: dict[str, set[str]] = defaultdict(set)
        for name, kept in verdicts.items():
            meant, _, found = name.partition(" ")
            broken[meant] |= set() if kept else {found}
        return broken

    return fired


def spoilt(connection: duckdb.DuckDBPyConnection, suite: str, rule: Rule, folder: Path) -> Case:
    """The counts of a suite over the mutant of one of its rules."""
    connection.execute("BEGIN")
    connection.execute(mutant(suite, rule).spoil)
    case = count(connection, suite, folder)
    connection.execute("ROLLBACK")
    return case


def count(connection: duckdb.DuckDBPyConnection, suite: str, folder: Path) -> Case:
    """The counts of a suite over the tables as they stand."""
    if suite in FILE_SUITES:
        bank = write_tables(connection, folder, ["customers", "contacts"])
        return count_file(suite, write_file(connection, folder, suite), PARAMETERS[suite], bank)
    about = {need.partition(".")[0] for rule in load_rules(suite) for need in rule.needs}
    bank = write_tables(connection, folder, [name for name in TABLES if name in {suite, *about}])
    return count_bank(bank, [suite])[0]


def in_one(cases: dict[str, Case]) -> Case:
    """One case of all mutants' broken rules, each named "mutant rule": Great Expectations is slow to start."""
    rules, counts = [], {}
    for meant, case in cases.items():
        # A rule that no row breaks cannot fire; that is what the clean tables show.
        for rule in (rule for rule in case.rules if case.counts[rule.name].failing):
            name = f"{meant} {rule.name}"
            config = {**rule.config, "kwargs": {**rule.config["kwargs"], "rule": name}}
            rules.append(replace(rule, name=name, config=config))
            counts[name] = case.counts[rule.name]
    first = next(iter(cases.values()))
    return Case(first.suite, tuple(rules), counts, {})
