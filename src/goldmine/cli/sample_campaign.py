"""The command ``goldmine sample-campaign``: the field works the current release's campaigns, in the sample bank."""

from pathlib import Path
from typing import Annotated

import typer


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
