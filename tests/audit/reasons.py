"""The figures in reasons: each is the feature that the words name, or else one of the customer's of its unit."""

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
_DAYS = {"month": 30, "3 months": 90, "6 months": 180, "year": 365}
_WINDOW = r"(?:over|within) (?:the last|a) (?P<window>month|3 months|6 months|year)\b"
_MEANT = {
    rf"^[\d,]+ yuan of assets on average {_WINDOW}": "aum_avg_{days}d",
    rf"^Average assets (up|down) [\d,]+ yuan {_WINDOW}": "aum_change_{days}d",
    rf"^Average demand deposits (up|down) [\d,]+ yuan {_WINDOW}": "demand_change_{days}d",
    rf"^Monthly average demand deposits of up to [\d,]+ yuan {_WINDOW}": "demand_peak_{days}d",
    rf"^\d+% of their own transactions {_WINDOW} were investments": "investing_share_{days}d",
    rf"^[\d,]+ yuan came in {_WINDOW}": "inflow_sum_{days}d",
    rf"^[\d,]+ yuan more came in than went out {_WINDOW}": "netflow_sum_{days}d",
    r"^[\d,]+ yuan of assets on average a year ago": "aum_year_ago",
    r"^With the bank for \d": "tenure_months",
}
"""The feature that the words of a reason name."""


def units(page: Path) -> dict[str, str]:
    """The unit of each feature, from the table of docs/features.md."""
    rows = re.findall(r"^\| `(\w+)` \| (\w+) \|", page.read_text("utf-8"), re.MULTILINE)
    return {name: unit for name, unit in rows if unit not in ("category", "flag")}


def borne_out(reasons: pd.DataFrame, features: pd.DataFrame, unit_of: dict[str, str]) -> pd.DataFrame:
    """Whether the first figure of each reason is the feature meant, or one of the customer's; true where it has none.

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
    meant = _meant(str(text))
    named = [meant] if meant else unit_of
    values = [
        (unit_of[name], abs(float(row[name]))) for name in named if unit_of[name] in _UNITS[follows] and name in row
    ]
    return any(said in _forms(value, unit, follows) for unit, value in values if not np.isnan(value))


def _meant(text: str) -> str | None:
    """The feature that the words name, where the table of words has them."""
    for words, feature in _MEANT.items():
        match = re.search(words, text)
        if match:
            return feature.format(days=_DAYS.get(match.groupdict().get("window", ""), 0))
    return None


def _forms(value: float, unit: str, follows: str) -> set[str]:
    """How a value may be written, allowing for the last bit of 32."""
    if follows == "%":
        value *= 100
    if unit == "months":  # a time that has passed, in whole months or, from two years on, whole years
        months = int(value + 0.03)
        return {str(months // 12 if follows == " year" else months)}
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
