"""Counts of pieces and partitions add up to what one pass over the table counts."""

from pathlib import Path

import duckdb
import pytest

from goldmine.contract.bank import Bank
from goldmine.validation.counts import CountedSuite, count_file, count_tables
from goldmine.validation.jobs import case_of, jobs_of, until
from goldmine.validation.keys import KeyCount
from goldmine.validation.rules import load_rules
from goldmine.validation.subject import Counting, Sizes, Subject
from goldmine.validation.tally import Lookup, lookup_of
from tests.expectations.clean import BOOKS_TO, clean_tables, write_tables

SPOIL = """
    INSERT INTO transactions FROM transactions WHERE transaction_id = 'T3';
    INSERT INTO transactions SELECT * REPLACE (200 AS amount) FROM transactions WHERE transaction_id = 'T4';
    INSERT INTO transactions SELECT * REPLACE (time + INTERVAL 1 MONTH AS time) FROM transactions
        WHERE transaction_id = 'T6';
    UPDATE transactions SET customer_id = 'X' WHERE transaction_id IN ('T7', 'T8');
    UPDATE customers SET opened_on = DATE '2024-06-29' WHERE customer_id IN ('C9', 'C10');
    UPDATE transactions SET counterparty_customer_id = NULL WHERE transaction_id = 'T11';
    UPDATE transactions SET counterparty_customer_id = 'Y' WHERE transaction_id IN ('T12', 'T13', 'T14');
    UPDATE customers SET merged_into = 'Z' WHERE customer_id = 'C1';
    UPDATE customers SET id_number_hash = sha256('one') WHERE customer_id < 'C6';
"""
SMALL = Sizes(piece=9, key=4, looked_up=6, task=20)


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Bank:
    """The clean tables with repeated keys and unknown, late and nameless customers."""
    connection = clean_tables()
    connection.execute(SPOIL)
    return write_tables(connection, tmp_path_factory.mktemp("bank"))


def failing(case: CountedSuite) -> dict[str, int]:
    return {name: count.failing for name, count in case.counts.items() if count.failing}


@pytest.mark.parametrize("sizes", [None, SMALL, Sizes(piece=3, key=1, looked_up=12, task=1)])
def test_pieces_and_partitions_count_what_one_pass_counts(bank: Bank, sizes: Sizes | None) -> None:
    cases = {case.suite: case for case in count_tables(bank, ["customers", "transactions"], how=Counting(sizes=sizes))}
    assert failing(cases["transactions"]) == {
        "key_contradicted": 2,
        "row_repeated": 1,
        "customer_id_unknown": 2,
        "before_customer_opened": 2,
        "counterparty_customer_id_unknown": 3,
    }
    assert cases["transactions"].counts["customer_id_unknown"].checked == 28
    assert failing(cases["customers"])["merged_into_unknown"] == 1
    assert failing(cases["customers"])["id_number_hash_of_many"] == 21


def test_every_suite_has_the_same_counts_in_halves(bank: Bank) -> None:
    assert count_tables(bank, how=Counting(sizes=Sizes(piece=15, key=15, looked_up=15, task=100))) == count_tables(bank)


def test_a_table_is_cut_into_months_and_its_keys_into_ranges(bank: Bank) -> None:
    jobs = list(jobs_of(case_of(Subject.of_bank(bank, "transactions", "2024-06"), bank, until(bank)), SMALL))
    assert [(job.size, job.parts) for job in jobs if isinstance(job, KeyCount)] == [(28, 7)]
    # Three months, each with its own rows and five partitions of those of two lookups among 25 customers.
    assert len(jobs) - 1 == 3 * (1 + 2 * 5)


def test_empty_and_infinite_values_of_a_file_add_up(tmp_path: Path) -> None:
    numbers = "CASE i WHEN 2 THEN NULL WHEN 7 THEN 'nan'::FLOAT WHEN 20 THEN 'inf'::FLOAT ELSE i END AS balance"
    rows = "'C' || i AS customer_id, DATE '2024-06-30' AS cutoff, NULL::FLOAT AS outflow, nullif(i < 13, true) AS late"
    for part in range(2):
        duckdb.sql(
            f"COPY (SELECT {rows}, {numbers} FROM range({13 * part}, {13 * part + 13}) AS t(i)) "
            f"TO '{tmp_path}/{part}.parquet' (FORMAT parquet)"
        )
    for sizes in (None, SMALL, Sizes(piece=1, key=1, looked_up=1, task=5)):
        counts = count_file("features", tmp_path, {"cutoff": BOOKS_TO}, None, Counting(sizes=sizes)).counts
        assert [(name, count.checked, count.failing) for name, count in counts.items() if count.failing] == [
            ("number_infinite", 5, 1),
            ("column_empty", 5, 1),
        ]


def test_what_a_rule_looks_up_is_read_from_its_condition() -> None:
    rules = {rule.name: rule for rule in load_rules("customers")}
    assert lookup_of(rules["merged_into_unknown"]) == Lookup("merged_into", "customers", "customer_id")
    assert lookup_of(rules["id_number_hash_of_many"]) == Lookup("id_number_hash", "customers", "id_number_hash")
    assert lookup_of(rules["merged_into_circle"]) is None
    assert lookup_of(rules["closed_before_opened"]) is None
