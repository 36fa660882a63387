"""One way to show that long work moves: a bar on standard error with an estimate of the time left."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")


def track(items: Sequence[T], what: str) -> Iterator[T]:
    """Go through `items` with a progress bar named `what`; only a terminal shows it, and nothing for no items."""
    if not items:
        return
    from rich.console import Console
    from rich.progress import track as bar

    console = Console(stderr=True)
    yield from bar(items, description=f"  {what}", console=console, disable=not console.is_terminal)
