"""Who left at which step, and why: typed, as a release keeps it."""

from goldmine.core.settings import RecordModel


class Step(RecordModel):
    """One step of a funnel: who leaves (English, Chinese), how many left, how many remain; and its stage, if any."""

    name: str
    en: str
    zh: str
    left: int
    remain: int
    stage: str = ""


class Off(RecordModel):
    """A rule that could not be applied, and the columns that the bank does not have."""

    name: str
    en: str
    zh: str
    missing: tuple[str, ...]


class Funnel(RecordModel):
    """From everyone scored to the list, step by step, and the rules that were off."""

    scored: int
    steps: tuple[Step, ...]
    off: tuple[Off, ...]


STAGES = {
    "eligible": ("Eligible", "准入条件"),
    "consent": ("Consent and suppression", "营销许可与禁止营销"),
    "suitability": ("Suitability", "适当性"),
    "fatigue": ("Fatigue", "触达频次"),
    "arbitration": ("One campaign a customer", "活动择优"),
    "capacity": ("Capacity", "触达能力"),
    "publishing": ("Checked again", "发布前复核"),
    "control": ("Control", "对照组"),
}
"""The stages of a campaign's funnel, in their fixed order, in English and Chinese."""


class Tally:
    """Counts of a funnel while it runs.

    Parameters
    ----------
    scored : int
        How many there were at first.
    """

    def __init__(self, scored: int) -> None:
        self.scored = self.remain = scored
        self.steps: list[Step] = []

    def leave(self, name: str, words: tuple[str, str], left: int, stage: str = "") -> None:
        """Count those who leave at a step; `words` says who they are, in English and Chinese."""
        self.remain -= left
        self.steps.append(Step(name=name, en=words[0], zh=words[1], left=left, remain=self.remain, stage=stage))

    def funnel(self, off: tuple[Off, ...]) -> Funnel:
        """The counts as they are kept."""
        return Funnel(scored=self.scored, steps=tuple(self.steps), off=off)
