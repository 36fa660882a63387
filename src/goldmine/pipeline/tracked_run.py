"""A notebook's MLflow run: created before the kernel starts, ended with the notebook's true state."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from goldmine.core.errors import GoldmineError
from goldmine.core.files import disk_errors
from goldmine.core.workspace import home
from goldmine.pipeline.environment import QUIET, environment


@dataclass(frozen=True)
class TrackedRun:
    """An MLflow run that a notebook logs to."""

    client: Any
    run_id: str

    def attach(self, *files: Path) -> None:
        """Keep files with the run."""
        for file in files:
            self.client.log_artifact(self.run_id, str(file), "notebook")


@contextmanager
def tracked_run(bank: str, title: str, tags: Mapping[str, str]) -> Iterator[TrackedRun]:
    """Create an MLflow run in a bank's experiment; it ends as finished, or as failed if the block raises.

    Parameters
    ----------
    bank : str
        Name of the bank, and of the experiment.
    title : str
        Name of the run.
    tags : mapping of str to str
        Tags to find the run by.
    """
    with environment(QUIET), disk_errors(home() / "mlruns"):
        import mlflow
        from mlflow.utils.mlflow_tags import MLFLOW_RUN_NOTE

        from goldmine.models.tracking import use_tracking

        experiment = use_tracking(bank)
        client = mlflow.MlflowClient()
        run = client.create_run(experiment, tags=dict(tags), run_name=title)
        tracked = TrackedRun(client, run.info.run_id)
        try:
            yield tracked
        except BaseException as error:
            client.set_tag(tracked.run_id, MLFLOW_RUN_NOTE, _reason(error))
            client.set_terminated(tracked.run_id, "FAILED")
            raise
        client.set_terminated(tracked.run_id, "FINISHED")


def _reason(error: BaseException) -> str:
    """Why a run failed, for its page; of an unknown error only the kind: its text may hold a customer's values."""
    if isinstance(error, GoldmineError):
        return f"**Failed.** {error.what}\n\n{error.do}"
    return f"**Failed.** {type(error).__name__}; the executed notebook shows where."


def run_exists(bank: str, run_id: str) -> bool:
    """Whether the tracking store still holds a run."""
    with environment(QUIET):
        from goldmine.models.tracking import use_tracking

        use_tracking(bank)
        import mlflow

        try:
            return bool(mlflow.MlflowClient().get_run(run_id).info.lifecycle_stage == "active")
        except mlflow.MlflowException:
            return False


def scoring_version(bank: str, use_case: str, as_of: date) -> str:
    """Version of the champion that scores a snapshot; empty if there is none yet."""
    with environment(QUIET):
        from goldmine.governance import scoring_champion

        return scoring_champion.scoring_version(bank, use_case, as_of)


def champion_version(bank: str, use_case: str) -> str:
    """Version of the champion of a use case; empty if there is none yet."""
    with environment(QUIET):
        from goldmine.models import registry

        return registry.champion_version(bank, use_case)
