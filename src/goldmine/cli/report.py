"""``goldmine report``: pages for head office, branches and people; ``goldmine coverage``: owners of customers."""

from pathlib import Path
from typing import Annotated

import typer

from goldmine.cli.commands import AsOf, Language, WorkFolder, app

Branches = Annotated[
    list[str] | None, typer.Option("--branch", metavar="ID", help="A branch's report; may be repeated.")
]
Employees = Annotated[
    list[str] | None, typer.Option("--employee", metavar="ID", help="A person's report; may be repeated.")
]
Day = Annotated[
    str, typer.Option("--day", metavar="DAY", help="First day of a person's queue; else the first working day.")
]
Everybody = Annotated[bool, typer.Option("--all", help="The head office's, every branch's and every person's.")]
ReportLanguage = Annotated[str, typer.Option("--language", help="zh or en: of the reports.")]


@app.command()
def report(  # noqa: PLR0913, PLR0917 - the command's own options
    work: WorkFolder = Path("data"),
    as_of: AsOf = "",
    branch: Branches = None,
    employee: Employees = None,
    everybody: Everybody = False,
    day: Day = "",
    language: ReportLanguage = "zh",
) -> None:
    """Write reports as HTML pages: the head office's, or those of branches and people."""
    from goldmine.pipeline.preloaded_kernels import loaded_kernels

    with loaded_kernels():  # they load while this process makes the figures
        from goldmine.cli.output import near, say
        from goldmine.contract.intake import load_bank
        from goldmine.core.dates import snapshot_date
        from goldmine.core.workspace import Workspace
        from goldmine.pipeline.parameters import parse_language
        from goldmine.pipeline.reports import ReportSelection, write_reports
        from goldmine.pipeline.stop import run_stoppable

        language = parse_language(language)
        workspace = Workspace(work.absolute())
        bank = load_bank(workspace)
        branches, employees = tuple(branch or ()), tuple(employee or ())
        selection = ReportSelection(not (branches or employees), branches, employees, everybody, day)
        pages: list[Path] = []
        with workspace.lock():
            snapshot = snapshot_date(as_of, bank.data_until)
            try:
                run_stoppable(lambda: pages.extend(write_reports(bank, workspace, snapshot, selection, language)))
            except KeyboardInterrupt:
                typer.echo("\nStopped. Reports that were written are kept.", err=True)
                raise typer.Exit(130) from None
    for page in pages[:20]:
        say(near(page))
    if len(pages) > 20:
        say(f"and {len(pages) - 20:,} more beside them")


@app.command()
def coverage(work: WorkFolder = Path("data"), as_of: AsOf = "", language: Language = "en") -> None:
    """Give every customer of 50,000 yuan or more one owner, with as few changes as level, branch and staff allow."""
    from rich.console import Console
    from rich.table import Table

    from goldmine.cli.output import near, say
    from goldmine.contract.intake import load_bank
    from goldmine.core.columns import column
    from goldmine.core.dates import snapshot_date
    from goldmine.core.workspace import Workspace
    from goldmine.coverage import load_coverage_rules, make_coverage
    from goldmine.coverage.workbook import write_workbook
    from goldmine.pipeline.parameters import parse_language

    language = parse_language(language)
    workspace = Workspace(work.absolute())
    bank = load_bank(workspace)
    with workspace.lock():
        result = make_coverage(bank, workspace, snapshot_date(as_of, bank.data_until), load_coverage_rules())
        file = workspace.root / "coverage" / f"{result.as_of}.xlsx"
        write_workbook(file, result, language)
    table = Table("Owners", "customers", "people", "room for", "overdue", box=None, pad_edge=False)
    for role, people in result.loads.groupby("role"):
        counts = [
            people["owned_customers"].sum(),
            len(people),
            people["max_customers"].sum(),
            people["overdue_customers"].sum(),
        ]
        table.add_row(str(role), *(f"{count:,}" for count in counts))
    Console(highlight=False).print(table)
    reasons = column("change_reason").in_words(result.moves_by_reason.index, "en")
    moves = ", ".join(f"{why} {count:,}" for why, count in zip(reasons, result.moves_by_reason, strict=True))
    say(f"\n{len(result.rows):,} customers at {result.as_of}; other owner than before: {moves or 'nobody'}")
    short = result.shortage
    if len(short):
        above, nobody = short[["above", "nobody"]].sum()
        branch = short["branch_id"][0] or "none"
        say(f"too few people: {above:,} customers go to a role above, {nobody:,} have nobody; most at branch {branch}")
    say(near(file))
