from datetime import date

import numpy as np
import pyarrow as pa
import pytest

from goldmine.core.errors import HistoryError
from goldmine.models.rows import Rows
from goldmine.tuning import Budget, tune
from goldmine.tuning.parts import cutoff_folds, tuning_parts
from tests.models.made import rows, use_case

DAYS = (date(2023, 1, 31), date(2023, 2, 28), date(2023, 6, 30), date(2023, 7, 31))


def at(day, seed):
    made = rows(400, seed=seed)
    return made.append_column("cutoff", pa.repeat(pa.scalar(day, pa.date32()), made.num_rows))


@pytest.fixture(scope="module")
def learnt():
    """Three cutoffs to train on, one to calibrate on, one to judge by."""
    train = pa.concat_tables([at(day, seed) for seed, day in enumerate(DAYS[:3])])
    return Rows(train=train, judge=at(date(2023, 12, 31), 9), calibrate=at(DAYS[3], 3))


def test_a_cutoff_is_checked_by_those_that_were_complete_at_it(learnt):
    cutoffs = pa.concat_tables([learnt.train, learnt.calibrate])["cutoff"]
    folds = cutoff_folds(use_case(), cutoffs)
    days = cutoffs.to_numpy()
    told = [(set(days[fit].astype(str)), set(days[check].astype(str))) for fit, check in folds]
    assert told == [({"2023-01-31", "2023-02-28"}, {"2023-06-30"}), ({"2023-01-31", "2023-02-28"}, {"2023-07-31"})]


def test_the_judged_rows_are_not_looked_at(learnt):
    blind = Rows(train=learnt.train, judge=learnt.judge.slice(0, 0), calibrate=learnt.calibrate)
    seen, unseen = (tuning_parts(use_case(), one, 1)[0] for one in (learnt, blind))
    assert all(
        np.array_equal(a.check.matrix, b.check.matrix, equal_nan=True) for a, b in zip(seen, unseen, strict=True)
    )
    assert sum(len(part.places) for part in seen) == 800


def test_cutoffs_too_close_to_tune_on_say_so(learnt):
    close = Rows(train=at(DAYS[2], 1), judge=learnt.judge, calibrate=learnt.calibrate)
    with pytest.raises(HistoryError, match="nothing can be tuned"):
        tuning_parts(use_case(), close, 1)


def test_no_budget_looks_for_nothing(learnt, tmp_path):
    assert tune(use_case(), learnt, Budget(), 1, bank="tiny", journal=tmp_path / "a.log") == ()


def test_trials_are_nested_runs_and_go_on_where_they_ended(learnt, store):
    import mlflow

    journal = store / "tuning" / "mine-abc.log"
    tune(use_case(), learnt, Budget(trials=2), 1, bank="tiny", journal=journal)
    found = tune(use_case(), learnt, Budget(trials=3), 1, bank="tiny", journal=journal)
    runs = mlflow.search_runs(experiment_names=["tiny"], output_format="list")
    nested = sorted(run.info.run_name for run in runs if "mlflow.parentRunId" in run.data.tags)
    assert nested == ["trial_0", "trial_1", "trial_2"]
    whole = tune(use_case(), learnt, Budget(trials=3), 1, bank="tiny", journal=journal)
    assert whole == found
    assert use_case().training in found
