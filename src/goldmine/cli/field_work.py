"""``goldmine grid`` and what follows from it: visits, routes, cards, credit by village."""

from pathlib import Path
from typing import Annotated

import typer

from goldmine.cli.desk import open_desk
from goldmine.cli.link import AsOf, InLanguage, WorkFolder


def grid(work: WorkFolder = Path("data"), as_of: AsOf = "", language: InLanguage = "en") -> None:
    """Give every resident one grid and one visitor; say what is wrong in the books and what would correct it."""
    from goldmine.cli.output import say
    from goldmine.core.i18n import _, in_language
    from goldmine.grid.one_grid import make_grid
    from goldmine.grid.rules import load_grid_rules
    from goldmine.grid.workbook import FINDING_TEXTS, write_grid

    with open_desk(work, as_of, language) as desk:
        rules = load_grid_rules()
        desk.say_placeholders(rules, "grid.yaml")
        made = make_grid(desk.bank, desk.work, desk.day, rules)
        file = write_grid(made.path.with_suffix(".xlsx"), made, language)
        desk.say(_("{people} residents at {day} in {grids} grids", people=f"{made.residents:,}", day=desk.day,
                   grids=f"{len(made.grids):,}"))  # fmt: skip
        for name, text in FINDING_TEXTS.items():
            if made.findings[name]:
                say(f"  {made.findings[name]:,}  {in_language(text, language)}")
        changed = made.grids["visitor_change"] != "kept"
        desk.say(_("proposed: another visitor for {visitors} grids, another grid for {customers} customers",
                   visitors=f"{changed.sum():,}", customers=f"{len(made.moved):,}"))  # fmt: skip
        desk.say_path(file)


def visits(work: WorkFolder = Path("data"), as_of: AsOf = "", language: InLanguage = "en") -> None:
    """List the households that a visit is worth more than a call, each once, for their grid's visitor."""
    from goldmine.core.i18n import _
    from goldmine.grid.rules import load_grid_rules
    from goldmine.grid.visit_list import make_visit_list, write_visits

    with open_desk(work, as_of, language) as desk:
        rules = load_grid_rules()
        desk.say_placeholders(rules, "grid.yaml")
        made = make_visit_list(desk.bank, desk.work, desk.day, rules.visits)
        file = write_visits(made.path.with_suffix(".xlsx"), made, desk.day, language)
        desk.say(_("{visits} of {households} households are worth a visit by {visitors} visitors",
                   visits=f"{len(made.rows):,}", households=f"{made.households:,}",
                   visitors=f"{made.rows['visitor_id'].nunique():,}"))  # fmt: skip
        if not made.use_cases:
            desk.say(_("nothing is scored at {day}: only care for assets counts", day=desk.day))
        for who, count in made.left_out.values():
            desk.say(_("  {n} left out: {who}", n=f"{count:,}", who=who))
        desk.say_path(file)


def routes(  # noqa: PLR0917 - the command's own options
    work: WorkFolder = Path("data"),
    as_of: AsOf = "",
    first: Annotated[
        str, typer.Option("--from", metavar="YYYY-MM-DD", help="First day; else the first working day after.")
    ] = "",
    visitor: Annotated[str, typer.Option("--visitor", metavar="ID", help="One visitor's route only.")] = "",
    matrix: Annotated[
        Path | None,
        typer.Option("--matrix", readable=False, metavar="CSV", help="Ways by road: from_id, to_id, metres, minutes."),
    ] = None,
    language: InLanguage = "en",
) -> None:
    """Plan a week's route for every visitor: the visits that earn most, in order, with a picture of the way."""
    from datetime import timedelta

    from goldmine.core.dates import parse_day
    from goldmine.core.file_names import file_names
    from goldmine.core.i18n import _, ngettext
    from goldmine.grid.rules import load_grid_rules
    from goldmine.grid.travel import read_matrix
    from goldmine.grid.week import WeekRequest, plan_week, write_week
    from goldmine.plots.routes import write_route_map
    from goldmine.plots.style import use_language

    with open_desk(work, as_of, language) as desk:
        start = parse_day(first, "--from") if first else desk.day + timedelta(days=1)
        ways = read_matrix(matrix.absolute()) if matrix else None
        use_language(language)
        rules = load_grid_rules()
        desk.say_placeholders(rules, "grid.yaml")
        week = plan_week(desk.bank, desk.work, desk.day, rules, WeekRequest(start, ways, visitor))
        files = write_week(week.path.parent, week, desk.day, language)
        for number, name in file_names(week.visitors["visitor_id"]).items():
            write_route_map(week.path.parent / f"{name}.svg", week, number)
        desk.say(_("{visits} visits of {visitors} visitors, {kilometres} km, worth {yuan} yuan beyond their cost",
                   visits=f"{len(week.visits):,}", visitors=f"{len(week.visitors):,}",
                   kilometres=f"{week.visitors['kilometres'].sum():,.0f}",
                   yuan=f"{week.visitors['net_yuan'].sum():,.0f}"))  # fmt: skip
        if week.left_out:
            desk.say(ngettext("{n} household is left out: met since, moved away, or not to be visited any more",
                              "{n} households are left out: met since, moved away, or not to be visited any more",
                              n=week.left_out))  # fmt: skip
        if week.unplaced:
            desk.say(ngettext("{n} household is left out: its grid or branch has no place",
                              "{n} households are left out: their grid or branch has no place",
                              n=week.unplaced))  # fmt: skip
        desk.say_path(files[0])


def village(work: WorkFolder = Path("data"), as_of: AsOf = "", language: InLanguage = "en") -> None:
    """Work out credit limits for the households of every village, with a roll call for its committee."""
    from goldmine.core.i18n import _, ngettext
    from goldmine.grid.village_credit import make_village_credit
    from goldmine.grid.village_rules import load_village_rules
    from goldmine.grid.village_sheets import write_villages

    with open_desk(work, as_of, language) as desk:
        rules = load_village_rules()
        desk.say_placeholders(rules, "village_credit.yaml")
        credit = make_village_credit(desk.bank, desk.work, desk.day, rules)
        files = write_villages(credit.path.parent, credit, desk.day, rules, language)
        villages = credit.villages
        desk.say(_("{households} households of {villages} villages on the roll, {yuan} yuan; {waiting} beyond a cap",
                   households=f"{villages['listed_households'].sum():,}", villages=f"{len(villages):,}",
                   yuan=f"{villages['limits_yuan'].sum():,.0f}",
                   waiting=f"{villages['waiting_households'].sum():,}"))  # fmt: skip
        empty = int((~(villages["households"] > 0)).sum())
        if empty:
            desk.say(ngettext("{n} village has no households by its own table",
                              "{n} villages have no households by their own table", n=empty))  # fmt: skip
        closed = int((~(villages["credit_cap"] > 0)).sum())
        if closed:
            desk.say(ngettext("{n} village has no cap, or one of 0: nobody there gets a limit",
                              "{n} villages have no cap, or one of 0: nobody there gets a limit",
                              n=closed))  # fmt: skip
        desk.say_path(files[0])


def cards(work: WorkFolder = Path("data"), as_of: AsOf = "", language: InLanguage = "en") -> None:
    """Show coverage and activation of the social security card; list who never used it and who lacks it."""
    from goldmine.cli.output import near
    from goldmine.contract.display_names import display_names
    from goldmine.core.i18n import _
    from goldmine.grid.card_rules import load_card_rules
    from goldmine.grid.card_sheets import card_lists, write_cards
    from goldmine.grid.cards import card_table
    from goldmine.publishing.on_request_list import write_on_request_lists

    with open_desk(work, as_of, language) as desk:
        found = card_table(desk.bank, desk.work, desk.day, load_card_rules())
        path = desk.work.root / "grid" / "cards" / f"{desk.day}.xlsx"
        file = write_cards(path, found, desk.day, (display_names(desk.bank), language))
        lists = write_on_request_lists(desk.bank, desk.work, desk.day, card_lists(found, language), language)
        totals = found.by_age[["residents", "card_holders", "active_cards", "used_cards"]].sum()
        desk.say(_("{residents} residents at {day}: {holders} have a card, {active} are active, {used} in use",
                   residents=f"{totals['residents']:,}", day=desk.day, holders=f"{totals['card_holders']:,}",
                   active=f"{totals['active_cards']:,}", used=f"{totals['used_cards']:,}"))  # fmt: skip
        desk.say_path(file)
        for listed in lists.values():
            desk.say(_("{n} customers: {file}", n=f"{listed.rows:,}", file=near(listed.path)))


def visit_results(
    file: Annotated[
        Path, typer.Argument(readable=False, metavar="FILE", help="A route's workbook with its last columns filled in.")
    ],
    work: WorkFolder = Path("data"),
    language: InLanguage = "en",
) -> None:
    """Take in the visits and facts of a returned route; rows that go back are written beside it."""
    from goldmine.cli.output import near, say
    from goldmine.contract.intake import load_bank
    from goldmine.core.dates import today
    from goldmine.core.i18n import _, in_language
    from goldmine.core.workspace import Workspace
    from goldmine.grid.visit_form import REJECTED, import_visits

    workspace = Workspace(work.absolute())
    taken = import_visits(file.absolute(), load_bank(workspace), workspace, today())
    line = _("{visits} visits and {facts} facts stored, {n} rows not filled in; the next run takes them in",
             visits=f"{taken.visits:,}", facts=f"{taken.facts:,}", n=f"{taken.not_filled:,}")  # fmt: skip
    say(in_language(line, language))
    for reason, count in taken.bad.items():
        say(f"  {count:,}  {in_language(REJECTED[reason], language)}")
    if taken.bad_file is not None:
        say(near(taken.bad_file))
