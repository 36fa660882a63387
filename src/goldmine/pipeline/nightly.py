"""The nightly removal of what is older than the bank's periods, as a job and a schedule of Dagster."""

import subprocess
import sys

import dagster as dg

from goldmine.core.workspace import at_home
from goldmine.pipeline.due import TIME_ZONE

_COMMAND = (sys.executable, "-c", "from goldmine.cli import main; main()", "tidy", "--work")


def nightly_tidy(work: str) -> dg.ScheduleDefinition:
    """The schedule ``tidy_each_night`` of a work folder; the command runs as a process, as the portal is a later room.

    Parameters
    ----------
    work : str
        The work folder that Dagster serves.
    """

    @dg.op(name="remove_outdated", description="Removes what is older than pipelines/retention.yaml keeps.")
    def remove_outdated() -> None:
        if subprocess.run([*_COMMAND, str(at_home(work))], check=False).returncode:
            raise dg.Failure("`goldmine tidy` failed; see what it printed.", allow_retries=False)

    @dg.job(name="tidy", description="Removes what is older than its period: each night.")
    def tidy() -> None:
        remove_outdated()

    return dg.ScheduleDefinition(
        name="tidy_each_night",
        job=tidy,
        cron_schedule="30 3 * * *",
        execution_timezone=TIME_ZONE,
        description="At half past three each night; a run at work is waited for.",
    )
