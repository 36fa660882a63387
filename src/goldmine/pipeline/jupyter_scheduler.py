"""Notebooks that JupyterLab's scheduler runs; their parameters are checked and typed as in the job."""

from pathlib import Path

from jupyter_scheduler.executors import DefaultExecutionManager

from goldmine.pipeline.parameters import check_parameters


class CheckedExecutionManager(DefaultExecutionManager):
    """The scheduler's execution manager, except that a wrong parameter fails before a kernel starts.

    JupyterLab's form gives every value as text, which the scheduler would put into the notebook as code. Here the type
    that the notebook declares decides, and text needs no quotes. `make lab` names this class to the scheduler.
    """

    def execute(self) -> None:
        """Check the parameters, then run."""
        job = self.model
        given = check_parameters(Path(self.staging_paths["input"]), job.parameters or {})
        job.parameters = {name: repr(value) for name, value in given.items()}
        super().execute()
