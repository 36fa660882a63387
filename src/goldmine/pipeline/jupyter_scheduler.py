"""Notebooks that JupyterLab's scheduler runs: their parameters are checked and typed as the job's own are."""

from pathlib import Path

from jupyter_scheduler.executors import DefaultExecutionManager

from goldmine.pipeline.parameters import check_parameters


class CheckedExecutionManager(DefaultExecutionManager):
    """The scheduler's own way to run a notebook, but that an unknown or wrongly typed parameter fails before a kernel.

    JupyterLab's form gives every value as text, which the scheduler would put into the notebook as code; here what the
    notebook declares decides what it becomes, and text needs no quotes. `make lab` names this class to the scheduler.
    """

    def execute(self) -> None:
        """Check what was given, then run."""
        job = self.model
        given = check_parameters(Path(self.staging_paths["input"]), job.parameters or {})
        job.parameters = {name: repr(value) for name, value in given.items()}
        super().execute()
