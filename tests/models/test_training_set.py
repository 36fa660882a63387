from datetime import date

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from goldmine.core.engine import connect
from goldmine.core.errors import HistoryError
from goldmine.core.workspace import Workspace
from goldmine.labels import plan_cutoffs
from goldmine.labels.use_case import load_use_case
from goldmine.models.score import score
from goldmine.models.training_draw import draw_balanced, draw_uniform
from goldmine.models.training_set import (
    TrainingSet,
    read_training_set,
    training_fingerprint,
    weighted_rows,
)
from tests.tiny import make_bank, transaction

END = date(2024, 6, 30)
CUTOFFS = (date(2024, 1, 31), date(2024, 2, 29))


@pytest.fixture
def labels():
    """Two cutoffs of 10,000 customers each; every hundredth has the outcome."""
    ids = [f"{number:05}" for number in range(10_000)]
    outcome = pa.array([int(number % 100 == 0) for number in range(10_000)], pa.int8())
    return {cutoff: pa.table({"customer_id": ids, "outcome": outcome}) for cutoff in CUTOFFS}


@pytest.fixture
def sampled(labels):
    """Draw about so many of some cutoffs' rows as a training does: the drawn rows with their weights by cutoff."""

    def sample(max_rows, seed=1, tables=labels):
        counts = [(table.num_rows, pc.sum(table["outcome"]).as_py()) for table in tables.values()]
        draw = draw_balanced(counts, max_rows, seed)
        rows = {cutoff: draw.rows_of(connect(), table, cutoff) for cutoff, table in tables.items()}
        return {cutoff: draw.weighted(table) for cutoff, table in rows.items()}

    return sample


def test_few_rows_are_not_drawn():
    assert draw_balanced([(10_000, 100), (10_000, 100)], 20_000, seed=1) is None
    assert draw_uniform(10_000, 10_000, seed=1) is None


def test_draw_keeps_positives_and_reweights_negatives(sampled):
    drawn = sampled(4_000)
    assert list(drawn) == list(CUTOFFS)
    whole = pa.concat_tables(drawn.values())
    assert whole["outcome"].to_numpy().sum() == 200
    assert whole.num_rows == pytest.approx(4_000, rel=0.03)
    assert sorted(set(whole["weight"].to_numpy().round(3))) == [1.0, pytest.approx(19_800 / 3_800, abs=0.001)]
    assert whole["weight"].to_numpy().sum() == pytest.approx(20_000, rel=0.03)


def test_many_positives_are_drawn_to_half_of_the_rows(sampled, labels):
    often = pa.array([int(number % 4 < 3) for number in range(10_000)], pa.int8())
    common = {cutoff: table.set_column(1, "outcome", often) for cutoff, table in labels.items()}
    whole = pa.concat_tables(sampled(4_000, tables=common).values())
    assert whole.num_rows == pytest.approx(4_000, rel=0.03)
    assert whole["outcome"].to_numpy().sum() == pytest.approx(2_000, rel=0.05)
    assert sorted(set(whole["weight"].to_numpy().tolist())) == [2.5, 7.5]


def test_few_negatives_are_all_kept(sampled, labels):
    nearly_all = pa.array([int(number % 100 != 0) for number in range(10_000)], pa.int8())
    common = {cutoff: table.set_column(1, "outcome", nearly_all) for cutoff, table in labels.items()}
    whole = pa.concat_tables(sampled(4_000, tables=common).values())
    assert whole.num_rows == pytest.approx(4_000, rel=0.03)
    assert (whole["outcome"].to_numpy() == 0).sum() == 200


def test_draw_depends_on_seed_and_cutoff(sampled):
    first, same, other = (sampled(4_000, seed)[CUTOFFS[0]] for seed in (1, 1, 2))
    assert first.equals(same)
    assert not first.equals(other)
    assert not first["customer_id"].equals(sampled(4_000)[CUTOFFS[1]]["customer_id"])


def test_customer_is_drawn_by_number_whoever_else_is_read(labels):
    draw, cutoff = draw_uniform(10_000, 3_000, seed=7), CUTOFFS[0]
    table = labels[cutoff]
    drawn = draw.rows_of(connect(), table, cutoff)["customer_id"].to_pylist()
    assert (len(drawn), drawn[:6]) == (
        3022,
        ["00002", "00011", "00012", "00021", "00026", "00028"],
    )  # worked out with Python's own MD5
    parts = [draw.rows_of(connect(), part, cutoff) for part in (table[:1], table[1:6_000], table[6_000:])]
    assert pa.concat_tables(parts)["customer_id"].to_pylist() == drawn
    backwards = draw.rows_of(connect(), table[::-1], cutoff)["customer_id"].to_pylist()
    assert backwards == drawn[::-1]


def test_uniform_draw_has_one_weight_and_represents_all_rows(labels):
    draw = draw_uniform(10_000, 5_000, seed=1)
    drawn = draw.weighted(draw.rows_of(connect(), labels[CUTOFFS[0]], CUTOFFS[0]))
    assert drawn.num_rows == pytest.approx(5_000, rel=0.03)
    assert len(set(drawn["weight"].to_numpy().tolist())) == 1
    assert weighted_rows(drawn) == 10_000


def test_share_of_positives_is_weighted():
    sampled = pa.table({"outcome": pa.array([1, 1, 0], pa.int8()), "weight": pa.array([2.0, 2.0, 12.0], pa.float32())})
    counts = TrainingSet(sampled, sampled.drop_columns("weight")).counts()
    assert counts["train"] == {"rows": 3, "weighted_rows": 16, "positives": 2, "share": 0.25}
    assert counts["test"] == {"rows": 3, "weighted_rows": 3, "positives": 2, "share": pytest.approx(2 / 3)}


@pytest.fixture
def stale(tmp_path):
    """A bank of one customer, and a work folder whose feature tables have no fingerprint."""
    months = [f"{year}-{month:02}" for year in (2022, 2023, 2024) for month in range(1, 13)][:30]
    moves = [transaction(number, "A", f"{month}-03T09:00") for number, month in enumerate(months)]
    bank = make_bank(tmp_path / "bank", {"customers": [{"customer_id": "A"}], "transactions": moves})
    work = Workspace(tmp_path / "work")
    for cutoff in (*plan_cutoffs(load_use_case("dormancy"), END, bank).all, END):
        path = work.features(cutoff)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return bank, work


def test_content_of_a_feature_table_belongs_to_the_fingerprint(stale):
    bank, work = stale
    case = load_use_case("dormancy")
    before = training_fingerprint(bank, work, case, END, seed=1)
    assert training_fingerprint(bank, work, case, END, seed=1) == before
    work.features(plan_cutoffs(case, END, bank).test).write_bytes(b"spoiled")
    assert training_fingerprint(bank, work, case, END, seed=1) != before


def test_training_refuses_features_made_by_other_code(stale):
    with pytest.raises(HistoryError, match="by other code than there are now"):
        read_training_set(*stale, load_use_case("dormancy"), END)


def test_scoring_refuses_features_made_by_other_code(stale):
    with pytest.raises(HistoryError, match=r"features at 2024-06-30: .* by other code than there are now"):
        score(*stale, load_use_case("dormancy"), END, None)
