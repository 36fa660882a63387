"""Spark gives what DuckDB gives, byte for byte: activity, features, scores, and so the same customers on the lists."""

from functools import partial

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from goldmine.activity.build import build_activity, partition, partition_fingerprints
from goldmine.contactability import ContactTables
from goldmine.contactability.holdout import HeldBack
from goldmine.core.dates import month_end
from goldmine.core.engine import DUCKDB, connect
from goldmine.core.files import remove
from goldmine.core.parquet import parquet_files
from goldmine.features import build_features, feature_content
from goldmine.labels.eligibility import eligible_rows
from goldmine.labels.use_case import Baseline, load_use_case
from goldmine.models import ranking
from goldmine.models.champion import Champion
from goldmine.models.expected_rate import score_by_expected_rate
from goldmine.models.score import score
from goldmine.models.train import train
from goldmine.models.training_draw import draw_balanced
from goldmine.models.training_rows import RowSource, read_rows
from goldmine.publishing.listing import choose
from tests.models.made import use_case
from tests.spark.tables import contents

pytestmark = pytest.mark.spark


@pytest.fixture(params=["sample", "retail"])
def both(request):
    return request.getfixturevalue(request.param)


def test_every_month_of_activity_is_the_same_file(both):
    months = [name.split("/") for name in partition_fingerprints(both.duckdb)]
    assert len(months) > 12
    ours, theirs = ({tuple(m): contents(partition(work, *m)) for m in months} for work in (both.spark, both.duckdb))
    assert ours == theirs


def test_every_feature_is_the_same_file_in_every_slice(both):
    ours, theirs = (contents(work.features(both.cutoff)) for work in (both.spark, both.duckdb))
    assert ours == theirs
    assert len(ours) > 2
    assert feature_content(both.spark, both.cutoff) == feature_content(both.duckdb, both.cutoff)
    assert sum(pq.read_metadata(part).num_rows for part in parquet_files(both.spark.features(both.cutoff))) > 500


def test_parts_are_in_order_and_have_no_half_written_neighbour(sample):
    folder = sample.spark.features(sample.cutoff)
    numbers = [number for part in parquet_files(folder) for number in pq.read_table(part)["customer_id"].to_pylist()]
    assert numbers == sorted(numbers)
    assert [path.name for path in folder.rglob(".*")] == []
    assert [path for path in folder.parent.glob(".*") if path.suffix != ".seal"] == []


@pytest.mark.parametrize("rows", [150, ranking.RANGE], ids=["ranges", "one query"])
def test_scores_and_lists_are_the_same(sample, spark, monkeypatch, rows):
    monkeypatch.setattr(ranking, "RANGE", rows)
    for work in (sample.duckdb, sample.spark):
        remove(work.scores(sample.cutoff, "longtail"))
    case = use_case(name="longtail", list_size=100)
    learnt = eligible_rows(sample.duckdb, case, sample.cutoff)
    happened = pc.less(learnt["inflow_sum_90d"], pc.quantile(learnt["inflow_sum_90d"], 0.5)[0]).cast(pa.int8())
    model = train(case, *[learnt.append_column("outcome", happened)] * 2, seed=7).model
    best = Champion("tiny", "1", "run", "2024-06-30", model)
    files, scored = [], []
    for work, engine in ((sample.duckdb, DUCKDB), (sample.spark, spark)):
        report = score(sample.bank, work, case, sample.cutoff, best, engine=engine)
        tables = ContactTables(sample.bank, connect(), sample.cutoff, HeldBack())
        listed = choose(tables, report.path, load_use_case("longtail"), features=work.features(sample.cutoff))
        files.append((contents(report.path), report.unseen_categories))
        scored.append((pq.read_table(report.path), listed.rows["customer_id"].to_pylist()))
    assert files[0] == files[1]
    (table, on_list), (_, on_their_list) = scored
    assert table.num_rows == learnt.num_rows
    assert table["rank"].to_pylist() == list(range(1, table.num_rows + 1))
    assert pc.count_distinct(table["probability"]).as_py() > 50
    assert on_list == on_their_list
    assert len(on_list) > 50


@pytest.mark.parametrize("rows", [150, ranking.RANGE], ids=["ranges", "one query"])
def test_customers_who_get_the_expected_rate_are_the_same(sample, spark, monkeypatch, rows):
    monkeypatch.setattr(ranking, "RANGE", rows)
    lowest_first = Baseline(feature="days_since_own", highest_first=False)
    case = use_case(name="rated", expected_rate=0.05, baseline=lowest_first)
    rated = [
        score_by_expected_rate(sample.bank, work, case, sample.cutoff, engine=engine)
        for work, engine in ((sample.duckdb, DUCKDB), (sample.spark, spark))
    ]
    assert contents(rated[0].path) == contents(rated[1].path)
    scores, held = pq.read_table(rated[0].path), eligible_rows(sample.duckdb, case, sample.cutoff)
    days = pc.fill_null(held["days_since_own"], float("inf")).to_pylist()
    order = sorted(zip(days, held["customer_id"].to_pylist(), strict=True))
    assert scores["customer_id"].to_pylist() == [number for _, number in order]
    assert set(scores["probability"].to_pylist()) == {0.05}


@pytest.mark.parametrize("max_rows", [100, 100_000])
def test_the_same_rows_are_drawn_to_train_on(sample, spark, max_rows):
    cutoff = month_end(sample.cutoff, -3)
    case = use_case(gap_days=0, horizon_days=60)
    read = []
    for work, engine in ((sample.duckdb, DUCKDB), (sample.spark, spark)):
        source = RowSource(sample.bank, work, case, sample.cutoff)
        drawn = read_rows(engine, source, [cutoff], partial(_drawn_to, max_rows))
        read.append(drawn[cutoff].combine_chunks())
    ours, theirs = read
    assert ours.equals(theirs)
    assert ours.schema == theirs.schema
    numbers, everyone = ours["customer_id"].to_pylist(), eligible_rows(sample.duckdb, case, cutoff).num_rows
    assert numbers == sorted(numbers)
    assert 0.2 < pc.mean(ours["outcome"]).as_py() < 0.8
    assert len(numbers) == everyone if max_rows > everyone else 60 < len(numbers) < 140
    assert ("weight" in ours.column_names) == (max_rows < everyone)


def _drawn_to(max_rows, counts):
    return {cutoff: draw_balanced([count], max_rows, seed=7) for cutoff, count in counts.items()}


def test_what_one_engine_made_the_other_takes_as_it_is(sample, spark):
    assert build_activity(sample.bank, sample.duckdb, spark).made == ()
    assert build_features(sample.bank, sample.spark, [sample.cutoff], DUCKDB).made == ()
