"""``goldmine credit``: limits by the bank's rules, the risk behind them, and who is treated how."""

from pathlib import Path
from typing import Annotated

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
    from goldmine.credit.risk import risk_path
    from goldmine.credit.rules import load_credit_rules
    from goldmine.publishing.credit_lists import write_credit_lists

    workspace = Workspace(work.absolute())
    bank = load_bank(workspace)
    day, rules = snapshot_date(as_of, bank.data_until), load_credit_rules()
    with workspace.lock():
        risk = risk_path(workspace, day)
        built = build_limits(bank, workspace, day, rules, risk=risk if risk.exists() else None)
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


@app.command()
def risk(work: WorkFolder = Path("data"), as_of: AsOf = "", language: InLanguage = "en") -> None:
    """Learn who fails from past applications, judge it on later ones, and work out everybody's chance of default."""
    from goldmine.cli.output import near, say
    from goldmine.contract.intake import load_bank
    from goldmine.core.dates import snapshot_date
    from goldmine.core.i18n import in_language
    from goldmine.core.workspace import Workspace
    from goldmine.credit.risk import build_risk
    from goldmine.credit.risk_report import risk_lines
    from goldmine.credit.rules import load_credit_rules

    workspace = Workspace(work.absolute())
    bank = load_bank(workspace)
    day, rules = snapshot_date(as_of, bank.data_until), load_credit_rules()
    with workspace.lock():
        built = build_risk(bank, workspace, day, rules)
    for line in risk_lines(built, rules):
        say(in_language(line, language))
    say(near(built.path))


@app.command()
def fairness(work: WorkFolder = Path("data"), as_of: AsOf = "", language: InLanguage = "en") -> None:
    """Compare limits by age band, gender and village, with the four-fifths line; one workbook of counts."""
    from goldmine.cli.output import near, say
    from goldmine.contract.intake import load_bank
    from goldmine.core.dates import snapshot_date
    from goldmine.core.i18n import _, in_language
    from goldmine.core.workspace import Workspace
    from goldmine.credit.fairness import fairness_table, write_fairness
    from goldmine.credit.rules import load_credit_rules

    workspace = Workspace(work.absolute())
    bank = load_bank(workspace)
    day = snapshot_date(as_of, bank.data_until)
    with workspace.lock():
        rows = fairness_table(bank, workspace, day)
        path = write_fairness(workspace, day, rows, load_credit_rules(), language)
    below = rows[rows["four_fifths"] < 0.8]
    say(in_language(_("{groups} groups compared, {below} below four fifths of the best group of their product",
                      groups=len(rows), below=len(below)), language))  # fmt: skip
    say(near(path))


@app.command()
def allocate(
    loss_budget: Annotated[float, typer.Option("--loss-budget", help="Yuan a year that may be expected to be lost.")],
    work: WorkFolder = Path("data"),
    as_of: AsOf = "",
    language: InLanguage = "en",
) -> None:
    """Choose the limits to offer that earn most within a budget of expected loss and the caps of groups."""
    from goldmine.cli.output import near, say
    from goldmine.contract.intake import load_bank
    from goldmine.core.dates import snapshot_date
    from goldmine.core.i18n import _, in_language
    from goldmine.core.workspace import Workspace
    from goldmine.credit.allocated_limits import build_allocation
    from goldmine.credit.rules import load_credit_rules

    workspace = Workspace(work.absolute())
    bank = load_bank(workspace)
    day, rules = snapshot_date(as_of, bank.data_until), load_credit_rules()
    with workspace.lock():
        built, path = build_allocation(bank, workspace, day, rules, loss_budget)
    chosen = built.rows[built.rows["allocated"] > 0]
    say(in_language(_("{chosen} of {limits} limits, {yuan} yuan; expected loss {loss} of {budget} yuan a year, "
                      "expected profit {profit} (at most {best} can be had)", chosen=f"{len(chosen):,}",
                      limits=f"{len(built.rows):,}", yuan=f"{chosen['allocated'].sum():,.0f}",
                      loss=f"{built.expected_loss:,.0f}", budget=f"{loss_budget:,.0f}",
                      profit=f"{built.expected_profit:,.0f}", best=f"{built.best_profit:,.0f}"), language))  # fmt: skip
    say(in_language(_("One more yuan of the budget would add {price} yuan of profit.", price=f"{built.loss_price:.2f}"),
                    language))  # fmt: skip
    say(near(path))


@app.command()
def scorecard(work: WorkFolder = Path("data"), as_of: AsOf = "", language: InLanguage = "en") -> None:
    """Write a scorecard of points that a manager can add up, judged like the model of risk; needs make credit."""
    from goldmine.cli.output import near, say
    from goldmine.contract.intake import load_bank
    from goldmine.core.dates import snapshot_date
    from goldmine.core.i18n import _, in_language
    from goldmine.core.workspace import Workspace
    from goldmine.credit.rules import load_credit_rules
    from goldmine.credit.scorecard_sheet import build_scorecard

    workspace = Workspace(work.absolute())
    bank = load_bank(workspace)
    day, rules = snapshot_date(as_of, bank.data_until), load_credit_rules()
    with workspace.lock():
        found, path = build_scorecard(bank, workspace, day, rules, language)
    say(in_language(_("Scorecard: AUC {auc} (at least {low}), KS {ks}, PSI {psi} on {loans} later loans, {bad} failed",
                      auc=f"{found.auc:.3f}", low=f"{found.auc_low:.3f}", ks=f"{found.ks:.3f}", psi=f"{found.psi:.3f}",
                      loans=f"{found.loans:,}", bad=found.bad), language))  # fmt: skip
    say(near(path))


@app.command()
def decide(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A list of limits with its last two columns filled in.")],
    by: Annotated[str, typer.Option("--by", metavar="STAFF_ID", help="The manager who decided and answers for it.")],
    work: WorkFolder = Path("data"),
    as_of: AsOf = "",
    language: InLanguage = "en",
) -> None:
    """Take back what managers decided on the limits; each decision is kept and logged with who made it."""

    from goldmine.cli.output import near, say
    from goldmine.contract.intake import load_bank
    from goldmine.core.dates import snapshot_date, today
    from goldmine.core.i18n import _, in_language
    from goldmine.core.workspace import Workspace
    from goldmine.credit.decisions import BAD, decisions_path, take_decisions
    from goldmine.credit.rules import load_credit_rules

    workspace = Workspace(work.absolute())
    bank = load_bank(workspace)
    day, rules = snapshot_date(as_of, bank.data_until), load_credit_rules()
    with workspace.lock():
        taken = take_decisions(file, bank, workspace, rules, as_of=day, decided=(today(), by))
    say(in_language(_("{granted} granted, {refused} refused, {open} not decided", granted=taken.granted,
                      refused=taken.refused, open=taken.open), language))  # fmt: skip
    for reason, count in taken.bad.items():
        say(in_language(_("  {count} rows not taken: {reason}", count=count, reason=BAD[reason]), language))
    say(near(decisions_path(workspace)))
