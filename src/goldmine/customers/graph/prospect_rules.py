"""The rules in ``pipelines/prospects.yaml``: which products lead to whom, and when a group is large enough."""

from typing import Literal

from pydantic import Field

from goldmine.core.i18n import LocalizedText
from goldmine.core.settings import SettingsModel, read_yaml, typed
from goldmine.core.workspace import home

PathKind = Literal["association", "emigrant_group", "supply_chain"]


class ProspectOffer(SettingsModel):
    """A product whose takers lead to others.

    Parameters
    ----------
    title : LocalizedText
        What it is called.
    event : str
        The product event by which somebody takes it.
    products : list of str
        Its numbers.
    paths : list of str
        The kinds of group along which it is offered.
    """

    title: LocalizedText
    event: Literal["bought", "loan_drawn"]
    products: list[str] = Field(min_length=1)
    paths: list[PathKind] = Field(min_length=1)


class ProspectRules(SettingsModel):
    """Whom the takers of a product lead to.

    Parameters
    ----------
    months : int
        Months within which somebody took a product.
    min_taken : int
        Fewest people of a kind of group who took it.
    min_members : int
        Fewest members of a group; of a smaller one nothing is said.
    strength : float
        Members that the share of a whole kind counts for beside a group's own.
    min_payers : int
        Fewest customers who pay a firm that is none of ours, before it is named.
    months_outside : int
        Months of payments to those who are not ours.
    firm_words : list of str
        Words in names of firms.
    offers : dict of str to ProspectOffer
        By code.
    """

    months: int = Field(ge=1)
    min_taken: int = Field(ge=1)
    min_members: int = Field(ge=2)
    strength: float = Field(ge=0)
    min_payers: int = Field(ge=2)
    months_outside: int = Field(ge=1, le=24)
    firm_words: list[str] = Field(min_length=1)
    offers: dict[str, ProspectOffer] = Field(min_length=1)


def load_prospect_rules() -> ProspectRules:
    """The rules of the work project.

    Raises
    ------
    SettingsError
        If a key is unknown, missing or of the wrong type.
    """
    file = home() / "pipelines" / "prospects.yaml"
    return typed(ProspectRules, read_yaml(file), str(file))
