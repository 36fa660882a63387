"""The command ``goldmine outcomes import``: results come back from the field."""

from pathlib import Path
from typing import Annotated

import typer

outcomes = typer.Typer(help="What came back from the field.", no_args_is_help=True)


@outcomes.callback()
def field() -> None:
    """What came back from the field."""


@outcomes.command("import")
def import_file(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV or XLSX as marketing returns it.")],
    work: Annotated[
        Path, typer.Option("--work", help="The bank's work folder; its releases say who was listed.")
    ] = Path("data"),
) -> None:
    """Keep the good rows of a file of results; bad rows go back in a file beside it, each with its reason."""
    from goldmine.campaigns.results import import_outcomes
    from goldmine.campaigns.results.result_check import REASONS
    from goldmine.cli.output import near, say
    from goldmine.core.workspace import Workspace

    found = import_outcomes(file.absolute(), Workspace(work.absolute()))
    say(f"{found.new:,} new, {found.known:,} known already, {found.not_worked:,} not worked yet")
    if found.control:
        say(f"{found.control:,} of the new are control customers, who should not have been contacted")
    if found.refused:
        say(f"{found.refused:,} of the new asked never to be contacted again, and will not be")
    if found.bad_file is not None:
        say(f"{sum(found.bad.values()):,} rows go back in {near(found.bad_file)}:")
        for reason, rows in sorted(found.bad.items()):
            say(f"  {rows:>6,}  {REASONS[reason]}")
    if found.bad and not found.new and not found.known:
        raise typer.Exit(10)
