"""The figures in reasons: each is a feature of the customer, as docs/features.md names its unit."""

import re
from pathlib import Path

import numpy as np
import pandas as pd

_NOT_THEIRS = re.compile(
    r"\(typical: .*\)|(last|same|the) \d+ months( before)?|([Bb]elow|[Aa]bove) 10,000 yuan"
    r"|(quarter of|[A-Z][a-z]+) 20\d\d"
)
"""What others have, how far a feature looks back, the first level, and years."""
_FIGURE = re.compile(r"(\d[\d,]*(?:\.\d+)?)( yuan|%| days?\b| months?\b| years?\b)?")
_UNITS = {
    " yuan": ("yuan",),
    "%": ("share", "ratio"),
    " day": ("days", "ratio"),
    " month": ("months", "count"),
    " year": ("years", "months"),
    "": ("count", "ratio", "grade", "days", "months"),
}
"""By what follows a figure, the units of features that it may be of."""


def units(page: Path) -> dict[str, str]:
    """The unit of each feature, from the table of docs/features.md."""
    rows = re.findall(r"^\| `(\w+)` \| (\w+) \|", page.read_text("utf-8"), re.MULTILINE)
    return {name: unit for name, unit in rows if unit not in ("category", "flag")}


def borne_out(reasons: pd.DataFrame, features: pd.DataFrame, unit_of: dict[str, str]) -> pd.DataFrame:
    """Whether the first figure of each reason is one of the customer's features; true where it has none.

    Parameters
    ----------
    reasons : pandas.DataFrame
        ``reason_1`` to ``reason_3`` in English, by customer_id.
    features : pandas.DataFrame
        The customers' recomputed features.
    """
    return pd.DataFrame(
        {
            column: [_holds(text, features.loc[number], unit_of) for number, text in reasons[column].items()]
            for column in reasons
        },
        index=reasons.index,
    )


def _holds(text: object, row: pd.Series, unit_of: dict[str, str]) -> bool:
    figure = _FIGURE.search(_NOT_THEIRS.sub("", text)) if isinstance(text, str) else None
    if figure is None:
        return True
    said, follows = figure[1], (figure[2] or "").rstrip("s")
    values = [
        (unit, abs(float(row[name]))) for name, unit in unit_of.items() if unit in _UNITS[follows] and name in row
    ]
    return any(said in _forms(value, unit, follows) for unit, value in values if not np.isnan(value))


def _forms(value: float, unit: str, follows: str) -> set[str]:
    """How a value may be written, allowing for the last bit of 32."""
    if follows == "%":
        value *= 100
    if follows == " year" and unit == "months":
        value /= 12
    near = (value, value * (1 + 1e-6), value * (1 - 1e-6))
    if follows == " yuan":
        return {format(_as_people_do(number), ",.0f") for number in near}
    return {format(number, form) for number in near for form in (",.0f", ".0f", ".2f", ".1f")}


def _as_people_do(amount: float) -> float:
    """Two figures below 10,000 yuan, and never up to it; three from there; whole yuan below 100."""
    figures = 3 if amount >= 10_000 else 2
    step = 10.0 ** max(len(str(int(amount))) - figures, 0)
    rounded = round(amount / step) * step
    return min(rounded, 9_900) if amount < 10_000 else rounded
