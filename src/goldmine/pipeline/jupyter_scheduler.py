"""Notebooks that JupyterLab's scheduler runs, as the job does: parameters checked, prose in the run's language."""

import json
from pathlib import Path

from jupyter_scheduler.executors import DefaultExecutionManager

from goldmine.core.notebook_text import translated_notebook
from goldmine.pipeline.parameters import check_parameters, run_language


class CheckedExecutionManager(DefaultExecutionManager):
    """The scheduler's execution manager, except that a wrong parameter fails before a kernel starts.

    JupyterLab's form gives every value as text, which the scheduler would put into the notebook as code. Here the type
    that the notebook declares decides, and text needs no quotes. `make lab` names this class to the scheduler.
    """

    def execute(self) -> None:
        """Check the parameters, translate the staged copy, then run."""
        job = self.model
        staged = Path(self.staging_paths["input"])
        given = check_parameters(staged, job.parameters or {})
        staged.write_text(json.dumps(translated_notebook(staged, run_language(staged, given))), "utf-8")
        job.parameters = {name: repr(value) for name, value in given.items()}
        super().execute()
