"""``goldmine wealth``: what ends soon and what lies idle, with what to offer within suitability."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from goldmine.cli.desk import open_desk
from goldmine.cli.link import AsOf, InLanguage, WorkFolder

if TYPE_CHECKING:
    from goldmine.wealth.offers import WealthOffers

app = typer.Typer(help="Deposits and wealth products by risk, term and cash rhythm.", no_args_is_help=True)


@app.command()
def maturity(work: WorkFolder = Path("data"), as_of: AsOf = "", language: InLanguage = "en") -> None:
    """List deposits and wealth products that end in the next days, and what to offer for the money."""
    from goldmine.wealth.offers import due_offers

    _write("wealth_due", due_offers, work, as_of, language)


@app.command()
def match(work: WorkFolder = Path("data"), as_of: AsOf = "", language: InLanguage = "en") -> None:
    """List demand deposits that lie idle, and the deposit or wealth product that fits risk, term and cash rhythm."""
    from goldmine.wealth.offers import idle_offers

    _write("wealth_idle", idle_offers, work, as_of, language)


def _write(name: str, offers: "Callable[..., WealthOffers]", work: Path, as_of: str, language: str) -> None:
    """Write the list of offers and say how many there are."""
    from goldmine.cli.output import near
    from goldmine.core.i18n import _
    from goldmine.publishing.on_request_list import write_on_request_lists
    from goldmine.wealth.rules import load_wealth_rules

    with open_desk(work, as_of, language) as desk:
        rules = load_wealth_rules()
        desk.say_placeholders(rules, "wealth_match.yaml")
        found = offers(desk.bank, desk.work, desk.day, rules, language)
        listed = write_on_request_lists(desk.bank, desk.work, desk.day, {name: found.rows}, language)[name]
        desk.say(_("{rows} offers, {deposits} of them deposits; nothing fits {fits}; {listed} of customers who may be "
                   "contacted are listed: {file}",
                   rows=f"{found.offers:,}", deposits=f"{found.deposits:,}", fits=f"{found.nothing_fits:,}",
                   listed=f"{listed.rows:,}", file=near(listed.path)))  # fmt: skip
