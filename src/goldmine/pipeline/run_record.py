"""What one run has done so far, shared by its steps."""

from dataclasses import dataclass, field

from goldmine.labels.refusal import Refusal


@dataclass
class RunRecord:
    """One run's record.

    Parameters
    ----------
    refused : list of Refusal
        Steps of use cases that were refused, in order.
    done : list of str
        Steps that went through, made or taken as they were.
    """

    refused: list[Refusal] = field(default_factory=list)
    done: list[str] = field(default_factory=list)
