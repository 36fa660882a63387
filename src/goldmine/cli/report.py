"""``goldmine report``: what the head office, a branch and an employee see."""

from pathlib import Path
from typing import Annotated

import typer

from goldmine.cli.commands import AsOf, WorkFolder, app

Branches = Annotated[
    list[str] | None, typer.Option("--branch", metavar="ID", help="A branch's report; may be repeated.")
]
Employees = Annotated[
    list[str] | None, typer.Option("--employee", metavar="ID", help="A person's report; may be repeated.")
]
Everybody = Annotated[bool, typer.Option("--all", help="The head office's, every branch's and every person's.")]
Language = Annotated[str, typer.Option("--language", help="zh or en: of the reports.")]


@app.command()
def report(  # noqa: PLR0917 - the command's own options
    work: WorkFolder = Path("data"),
    as_of: AsOf = "",
    branch: Branches = None,
    employee: Employees = None,
    everybody: Everybody = False,
    language: Language = "zh",
) -> None:
    """Write reports as HTML pages: the head office's, or those of branches and people."""
    from goldmine.pipeline.preloaded_kernels import loaded_kernels

    with loaded_kernels():  # they load while this process makes the figures
        from goldmine.cli.output import near, say
        from goldmine.contract.intake import load_bank
        from goldmine.core.dates import snapshot_date
        from goldmine.core.workspace import Workspace
        from goldmine.pipeline.reports import ReportSelection, write_reports
        from goldmine.pipeline.stop import run_stoppable

        workspace = Workspace(work.absolute())
        bank = load_bank(workspace)
        wanted = ReportSelection(not (branch or employee), tuple(branch or ()), tuple(employee or ()), everybody)
        made: list[Path] = []
        with workspace.lock():
            day = snapshot_date(as_of, bank.data_until)
            try:
                run_stoppable(lambda: made.extend(write_reports(bank, workspace, day, wanted, language)))
            except KeyboardInterrupt:
                typer.echo("\nStopped. Reports that were written are kept.", err=True)
                raise typer.Exit(130) from None
    for page in made[:20]:
        say(near(page))
    if len(made) > 20:
        say(f"and {len(made) - 20:,} more beside them")
