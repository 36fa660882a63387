"""The rules in ``pipelines/graph.yaml``: which ties count, and how much each weighs."""

from typing import Literal

from pydantic import Field

from goldmine.core.settings import SettingsModel, read_yaml, typed
from goldmine.core.workspace import home

TieKind = Literal["family", "supply", "association", "transfer", "employer", "village"]
GROUP_KINDS: tuple[TieKind, ...] = ("association", "employer", "village")
"""Ties of a customer to a group; the others tie two customers."""


class GraphRules(SettingsModel):
    """Which ties count.

    Parameters
    ----------
    months : int
        Months of transfers, wages and invoices that are looked at.
    min_months : int
        Fewest of them with a transfer between two customers, or with wages from one payer.
    max_partners : int
        Customers with whom somebody may have transfers or invoices; who has more ties nobody.
    max_group : int
        Members of a group; one with more ties nobody.
    weights : dict of str to float
        What a tie of each kind weighs; a kind that is left out is not used.
    """

    months: int = Field(ge=1, le=24)
    min_months: int = Field(ge=1)
    max_partners: int = Field(ge=1)
    max_group: int = Field(ge=2)
    weights: dict[TieKind, float] = Field(min_length=1)


def load_graph_rules() -> GraphRules:
    """The rules of the work project.

    Raises
    ------
    SettingsError
        If a key is unknown, missing or of the wrong type.
    """
    file = home() / "pipelines" / "graph.yaml"
    return typed(GraphRules, read_yaml(file), str(file))
