"""``goldmine month-limits``: limits for months, proposed from a bank's own history for their owner to sign."""

from pathlib import Path
from typing import Annotated

import typer

from goldmine.cli.commands import AsOf, Language, WorkFolder, app


@app.command("month-limits")
def month_limits(
    file: Annotated[Path, typer.Argument(readable=False, metavar="FILE", help="Where to write the proposal, as YAML.")],
    work: WorkFolder = Path("data"),
    as_of: AsOf = "",
    language: Language = "en",
) -> None:
    """Propose limits for the months of a table from 24 months of its history; its owner signs them."""
    from goldmine.cli.output import errors_in, near, say
    from goldmine.contract.manifest import load_bank
    from goldmine.core.dates import snapshot_date
    from goldmine.core.files import whole_file
    from goldmine.core.i18n import _, in_language
    from goldmine.core.workspace import Workspace
    from goldmine.pipeline.parameters import parse_language
    from goldmine.validation.month_limits import as_proposal
    from goldmine.validation.month_proposal import propose_limits

    language = parse_language(language)
    with errors_in(language):
        bank = load_bank(Workspace(work.absolute()))
        limits = propose_limits(bank, snapshot_date(as_of, bank.data_until))
        with whole_file(file.absolute()) as part:
            part.write_text(as_proposal(limits), "utf-8")
    for limit in limits:
        told = {"what": "/".join(filter(None, (limit.table, limit.figure, limit.part))), "months": limit.months}
        figures = {"lowest": f"{limit.lowest:.2f}", "highest": f"{limit.highest:.2f}"}
        say(in_language(_("{what}: {lowest} to {highest}, from {months} months", **told, **figures), language))
    told = {"n": len(limits), "file": near(file.absolute())}
    say(in_language(_("{n} limits to be signed by whoever answers for the table: {file}", **told), language))
