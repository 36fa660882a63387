"""How a feature is told to a customer manager: which behaviour it shows, and in what words."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Pair = tuple[str, str]
"""Words in English and in Chinese."""


@dataclass(frozen=True)
class Told:
    """The behaviour that a feature shows, and what is said of it, by its value.

    Words may hold ``{value}`` (with its unit), ``{percent}`` (the value as a percentage), ``{window}`` (how far the
    feature looks back) and ``{since}`` (the first of so many months as the value says, counted back from the snapshot).

    Parameters
    ----------
    behaviour : str
        Features of one behaviour are one reason: five windows of the inflow all say ``inflow``.
    up, down, none, unknown : pair of str
        Where the value is above zero (or text), below zero, zero, and not known. Where there are no words, the
        feature's name and its value are given instead.
    once : pair of str
        Where the value is one and that is worth words of its own.
    instead : str
        A feature that tells the same better where this one is zero, below or unknown, and that one is above zero.
    usual : bool
        Whether what is typical of others is put beside the value.
    said : bool
        False for what is no reason to give for a call: protected traits, what stands for them, and what is known of
        other people. A model may weigh it all the same.
    """

    behaviour: str
    up: Pair | None = None
    down: Pair | None = None
    none: Pair | None = None
    unknown: Pair | None = None
    once: Pair | None = None
    instead: str = ""
    usual: bool = True
    said: bool = True

    @classmethod
    def read(cls, stored: Mapping[str, Any]) -> "Told":
        """From the form that JSON keeps."""
        kept: dict[str, Any] = {n: tuple(value) if isinstance(value, list) else value for n, value in stored.items()}
        return cls(**kept)


def unsaid(behaviour: str) -> Told:
    """What a model may weigh but nobody is told."""
    return Told(behaviour, said=False)
