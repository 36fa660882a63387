"""Validation counts the same in Spark's tasks as in this process, and writes the same results."""

import duckdb
import pytest

from goldmine.core.engine import DUCKDB
from goldmine.core.parquet import parquet_files
from goldmine.core.sql import literal
from goldmine.core.workspace import Workspace
from goldmine.validation import validate_bank, validate_file
from goldmine.validation.counts import count_tables
from goldmine.validation.subject import Counting, Sizes
from tests.expectations.clean import clean_tables, write_tables
from tests.expectations.test_partitions import SPOIL

pytestmark = pytest.mark.spark


def results(work):
    """Every JSON result of a work folder."""
    return {path.name: path.read_bytes() for path in work.validation("any").parent.glob("*.json")}


def test_results_of_a_spoilt_bank_are_the_same_to_the_byte(spark, tmp_path):
    connection = clean_tables()
    connection.execute(SPOIL)
    bank = write_tables(connection, tmp_path)
    works = {engine.name: Workspace(tmp_path / engine.name) for engine in (DUCKDB, spark)}
    broken = [
        [(result.suite, rule.rule, rule.failing) for result in found for rule in result.rules if rule.failing]
        for found in (validate_bank(bank, works[engine.name], engine=engine) for engine in (DUCKDB, spark))
    ]
    assert ("transactions", "key_contradicted", 2) in broken[1]
    assert ("transactions", "customer_id_unknown", 2) in broken[1]
    assert len(results(works["spark"])) == len(bank.tables)
    assert results(works["spark"]) == results(works["duckdb"])
    small = Counting(spark, tmp_path, Sizes(piece=15, key=15, looked_up=15, task=400))
    both = ["customers", "transactions"]
    assert count_tables(bank, both, how=small) == count_tables(bank, both)


def test_results_of_the_sample_bank_and_its_features_are_the_same(sample, spark, tmp_path):
    features = tmp_path / "features"
    features.mkdir()
    for number, part in enumerate(parquet_files(sample.duckdb.features(sample.cutoff))):
        spoilt = "aum_end * CASE WHEN customer_id LIKE '%7' THEN 'inf'::FLOAT ELSE 1 END" if number else "NULL::FLOAT"
        rows = f"SELECT * REPLACE ({spoilt} AS aum_end) FROM read_parquet({literal(part)})"
        duckdb.sql(f"COPY ({rows}) TO {literal(features / part.name)} (FORMAT parquet)")
    works = {engine.name: Workspace(tmp_path / engine.name) for engine in (DUCKDB, spark)}
    for engine in (DUCKDB, spark):
        work = works[engine.name]
        validate_bank(sample.bank, work, sample.cutoff, engine)
        found = validate_file("features", features, work, {"cutoff": sample.cutoff}, sample.bank, engine=engine)
        assert {rule.rule for rule in found.rules if rule.failing} >= {"number_infinite"}
    assert len(results(works["spark"])) > 20
    assert results(works["spark"]) == results(works["duckdb"])
