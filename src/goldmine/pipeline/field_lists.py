"""What the notebooks of credit and of the grid work out: lists and tables, and why a part is missing."""

from dataclasses import dataclass

import pandas as pd

from goldmine.contract.display_names import display_names
from goldmine.core.errors import UseCaseError
from goldmine.core.i18n import LocalizedText
from goldmine.credit.fairness import fairness_table, write_fairness
from goldmine.credit.limits import Limits, build_limits
from goldmine.credit.risk import BuiltRisk, build_risk
from goldmine.credit.rules import CreditRules
from goldmine.grid.card_rules import load_card_rules
from goldmine.grid.card_sheets import card_lists
from goldmine.grid.cards import Cards, card_table
from goldmine.grid.one_grid import OneGrid, make_grid
from goldmine.grid.rules import load_grid_rules
from goldmine.grid.village_credit import VillageCredit, make_village_credit, village_folder
from goldmine.grid.village_rules import load_village_rules
from goldmine.grid.village_sheets import write_villages
from goldmine.grid.workbook import write_grid
from goldmine.pipeline.session import Session
from goldmine.publishing.credit_lists import write_credit_lists
from goldmine.publishing.on_request_list import OnRequestList, write_on_request_lists
from goldmine.wealth.offers import WealthOffers, due_offers, idle_offers
from goldmine.wealth.rules import load_wealth_rules


@dataclass(frozen=True)
class CreditLists:
    """Credit at a snapshot.

    Parameters
    ----------
    risk : BuiltRisk or None
        The model of risk; None where it was refused.
    refused : LocalizedText or str
        Why, if it was.
    limits : Limits
        Of all customers.
    groups : pandas.DataFrame
        Limits by age, gender and village.
    lists : dict of str to OnRequestList
        The managers' lists, by name.
    """

    risk: BuiltRisk | None
    refused: LocalizedText | str
    limits: Limits
    groups: pd.DataFrame
    lists: dict[str, OnRequestList]


def make_credit_lists(session: Session, rules: CreditRules) -> CreditLists:
    """Learn the risk, work out the limits, compare groups and write the lists."""
    risk, refused = None, ""
    try:
        risk = build_risk(session.bank, session.work, session.as_of, rules)
    except UseCaseError as error:
        refused = error.what
    path = risk.path if risk else None
    limits = build_limits(session.bank, session.work, session.as_of, rules, risk=path)
    groups = fairness_table(session.bank, session.work, session.as_of)
    look = display_names(session.bank), session.language
    write_fairness(session.work, groups, rules, look, as_of=session.as_of)
    lists = write_credit_lists(session.bank, session.work, limits, session.language)
    return CreditLists(risk, refused, limits, groups, lists)


def make_wealth_lists(session: Session) -> tuple[dict[str, WealthOffers], dict[str, OnRequestList]]:
    """What ends soon, where the bank knows it, and what lies idle; the lists written."""
    rules, makers = load_wealth_rules(), {"wealth_idle": idle_offers}
    if session.bank.has("term_holdings"):
        makers["wealth_due"] = due_offers
    found = {
        name: make(session.bank, session.work, session.as_of, rules, session.language) for name, make in makers.items()
    }
    rows = {name: offers.rows for name, offers in found.items()}
    return found, write_on_request_lists(session.bank, session.work, session.as_of, rows, session.language)


def make_grid_tables(session: Session) -> OneGrid:
    """One grid and one visitor a resident, and the workbook of what is wrong."""
    grid = make_grid(session.bank, session.work, session.as_of, load_grid_rules())
    write_grid(grid.path.with_suffix(".xlsx"), grid, session.language)
    return grid


def make_card_lists(session: Session) -> tuple[Cards | None, dict[str, OnRequestList]]:
    """Social security cards and their lists; None where the bank knows of no cards."""
    bank = session.bank
    if not (bank.has("social_security_cards") or bank.has("customers", "social_security_card_on")):
        return None, {}
    cards = card_table(session.bank, session.work, session.as_of, load_card_rules())
    lists = card_lists(cards, session.language)
    return cards, write_on_request_lists(session.bank, session.work, session.as_of, lists, session.language)


def make_village_lists(session: Session) -> VillageCredit | None:
    """Credit by village and its workbooks; None where the bank has no villages or no ratings."""
    if not (session.bank.has("villages") and session.bank.has("village_ratings")):
        return None
    rules = load_village_rules()
    credit = make_village_credit(session.bank, session.work, session.as_of, rules)
    write_villages(village_folder(session.work, session.as_of), credit, session.as_of, rules, session.language)
    return credit
