"""How a customer manager words a feature's value, and the behaviour that the feature shows."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from goldmine.core.i18n import all_languages, stored_text

LATER = {name: f"{{{name}}}" for name in ("value", "percent", "window", "since")}
"""Placeholders that a message keeps until a reason is given; its other placeholders are filled in earlier."""
_TEXTS = ("positive", "negative", "zero", "missing", "one")


@dataclass(frozen=True)
class ReasonText:
    """The behaviour that a feature shows, and its texts by the feature's value.

    Texts may hold ``{value}`` (with its unit), ``{percent}`` (the value as a percentage), ``{window}`` (how far the
    feature looks back) and ``{since}`` (the month that lies the value's number of months back). A text is a
    `LocalizedText`, or a plain string that is given in every language.

    Parameters
    ----------
    behaviour : str
        Features of one behaviour make one reason: five windows of the inflow all show ``inflow``.
    positive, negative, zero, missing : str, optional
        For a value above zero (or a category), below zero, equal to zero, and unknown. Without a text the reason gives
        the feature's title and value.
    one : str, optional
        For a value of exactly one, where the text for positive values does not fit.
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
    fallback: str = ""
    show_typical: bool = True
    explainable: bool = True

    def stored(self) -> dict[str, Any]:
        """The form that JSON keeps."""
        return {n: all_languages(value) if value and n in _TEXTS else value for n, value in vars(self).items()}

    @classmethod
    def read(cls, stored: Mapping[str, Any]) -> "ReasonText":
        """From the form that JSON keeps."""
        texts: dict[str, Any] = {n: stored_text(stored[n]) for n in _TEXTS if stored[n]}
        return cls(**{**stored, **texts})


def not_explainable(behaviour: str) -> ReasonText:
    """A behaviour that a model may use and that is never given as a reason."""
    return ReasonText(behaviour, explainable=False)
