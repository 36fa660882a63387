"""Commands on campaigns: results come back from the field, uplift is learnt, a made-up bank plays a campaign."""

from pathlib import Path
from typing import Annotated

import typer


def learn_uplift(
    work: Annotated[Path, typer.Option("--work", help="The bank's work folder.")] = Path("data"),
    as_of: Annotated[
        str, typer.Option("--as-of", metavar="YYYY-MM-DD", help="A month end; else the books' last.")
    ] = "",
    use_case: Annotated[list[str] | None, typer.Option("--use-case", metavar="NAME", help="May be repeated.")] = None,
) -> None:
    """Learn from complete campaigns whom a contact moves; uplift ranks only where its interval excludes zero."""
    from goldmine.campaigns.stored_uplift import uplift_record
    from goldmine.cli.output import say
    from goldmine.contract.intake import load_bank
    from goldmine.core.dates import snapshot_date
    from goldmine.core.workspace import Workspace
    from goldmine.labels.use_case import load_use_case, use_case_names
    from goldmine.measurement.uplift_history import learn_uplift as learn

    workspace = Workspace(work.absolute())
    bank = load_bank(workspace)
    snapshot = snapshot_date(as_of, bank.data_until)
    with workspace.lock():
        for name in use_case or use_case_names():
            found = uplift_record(learn(bank, workspace, load_use_case(name), snapshot))
            needed = f", about {found['rows_needed']:,} needed" if found["rows_needed"] else ""
            say(f"{name:<20}{found['verdict']:<20}{found['rows']:,} customers of complete campaigns{needed}")


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


def sample_campaign(
    bank: Annotated[Path, typer.Option("--bank", help="Folder of a sample bank.")] = Path("data/sample_bank"),
    work: Annotated[Path, typer.Option("--work", help="The work folder that holds the release.")] = Path("data"),
    seed: Annotated[int, typer.Option(help="The same seed gives the same results.")] = 1,
) -> None:
    """Play the current release's campaigns forward in a made-up bank: contacts, answers, what came of them."""
    from goldmine.cli.output import say
    from goldmine.core.errors import ReleaseError
    from goldmine.core.workspace import Workspace
    from goldmine.publishing import read_latest
    from goldmine.sample.simulated_responses import work_campaign

    release = read_latest(Workspace(work.absolute())).folder
    folders = sorted(path.parent for path in release.glob("campaigns/*/offers.parquet"))
    if not folders:
        raise ReleaseError(f"{release.name}: the release holds no campaign.", "Publish one with a campaign first.")
    for folder in folders:
        done = work_campaign(bank.absolute(), folder / "offers.parquet", folder / "control.parquet", seed)
        what = (
            "played before, left as it is" if done.kept else f"{done.contacts:,} contacts, {done.extra:,} moved by them"
        )
        say(f"{done.campaign_id:<24}{what}")
