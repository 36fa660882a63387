"""The command ``goldmine learn-uplift``: may uplift rank the next lists?"""

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

    place = Workspace(work.absolute())
    bank = load_bank(place)
    snapshot = snapshot_date(as_of, bank.data_until)
    with place.lock():
        for name in use_case or use_case_names():
            found = uplift_record(learn(bank, place, load_use_case(name), snapshot))
            needed = f", about {found['rows_needed']:,} needed" if found["rows_needed"] else ""
            say(f"{name:<20}{found['verdict']:<20}{found['rows']:,} customers of complete campaigns{needed}")
