"""Hyperparameter search with Optuna: pruned, seeded, within a budget, stored and resumable."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from goldmine.core.errors import HistoryError
from goldmine.core.files import disk_errors
from goldmine.core.i18n import _
from goldmine.labels import selected_features
from goldmine.labels.training_settings import Training
from goldmine.labels.use_case import UseCase
from goldmine.models.blend import cross_validate
from goldmine.models.boosting import DeadlineReached
from goldmine.models.folds import Fold, cutoff_splits, prepare_folds, table_splits
from goldmine.models.presets import presets
from goldmine.models.tracking import tracked
from goldmine.models.training_set import TrainingSet

_RUN = "mlflow_run"
"""Trial attribute: its MLflow run."""
_CURRENT = "current_settings"
"""Trial attribute: the trial evaluates the settings in use."""
_MAX_SETTINGS = 3
"""Settings that a blend takes up; a use case of cutoffs takes the first."""
_TUNED = (
    "learning_rate",
    "num_leaves",
    "min_data_in_leaf",
    "feature_fraction",
    "bagging_fraction",
    "lambda_l2",
    "feature_fraction_bynode",
    "cat_smooth",
    "extra_trees",
)


@dataclass(frozen=True)
class Budget:
    """How long tuning may take.

    Parameters
    ----------
    minutes : float
        Limit of this call; a trial still running then is aborted within one tree. 0: no limit, if there are trials.
    trials : int
        Total, including those of an earlier, interrupted call. 0: no limit, if there are minutes.
    """

    minutes: float = 0.0
    trials: int = 0

    def __bool__(self) -> bool:
        return self.minutes > 0 or self.trials > 0


@dataclass(frozen=True)
class _Objective:
    """What every trial of a study is evaluated on."""

    training: Training
    folds: list[Fold]
    rows: int
    seed: int
    deadline: float


def tune(
    use_case: UseCase, rows: TrainingSet, budget: Budget, seed: int, *, bank: str, journal: Path
) -> tuple[Training, ...]:
    """Search for training settings by cross-validation; the test rows are not used.

    The first trial is the settings in use, so that the best trial is no worse on the folds. Every trial is a nested run
    of the notebook's MLflow run.

    Parameters
    ----------
    budget : Budget
        How long; nothing is searched with an empty one.
    seed : int
        Of the search and of the fits; limited by trials only, the same rows and seed give the same settings.
    bank : str
        Name of the bank whose experiment holds the trials.
    journal : Path
        Where finished trials are stored. The same path must mean the same rows and code.

    Returns
    -------
    tuple of Training
        At most three, best first; none where nothing was searched.
    """
    if not budget:
        return ()
    deadline = time.monotonic() + budget.minutes * 60 if budget.minutes else float("inf")
    folds, count = tuning_folds(use_case, rows, seed)
    objective = _Objective(use_case.training, folds, count, seed, deadline)
    study = _study(journal, seed)
    with tracked(bank):
        _close_interrupted(study)
        if not any(_CURRENT in trial.user_attrs for trial in study.trials if trial.state.name != "FAIL"):
            current = _current_settings(use_case, rows)
            study.enqueue_trial({name: getattr(current, name) for name in _TUNED}, user_attrs={_CURRENT: True})
        done = len(_ended(study))
        study.optimize(
            lambda trial: _evaluate(trial, objective),
            n_trials=max(0, budget.trials - done) if budget.trials else None,
            timeout=max(0.0, deadline - time.monotonic()) if budget.minutes else None,
            catch=(DeadlineReached,),
        )
    return _best(study, use_case.training)


def search_summary(journal: Path, seed: int) -> pd.DataFrame:
    """A search as one row of figures; no row where nothing was searched.

    Parameters
    ----------
    journal, seed
        As they were given to `tune`.

    Returns
    -------
    pandas.DataFrame
        trials (finished or pruned), pruned, and the mean log loss on the folds (lower is better) of the settings in
        use, ``before``, and of the best found, with the gain.
    """
    names = ["trials", "pruned", "before", "best", "gain"]
    if not journal.exists():
        return pd.DataFrame(columns=names)
    ended = _ended(_study(journal, seed))
    complete = [trial for trial in ended if trial.state.name == "COMPLETE"]
    before = min((trial.value for trial in complete if _CURRENT in trial.user_attrs), default=float("nan"))
    best = min((trial.value for trial in complete), default=float("nan"))
    return pd.DataFrame([(len(ended), len(ended) - len(complete), before, best, before - best)], columns=names)


def tuning_folds(use_case: UseCase, rows: TrainingSet, seed: int) -> tuple[list[Fold], int]:
    """Folds of the rows that a training may learn from and be calibrated on, and the number of these rows.

    Raises
    ------
    HistoryError
        If the cutoffs are too few or too close together.
    """
    table = rows.train
    if rows.calibrate is not None:
        table = pa.concat_tables([rows.train, rows.calibrate], promote_options="default")
        if "weight" in table.column_names:
            column = table.column_names.index("weight")
            table = table.set_column(column, "weight", pc.fill_null(table["weight"], 1.0))
    outcome = table["outcome"].to_numpy().astype(np.int8)
    splits = table_splits(table, outcome, seed) if rows.calibrate is None else cutoff_splits(use_case, table["cutoff"])
    folds = prepare_folds(table, selected_features(use_case, table.column_names), outcome, splits, seed)
    if not folds:
        raise HistoryError(
            _(
                "{name}: no two of its past cutoffs lie so far apart that the outcome of one is complete at the other, "
                "so nothing can be tuned.",
                name=use_case.name,
            ),
            _("Raise train_cutoffs in the use case's file, or train without tuning."),
        )
    return folds, table.num_rows


def _ended(study: Any) -> list[Any]:
    """Trials that were finished or pruned, not interrupted."""
    return [trial for trial in study.trials if trial.state.name in ("COMPLETE", "PRUNED")]


def _close_interrupted(study: Any) -> None:
    """End the trials, and their runs, that an interrupted call left running."""
    import mlflow
    from optuna.trial import TrialState

    for trial in study.get_trials(states=(TrialState.RUNNING,)):
        study.tell(trial.number, state=TrialState.FAIL)
        if _RUN in trial.user_attrs:
            mlflow.MlflowClient().set_terminated(trial.user_attrs[_RUN], "KILLED")


def _current_settings(use_case: UseCase, rows: TrainingSet) -> Training:
    """The settings in use: the use case's, or of a table without cutoffs the first preset."""
    if rows.calibrate is not None:
        return use_case.training
    outcome = rows.train["outcome"].to_numpy()
    rarer = int(min(outcome.sum(), len(outcome) - outcome.sum()))
    return presets(rows.train.num_rows, rarer, rows.train.num_columns, use_case.training)[0]


def _study(journal: Path, seed: int) -> Any:
    import optuna
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend

    optuna.logging.set_verbosity(optuna.logging.ERROR)  # a trial at its deadline is not worth a warning
    with disk_errors(journal):
        journal.parent.mkdir(parents=True, exist_ok=True)
        storage = JournalStorage(JournalFileBackend(str(journal)))
        study = optuna.create_study(
            storage=storage,
            study_name=journal.stem,
            load_if_exists=True,
            pruner=optuna.pruners.MedianPruner(n_startup_trials=4, n_warmup_steps=1),
        )
    # A resumed search must not repeat the first draws.
    study.sampler = optuna.samplers.TPESampler(seed=seed + len(study.trials), multivariate=True, n_startup_trials=8)
    return study


def _evaluate(trial: Any, objective: _Objective) -> float:
    """Evaluate one trial as a nested MLflow run; a pruned or aborted one is a finished run with a tag."""
    import mlflow
    import optuna

    training = objective.training.model_copy(update=_suggested(trial))
    with mlflow.start_run(run_name=f"trial_{trial.number}", nested=True) as run:
        trial.set_user_attr(_RUN, run.info.run_id)
        mlflow.log_params({f"tuning.{name}": value for name, value in trial.params.items()})
        try:
            result = cross_validate(
                training,
                objective.folds,
                objective.rows,
                objective.seed,
                report=_pruning(trial),
                deadline=objective.deadline,
            )
        except (optuna.TrialPruned, DeadlineReached) as stop:
            mlflow.set_tag("goldmine.out_of_time" if isinstance(stop, DeadlineReached) else "goldmine.pruned", "true")
            stopped: Exception = stop
        else:
            mlflow.log_metrics({"fold_log_loss": result.loss, "best_iteration": float(result.best_iteration)})
            return result.loss
    raise stopped


def _pruning(trial: Any) -> Callable[[int, float], None]:
    import optuna

    def report(fold: int, loss: float) -> None:
        trial.report(loss, fold)
        if trial.should_prune():
            raise optuna.TrialPruned

    return report


def _suggested(trial: Any) -> dict[str, Any]:
    return {
        "learning_rate": trial.suggest_float("learning_rate", 0.02, 0.12, log=True),
        "num_leaves": trial.suggest_int("num_leaves", 3, 95, log=True),
        "min_data_in_leaf": trial.suggest_int("min_data_in_leaf", 5, 1000, log=True),
        "feature_fraction": trial.suggest_float("feature_fraction", 0.1, 1.0),
        "feature_fraction_bynode": trial.suggest_float("feature_fraction_bynode", 0.2, 1.0),
        "bagging_fraction": trial.suggest_float("bagging_fraction", 0.4, 1.0),
        "lambda_l2": trial.suggest_float("lambda_l2", 0.1, 100.0, log=True),
        "cat_smooth": trial.suggest_float("cat_smooth", 1.0, 100.0, log=True),
        "extra_trees": trial.suggest_categorical("extra_trees", [False, True]),
    }


def _best(study: Any, training: Training) -> tuple[Training, ...]:
    from optuna.trial import TrialState

    complete = sorted(study.get_trials(states=(TrialState.COMPLETE,)), key=lambda trial: trial.value)
    return tuple(training.model_copy(update=trial.params) for trial in complete[:_MAX_SETTINGS])
