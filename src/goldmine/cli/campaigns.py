"""Commands on campaigns: import results, learn uplift, simulate a campaign in a sample bank."""

from pathlib import Path
from typing import Annotated

import typer

from goldmine.core.i18n import _

SampleBank = Annotated[Path, typer.Option("--bank", readable=False, help="Folder of a sample bank.")]
ReleaseFolder = Annotated[Path, typer.Option("--work", readable=False, help="The work folder that holds the release.")]


def learn_uplift(
    work: Annotated[Path, typer.Option("--work", readable=False, help="The bank's work folder.")] = Path("data"),
    as_of: Annotated[
        str, typer.Option("--as-of", metavar="YYYY-MM-DD", help="A month end; else the books' last.")
    ] = "",
    use_case: Annotated[list[str] | None, typer.Option("--use-case", metavar="NAME", help="May be repeated.")] = None,
) -> None:
    """Learn uplift from complete campaigns; it ranks a list only if its interval excludes zero."""
    from goldmine.campaigns.stored_uplift import RANKS, uplift_record
    from goldmine.cli.output import say
    from goldmine.contract.intake import load_bank
    from goldmine.core.dates import snapshot_date
    from goldmine.core.workspace import Workspace
    from goldmine.labels.use_case import load_use_case, readable_use_cases
    from goldmine.measurement.uplift_history import learn_uplift as learn

    workspace = Workspace(work.absolute())
    bank = load_bank(workspace)
    snapshot = snapshot_date(as_of, bank.data_until)
    with workspace.lock():
        for name in use_case or readable_use_cases():
            record = uplift_record(learn(bank, workspace, load_use_case(name), snapshot))
            asked = "an effect on every second one would need about" if record["verdict"] == RANKS else "needed: about"
            needed = f"; {asked} {record['rows_needed']:,}" if record["rows_needed"] else ""
            say(f"{name:<20}{record['verdict']:<20}{record['rows']:,} customers of complete campaigns{needed}")


outcomes = typer.Typer(help="Results that marketing returned.", no_args_is_help=True)


@outcomes.callback()
def field() -> None:
    """Results that marketing returned."""


@outcomes.command("import")
def import_file(
    file: Annotated[Path, typer.Argument(readable=False, metavar="FILE", help="CSV or XLSX as marketing returns it.")],
    work: Annotated[
        Path, typer.Option("--work", readable=False, help="The bank's work folder; its releases say who was listed.")
    ] = Path("data"),
    language: Annotated[str, typer.Option("--language", help="en or zh.")] = "en",
) -> None:
    """Import the valid rows of a file of results; write rejected rows to a file beside it, each with its reason."""
    from rich.console import Console

    from goldmine.campaigns.results import import_outcomes
    from goldmine.campaigns.results.result_check import REASONS
    from goldmine.cli.output import errors_in, near, say
    from goldmine.core.i18n import _, in_language
    from goldmine.core.workspace import Workspace

    with Console(stderr=True).status(f"{file.name}: reading and checking"), errors_in(language):  # on a terminal only
        imported = import_outcomes(file.absolute(), Workspace(work.absolute()))
    counts = {"new": imported.new, "known": imported.known, "idle": imported.not_worked}
    lines = [_("{new:,} new, {known:,} known already, {idle:,} not worked yet", **counts)]
    if imported.control:
        lines.append(
            _("{n:,} of the new are control customers, who should not have been contacted", n=imported.control)
        )
    if imported.refused:
        lines.append(_("{n:,} of the new asked never to be contacted again, and will not be", n=imported.refused))
    if imported.bad_file is not None:
        lines.append(_("{n:,} rows go back in {file}:", n=sum(imported.bad.values()), file=near(imported.bad_file)))
    for line in lines:
        say(in_language(line, language))
    for reason, rows in sorted(imported.bad.items()):
        say(f"  {rows:>6,}  {in_language(REASONS[reason], language)}")
    if imported.bad and not imported.new and not imported.known:
        raise typer.Exit(10)


def _require_bank(bank: Path, work: Path) -> None:
    """Refuse to play the release of one bank in the tables of another."""
    from goldmine.contract.mapping import load_mapping
    from goldmine.core.workspace import Workspace

    Workspace(work.absolute()).require_bank(load_mapping(bank.absolute()).name, bank.absolute())


def sample_campaign(
    bank: SampleBank = Path("data/sample_bank"),
    work: ReleaseFolder = Path("data"),
    seed: Annotated[int, typer.Option(help="The same seed gives the same results.")] = 1,
    results: Annotated[
        Path | None,
        typer.Option(
            "--results",
            readable=False,
            metavar="DIR",
            help="Write contacts as files for `goldmine outcomes import` instead.",
        ),
    ] = None,
) -> None:
    """Simulate the current release's campaigns in a sample bank: contacts, answers and outcomes."""
    from goldmine.cli.output import say
    from goldmine.core.errors import ReleaseError
    from goldmine.core.workspace import Workspace
    from goldmine.publishing import read_latest
    from goldmine.sample.simulated_responses import known_use_cases, use_cases_of, work_campaign

    _require_bank(bank, work)
    release = read_latest(Workspace(work.absolute())).folder
    folders = sorted(path.parent for path in release.glob("campaigns/*/offers.parquet"))
    if not folders:
        raise ReleaseError(
            _("{name}: the release holds no campaign.", name=release.name), _("Publish one with a campaign first.")
        )
    for folder in folders:
        unknown = use_cases_of(folder / "offers.parquet") - set(known_use_cases(bank))
        if unknown:
            say(f"{folder.name:<24}not simulated: the bank does not know what a contact does for {min(unknown)}")
            continue
        done = work_campaign(bank.absolute(), folder / "offers.parquet", folder / "control.parquet", seed, results)
        what = (
            "simulated before, unchanged" if done.kept else f"{done.contacts:,} contacts, {done.extra:,} moved by them"
        )
        say(f"{done.campaign_id:<24}{what}")


def sample_quarter(
    bank: SampleBank = Path("data/sample_bank"),
    work: ReleaseFolder = Path("data"),
) -> None:
    """Make a sample bank a quarter longer than the current release; prints the quarter's end, to run for."""
    from goldmine.core.workspace import Workspace
    from goldmine.publishing import read_latest
    from goldmine.sample.next_quarter import lengthen_to_next_quarter

    _require_bank(bank, work)
    release = read_latest(Workspace(work.absolute()))
    typer.echo(lengthen_to_next_quarter(bank.absolute(), release.manifest.as_of))
