"""What a release keeps of a campaign: funnel, limits with their shadow prices, what can be measured."""

from datetime import date
from typing import Literal

from goldmine.contactability.funnel import Funnel
from goldmine.core.i18n import LocalizedText, pgettext
from goldmine.core.settings import RecordModel

LIMIT_KINDS = {
    "branch": pgettext("limit", "branch"),
    "manager": pgettext("limit", "manager"),
    "grid": pgettext("limit", "grid"),
    "channel": pgettext("limit", "channel"),
}
"""What a limit of the assignment may be set for."""


class Limit(RecordModel):
    """One limit of the assignment.

    Parameters
    ----------
    campaign_id : str
        Whose; empty for a limit of all campaigns together.
    kind, key : str
        ``branch``, ``manager``, ``grid`` or ``channel``, and which.
    min, max, used : int
        What must, may and does count towards it; `max` is None where there is none.
    worth : float
        Shadow price: what one more place would be worth, yuan; below zero, what the minimum quota costs.
    """

    campaign_id: str
    kind: str
    key: str
    min: int
    max: int | None
    used: int
    worth: float


class Power(RecordModel):
    """What a campaign can measure.

    Parameters
    ----------
    contact, control, held_out : int
        Customers contacted; control, those held out of all campaigns included; how many these are.
    base_rate : float
        Rate of the outcome that the calibrated probabilities promise.
    smallest_effect : float or None
        Smallest difference of rates found in 80 of 100 such campaigns (two-sided, 5%); None where none can be found.
    min_effect_of_interest : float
        The smallest that is worth knowing.
    """

    contact: int
    control: int
    held_out: int
    base_rate: float
    smallest_effect: float | None
    min_effect_of_interest: float

    @property
    def detects(self) -> bool:
        """Whether the campaign can detect an effect of interest."""
        return self.smallest_effect is not None and self.smallest_effect <= self.min_effect_of_interest


class Ranking(RecordModel):
    """By what a campaign ranks its customers, ``uplift`` or ``propensity``; and why."""

    by: Literal["uplift", "propensity"]
    why: LocalizedText


class CampaignRecord(RecordModel):
    """One campaign of a release.

    Parameters
    ----------
    title : LocalizedText
        What it is called.
    start_date, end_date, valid_until : date
        Its first and last day, and the last on which this release's offers may be worked.
    models : dict of str to str
        Model version of each use case that it works from.
    ranking : Ranking
        By what its customers are ranked, and why.
    funnel : Funnel
        From everyone scored to those contacted.
    limits : tuple of Limit
        Those that are reached, have a minimum or are a channel's.
    power : Power
        What can be measured.
    expected_value : float
        Of all contacts together, yuan.
    settings : str
        Fingerprint of its settings and of those of all campaigns.
    """

    title: LocalizedText
    start_date: date
    end_date: date
    valid_until: date
    models: dict[str, str]
    ranking: Ranking
    funnel: Funnel
    limits: tuple[Limit, ...]
    power: Power
    expected_value: float
    settings: str
