from datetime import date
from importlib import import_module

import numpy as np
import optuna
import pyarrow as pa
import pytest

from goldmine.core.errors import HistoryError
from goldmine.models.folds import cutoff_splits
from goldmine.models.training_set import TrainingSet
from goldmine.models.tuning import Budget, search_summary, tune, tuning_folds
from tests.models.made import rows, use_case

room = import_module("goldmine.models.tuning")

DAYS = (date(2023, 1, 31), date(2023, 2, 28), date(2023, 6, 30), date(2023, 7, 31))


def rows_at(day, seed):
    table = rows(400, seed=seed)
    return table.append_column("cutoff", pa.repeat(pa.scalar(day, pa.date32()), table.num_rows))


@pytest.fixture(scope="module")
def learnt():
    """Three cutoffs to train on, one to calibrate on, one to test on."""
    train = pa.concat_tables([rows_at(day, seed) for seed, day in enumerate(DAYS[:3])])
    return TrainingSet(train=train, test=rows_at(date(2023, 12, 31), 9), calibrate=rows_at(DAYS[3], 3))


def test_cutoff_split_trains_only_on_complete_cutoffs(learnt):
    cutoffs = pa.concat_tables([learnt.train, learnt.calibrate])["cutoff"]
    folds = cutoff_splits(use_case(), cutoffs)
    days = cutoffs.to_numpy()
    split_days = [(set(days[fit].astype(str)), set(days[check].astype(str))) for fit, check in folds]
    assert split_days == [
        ({"2023-01-31", "2023-02-28"}, {"2023-06-30"}),
        ({"2023-01-31", "2023-02-28"}, {"2023-07-31"}),
    ]


def test_tuning_does_not_use_the_test_rows(learnt):
    blind = TrainingSet(train=learnt.train, test=learnt.test.slice(0, 0), calibrate=learnt.calibrate)
    seen, unseen = (tuning_folds(use_case(), training_set, 1)[0] for training_set in (learnt, blind))
    assert all(
        np.array_equal(a.validation.matrix, b.validation.matrix, equal_nan=True)
        for a, b in zip(seen, unseen, strict=True)
    )
    assert sum(len(fold.index) for fold in seen) == 800


def test_cutoffs_too_close_to_tune_on_are_refused(learnt):
    close = TrainingSet(train=rows_at(DAYS[2], 1), test=learnt.test, calibrate=learnt.calibrate)
    with pytest.raises(HistoryError, match="nothing can be tuned"):
        tuning_folds(use_case(), close, 1)


def test_empty_budget_searches_nothing(learnt, tmp_path):
    assert tune(use_case(), learnt, Budget(), 1, bank="tiny", journal=tmp_path / "a.log") == ()


def test_trials_are_nested_runs_and_resume(learnt, store):
    import mlflow

    journal = store / "tuning" / "mine-abc.log"
    tune(use_case(), learnt, Budget(trials=2), 1, bank="tiny", journal=journal)
    best = tune(use_case(), learnt, Budget(trials=3), 1, bank="tiny", journal=journal)
    runs = mlflow.search_runs(experiment_names=["tiny"], output_format="list")
    nested = sorted(run.info.run_name for run in runs if "mlflow.parentRunId" in run.data.tags)
    assert nested == ["trial_0", "trial_1", "trial_2"]
    whole = tune(use_case(), learnt, Budget(trials=3), 1, bank="tiny", journal=journal)
    assert whole == best
    assert use_case().training in best


def test_search_summary_compares_the_best_with_the_settings_in_use(learnt, store):
    journal = store / "tuning" / "told-abc.log"
    assert search_summary(journal, 1).empty
    tune(use_case(), learnt, Budget(trials=4), 1, bank="tiny", journal=journal)
    summary = search_summary(journal, 1).iloc[0]
    assert summary.trials == 4
    assert summary.best <= summary.before
    assert summary.gain == pytest.approx(summary.before - summary.best)


def test_pruned_trial_is_a_finished_run(learnt, store, monkeypatch):
    journal = store / "tuning" / "pruned-abc.log"

    def pruned(*_, **__):
        raise optuna.TrialPruned

    monkeypatch.setattr(room, "cross_validate", pruned)
    assert tune(use_case(), learnt, Budget(trials=2), 1, bank="pruned", journal=journal) == ()
    assert search_summary(journal, 1).iloc[0, :2].tolist() == [2, 2]
    assert trials_of("pruned") == {"trial_0": "FINISHED", "trial_1": "FINISHED"}


def test_interrupted_trial_is_closed_and_repeated(learnt, store, monkeypatch):
    journal = store / "tuning" / "cut-abc.log"

    def cut(*_, **__):
        raise SystemExit

    with monkeypatch.context() as patch, pytest.raises(SystemExit):
        patch.setattr(room, "cross_validate", cut)
        tune(use_case(), learnt, Budget(trials=1), 1, bank="cut", journal=journal)
    assert tune(use_case(), learnt, Budget(trials=1), 1, bank="cut", journal=journal) == (use_case().training,)
    assert trials_of("cut") == {"trial_0": "KILLED", "trial_1": "FINISHED"}


def test_trial_at_its_deadline_is_aborted_and_repeated(learnt, store):
    journal = store / "tuning" / "late-abc.log"
    endless = use_case().training.model_copy(update={"num_iterations": 20_000, "early_stopping_rounds": 20_000})
    late = use_case().model_copy(update={"training": endless})
    assert tune(late, learnt, Budget(minutes=0.03), 1, bank="late", journal=journal) == ()
    assert search_summary(journal, 1).iloc[0, :2].tolist() == [0, 0]
    assert tune(use_case(), learnt, Budget(trials=1), 1, bank="late", journal=journal) == (use_case().training,)
    assert trials_of("late") == {"trial_0": "FINISHED", "trial_1": "FINISHED"}


def test_settings_in_use_are_tried_once_after_an_expired_budget(learnt, store):
    journal = store / "tuning" / "none-abc.log"
    for _ in range(2):
        assert tune(use_case(), learnt, Budget(minutes=1e-9), 1, bank="none", journal=journal) == ()
    best = tune(use_case(), learnt, Budget(trials=2), 1, bank="none", journal=journal)
    assert [settings == use_case().training for settings in best].count(True) == 1
    assert trials_of("none") == {"trial_0": "FINISHED", "trial_1": "FINISHED"}


def trials_of(bank):
    """State of each trial's run."""
    import mlflow

    runs = mlflow.search_runs(experiment_names=[bank], output_format="list")
    return {run.info.run_name: run.info.status for run in runs if "mlflow.parentRunId" in run.data.tags}
