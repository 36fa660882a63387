"""``goldmine tags``: the catalogue, its tests, and why a customer has a tag."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from goldmine.customers.tags import Catalogue

app = typer.Typer(help="Tags: what can be said of a customer, and why.", no_args_is_help=True)

WorkFolder = Annotated[Path, typer.Option("--work", help="The bank's work folder.")]
AsOf = Annotated[str, typer.Option("--as-of", metavar="YYYY-MM-DD", help="A month end; if not given, the last one.")]


@app.command("list")
def list_tags() -> None:
    """Show every tag, its condition and its owner."""
    from goldmine.cli.output import say
    from goldmine.customers.tags import load_catalogue

    for one in load_catalogue().sets:
        say(f"{one.name}  {one.title_zh} {one.title_en}  ({one.dimension}{', exclusive' if one.exclusive else ''})")
        for tag in one.tags:
            say(f"  {tag.name:<16}{tag.title_zh}  {tag.title_en}  [{tag.owner}]")
            say(f"  {'':<16}{tag.when}")


@app.command()
def check() -> None:
    """Run each tag's own test and prove that exclusive sets exclude."""
    from goldmine.cli.output import say
    from goldmine.customers.tag_checks import check_examples, unproved
    from goldmine.customers.tags import load_catalogue

    catalogue = load_catalogue()
    tags, rows = sum(len(one.tags) for one in catalogue.sets), check_examples(catalogue)
    say(f"{tags} tags in {len(catalogue.sets)} sets: all {rows} rows of their tests come out as they should")
    for one in catalogue.sets:
        if one.exclusive:
            pairs = ", ".join(f"{a.name} and {b.name}" for a, b in unproved(one))
            say(f"  {one.name:<16}" + (f"shown on the data only: {pairs}" if pairs else "exclusive by its conditions"))


@app.command()
def explain(
    customer: Annotated[str, typer.Argument(metavar="CUSTOMER", help="The customer's number, zeros at its front too.")],
    work: WorkFolder = Path("data"),
    as_of: AsOf = "",
) -> None:
    """Say which tags a customer has, why, since when, and what stood there before; the look-up is noted down."""
    from goldmine.cli.output import say
    from goldmine.contract.intake import load_bank
    from goldmine.core.dates import snapshot_date
    from goldmine.core.workspace import Workspace
    from goldmine.customers.explain import explain as reasons
    from goldmine.customers.tags import load_catalogue

    place = Workspace(work.absolute())
    bank = load_bank(place)
    day = snapshot_date(as_of, bank.books_to)
    found = reasons(bank, place, customer, day)
    names = _titles(load_catalogue())
    say(f"{customer} at {day}: {len(found)} tags")
    for reason in found:
        before = f", before that {names.get(reason.before_tag, reason.before)}" if reason.before else ""
        say(f"{reason.title_zh}  {reason.title_en}  (since {reason.since}{before})")
        say(f"  {reason.when}")
        say("  " + ", ".join(f"{name} = {_value(value)}" for name, value in reason.values.items()))
        say(f"  {reason.tag}, owner: {reason.owner}")


def _titles(catalogue: "Catalogue") -> dict[str, str]:
    return {f"{one.name}.{tag.name}": f"{tag.title_zh} {tag.title_en}" for one in catalogue.sets for tag in one.tags}


def _value(value: object) -> str:
    if value is None:
        return "unknown"
    return f"{value:,.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
