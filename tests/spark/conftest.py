"""Spark on this machine's two cores, beside DuckDB, on the same tables."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import pytest

from goldmine.activity import build, build_activity
from goldmine.contract.bank import Bank
from goldmine.contract.intake import open_bank
from goldmine.core.dates import month_end
from goldmine.core.engine import Engine
from goldmine.core.workspace import Workspace, at_home
from goldmine.features import build_features
from goldmine.sample import write_bank

DEFAULTS = """
spark.driver.memory 1g
spark.driver.host 127.0.0.1
spark.driver.bindAddress 127.0.0.1
spark.driver.extraJavaOptions -Dderby.stream.error.file=/dev/null -XX:TieredStopAtLevel=1 -XX:+UseSerialGC
spark.executor.memory 512m
spark.executor.extraJavaOptions -XX:TieredStopAtLevel=1 -XX:+UseSerialGC
spark.ui.enabled false
spark.speculation true
spark.speculation.minTaskRuntime 2s
spark.sql.shuffle.partitions 8
"""
"""On loopback alone. Short runs: Java compiles quickly rather than well. A slow task is started a second time."""
CATALOGUE = """
spark.sql.catalogImplementation hive
spark.sql.warehouse.dir {lake}/warehouse
spark.hadoop.javax.jdo.option.ConnectionURL jdbc:derby:;databaseName={lake}/metastore;create=true
"""
"""Hive's catalogue and warehouse in a folder; an option of Java's keeps `derby.log` out of the project's."""
SLICE = 150
"""Customers of a slice, so that the sample bank is cut into four."""


@dataclass(frozen=True)
class Both:
    """One bank at one cutoff, and what each engine made of it in a work folder of its own."""

    bank: Bank
    cutoff: date
    duckdb: Workspace
    spark: Workspace


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """The engine; its settings come from where a bank would put them."""
    folder = tmp_path_factory.mktemp("spark settings")
    lake = tmp_path_factory.mktemp("lake")
    (folder / "spark-defaults.conf").write_text(DEFAULTS + CATALOGUE.format(lake=lake), "utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SPARK_CONF_DIR", str(folder))
        yield Engine("spark", "local[2]", SLICE)


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory, spark: Engine) -> Both:
    """A small sample bank: every table of the contract, with enough months for every feature."""
    place = tmp_path_factory.mktemp("sample {of a bank}")
    write_bank(place / "bank", customers=600, months=16, seed=3, end=date(2024, 6, 30))
    return made_by_both(place / "bank", place, date(2024, 6, 30), spark)


@pytest.fixture(scope="session")
def retail(tmp_path_factory: pytest.TempPathFactory, spark: Engine) -> Both:
    """Online Retail II, customers and transactions alone."""
    data = at_home(os.environ.get("GOLDMINE_SHARED_DATA") or "../shared/data") / "online_retail"
    if not data.is_dir():
        pytest.skip("online_retail: the folder of this data set is missing (GOLDMINE_SHARED_DATA)")
    place = tmp_path_factory.mktemp("retail")
    return made_by_both(
        at_home("examples") / "online_retail", place, date(2011, 11, 30), replace(spark, slice_customers=2_000)
    )


def made_by_both(source: Path, place: Path, cutoff: date, spark: Engine) -> Both:
    """Let both engines make activity and the features of two cutoffs, each in a work folder of its own."""
    works = Workspace(place / "duckdb"), Workspace(place / "spark")
    bank = open_bank(source, works[0])
    for work, engine in zip(works, (replace(spark, name="duckdb"), spark), strict=True):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(build, "SLICE_ROWS", 300)  # Spark cuts the months into slices of customers
            build_activity(bank, work, engine)
        build_features(bank, work, [month_end(cutoff, -3), cutoff], engine)
    return Both(bank, cutoff, *works)
