"""A file of features that is tried: its own features alone are made, and the tables are those of a whole build."""

from datetime import date

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from goldmine.activity import build_activity
from goldmine.contract.intake import open_bank
from goldmine.core.engine import connect, write_parquet
from goldmine.core.errors import LeakError
from goldmine.core.workspace import Workspace, home
from goldmine.features import build_features, catalogue
from goldmine.features.catalogue import try_folder, without_trial
from goldmine.features.trial import joined
from goldmine.labels.use_case import Condition, load_use_case
from goldmine.models.train import fit
from goldmine.pipeline.lab import Session, try_family
from goldmine.pipeline.lab.rows import link_activity, make_features, rows_at, training_set
from goldmine.sample import write_bank

CUTOFF = date(2024, 5, 31)


@pytest.fixture(scope="module")
def standing(tmp_path_factory):
    folder = tmp_path_factory.mktemp("standing")
    write_bank(folder / "bank", customers=400, months=14, seed=5, end=CUTOFF)
    work = Workspace(folder / "work")
    bank = open_bank(folder / "bank", work)
    build_activity(bank, work)
    build_features(bank, work, [CUTOFF])
    return Session(bank, work, CUTOFF)


@pytest.fixture(autouse=True)
def _no_trial():
    yield
    try_folder(None)


def idea(tmp_path, divisor, change="quarter - before"):
    path = tmp_path / "idea.py"
    text = (home() / "examples" / "families" / "spending.py").read_text("utf-8")
    path.write_text(text.replace("def spending(", "def idea(").replace('"spent_share_', '"idea_share_'), "utf-8")
    assert ", quarter - before," in path.read_text("utf-8")
    path.write_text(path.read_text("utf-8").replace(", quarter - before,", f", {change},"), "utf-8")
    path.write_text(path.read_text("utf-8") + f"\nDIVISOR = {divisor}\n", "utf-8")
    return str(path)


@pytest.fixture
def whole(standing, tmp_path):
    """What a whole build makes with the families on trial."""

    def build():
        work = Workspace(tmp_path / "whole")
        link_activity(work, standing.work)
        build_features(standing.bank, work, [CUTOFF])
        return pq.read_table(work.features(CUTOFF))

    return build


def test_joined_features_are_those_of_a_whole_build(standing, tmp_path, whole):
    made_before = standing.work.features(CUTOFF).stat().st_mtime_ns
    trial = try_family(standing, idea(tmp_path, 1))
    make_features(trial, [CUTOFF])
    names = ["idea_share_90d", "idea_share_365d", "idea_share_change"]
    assert pq.read_schema(trial.work.features(CUTOFF)).names == ["customer_id", *names]
    expected = whole()
    assert set(names) < set(expected.column_names)
    assert joined(pq.read_table(standing.work.features(CUTOFF)), trial.bank, trial.work).equals(expected)
    assert standing.work.features(CUTOFF).stat().st_mtime_ns == made_before


def test_some_rows_and_their_labels_are_joined_by_customer(standing, tmp_path, whole):
    trial = try_family(standing, idea(tmp_path, 1))
    make_features(trial, [CUTOFF])

    def labelled(table):
        return table.take(pa.array([30, 7, 199])).append_column("outcome", pa.array([0, 1, 0]))

    rows = labelled(pq.read_table(standing.work.features(CUTOFF)))
    assert joined(rows, trial.bank, trial.work).equals(labelled(whole()))


def test_a_file_that_reads_beside_its_view_is_refused_by_its_feature(standing, tmp_path):
    import_beside = "quarter - __import__('ibis').table({'x': 'float64'}, name='next').x.sum()"
    trial = try_family(standing, idea(tmp_path, 1, import_beside))
    with pytest.raises(LeakError, match="'idea_share_change' of the family 'idea' reads the table or file 'next'"):
        rows_at(trial, load_use_case("longtail"), CUTOFF)


def test_who_is_eligible_may_depend_on_a_tried_feature(standing, tmp_path, whole):
    trial = try_family(standing, idea(tmp_path, 1))
    case = load_use_case("longtail")
    asks = Condition(feature="idea_share_365d", at_least=0.5)
    narrower = case.model_copy(update={"eligible": [*case.eligible, asks]})
    everyone, some = (rows_at(trial, each, CUTOFF) for each in (case, narrower))
    assert 0 < some.num_rows < everyone.num_rows
    assert some.equals(everyone.filter(pc.greater_equal(everyone["idea_share_365d"], 0.5)))


class TestRounds:
    """Rows of the job's features are read once, the tried ones joined anew."""

    @pytest.fixture
    def case(self):
        short = {"train_cutoffs": 2, "train_every_months": 1, "min_history_months": 2}
        return load_use_case("dormancy").model_copy(update=short)

    @pytest.fixture
    def learnt(self, standing, tmp_path, case):
        def read(use_case=case, change="quarter - before"):
            return training_set(try_family(standing, idea(tmp_path, 1, change)), use_case, 7)[0]

        return read

    def test_changed_line_changes_its_column_alone(self, learnt):
        first, second = (learnt(change=change).train for change in ("quarter - before", "2 * quarter - before"))
        assert [name for name in first.column_names if not first[name].equals(second[name])] == ["idea_share_change"]
        assert place(first) == place(second)

    def test_unchanged_round_gives_the_same_model(self, learnt, case):
        first, second = (fit(case, learnt(), 7) for _round in range(2))
        assert "idea_share_change" in first.model.encoding.features
        assert first.model == second.model

    def test_changed_use_case_is_read_anew(self, learnt, case):
        before = learnt()
        asks = Condition(feature="aum_end", at_least=1000)
        after = learnt(case.model_copy(update={"eligible": [*case.eligible, asks]}))
        assert after.test.equals(before.test.filter(pc.greater_equal(before.test["aum_end"], 1000)))
        assert after.test.num_rows < before.test.num_rows

    def test_changed_table_of_the_job_is_read_anew(self, standing, learnt):
        before = learnt()
        table = standing.work.features(before.cutoffs.test)
        try:
            write_parquet(connect(), f"SELECT * REPLACE (aum_end + 1 AS aum_end) FROM '{table}'", table)
            assert learnt().test["aum_end"].equals(pc.add(before.test["aum_end"], 1))
        finally:
            table.with_suffix(".json").unlink()
        assert learnt().test.equals(before.test)


def place(rows):
    """Where a column of the job lies in memory."""
    return rows["aum_end"].chunk(0).buffers()[1].address


def test_a_changed_file_is_made_again_and_an_unchanged_one_is_kept(standing, tmp_path):
    def made(divisor):
        trial = try_family(standing, idea(tmp_path, divisor))
        make_features(trial, [CUTOFF])
        return trial.work.features(CUTOFF).stat().st_mtime_ns

    first = made(1)
    assert made(1) == first
    assert made(2) != first


def test_features_of_the_job_that_are_not_there_are_made_first_and_without_the_file(standing, tmp_path):
    standing.work.features(CUTOFF).with_suffix(".json").unlink()
    trial = try_family(standing, idea(tmp_path, 1))
    make_features(trial, [CUTOFF])
    assert "idea_share_90d" in pq.read_schema(trial.work.features(CUTOFF)).names
    assert "idea_share_90d" not in pq.read_schema(standing.work.features(CUTOFF)).names
    assert "idea_share_90d" in {feature.name for feature in catalogue()}
    with without_trial():
        assert "idea_share_90d" not in {feature.name for feature in catalogue()}
