"""Twelve months of a customer's assets as bars: their places in a picture that the page draws as SVG."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from goldmine.core.dates import month_end

WIDTH, HEIGHT, _GAP = 300, 90, 4


@dataclass(frozen=True)
class Bar:
    """One month: its end, its amount in yuan (None: not known), and its rectangle from the lower edge up."""

    month: date
    amount: float | None
    x: int
    y: int
    width: int
    height: int


def month_bars(amounts: Sequence[float | None], as_of: date) -> tuple[Bar, ...]:
    """Bars of the months up to a snapshot, the oldest first; the highest one fills the picture.

    Examples
    --------
    >>> [(bar.month.month, bar.height) for bar in month_bars([50.0, None, 100.0], date(2024, 9, 30))]
    [(7, 45), (8, 0), (9, 90)]
    """
    if not amounts:
        return ()
    highest = max((amount for amount in amounts if amount is not None), default=0) or 1
    step = WIDTH // len(amounts)
    bars = []
    for place, amount in enumerate(amounts):
        height = round(HEIGHT * max(amount or 0, 0) / highest)
        month = month_end(as_of, place + 1 - len(amounts))
        bars.append(Bar(month, amount, place * step, HEIGHT - height, step - _GAP, height))
    return tuple(bars)
