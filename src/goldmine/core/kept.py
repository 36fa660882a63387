"""Results that this process keeps for as long as what they were made from stays the same."""

from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

T = TypeVar("T")


class Kept(Generic[T]):
    """Results by name, of each name the last one.

    Examples
    --------
    >>> kept = Kept[list[int]]()
    >>> first = kept.get("rows", "made from a", lambda: [1])
    >>> kept.get("rows", "made from a", lambda: [2]), kept.get("rows", "made from b", lambda: [3])
    ([1], [3])
    """

    def __init__(self) -> None:
        self._results: dict[Hashable, tuple[str, T]] = {}

    def get(self, name: Hashable, fingerprint: str, make: Callable[[], T]) -> T:
        """The result of a name, made again if the fingerprint of what it is made from is another than last time."""
        found = self._results.pop(name, None)  # before another is made, so that memory never holds both
        if found is None or found[0] != fingerprint:
            found = fingerprint, make()
        self._results[name] = found
        return found[1]
