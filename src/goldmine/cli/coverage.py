"""``goldmine coverage``: who looks after whom."""

from pathlib import Path

from goldmine.cli.commands import AsOf, Language, WorkFolder, app


@app.command()
def coverage(work: WorkFolder = Path("data"), as_of: AsOf = "", language: Language = "en") -> None:
    """Give every customer of 50,000 yuan or more one owner, with as few changes as level, branch and staff allow."""
    from rich.console import Console
    from rich.table import Table

    from goldmine.cli.output import near, say
    from goldmine.contract.intake import load_bank
    from goldmine.core.columns import column
    from goldmine.core.dates import snapshot_date
    from goldmine.core.workspace import Workspace
    from goldmine.coverage import load_coverage_rules, make_coverage
    from goldmine.coverage.workbook import write_workbook

    workspace = Workspace(work.absolute())
    bank = load_bank(workspace)
    with workspace.lock():
        found = make_coverage(bank, workspace, snapshot_date(as_of, bank.data_until), load_coverage_rules())
        file = workspace.root / "coverage" / f"{found.as_of}.xlsx"
        write_workbook(file, found, language)
    table = Table("Owners", "customers", "people", "room for", "overdue", box=None, pad_edge=False)
    for role, people in found.loads.groupby("role"):
        counts = [
            people["owned_customers"].sum(),
            len(people),
            people["max_customers"].sum(),
            people["overdue_customers"].sum(),
        ]
        table.add_row(str(role), *(f"{count:,}" for count in counts))
    Console(highlight=False).print(table)
    reasons = column("change_reason").in_words(found.moves_by_reason.index, "en")
    moves = ", ".join(f"{why} {count:,}" for why, count in zip(reasons, found.moves_by_reason, strict=True))
    say(f"\n{len(found.rows):,} customers at {found.as_of}; other owner than before: {moves or 'nobody'}")
    short = found.shortage
    if len(short):
        above, nobody = short[["above", "nobody"]].sum()
        at = short["branch_id"][0] or "none"
        say(f"too few people: {above:,} customers go to a role above, {nobody:,} have nobody; most at branch {at}")
    say(near(file))
