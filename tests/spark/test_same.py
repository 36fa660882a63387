"""Spark gives what DuckDB gives: activity, features, scores, and so the same customers on the lists."""

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from goldmine.activity.build import partition
from goldmine.contactability import ContactTables
from goldmine.contactability.holdout import HeldBack
from goldmine.core.engine import DUCKDB, connect
from goldmine.core.parquet import parquet_files
from goldmine.labels.eligibility import eligible_rows
from goldmine.labels.use_case import load_use_case
from goldmine.models.champion import Champion
from goldmine.models.score import score
from goldmine.models.train import train
from goldmine.publishing.listing import choose
from tests.models.made import use_case
from tests.spark.tables import differing, rows_of

pytestmark = pytest.mark.spark


@pytest.fixture(params=["sample", "retail"])
def both(request):
    return request.getfixturevalue(request.param)


def test_a_month_of_activity_is_the_same_row_for_row(both):
    month = f"{both.cutoff:%Y-%m}"
    ours, theirs = (partition(work, "transactions", month) for work in (both.spark, both.duckdb))
    assert differing(*(rows_of(path, "customer_id", "known") for path in (ours, theirs))) == []


def test_every_feature_is_the_same(both):
    made = [rows_of(work.features(both.cutoff), "customer_id") for work in (both.spark, both.duckdb)]
    assert made[0].num_columns > 60
    assert pc.count_distinct(made[0]["customer_id"]).as_py() == made[0].num_rows > 500
    assert differing(*made) == []


def test_a_part_is_in_order_and_has_no_half_written_neighbour(sample):
    folder = sample.spark.features(sample.cutoff)
    parts = parquet_files(folder)
    assert all(ids == sorted(ids) for ids in (pq.read_table(part)["customer_id"].to_pylist() for part in parts))
    assert [path.name for path in folder.parent.glob(".*.part")] == []


def test_scores_and_lists_are_the_same(sample, spark):
    case = use_case(name="longtail", list_size=100)
    learnt = eligible_rows(sample.duckdb, case, sample.cutoff)
    happened = pc.less(learnt["inflow_sum_90d"], pc.quantile(learnt["inflow_sum_90d"], 0.5)[0]).cast(pa.int8())
    model = train(case, *[learnt.append_column("outcome", happened)] * 2, seed=7).model
    best = Champion("tiny", "1", "run", "2024-06-30", model)
    scored = []
    for work, engine in ((sample.duckdb, DUCKDB), (sample.spark, spark)):
        report = score(sample.bank, work, case, sample.cutoff, best, engine=engine)
        tables = ContactTables(sample.bank, connect(), sample.cutoff, HeldBack())
        listed = choose(tables, report.path, load_use_case("longtail"))
        scored.append((rows_of(report.path, "customer_id"), listed.rows["customer_id"].to_pylist()))
    (here, on_list), (there, on_their_list) = scored
    assert here["customer_id"].equals(there["customer_id"])
    assert pc.max(pc.abs(pc.subtract(here["probability"], there["probability"]))).as_py() < 1e-6
    assert pc.count_distinct(here["probability"]).as_py() > 50
    assert on_list == on_their_list
    assert len(on_list) > 50


def test_what_one_engine_made_the_other_takes_as_it_is(sample, spark):
    from goldmine.activity import build_activity
    from goldmine.features import build_features

    assert build_activity(sample.bank, sample.duckdb, spark).made == ()
    assert build_features(sample.bank, sample.spark, [sample.cutoff], DUCKDB).made == ()
