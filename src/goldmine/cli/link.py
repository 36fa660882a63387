"""``goldmine link``: find customer numbers of one person, and take the decisions on them."""

from pathlib import Path
from typing import Annotated

import typer

from goldmine.core.i18n import Language

app = typer.Typer(help="Customer numbers that may be one person.", no_args_is_help=True)

WorkFolder = Annotated[Path, typer.Option("--work", help="The bank's work folder.")]
AsOf = Annotated[str, typer.Option("--as-of", metavar="YYYY-MM-DD", help="A month end; if not given, the last one.")]
InLanguage = Annotated[Language, typer.Option("--language", help="en or zh.")]


@app.command()
def find(work: WorkFolder = Path("data"), as_of: AsOf = "", language: InLanguage = "en") -> None:
    """Compare all customers, learn the weights, and write a review sheet of the pairs that may be one person."""
    from goldmine.cli.output import near, say
    from goldmine.contract.intake import load_bank
    from goldmine.core.dates import snapshot_date
    from goldmine.core.i18n import _, in_language, ngettext
    from goldmine.core.workspace import Workspace
    from goldmine.identity.linkage.find import find_pairs
    from goldmine.identity.linkage.merge_alone import merge_alone
    from goldmine.identity.linkage.review_sheet import write_review
    from goldmine.identity.linkage.settings import load_linkage

    workspace = Workspace(work.absolute())
    bank = load_bank(workspace)
    day = snapshot_date(as_of, bank.data_until)
    settings = load_linkage()
    with workspace.lock():
        found = find_pairs(bank, workspace, day, settings)
        alone = merge_alone(bank, workspace, day, settings)
        sheet, rows = write_review(bank, workspace, day, settings, language=language)
    say(in_language(_("{customers} customers at {day}: {sure} pairs sure, {review} to be looked at",
                      customers=f"{found.customers:,}", day=day, sure=f"{found.sure:,}",
                      review=f"{found.review:,}"), language))  # fmt: skip
    if settings.merge_alone is None:
        say(in_language(_("nothing is merged by itself (merge_alone is not set)"), language))
    else:
        say(in_language(ngettext("{n} pair merged by the threshold {threshold}",
                                 "{n} pairs merged by the threshold {threshold}",
                                 n=alone, threshold=settings.merge_alone), language))  # fmt: skip
    say(in_language(ngettext("{n} pair to decide on: {file}", "{n} pairs to decide on: {file}",
                             n=rows, file=near(sheet)), language))  # fmt: skip


@app.command("import")
def import_decisions(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The review sheet with its last column filled in.")],
    work: WorkFolder = Path("data"),
    as_of: AsOf = "",
    decided_on: Annotated[
        str, typer.Option("--decided-on", metavar="YYYY-MM-DD", help="From when the bank knows it; else today.")
    ] = "",
    language: InLanguage = "en",
) -> None:
    """Take the decisions of a returned review sheet; pairs of one person become mergers from that day on."""
    from datetime import date

    from goldmine.cli.output import say
    from goldmine.contract.intake import load_bank
    from goldmine.core.audit.log import system_user
    from goldmine.core.dates import parse_day, snapshot_date
    from goldmine.core.i18n import _, in_language
    from goldmine.core.workspace import Workspace
    from goldmine.identity.linkage.review_sheet import REJECTED, take_review

    workspace = Workspace(work.absolute())
    bank = load_bank(workspace)
    day = parse_day(decided_on, "--decided-on") if decided_on else date.today()
    snapshot = snapshot_date(as_of, bank.data_until)
    taken = take_review(file.absolute(), bank, workspace, snapshot, decided=(day, system_user()))
    say(in_language(_("{same} pairs are one person, {different} are two people, {open} not decided",
                      same=taken.same, different=taken.different, open=taken.open), language))  # fmt: skip
    say(in_language(_("{n} numbers merged in all; the next run takes them in", n=len(taken.merged.rows)), language))
    for reason, count in taken.bad.items():
        say(f"{count:,}: {in_language(REJECTED[reason], language)}")
    if taken.merged.contradictory:
        say(in_language(_("{n} groups are not merged: two of their numbers were decided to be different people",
                          n=taken.merged.contradictory), language))  # fmt: skip
