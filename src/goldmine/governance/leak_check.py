"""One check of the leakage gate, and the error that a leak raises."""

from dataclasses import dataclass

from goldmine.core.errors import LeakError
from goldmine.core.i18n import _


@dataclass(frozen=True)
class Check:
    """One check for a kind of leak.

    Parameters
    ----------
    what : str
        The kind of leak.
    looked_at : str
        What was checked, with counts.
    worst : str
        The value nearest to a leak.
    leaks : tuple of str
        The leaks found; empty if there are none.
    do : str
        The remedy.
    """

    what: str
    looked_at: str
    worst: str
    leaks: tuple[str, ...]
    do: str


def require_none(name: str, checks: list[Check]) -> None:
    """Raise if any check found a leak.

    Raises
    ------
    LeakError
        Names the first leak and counts the others.
    """
    leaks = [(check, leak) for check in checks for leak in check.leaks]
    if not leaks:
        return
    (first, leak_text), more = leaks[0], len(leaks) - 1
    others = f" ({more} more: {'; '.join(leak for _, leak in leaks[1:4])}{'; ...' if more > 3 else ''})" if more else ""
    raise LeakError(
        _("{name}: leakage gate: {leak_text}{others}.", name=name, leak_text=leak_text, others=others), first.do
    )
