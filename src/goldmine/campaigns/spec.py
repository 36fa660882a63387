"""Settings of a campaign: customers, offers, channels, capacity, control and values."""

from typing import Literal, Self

from pydantic import Field, model_validator

from goldmine.contactability.policy import Capacity, ChannelName, Count, Day, TimeBand
from goldmine.core.i18n import LocalizedText, _
from goldmine.core.settings import SettingsModel
from goldmine.labels.use_case import Condition


class Channel(SettingsModel):
    """One way to contact a customer.

    Parameters
    ----------
    cost : float
        Of one contact, yuan.
    reach : float
        Share of contacted customers who are reached; the chance of the outcome is multiplied by it.
    max : int
        Maximum contacts by this channel.
    min : int
        Minimum contacts by it, for example because they are paid for.
    """

    cost: float = Field(ge=0, allow_inf_nan=False)
    reach: float = Field(default=1.0, gt=0, le=1)
    max: Count
    min: Count = 0


class Sentence(SettingsModel):
    """What a caller may say first, or a message reads.

    Parameters
    ----------
    say : LocalizedText
        The sentence; it may name ``{offer}`` and ``{valid_until}``.
    by_channel : dict of str to LocalizedText
        Its form by channel, where the usual one does not suit: what is spoken is no text message. It claims the same.
    when : str
        A condition on features, the ladder and tags; empty for none.
    claims : list of str
        What it claims of the customer, by names in ``pipelines/claims.yaml``.
    value : float
        Of the sentences that may be said, the one with the highest value is.
    """

    say: LocalizedText
    by_channel: dict[ChannelName, LocalizedText] = {}
    when: str = ""
    claims: list[str] = []
    value: float = Field(default=0, allow_inf_nan=False)

    @property
    def is_last_resort(self) -> bool:
        """Whether it may be said to everybody: it claims nothing and has no condition."""
        return not self.when and not self.claims


class Offer(SettingsModel):
    """One offer of a campaign.

    Parameters
    ----------
    offer : str
        Its code name.
    title : LocalizedText
        Its title.
    sentences : list of Sentence
        What the caller may say first; exactly one of them claims nothing and has no condition, the last resort.
    segment : str
        The segment of the use case to whose customers the offer is made; empty for all.
    when : str
        To whom the offer may be made: a condition on features, the ladder and tags; empty for everybody.
    claims : list of str
        What the offer claims of the customer, by names in ``pipelines/claims.yaml``; it is made only to whom all hold.
    product_id : str
        The product, from the table of products; empty if the offer is no product. A wealth product is offered only if
        the customer's risk grade, its date and age allow it, whatever else is set.
    value : float
        Value of the outcome to the bank with this offer, yuan.
    age_from, age_to : int
        Range of ages in full years, both included.
    """

    offer: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    title: LocalizedText
    sentences: list[Sentence] = Field(min_length=1)
    segment: str = ""
    when: str = ""
    claims: list[str] = []
    product_id: str = ""
    value: float = Field(gt=0, allow_inf_nan=False)
    age_from: int = Field(default=18, ge=18, le=120)
    age_to: int = Field(default=120, ge=18, le=120)

    @model_validator(mode="after")
    def _has_last_resort(self) -> Self:
        last_resorts = sum(sentence.is_last_resort for sentence in self.sentences)
        if last_resorts != 1:
            raise ValueError(
                _("needs one sentence without `when` and `claims`, the last resort, and has {n}", n=last_resorts)
            )
        return self


class Control(SettingsModel):
    """Control group, which is not contacted, so that the effect of contact can be measured.

    Parameters
    ----------
    share : float
        Share of those chosen who become control.
    stratify_by : list
        Strata; the control has the share of each.
    min_effect_of_interest : float
        The smallest difference in the outcome's rate (0.02: two of a hundred customers) of interest; a
        campaign that cannot detect it is flagged.
    """

    share: float = Field(ge=0, le=0.5)
    stratify_by: list[Literal["branch", "decile", "channel", "offer"]] = ["branch", "decile"]
    min_effect_of_interest: float = Field(gt=0, lt=1)


class Campaign(SettingsModel):
    """One campaign.

    Parameters
    ----------
    campaign_id : str
        Its code name, the YAML file's, with the year of a campaign that returns every year.
    title : LocalizedText
        Its title.
    use_cases : list of str
        Use cases whose scores it uses; a customer's highest probability counts.
    start_date, end_date : date
        First and last day; without a year in the file (``01-01``) of a campaign that returns every year.
    valid_days : int
        Days after the snapshot for which an offer is valid, never beyond the campaign's last day.
    rules : list of Condition
        Conditions on features that must all hold, beside the use cases' own.
    offers : list of Offer
        A customer gets the suitable offer with the highest value; of equal ones the first.
    channels : dict of str to Channel
        By name.
    capacity : Capacity
        Of branches, managers and grids.
    control : Control
        Its control group.
    time_band : str
        When to contact a customer whose habits are unknown.
    rank_by : str
        ``uplift``: by the effect of a contact as soon as past campaigns show it, and by probability until then;
        ``propensity``: always by probability.
    """

    campaign_id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    title: LocalizedText
    use_cases: list[str] = Field(min_length=1)
    start_date: Day
    end_date: Day
    valid_days: int = Field(default=90, ge=1, le=366)
    rules: list[Condition] = []
    offers: list[Offer] = Field(min_length=1)
    channels: dict[ChannelName, Channel] = Field(min_length=1)
    capacity: Capacity
    control: Control
    time_band: TimeBand = "morning"
    rank_by: Literal["uplift", "propensity"] = "uplift"

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if self.end_date < self.start_date:
            raise ValueError(_("end_date lies before start_date"))
        if len({offer.offer for offer in self.offers}) < len(self.offers):
            raise ValueError(_("two offers have one name"))
        return self
