"""``goldmine tags``: the catalogue, its examples, and why a customer has a tag."""

from pathlib import Path
from typing import Annotated

import typer

from goldmine.core.i18n import Language, _, in_language, ngettext, pgettext

app = typer.Typer(help="Tags of customers, and the reasons for them.", no_args_is_help=True)

WorkFolder = Annotated[Path, typer.Option("--work", readable=False, help="The bank's work folder.")]
AsOf = Annotated[str, typer.Option("--as-of", metavar="YYYY-MM-DD", help="A month end; if not given, the last one.")]


@app.command("list")
def list_tags() -> None:
    """Show every tag, its condition and its owner."""
    from goldmine.cli.output import say
    from goldmine.customers.tags import load_catalogue

    for tag_set in load_catalogue().sets:
        exclusive = ", exclusive" if tag_set.exclusive else ""
        say(f"{tag_set.name}  {_both_languages(tag_set.title)}  ({tag_set.dimension}{exclusive})")
        for tag in tag_set.tags:
            owner = f"{tag.owner} {in_language(tag.owner, 'zh')}"
            say(f"  {tag.name:<16}{in_language(tag.title, 'zh')}  {tag.title}  [{owner}]")
            say(f"  {'':<16}{tag.when}")


@app.command()
def check() -> None:
    """Check each tag against its own examples."""
    from goldmine.cli.output import say
    from goldmine.customers.tags import check_examples, load_catalogue

    catalogue = load_catalogue()
    tags, rows = sum(len(tag_set.tags) for tag_set in catalogue.sets), check_examples(catalogue)
    say(f"{tags} tags in {len(catalogue.sets)} sets: all {rows} rows of their examples pass")


@app.command()
def explain(
    customer: Annotated[str, typer.Argument(metavar="CUSTOMER", help="The customer's number, zeros at its front too.")],
    work: WorkFolder = Path("data"),
    as_of: AsOf = "",
    language: Annotated[Language, typer.Option("--language", help="en or zh.")] = "en",
) -> None:
    """Show which tags a customer has, why, since when, and the tag before; the journal records the look-up."""
    from goldmine.cli.output import say
    from goldmine.contract.intake import load_bank
    from goldmine.core.dates import snapshot_date
    from goldmine.core.workspace import Workspace
    from goldmine.customers.explain import explain as reasons
    from goldmine.customers.tags import load_catalogue
    from goldmine.features import feature_dictionary, feature_titles

    workspace = Workspace(work.absolute())
    bank = load_bank(workspace)
    day = snapshot_date(as_of, bank.data_until)
    tags = reasons(bank, workspace, customer, day)
    titles = {
        f"{tag_set.name}.{tag.name}": in_language(tag.title, language)
        for tag_set in load_catalogue().sets
        for tag in tag_set.tags
    }
    labels = feature_titles(feature_dictionary(workspace), language)
    found = ngettext("{customer} at {day}: {n} tag", "{customer} at {day}: {n} tags",
                     n=len(tags), customer=customer, day=day)  # fmt: skip
    say(in_language(found, language))
    for reason in tags:
        since = _("since {day}", day=reason.since)
        if reason.before:
            before = titles.get(reason.before_tag, reason.before)
            since = _("since {day}, before that {before}", day=reason.since, before=before)
        say(f"{titles[reason.tag]}  ({in_language(since, language)})")
        say(f"  {reason.when}")
        for name, value in reason.values.items():
            label = f"{labels[name]} ({name})" if name in labels else name
            say(f"  {label} = {in_language(_value(value), language)}")
        owner = _("{tag}, owner: {owner}", tag=reason.tag, owner=reason.owner)
        say(f"  {in_language(owner, language)}")


def _both_languages(title: str) -> str:
    return f"{in_language(title, 'zh')} {title}"


def _value(value: object) -> str:
    if value is None:
        return pgettext("value", "unknown")
    return f"{value:,.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
