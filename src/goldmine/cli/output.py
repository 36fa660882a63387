"""Printing: results on standard output, errors on standard error."""

import os
from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING

from goldmine.core.errors import GoldmineError
from goldmine.core.workspace import Workspace

if TYPE_CHECKING:
    from goldmine.campaigns.record import Power
    from goldmine.governance.backtest import Backtest
    from goldmine.pipeline.snapshot import Snapshot
    from goldmine.publishing.manifest import Replaced
    from goldmine.publishing.release_store import Release


def complain(error: GoldmineError) -> None:
    """Print what happened, what to do, and the error's notes, without a traceback."""
    from rich.console import Console

    console = Console(stderr=True, highlight=False, soft_wrap=True)
    console.print(error.what, style="bold red", markup=False)
    console.print(error.do, markup=False)
    for note in getattr(error, "__notes__", ()):
        console.print(note, style="dim", markup=False)


def say(line: str) -> None:
    """Print one line, never wrapped."""
    from rich.console import Console

    Console(highlight=False, soft_wrap=True).print(line, markup=False)


def near(path: Path) -> str:
    """A path, relative to the current folder if it lies below it."""
    folder = Path.cwd()
    return os.fspath(path.relative_to(folder) if path.is_relative_to(folder) else path)


def show_lists(work: Workspace) -> None:
    """Print the current release of a work folder as a table, and where its workbooks are."""
    from rich.console import Console
    from rich.table import Table

    from goldmine.publishing.manifest import younger_models
    from goldmine.publishing.release_store import latest_lists, read_latest

    lists = latest_lists(work)
    table = Table("List", "as of", "rows", "top probability", "valid until", box=None, pad_edge=False)
    for entry in lists:
        top = "-" if entry.top_probability is None else f"{entry.top_probability:.1%}"
        table.add_row(entry.use_case, str(entry.as_of), f"{entry.rows:,}", top, str(entry.valid_until or "-"))
    Console(highlight=False).print(table)
    for entry in lists:
        say(f"  {near(entry.file)}")
    for note in younger_models(read_latest(work).manifest):
        say(f"  {note}")
    show_campaigns(work)


def show_campaigns(work: Workspace) -> None:
    """Print the current release's campaigns, the path of head office's workbook, and what was left out."""
    from goldmine.publishing.release_store import read_latest

    release = read_latest(work)
    if release.manifest.campaigns:
        _show_live(release)
    if release.manifest.replaces:
        _show_replaced(release, release.manifest.replaces)
    for name, missing in release.manifest.campaigns_off.items():
        say(f"  left out: {name}, for want of {missing}")


def _show_live(release: "Release") -> None:
    from rich.console import Console
    from rich.table import Table

    heads = ("Campaign", "ranked by", "contact", "control", "smallest effect", "valid until")
    table = Table(*heads, box=None, pad_edge=False)
    for name, campaign in release.manifest.campaigns.items():
        effect = "-" if campaign.power.smallest_effect is None else f"{campaign.power.smallest_effect:.1%}"
        flag = _power_flag(campaign.power)
        counts = (f"{campaign.power.contact:,}", f"{campaign.power.control:,}")
        table.add_row(name, campaign.ranking.by, *counts, effect + flag, str(campaign.valid_until))
    say("")
    Console(highlight=False).print(table)
    say(f"  {near(release.folder / 'offers' / 'head_office.xlsx')}")


def _show_replaced(release: "Release", replaced: "Replaced") -> None:
    from rich.console import Console
    from rich.table import Table

    say("")
    say(f"Replaces release {replaced.release_id} of the same snapshot:")
    table = Table("Rows of lists and offers", "withdrawn", "new", "changed", box=None, pad_edge=False)
    for name, counts in {"head office": replaced.head_office, **replaced.branches}.items():
        table.add_row(name, f"{counts.withdrawn:,}", f"{counts.new:,}", f"{counts.changed:,}")
    Console(highlight=False).print(table)
    say(f"  {near(release.folder / 'changes' / 'head_office.xlsx')}")


def _power_flag(power: "Power") -> str:
    if power.detects:
        return ""
    if not power.measurable:
        return " (not measurable)"
    more = "" if power.more_contacts is None else f": {power.more_contacts:,} more contacts"
    return f" (too few for {power.min_effect_of_interest:.1%}{more})"


def show_places(snapshot: "Snapshot") -> None:
    """Print where a run's results are."""
    from goldmine.models.store import store_address
    from goldmine.models.tracking import tracking_uri

    work, as_of = snapshot.work, snapshot.as_of
    store = tracking_uri()
    places = {
        "Lists": near(work.releases / str(as_of)) if (work.releases / str(as_of)).exists() else "",
        "Executed notebooks": near(work.notebooks(as_of)),
        "Tracking store": near(Path(store.removeprefix("sqlite:///")))
        if store.startswith("sqlite:")
        else store_address(store),
        "Data docs": near(work.docs / "index.html"),
    }
    say("")
    for what, where in places.items():
        if where:
            say(f"{what:<20}{where}")


def show_backtest(result: "Backtest") -> None:
    """Print a backtest: each figure by test cutoff with its interval, then what models lose with age."""
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False)
    for (day, trained), rows in result.over_time.groupby(["test_cutoff", "trained_to"]):
        first = rows.iloc[0]
        say(f"Tested at {day}, trained to {trained}: {first['rows']:,} rows, {first.positives:,} positives")
        table = Table("Figure", "value", "interval", "baseline", box=None, pad_edge=False)
        for row in rows.itertuples():
            baseline = "" if isnan(row.baseline) else f"{row.baseline:.3f}"
            table.add_row(f"{row.figure:<18}", f"{row.value:.3f}", f"{row.low:.3f} to {row.high:.3f}", baseline)
        console.print(table, "")
    if len(result.cutoffs) < result.asked:
        say(f"The books allow {len(result.cutoffs)} of the {result.asked} cutoffs asked for.")
    ages = result.decay()
    if ages.empty:
        say("No two cutoffs are one, two or three quarters apart, so ageing is not measured.")
        return
    say("An aged model minus a newly trained one, on the same customers:")
    aged = Table("Quarters in use", "cutoffs", "figure", "difference", "interval", box=None, pad_edge=False)
    for row in ages.itertuples():
        interval = f"{row.low:+.3f} to {row.high:+.3f}"
        aged.add_row(str(row.age), str(row.cutoffs), row.figure, f"{row.difference:+.3f}", interval)
    console.print(aged)
