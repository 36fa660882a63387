"""``goldmine credit``: limits by the bank's rules, the risk behind them, and who is treated how."""

from pathlib import Path

import typer

from goldmine.cli.link import AsOf, InLanguage, WorkFolder

app = typer.Typer(help="Credit by deposits and facts: lists for managers, who decide.", no_args_is_help=True)


@app.command()
def limits(work: WorkFolder = Path("data"), as_of: AsOf = "", language: InLanguage = "en") -> None:
    """Work out the limits of all customers by pipelines/credit.yaml; a list a product, each amount explained."""
    from goldmine.cli.output import near, say
    from goldmine.contract.intake import load_bank
    from goldmine.core.dates import snapshot_date
    from goldmine.core.i18n import _, in_language
    from goldmine.core.workspace import Workspace
    from goldmine.credit.exclusions import REFUSALS
    from goldmine.credit.limits import build_limits
    from goldmine.credit.rules import load_credit_rules
    from goldmine.publishing.credit_lists import write_credit_lists

    workspace = Workspace(work.absolute())
    bank = load_bank(workspace)
    day, rules = snapshot_date(as_of, bank.data_until), load_credit_rules()
    with workspace.lock():
        built = build_limits(bank, workspace, day, rules)
        lists = write_credit_lists(bank, workspace, built, language)
    if built.unchecked:
        say(in_language(_("All are refused: the bank's tables lack {tables}; may_be_unchecked in credit.yaml would "
                          "leave that out.", tables=", ".join(built.unchecked)), language))  # fmt: skip
    for name, gone in built.switched_off.items():
        say(in_language(_("{product}: off, {why}", product=rules.products[name].title, why=gone), language))
    for name, refused in built.refused.items():
        customers, yuan = built.offered.get(name, (0, 0.0))
        say(in_language(_("{product}: {customers} customers with a limit, {yuan} yuan; {listed} may be contacted: "
                          "{file}", product=rules.products[name].title, customers=f"{customers:,}",
                          yuan=f"{yuan:,.0f}",
                          listed=f"{lists[f'credit_{name}'].rows:,}",
                          file=near(lists[f"credit_{name}"].path)), language))  # fmt: skip
        for rule, count in refused.items():
            say(in_language(_("  {count} refused: {rule}", count=f"{count:,}", rule=REFUSALS[rule]), language))
    say(near(built.path))
