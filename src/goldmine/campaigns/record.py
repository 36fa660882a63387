"""What a release stores of a campaign: funnel, limits with shadow prices, and statistical power."""

from datetime import date
from typing import Literal

from goldmine.contactability.funnel import Funnel
from goldmine.core.i18n import LocalizedText, pgettext
from goldmine.core.settings import RecordModel
from goldmine.models.uplift.effect import MIN_ARM_ROWS, MIN_EVENTS

LIMIT_KINDS = {
    "branch": pgettext("limit", "branch"),
    "manager": pgettext("limit", "manager"),
    "grid": pgettext("limit", "grid"),
    "channel": pgettext("limit", "channel"),
}
"""Kinds of limits of the assignment."""


class Limit(RecordModel):
    """One limit of the assignment.

    Parameters
    ----------
    campaign_id : str
        Its campaign; empty for a limit of all campaigns together.
    kind, key : str
        ``branch``, ``manager``, ``grid`` or ``channel``, and its id.
    min, max, used : int
        Minimum, maximum and actual count; `max` is None if there is none.
    worth : float
        Shadow price: value of one more place, yuan; below zero, the cost of the minimum quota.
    """

    campaign_id: str
    kind: str
    key: str
    min: int
    max: int | None
    used: int
    worth: float


class Drawn(RecordModel):
    """Customers drawn for contact and for control, those of the universal hold-out included; and those of it."""

    contact: int
    control: int
    held_out: int


class Power(RecordModel):
    """Statistical power of a campaign, of which a release measures only whom no earlier one held.

    Who is still there after an earlier release depends on what its contact did: the groups that remain differ.

    Parameters
    ----------
    contact, control, held_out : int
        Customers to contact; control including the universal hold-out; customers in the hold-out.
    base_rate : float
        Rate of the outcome predicted by the calibrated probabilities, of those measured.
    smallest_effect : float or None
        Smallest difference of rates in the wanted direction, a fall where contacts are to prevent the outcome, that is
        detected with a power of 80% (two-sided, 5%); None if there is none.
    min_effect_of_interest : float
        The smallest effect of interest.
    more_contacts : int or None
        More contacts, with control in proportion, that would detect it with that power; None if none would.
    control_share : float or None
        Share of those not held out who were drawn for control; None in a release of an earlier version.
    newly_drawn : Drawn or None
        Those of whom no release of an earlier snapshot decided: the figures above are about them; None in a release of
        an earlier version, whose figures are about all.
    """

    contact: int
    control: int
    held_out: int
    base_rate: float
    smallest_effect: float | None
    min_effect_of_interest: float
    more_contacts: int | None = None
    control_share: float | None = None
    newly_drawn: Drawn | None = None

    @property
    def measured(self) -> Drawn:
        """The customers whom the measurement compares."""
        return self.newly_drawn or Drawn(contact=self.contact, control=self.control, held_out=self.held_out)

    @property
    def drawn_before(self) -> int:
        """Customers of whom the release of an earlier snapshot decided."""
        return self.contact + self.control - self.measured.contact - self.measured.control

    @property
    def expected_control(self) -> float | None:
        """Share of those measured that was expected to be control; None in a release that does not say."""
        drawn = self.measured
        total = drawn.contact + drawn.control
        if self.control_share is None or not total:
            return None
        return (drawn.held_out + (total - drawn.held_out) * self.control_share) / total

    @property
    def measurable(self) -> bool:
        """Whether the measurement is expected to give a number, however wide its interval."""
        smaller = min(self.measured.contact, self.measured.control)
        return smaller >= MIN_ARM_ROWS and smaller * min(self.base_rate, 1 - self.base_rate) >= MIN_EVENTS

    @property
    def detects(self) -> bool:
        """Whether the campaign can detect an effect of interest."""
        return self.smallest_effect is not None and self.smallest_effect <= self.min_effect_of_interest


class Ranking(RecordModel):
    """How a campaign ranks its customers, ``uplift`` or ``propensity``; and why."""

    by: Literal["uplift", "propensity"]
    why: LocalizedText


class OfferCount(RecordModel):
    """How many customers of a campaign get one of its offers: those to contact, and the control."""

    offer: str
    title: LocalizedText
    segment: str
    contact: int
    control: int


class CampaignRecord(RecordModel):
    """One campaign of a release.

    Parameters
    ----------
    title : LocalizedText
        Its title.
    start_date, end_date, valid_until : date
        Its first and last day, and the last on which this release's offers are valid.
    models : dict of str to str
        Model version of each of its use cases.
    ranking : Ranking
        How its customers are ranked, and why.
    funnel : Funnel
        From everyone scored to those contacted.
    limits : tuple of Limit
        Limits that are reached, have a minimum or belong to a channel.
    power : Power
        Its statistical power.
    offers : tuple of OfferCount
        Contacts and control by offer, so that growth and win-back are counted apart.
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
    offers: tuple[OfferCount, ...] = ()
    expected_value: float
    settings: str
