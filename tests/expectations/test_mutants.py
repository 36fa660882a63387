"""Every rule of every suite fires on its mutant, and just that rule; the clean tables pass them all."""

import re
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import duckdb
import pytest

from goldmine.contract.bank import Bank
from goldmine.contract.tables import TABLES
from goldmine.validation.counts import CountedSuite, count_file, count_tables
from goldmine.validation.great_expectations import evaluate
from goldmine.validation.rules import FILE_SUITES, load_rules
from tests.expectations.clean import PARAMETERS, clean_tables, write_beside, write_file, write_tables
from tests.expectations.mutants import mutant

SUITES = (*TABLES, *FILE_SUITES)
RULES = [(suite, rule.name) for suite in SUITES for rule in load_rules(suite)]

Fired = Callable[[str], dict[str, set[str]]]


@pytest.mark.parametrize("suite", SUITES)
def test_the_clean_tables_pass_every_rule(suite: str, little: "Little", tmp_path: Path) -> None:
    case = little.count(suite, "SELECT 1", tmp_path)
    assert case.skipped == {}
    assert evaluate([case]) == [{rule.name: True for rule in case.rules}]


@pytest.mark.parametrize(("suite", "name"), RULES, ids=[f"{suite}.{name}" for suite, name in RULES])
def test_a_mutant_makes_just_its_rule_fire(suite: str, name: str, fired: Fired) -> None:
    rule = next(rule for rule in load_rules(suite) if rule.name == name)
    assert fired(suite)[name] == {name, *mutant(suite, rule).also}


@dataclass(frozen=True)
class Little:
    """The clean tables, and the bank that was written from them."""

    connection: duckdb.DuckDBPyConnection
    bank: Bank

    def count(self, suite: str, spoil: str, folder: Path) -> CountedSuite:
        """The counts of a suite after a statement has spoilt the tables, which are clean again afterwards."""
        self.connection.execute("BEGIN")
        self.connection.execute(spoil)
        spoilt = write_tables(self.connection, folder, [n for n in TABLES if re.search(rf"\b{n}\b", spoil)]).tables
        about = {need.partition(".")[0] for rule in load_rules(suite) for need in rule.needs}
        seen = [name for name in TABLES if name in {suite, *about}]
        bank = replace(self.bank, tables={name: spoilt.get(name, self.bank.tables[name]) for name in seen})
        if suite in FILE_SUITES:
            parameters = PARAMETERS[suite] | (write_beside(folder) if suite == "offers" else {})
            case = count_file(suite, write_file(self.connection, folder, suite), parameters, bank)
        else:
            case = count_tables(bank, [suite])[0]
        self.connection.execute("ROLLBACK")
        return case


@pytest.fixture(scope="module")
def little(tmp_path_factory: pytest.TempPathFactory) -> Little:
    """The clean tables."""
    connection = clean_tables()
    return Little(connection, write_tables(connection, tmp_path_factory.mktemp("clean")))


@pytest.fixture(scope="module")
def fired(little: Little, tmp_path_factory: pytest.TempPathFactory) -> Fired:
    """For each rule of a suite, the rules that Great Expectations finds broken in its mutant."""

    @cache
    def fired(suite: str) -> dict[str, set[str]]:
        folder = tmp_path_factory.mktemp(suite)
        cases = {rule.name: little.count(suite, mutant(suite, rule).spoil, folder) for rule in load_rules(suite)}
        verdicts = evaluate([in_one(cases)])[0]
        broken: dict[str, set[str]] = defaultdict(set)
        for name, passed in verdicts.items():
            meant, _, found = name.partition(" ")
            broken[meant] |= set() if passed else {found}
        return broken

    return fired


def in_one(cases: dict[str, CountedSuite]) -> CountedSuite:
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
    return CountedSuite(first.suite, tuple(rules), counts, {})
