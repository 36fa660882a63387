"""``goldmine link import``: take the decisions on pairs of customer numbers; `find` is a step of the job."""

from pathlib import Path
from typing import Annotated

import typer

from goldmine.core.i18n import Language

app = typer.Typer(help="Customer numbers that may be one person.", no_args_is_help=True)

WorkFolder = Annotated[Path, typer.Option("--work", readable=False, help="The bank's work folder.")]
AsOf = Annotated[str, typer.Option("--as-of", metavar="YYYY-MM-DD", help="A month end; if not given, the last one.")]
InLanguage = Annotated[Language, typer.Option("--language", help="en or zh.")]


@app.command("import")
def import_decisions(
    file: Annotated[
        Path, typer.Argument(readable=False, metavar="FILE", help="The review sheet with its last column filled in.")
    ],
    work: WorkFolder = Path("data"),
    as_of: AsOf = "",
    decided_on: Annotated[
        str, typer.Option("--decided-on", metavar="YYYY-MM-DD", help="From when the bank knows it; else today.")
    ] = "",
    language: InLanguage = "en",
) -> None:
    """Take the decisions of a returned review sheet; pairs of one person become mergers from that day on."""

    from goldmine.cli.output import say
    from goldmine.contract.intake import load_bank
    from goldmine.core.audit.log import system_user
    from goldmine.core.dates import parse_day, snapshot_date, today
    from goldmine.core.i18n import _, in_language
    from goldmine.core.workspace import Workspace
    from goldmine.identity.linkage.review_sheet import REJECTED, take_review

    workspace = Workspace(work.absolute())
    bank = load_bank(workspace)
    day = parse_day(decided_on, "--decided-on") if decided_on else today()
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
