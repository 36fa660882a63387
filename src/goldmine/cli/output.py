"""Printing: results on standard output, errors on standard error."""

import os
import traceback
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING

from goldmine.core.errors import DiskError, GoldmineError
from goldmine.core.files import disk_fault_behind
from goldmine.core.i18n import _, in_language, pgettext
from goldmine.core.workspace import Workspace, home

if TYPE_CHECKING:
    from rich.table import Table

    from goldmine.campaigns.record import Power
    from goldmine.governance.backtest import Backtest
    from goldmine.pipeline.snapshot import Snapshot
    from goldmine.publishing.manifest import Replaced
    from goldmine.publishing.release_store import Release
    from goldmine.publishing.reproduce import Reproduction


def complain(error: GoldmineError) -> None:
    """Print what happened, what to do, and the error's notes, without a traceback."""
    from rich.console import Console

    console = Console(stderr=True, highlight=False, soft_wrap=True)
    console.print(in_language(error.what, error.language), style="bold red", markup=False)
    console.print(in_language(error.do, error.language), markup=False)
    for note in getattr(error, "__notes__", ()):
        console.print(in_language(note, error.language), style="dim", markup=False)


@contextmanager
def errors_in(language: str) -> Iterator[None]:
    """Have errors of the block said in a language."""
    try:
        yield
    except GoldmineError as error:
        error.language = language
        raise


def unknown_error(error: Exception) -> GoldmineError:
    """An error that is none of ours, without its text, which may hold a customer's values or a password.

    One that a full or read-only disk caused says so, and one for want of a permission. Else its traceback is written to
    a file below ``data/errors`` that only its owner may open.
    """
    refused = disk_fault_behind(error)
    if refused:
        return refused
    if isinstance(error, PermissionError) and error.filename:
        return DiskError(
            _("{path}: permission is denied.", path=error.filename),
            _("Permit reading and writing it, or run as its owner."),
        )
    kind = type(error).__name__
    file = home() / "data" / "errors" / f"{datetime.now():%Y-%m-%d_%H%M%S}_{os.getpid()}.txt"
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as stream:
            stream.writelines(traceback.format_exception(error))
    except OSError:
        return GoldmineError(
            _("An unknown error: {kind}; its text is withheld.", kind=kind),
            _("It could not be kept: is the disk full?"),
        )
    return GoldmineError(
        _("An unknown error: {kind}; its text is withheld, since it may hold a customer's values.", kind=kind),
        _("Read it in {file}, which only its owner may open.", file=file),
    )


def say(line: str) -> None:
    """Print one line, never wrapped."""
    from rich.console import Console

    Console(highlight=False, soft_wrap=True).print(line, markup=False)


def near(path: Path) -> str:
    """A path, relative to the current folder if it lies below it."""
    folder = Path.cwd()
    return os.fspath(path.relative_to(folder) if path.is_relative_to(folder) else path)


def show_lists(work: Workspace, language: str = "en") -> None:
    """Print the current release of a work folder as a table, and where its workbooks are."""
    from rich.console import Console

    from goldmine.publishing.latest_lists import latest_lists
    from goldmine.publishing.manifest import younger_models
    from goldmine.publishing.release_store import read_latest

    lists = latest_lists(work)
    heads = (_("List"), _("as of"), pgettext("terminal", "rows"), _("top probability"), _("valid until"))
    table = _table(heads, language)
    for entry in lists:
        top = "-" if entry.top_probability is None else f"{entry.top_probability:.1%}"
        table.add_row(entry.use_case, str(entry.as_of), f"{entry.rows:,}", top, str(entry.valid_until or "-"))
    Console(highlight=False).print(table)
    for entry in lists:
        say(f"  {near(entry.file)}")
    for note in younger_models(read_latest(work).manifest):
        say(f"  {note}")
    show_campaigns(work, language)


def show_campaigns(work: Workspace, language: str = "en") -> None:
    """Print the current release's campaigns, the path of head office's workbook, and what was left out."""
    from goldmine.publishing.release_store import read_latest

    release = read_latest(work)
    if release.manifest.campaigns:
        _show_live(release, language)
    if release.manifest.replaces:
        _show_replaced(release, release.manifest.replaces, language)
    for name, why in release.manifest.left_out.items():
        say("  " + in_language(_("left out: {name}, refused: {why}", name=name, why=why), language))
    for name, missing in release.manifest.campaigns_off.items():
        text = _("left out: {name}, for want of {missing}", name=name, missing=missing)
        say(f"  {in_language(text, language)}")


def _table(heads: Iterable[str], language: str) -> "Table":
    """An empty table; a long cell is broken where it ends the column, since Chinese has no spaces to break at."""
    from rich.table import Column, Table

    columns = [Column(in_language(head, language), overflow="fold") for head in heads]
    return Table(*columns, box=None, pad_edge=False)


def _show_live(release: "Release", language: str) -> None:
    from rich.console import Console

    heads = (_("Campaign"), _("ranked by"), _("contact"), _("control"), _("smallest effect"), _("valid until"))
    table = _table(heads, language)
    for name, campaign in release.manifest.campaigns.items():
        effect = "-" if campaign.power.smallest_effect is None else f"{campaign.power.smallest_effect:.1%}"
        flag = in_language(_newly_drawn(campaign.power), language) + in_language(_power_flag(campaign.power), language)
        counts = (f"{campaign.power.contact:,}", f"{campaign.power.control:,}")
        table.add_row(name, campaign.ranking.by, *counts, effect + flag, str(campaign.valid_until))
    say("")
    Console(highlight=False).print(table)
    say(f"  {near(release.folder / 'offers' / 'head_office.xlsx')}")


def _show_replaced(release: "Release", replaced: "Replaced", language: str) -> None:
    from rich.console import Console

    say("")
    say(in_language(_("Replaces release {release} of the same snapshot:", release=replaced.release_id), language))
    heads = (_("Rows of lists and offers"), _("withdrawn"), _("new"), _("changed"))
    table = _table(heads, language)
    for name, counts in {in_language(_("head office"), language): replaced.head_office, **replaced.branches}.items():
        table.add_row(name, f"{counts.withdrawn:,}", f"{counts.new:,}", f"{counts.changed:,}")
    Console(highlight=False).print(table)
    say(f"  {near(release.folder / 'changes' / 'head_office.xlsx')}")


def _newly_drawn(power: "Power") -> str:
    """How many customers the measurement compares, where earlier releases drew some of them."""
    if not power.drawn_before:
        return ""
    return _(" ({new:,} newly drawn)", new=power.measured.contact + power.measured.control)


def _power_flag(power: "Power") -> str:
    if power.detects:
        return ""
    if not power.measurable:
        return _(" (not measurable)")
    if power.more_contacts is None:
        return _(" (too few for {effect:.1%})", effect=power.min_effect_of_interest)
    numbers = {"effect": power.min_effect_of_interest, "more": power.more_contacts}
    return _(" (too few for {effect:.1%}: {more:,} more contacts)", **numbers)


def show_morning_line(work: Workspace, since: datetime, language: str) -> None:
    """Print which release is current and why, as the run that began after a moment reported it."""
    from goldmine.pipeline.run_report import read_reports

    newest = next(iter(read_reports(work)), None)
    if newest is not None and newest.ended >= since:
        say(str(in_language(newest.line, language)))
        say(f"  {near(newest.page(work))}")


def show_places(snapshot: "Snapshot", steps: Sequence[str] = ()) -> None:
    """Print where a run's results are.

    Parameters
    ----------
    steps : sequence of str
        Steps that it ran; those of lists on request, households and links have folders of their own.
    """
    from rich.cells import set_cell_size

    from goldmine.models.store import store_address
    from goldmine.models.tracking import tracking_uri

    work, as_of = snapshot.work, snapshot.as_of
    store = tracking_uri()
    places = {
        _("Lists"): near(work.releases / str(as_of)) if (work.releases / str(as_of)).exists() else "",
        **{what: near(folder) for name, (what, folder) in _own_folders(snapshot).items() if name in steps},
        _("Executed notebooks"): near(work.notebooks(as_of)),
        _("Tracking store"): near(Path(store.removeprefix("sqlite:///")))
        if store.startswith("sqlite:")
        else store_address(store),
        _("Data docs"): near(work.docs / "index.html"),
    }
    say("")
    for what, where in places.items():
        if where:
            say(f"{set_cell_size(in_language(what, snapshot.language), 20)}{where}")


def _own_folders(snapshot: "Snapshot") -> dict[str, tuple[str, Path]]:
    """By step: what it makes, and where that is."""
    from goldmine.identity.household_table import households_path

    root, as_of = snapshot.work.root, snapshot.as_of
    on_request = _("Lists on request"), root / "on_request_lists" / str(as_of)
    return {
        **dict.fromkeys(("near_threshold", "screening", "lost", "employers", "prospects"), on_request),
        "households": (_("Households"), households_path(snapshot.work, as_of)),
        "links": (_("Pairs to decide on"), snapshot.work.linkage(as_of) / f"review_{snapshot.language}.xlsx"),
    }


def show_reproduction(made: "Reproduction", language: str) -> None:
    """Print whether a release was made again to the byte, and what differs."""
    from goldmine.publishing.release_inputs import input_title

    release = made.release.manifest.release_id
    if made.same:
        text: str = _("release {release}: {n} files, every byte the same", release=release, n=len(made.files))
        say(in_language(text, language))
    words = {"differs": _("differs"), "missing": _("was not made again"), "new": _("was not there")}
    redacted = {path for redaction in made.release.manifest.redactions for path in redaction.files}
    for path, state in made.files.items():
        if state != "same":
            what = _("differs, and was redacted") if state == "differs" and path in redacted else words[state]
            say(in_language(_("{file}: {what}", file=path, what=what), language))
    for redaction in made.release.manifest.redactions:
        told = {"at": f"{redaction.at:%Y-%m-%d}", "n": len(redaction.files)}
        say(in_language(_("redacted on {at}: {n} files without a forgotten customer", **told), language))
    if redacted and not made.same:
        text = _("what a forgotten customer was in cannot be made again: no table holds the customer any more")
        say(in_language(text, language))
    for name in made.inputs:
        say(in_language(_("changed since: {what}", what=input_title(name)), language))
    if not made.same and not made.release.manifest.inputs:
        say(in_language(_("this release does not record its inputs, so what changed cannot be named"), language))


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
