"""Cost of a campaign, and the AUM and customers it gained."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import pandas as pd

from goldmine.campaigns.load import load_campaigns
from goldmine.core.errors import ParameterError
from goldmine.core.i18n import _
from goldmine.measurement.effect import intention_to_treat
from goldmine.models.uplift.effect import Estimate, NotMeasurable

COSTS = {"call": 3.0, "visit": 25.0, "sms": 0.05, "app": 0.01, "counter": 2.0, "wechat": 0.5}
"""Default cost of a contact, yuan."""


@dataclass(frozen=True)
class Money:
    """A campaign in yuan.

    Parameters
    ----------
    cost : float
        Cost of all contacts, those of control included.
    moved : Estimate or NotMeasurable
        Extra AUM over all customers assigned to contact.
    converted : Estimate or NotMeasurable
        Extra customers who reached the aim, among those assigned to contact.
    """

    cost: float
    moved: Estimate | NotMeasurable
    converted: Estimate | NotMeasurable

    @property
    def per_yuan(self) -> float | None:
        """Cost of an extra yuan of AUM; None if no gain is shown."""
        return _per(self.cost, self.moved)

    @property
    def per_customer(self) -> float | None:
        """Cost of an extra customer who reached the aim; None if no gain is shown."""
        return _per(self.cost, self.converted)


def money(rows: pd.DataFrame, costs: Mapping[str, float]) -> Money:
    """Compute a campaign's cost and gain.

    Parameters
    ----------
    rows : DataFrame
        group, stratum, probability, aim, aum_change (yuan; empty where the bank has no balances), channel (asked for;
        a contact of unknown channel counts as one by it), contact_channels.
    costs : mapping of str to float
        Yuan a contact, by channel.
    """
    cost = sum(
        costs.get(asked_for if pd.isna(channel) else channel, 0.0)
        for asked_for, channels in zip(rows["channel"], rows["contact_channels"], strict=True)
        for channel in channels
    )
    assigned = int((rows["group"] == "contact").sum())
    if rows["aum_change"].isna().any():
        moved: Estimate | NotMeasurable = NotMeasurable(_("the bank has no balances of both months"))
    else:
        moved = _times(intention_to_treat(rows, "aum_change"), assigned)
    return Money(float(cost), moved, _times(intention_to_treat(rows), assigned))


def costs_of(campaign: str, as_of: date) -> dict[str, float]:
    """Yuan a contact by channel by the settings of a campaign published for a snapshot, else the default."""
    named = [spec.channels for spec in load_campaigns(as_of) if spec.campaign_id == campaign]
    return COSTS | {name: channel.cost for channels in named for name, channel in channels.items()}


def read_costs(given: list[str], usual: Mapping[str, float] = COSTS) -> dict[str, float]:
    """Costs from texts such as ``call=3``; channels that are not named keep their default cost.

    Raises
    ------
    ParameterError
        If a text is of another form, names an unknown channel or a negative cost.
    """
    costs = dict(usual)
    for text in given:
        channel, _equals, yuan = text.partition("=")
        try:
            cost = float(yuan)
        except ValueError:
            cost = -1.0
        if channel not in COSTS or not 0 <= cost < float("inf"):
            raise ParameterError(
                _("costs: one of them is not of the form channel=yuan."),
                _("Write call=3; channels: {names}.", names=", ".join(COSTS)),
            )
        costs[channel] = cost
    return costs


def _times(estimate: Estimate | NotMeasurable, customers: int) -> Estimate | NotMeasurable:
    if isinstance(estimate, NotMeasurable):
        return estimate
    return Estimate(
        estimate.value * customers, estimate.low * customers, estimate.high * customers, estimate.error * customers
    )


def _per(cost: float, gained: Estimate | NotMeasurable) -> float | None:
    return None if isinstance(gained, NotMeasurable) or gained.low <= 0 else cost / gained.value
