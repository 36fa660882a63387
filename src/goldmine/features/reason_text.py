"""How a customer manager words a feature's value, and the behaviour that the feature shows."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from goldmine.core.i18n import all_languages, stored_text

LATER = {name: f"{{{name}}}" for name in ("value", "percent", "times", "window", "since", "ahead", "coming")}
"""Placeholders that a message keeps until a reason is given; its other placeholders are filled in earlier."""
_TEXTS = ("positive", "negative", "zero", "missing", "one", "few", "mostly")
_KINDS = {
    "assets": "holdings",
    "demand": "holdings",
    "time": "holdings",
    "other": "holdings",
    "assets_trend": "trend of holdings",
    "assets_season": "season",
    "inflow_season": "season",
    "outflow_season": "season",
    "activity_season": "season",
    "activity": "own transactions",
    "recency": "own transactions",
    "habit": "own transactions",
    "weekends": "own transactions",
    "channels": "own transactions",
    "inflow": "inflow",
    "netflow": "inflow",
    "transfers_in": "inflow",
    "cash_in": "inflow",
    "outflow": "outflow",
    "transfers_out": "outflow",
    "cash_out": "outflow",
    "purchases": "outflow",
    "investing": "investing",
    "investment_in": "investing",
    "investment_out": "investing",
    "products_held": "products",
    "products_bought": "products",
    "products_redeemed": "products",
    "accounts": "products",
    "mobile_bank": "channels",
}
"""Kinds of behaviours; a behaviour that is not here is a kind of its own."""


def kind_of(behaviour: str) -> str:
    """The kind of a behaviour; a row's reasons differ in kind."""
    return _KINDS.get(behaviour, behaviour)


@dataclass(frozen=True)
class ReasonText:
    """The behaviour that a feature shows, and its texts by the feature's value.

    Texts may hold ``{value}`` (with its unit), ``{percent}`` (the value as a percentage), ``{times}`` (a ratio as
    people say it: 92 times, 30%), ``{window}`` (how far the feature looks back), ``{since}`` and ``{ahead}`` (the month
    that lies the value's number of months back or ahead) and ``{coming}`` (the coming three months, a year ago). A text
    is a `LocalizedText`, or a plain string that is given in every language.

    Parameters
    ----------
    behaviour : str
        Features of one behaviour make one reason: five windows of the inflow all show ``inflow``.
    positive, negative, zero, missing : str, optional
        For a value above zero (or a category), below zero, equal to zero, and unknown. Without a text the reason gives
        the feature's title and value.
    one : str, optional
        For a value of exactly one, where the text for positive values does not fit.
    few : str, optional
        For a count of up to two, up to ten yuan, or a share or ratio of up to 0.01, where the number says little.
    mostly : str, optional
        For a share of 0.8 or more.
    instead : str
        Feature to quote always instead of this one: the plain figure that a banker can count in the books.
    fallback : str
        Feature to quote instead when this one is zero, negative or unknown, and the fallback is above zero.
    show_typical : bool
        Whether the reason also gives the value that is typical of others.
    explainable : bool
        False for what must not be given as a reason: protected traits, their proxies, and facts about other people.
        A model may still use it.
    """

    behaviour: str
    positive: str | None = None
    negative: str | None = None
    zero: str | None = None
    missing: str | None = None
    one: str | None = None
    few: str | None = None
    mostly: str | None = None
    instead: str = ""
    fallback: str = ""
    show_typical: bool = True
    explainable: bool = True

    def stored(self) -> dict[str, Any]:
        """The form that JSON keeps."""
        return {n: all_languages(value) if value and n in _TEXTS else value for n, value in vars(self).items()}

    @classmethod
    def read(cls, stored: Mapping[str, Any]) -> "ReasonText":
        """From the form that JSON keeps."""
        texts: dict[str, Any] = {n: stored_text(stored[n]) for n in _TEXTS if stored.get(n)}
        return cls(**{**stored, **texts})


def not_explainable(behaviour: str) -> ReasonText:
    """A behaviour that a model may use and that is never given as a reason."""
    return ReasonText(behaviour, explainable=False)
