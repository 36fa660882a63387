"""The fault matrix as rows: a fault, the step that it met, what happened, and what was wrong with that."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """A row of the matrix.

    Parameters
    ----------
    fault, step : str
        What was done, and what it met.
    happened : str
        What was seen, in a few words.
    wrong : tuple of str
        What should not have been seen; empty where all is well.
    """

    fault: str
    step: str
    happened: str
    wrong: tuple[str, ...] = ()


def markdown(rows: Iterable[Row]) -> str:
    """The rows as a Markdown table; what is wrong stands in bold."""
    lines = ["| fault | step | what happened |", "|---|---|---|"]
    for row in rows:
        happened = "; ".join(filter(None, [row.happened, *(f"**{text}**" for text in row.wrong)]))
        lines.append(f"| {row.fault} | {row.step} | {happened or 'as it should'} |")
    return "\n".join(lines) + "\n"
