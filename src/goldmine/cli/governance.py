"""``goldmine models``: the champions, their history and rollback; ``goldmine backtest``: past models evaluated."""

from pathlib import Path
from typing import Annotated

import typer

from goldmine.cli.commands import AsOf, Language, UseCases, WorkFolder, app

models = typer.Typer(
    name="models", help="Champions: the journal of promotions and their reasons.", no_args_is_help=True
)
app.add_typer(models)

UseCase = Annotated[str, typer.Option("--use-case", metavar="NAME", help="Which use case.")]
Day = Annotated[str, typer.Option("--on", metavar="YYYY-MM-DD", help="A day; if not given, today.")]


@models.command()
def history(work: WorkFolder = Path("data"), use_case: UseCases = None) -> None:
    """Show every promotion, refusal and rollback: when, who, which version, and why."""
    from rich.console import Console
    from rich.table import Column, Table

    from goldmine.core.workspace import Workspace
    from goldmine.governance.journal_check import history
    from goldmine.labels.use_case import load_use_case, readable_use_cases

    bank = Workspace(work.absolute()).bank_name()
    table = Table(
        "Use case",
        Column("when", no_wrap=True),
        "who",
        "what",
        "version",
        "champion",
        Column("why", overflow="fold"),
        box=None,
        pad_edge=False,
    )
    for name in [load_use_case(given).name for given in use_case or readable_use_cases()]:
        for entry in history(bank, name):
            event = entry.event
            what = [
                name,
                entry.at[:16].replace("T", " "),
                entry.who,
                event.action.replace("_", " "),
                event.version,
                event.champion or "-",
            ]
            table.add_row(*what, "\n".join(event.why))
    Console(highlight=False).print(table if table.row_count else "Nothing was promoted or refused yet.")


@models.command()
def champion(work: WorkFolder = Path("data"), use_case: UseCases = None, on: Day = "") -> None:
    """Show which version was champion at a day's end, since when, and why."""

    from rich.console import Console
    from rich.table import Column, Table

    from goldmine.core.dates import parse_day, today
    from goldmine.core.workspace import Workspace
    from goldmine.governance.journal_check import champion_on
    from goldmine.labels.use_case import load_use_case, names_by_model

    bank, day = Workspace(work.absolute()).bank_name(), parse_day(on, "--on") if on else today()
    table = Table(
        "Use case",
        "champion",
        Column("since", no_wrap=True),
        "who",
        Column("why", overflow="fold"),
        box=None,
        pad_edge=False,
    )
    for name in [load_use_case(given).name for given in use_case or names_by_model(has_model=True)]:
        entry = champion_on(bank, name, day)
        if entry:
            table.add_row(
                name,
                f"version {entry.event.champion}",
                entry.at[:16].replace("T", " "),
                entry.who,
                "\n".join(entry.event.why),
            )
        else:
            table.add_row(name, "none", "-", "-", f"no champion at the end of {day}")
    Console(highlight=False).print(table)


@models.command()
def rollback(
    use_case: UseCase,
    why: Annotated[str, typer.Option("--why", help="The reason; the journal keeps it.")],
    to: Annotated[str, typer.Option("--to", metavar="VERSION", help="A former champion; if not given, the last.")] = "",
    work: WorkFolder = Path("data"),
) -> None:
    """Make an earlier champion champion again; `goldmine score` and `publish` then use it."""
    from goldmine.cli.output import say
    from goldmine.core.workspace import Workspace
    from goldmine.governance.promotion import rollback
    from goldmine.labels.use_case import load_use_case

    entry = rollback(Workspace(work.absolute()).bank_name(), load_use_case(use_case).name, why, to)
    say(f"{use_case}: version {entry.event.champion} is champion again; version {entry.event.version} left.")
    say("Run `goldmine score` and `goldmine publish` for lists that it scores.")


@app.command()
def backtest(
    *,
    use_case: UseCase,
    cutoffs: Annotated[int, typer.Option(min=1, help="How many past test cutoffs.")] = 6,
    every: Annotated[int, typer.Option(min=1, max=12, metavar="MONTHS", help="Months between two of them.")] = 3,
    work: WorkFolder = Path("data"),
    as_of: AsOf = "",
    language: Language = "en",
) -> None:
    """Train as at past snapshots, evaluate on later outcomes, and show how models age while they stay in use."""
    from goldmine.cli.output import say, show_backtest
    from goldmine.contract.intake import load_bank
    from goldmine.core.dates import snapshot_date
    from goldmine.core.workspace import Workspace
    from goldmine.governance.backtest import backtest
    from goldmine.governance.run_log import log_backtest
    from goldmine.labels.use_case import load_use_case
    from goldmine.models.tracking import tracked
    from goldmine.plots.governance import backtest_figure
    from goldmine.plots.style import use_language

    case, workspace = load_use_case(use_case), Workspace(work.absolute())
    bank = load_bank(workspace)
    use_language(language)
    with workspace.lock():
        result = backtest(bank, workspace, case, snapshot_date(as_of, bank.data_until), (cutoffs, every))
    show_backtest(result)
    with tracked(bank.name) as run:
        log_backtest(case.name, result, backtest_figure(result.over_time, result.decay()))
    say(f"MLflow run {run}, with its figure; `goldmine mlflow` shows it.")
