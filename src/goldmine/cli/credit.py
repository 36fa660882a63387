"""``goldmine credit``: limits by the bank's rules, the risk behind them, and who is treated how."""

from pathlib import Path
from typing import Annotated

import typer

from goldmine.cli.desk import open_desk
from goldmine.cli.link import AsOf, InLanguage, WorkFolder

app = typer.Typer(help="Credit by deposits and facts: lists for managers, who decide.", no_args_is_help=True)


@app.command()
def limits(work: WorkFolder = Path("data"), as_of: AsOf = "", language: InLanguage = "en") -> None:
    """Work out the limits of all customers by pipelines/credit.yaml; a list a product, each amount explained."""
    from goldmine.cli.output import near
    from goldmine.core.i18n import _
    from goldmine.credit.exclusions import REFUSALS
    from goldmine.credit.limits import build_limits
    from goldmine.credit.risk import risk_path
    from goldmine.credit.rules import load_credit_rules
    from goldmine.publishing.credit_lists import write_credit_lists

    with open_desk(work, as_of, language) as desk:
        rules = load_credit_rules()
        desk.say_placeholders(rules, "credit.yaml")
        risk = risk_path(desk.work, desk.day)
        built = build_limits(desk.bank, desk.work, desk.day, rules, risk=risk if risk.exists() else None)
        lists = write_credit_lists(desk.bank, desk.work, built, language)
        if built.unchecked:
            desk.say(_("All are refused: the bank's tables do not answer {tables}, whose needs docs/credit.md tells; "
                       "may_be_unchecked in credit.yaml would leave that out.",
                       tables=", ".join(built.unchecked)))  # fmt: skip
        for name, gone in built.switched_off.items():
            desk.say(_("{product}: off, {why}", product=rules.products[name].title, why=gone))
        for name, refused in built.refused.items():
            customers, yuan = built.offered.get(name, (0, 0.0))
            listed = lists[f"credit_{name}"]
            desk.say(_("{product}: {customers} customers with a limit, {yuan} yuan; {listed} of those who may be "
                       "contacted are listed: {file}", product=rules.products[name].title, customers=f"{customers:,}",
                       yuan=f"{yuan:,.0f}", listed=f"{listed.rows:,}", file=near(listed.path)))  # fmt: skip
            for rule, count in refused.items():
                desk.say(_("  {count} refused: {rule}", count=f"{count:,}", rule=REFUSALS[rule]))
        desk.say_path(built.path)


@app.command()
def risk(work: WorkFolder = Path("data"), as_of: AsOf = "", language: InLanguage = "en") -> None:
    """Learn who fails from past applications, evaluate it on later ones, and work out everybody's chance of default."""
    from goldmine.credit.risk import build_risk
    from goldmine.credit.risk_report import risk_lines
    from goldmine.credit.rules import load_credit_rules

    with open_desk(work, as_of, language) as desk:
        rules = load_credit_rules()
        desk.say_placeholders(rules, "credit.yaml")
        built = build_risk(desk.bank, desk.work, desk.day, rules)
        for line in risk_lines(built, rules):
            desk.say(line)
        desk.say_path(built.path)


@app.command()
def fairness(work: WorkFolder = Path("data"), as_of: AsOf = "", language: InLanguage = "en") -> None:
    """Compare limits by age band, gender and village, with the four-fifths line; one workbook of counts."""
    from goldmine.contract.display_names import display_names
    from goldmine.core.i18n import _
    from goldmine.credit.fairness import fairness_table, write_fairness
    from goldmine.credit.rules import load_credit_rules

    with open_desk(work, as_of, language) as desk:
        rules = load_credit_rules()
        rows = fairness_table(desk.bank, desk.work, desk.day)
        path = write_fairness(desk.work, rows, rules, (display_names(desk.bank), language), as_of=desk.day)
        below = rows[rows["four_fifths"] < 0.8]
        desk.say(_("{groups} groups compared, {below} below four fifths of the best group of their product",
                   groups=len(rows), below=len(below)))  # fmt: skip
        desk.say_path(path)


@app.command()
def allocate(
    loss_budget: Annotated[float, typer.Option("--loss-budget", help="Yuan a year that may be expected to be lost.")],
    work: WorkFolder = Path("data"),
    as_of: AsOf = "",
    language: InLanguage = "en",
) -> None:
    """Choose the limits to offer that earn most within a budget of expected loss and the caps of groups."""
    from goldmine.core.i18n import _
    from goldmine.credit.allocated_limits import build_allocation
    from goldmine.credit.rules import load_credit_rules

    with open_desk(work, as_of, language) as desk:
        rules = load_credit_rules()
        desk.say_placeholders(rules, "credit.yaml")
        built, path = build_allocation(desk.bank, desk.work, desk.day, rules, loss_budget)
        chosen = built.rows[built.rows["allocated"] > 0]
        desk.say(_("{chosen} of {limits} limits, {yuan} yuan; expected loss {loss} of {budget} yuan a year, "
                   "expected profit {profit} (at most {best} can be had)", chosen=f"{len(chosen):,}",
                   limits=f"{len(built.rows):,}", yuan=f"{chosen['allocated'].sum():,.0f}",
                   loss=f"{built.expected_loss:,.0f}", budget=f"{loss_budget:,.0f}",
                   profit=f"{built.expected_profit:,.0f}", best=f"{built.best_profit:,.0f}"))  # fmt: skip
        desk.say(_("One more yuan of the budget would add {price} yuan of profit.", price=f"{built.loss_price:.2f}"))
        desk.say_path(path)


@app.command()
def scorecard(work: WorkFolder = Path("data"), as_of: AsOf = "", language: InLanguage = "en") -> None:
    """Write a scorecard of points that a manager can add up, evaluated like the model of risk; needs make credit."""
    from goldmine.credit.rules import load_credit_rules
    from goldmine.credit.scorecard_sheet import build_scorecard, scorecard_lines

    with open_desk(work, as_of, language) as desk:
        rules = load_credit_rules()
        built, path = build_scorecard(desk.bank, desk.work, desk.day, rules, language)
        for line in scorecard_lines(built):
            desk.say(line)
        desk.say_path(path)


@app.command()
def why(
    customer: Annotated[str, typer.Argument(metavar="CUSTOMER", help="The customer's number, zeros at its front too.")],
    work: WorkFolder = Path("data"),
    as_of: AsOf = "",
    language: InLanguage = "en",
) -> None:
    """Say for each product how a customer's limit came about, or why there is none; the journal records it."""
    from goldmine.core.i18n import _
    from goldmine.credit.why import why as reasons

    with open_desk(work, as_of, language) as desk:
        for line in reasons(desk.bank, desk.work, desk.day, customer):
            desk.say(line)
        desk.say(_("A proposal for the customer manager, who decides and tells the customer."))


@app.command()
def decide(
    file: Annotated[
        Path,
        typer.Argument(readable=False, metavar="FILE", help="A list of limits with its last two columns filled in."),
    ],
    by: Annotated[str, typer.Option("--by", metavar="STAFF_ID", help="The manager who decided and answers for it.")],
    work: WorkFolder = Path("data"),
    as_of: AsOf = "",
    language: InLanguage = "en",
) -> None:
    """Take back what managers decided on the limits; each decision is kept and logged with who made it."""
    from goldmine.core.dates import today
    from goldmine.core.i18n import _
    from goldmine.credit.decisions import BAD, decisions_path, take_decisions
    from goldmine.credit.rules import load_credit_rules

    with open_desk(work, as_of, language) as desk:
        rules = load_credit_rules()
        decided = (today(), by)
        taken = take_decisions(file, desk.bank, desk.work, rules, as_of=desk.day, decided=decided)
        desk.say(_("{granted} granted, {refused} refused, {open} not decided", granted=taken.granted,
                   refused=taken.refused, open=taken.open))  # fmt: skip
        for reason, count in taken.bad.items():
            desk.say(_("  {count} rows not taken: {reason}", count=count, reason=BAD[reason]))
        desk.say_path(decisions_path(desk.work))
