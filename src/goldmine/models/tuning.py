"""Searching for training settings with Optuna: pruned, seeded, limited, kept, and taken up again where it ended."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from goldmine.core.files import disk_errors
from goldmine.labels.use_case import Training, UseCase
from goldmine.models.blend import check
from goldmine.models.boosting import OutOfTime
from goldmine.models.folds import Part
from goldmine.models.presets import presets
from goldmine.models.tracking import tracked
from goldmine.models.training_set import TrainingSet
from goldmine.models.tuning_folds import tuning_parts

_RUN = "mlflow_run"
"""Where a trial notes its MLflow run."""
_STARTS = "starts"
"""Mark of the trial of the settings that there were."""
_BEST = 3
"""Settings that a blend takes up; a use case of cutoffs takes the first."""


@dataclass(frozen=True)
class Budget:
    """How long tuning may take.

    Parameters
    ----------
    minutes : float
        Of this call; a trial that is at work when they are over is given up, within a tree. 0: no limit, if there are
        trials.
    trials : int
        That end in all, those of an earlier, interrupted call included. 0: no limit, if there are minutes.
    """

    minutes: float = 0.0
    trials: int = 0

    def __bool__(self) -> bool:
        return self.minutes > 0 or self.trials > 0


@dataclass(frozen=True)
class _Question:
    """What every trial of a study is asked on."""

    asked: Training
    parts: list[Part]
    rows: int
    seed: int
    deadline: float


def tune(
    use_case: UseCase, rows: TrainingSet, budget: Budget, seed: int, *, bank: str, journal: Path
) -> tuple[Training, ...]:
    """Search for training settings on folds of past rows; the rows to judge by are not looked at.

    The first trial is the settings that there are, so that what comes out is no worse on the folds. Every trial is a
    nested run of the notebook's MLflow run.

    Parameters
    ----------
    budget : Budget
        How long; an empty one looks for nothing.
    seed : int
        Of the search and of the fits; with trials only, the same rows and seed give the same settings.
    bank : str
        Whose experiment the trials are logged to.
    journal : Path
        Where finished trials are kept. The same path must mean the same rows and code.

    Returns
    -------
    tuple of Training
        Up to three, best first; none where nothing was looked for.
    """
    if not budget:
        return ()
    deadline = time.monotonic() + budget.minutes * 60 if budget.minutes else float("inf")
    parts, count = tuning_parts(use_case, rows, seed)
    question = _Question(use_case.training, parts, count, seed, deadline)
    study = _study(journal, seed)
    with tracked(bank):
        _close_interrupted(study)
        if not any(_STARTS in trial.user_attrs for trial in study.trials if trial.state.name != "FAIL"):
            study.enqueue_trial(_as_trial(_start(use_case, rows)), user_attrs={_STARTS: True})
        done = len(_ended(study))
        study.optimize(
            lambda trial: _logged(trial, question),
            n_trials=max(0, budget.trials - done) if budget.trials else None,
            timeout=max(0.0, deadline - time.monotonic()) if budget.minutes else None,
            catch=(OutOfTime,),
        )
    return _best(study, use_case.training)


def search_summary(journal: Path, seed: int) -> pd.DataFrame:
    """What a search came to: a row of figures, or none where nothing was looked for.

    Parameters
    ----------
    journal, seed
        As they were given to `tune`.

    Returns
    -------
    pandas.DataFrame
        trials (those that were finished or pruned), pruned, and the mean loss on the folds (log loss; lower is better)
        of the settings that there were, ``before``, and of the best found, with the gain of it.
    """
    names = ["trials", "pruned", "before", "best", "gain"]
    if not journal.exists():
        return pd.DataFrame(columns=names)
    ended = _ended(_study(journal, seed))
    whole = [trial for trial in ended if trial.state.name == "COMPLETE"]
    before = min((trial.value for trial in whole if _STARTS in trial.user_attrs), default=float("nan"))
    best = min((trial.value for trial in whole), default=float("nan"))
    return pd.DataFrame([(len(ended), len(ended) - len(whole), before, best, before - best)], columns=names)


def _ended(study: Any) -> list[Any]:
    """Trials that came to their end: finished or pruned, not interrupted."""
    return [trial for trial in study.trials if trial.state.name in ("COMPLETE", "PRUNED")]


def _close_interrupted(study: Any) -> None:
    """End the trials, and their runs, that an interrupted call left at work."""
    import mlflow
    from optuna.trial import TrialState

    for trial in study.get_trials(states=(TrialState.RUNNING,)):
        study.tell(trial.number, state=TrialState.FAIL)
        if _RUN in trial.user_attrs:
            mlflow.MlflowClient().set_terminated(trial.user_attrs[_RUN], "KILLED")


def _start(use_case: UseCase, rows: TrainingSet) -> Training:
    if rows.calibrate is not None:
        return use_case.training
    outcome = rows.train["outcome"].to_numpy()
    rarer = int(min(outcome.sum(), len(outcome) - outcome.sum()))
    return presets(rows.train.num_rows, rarer, rows.train.num_columns, use_case.training)[0]


def _study(journal: Path, seed: int) -> Any:
    import optuna
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend

    optuna.logging.set_verbosity(optuna.logging.ERROR)  # a trial out of time is no news
    with disk_errors(journal):
        journal.parent.mkdir(parents=True, exist_ok=True)
        storage = JournalStorage(JournalFileBackend(str(journal)))
        study = optuna.create_study(
            storage=storage,
            study_name=journal.stem,
            load_if_exists=True,
            pruner=optuna.pruners.MedianPruner(n_startup_trials=4, n_warmup_steps=1),
        )
    # A search that is taken up again must not draw the first draws once more.
    study.sampler = optuna.samplers.TPESampler(seed=seed + len(study.trials), multivariate=True, n_startup_trials=8)
    return study


def _logged(trial: Any, question: _Question) -> float:
    """One trial, as a nested MLflow run; one that was pruned or given up has ended as it should, and bears a tag."""
    import mlflow
    import optuna

    training = _drawn(trial, question.asked)
    with mlflow.start_run(run_name=f"trial_{trial.number}", nested=True) as run:
        trial.set_user_attr(_RUN, run.info.run_id)
        mlflow.log_params({f"tuning.{name}": value for name, value in trial.params.items()})
        try:
            told, deadline = _told(trial), question.deadline
            checked = check(training, question.parts, question.rows, question.seed, told=told, deadline=deadline)
        except (optuna.TrialPruned, OutOfTime) as stop:
            mlflow.set_tag("goldmine.out_of_time" if isinstance(stop, OutOfTime) else "goldmine.pruned", "true")
            stopped: Exception = stop
        else:
            mlflow.log_metrics({"fold_log_loss": checked.loss, "rounds": float(checked.rounds)})
            return checked.loss
    raise stopped


def _told(trial: Any) -> Callable[[int, float], None]:
    import optuna

    def told(fold: int, loss: float) -> None:
        trial.report(loss, fold)
        if trial.should_prune():
            raise optuna.TrialPruned

    return told


def _drawn(trial: Any, asked: Training) -> Training:
    drawn = {
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
    return asked.model_copy(update=drawn)


def _as_trial(training: Training) -> dict[str, Any]:
    names = ("learning_rate", "num_leaves", "min_data_in_leaf", "feature_fraction", "bagging_fraction", "lambda_l2")
    more = ("feature_fraction_bynode", "cat_smooth", "extra_trees")
    return {name: getattr(training, name) for name in (*names, *more)}


def _best(study: Any, asked: Training) -> tuple[Training, ...]:
    from optuna.trial import TrialState

    done = sorted(study.get_trials(states=(TrialState.COMPLETE,)), key=lambda trial: trial.value)
    return tuple(asked.model_copy(update=trial.params) for trial in done[:_BEST])
