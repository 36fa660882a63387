"""``goldmine households``: who lives together, with the household's assets and products."""

from pathlib import Path

from goldmine.cli.link import AsOf, InLanguage, WorkFolder


def households(work: WorkFolder = Path("data"), as_of: AsOf = "", language: InLanguage = "en") -> None:
    """Find the households of a month end: head, members, assets and products; one Parquet file."""
    from goldmine.cli.output import near, say
    from goldmine.contract.intake import load_bank
    from goldmine.core.dates import snapshot_date
    from goldmine.core.i18n import _, in_language, ngettext
    from goldmine.core.workspace import Workspace
    from goldmine.identity.household_table import build_households

    workspace = Workspace(work.absolute())
    bank = load_bank(workspace)
    day = snapshot_date(as_of, bank.data_until)
    with workspace.lock():
        built = build_households(bank, workspace, day)
    line = _("{customers} customers at {day} live in {households} households, {several} of them with several members",
             customers=f"{built.customers:,}", day=day, households=f"{built.households:,}",
             several=f"{built.several:,}")  # fmt: skip
    say(in_language(line, language))
    if built.too_large:
        say(in_language(ngettext("{n} group was too large for a household and was taken apart",
                                 "{n} groups were too large for a household and were taken apart",
                                 n=built.too_large), language))  # fmt: skip
    say(near(built.path))
