"""A funnel: how many customers leave at which step, and why, as a release stores it."""

from goldmine.core.i18n import LocalizedText, _
from goldmine.core.settings import RecordModel


class FunnelStep(RecordModel):
    """One step of a funnel: who leaves, how many left, how many remain; and its stage, if any."""

    name: str
    who: LocalizedText
    left: int
    remain: int
    stage: str = ""


class SkippedRule(RecordModel):
    """A rule that could not be applied: who would leave by it, and the columns that the bank does not have."""

    name: str
    who: LocalizedText
    missing: tuple[str, ...]


class Funnel(RecordModel):
    """From everyone scored to the list, step by step, and the rules that were skipped."""

    scored: int
    steps: tuple[FunnelStep, ...]
    skipped: tuple[SkippedRule, ...]


STAGES = {
    "eligible": _("Eligible"),
    "consent": _("Consent and suppression"),
    "suitability": _("Suitability"),
    "fatigue": _("Fatigue"),
    "arbitration": _("One campaign a customer"),
    "capacity": _("Capacity"),
    "publishing": _("Checked again"),
    "control": _("Control"),
}
"""The stages of a campaign's funnel, in their fixed order."""


class FunnelCounter:
    """Counts of a funnel step by step.

    Parameters
    ----------
    scored : int
        How many customers enter the funnel.
    """

    def __init__(self, scored: int) -> None:
        self.scored = self.remain = scored
        self.steps: list[FunnelStep] = []

    def leave(self, name: str, who: LocalizedText, left: int, stage: str = "") -> None:
        """Count those who leave at a step; `who` says who they are."""
        self.remain -= left
        self.steps.append(FunnelStep(name=name, who=who, left=left, remain=self.remain, stage=stage))

    def funnel(self, skipped: tuple[SkippedRule, ...]) -> Funnel:
        """The counts as a release stores them."""
        return Funnel(scored=self.scored, steps=tuple(self.steps), skipped=skipped)
