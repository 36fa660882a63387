"""What offers at the counter changed: customers whom the lobby's draw let be made offers against those it left out.

The comparison is by intention to treat: among customers who were looked up while an offer was open, everybody drawn
counts as drawn, whether or not the teller said a word. Those left out would have been made the same offers.
"""

from datetime import date
from pathlib import Path

import pandas as pd

from goldmine.contactability.past_offers import releases_out
from goldmine.contract.bank import Bank
from goldmine.core.dates import TIME_ZONE
from goldmine.core.workspace import Workspace
from goldmine.measurement.campaign_results import Campaign, campaigns, read_results
from goldmine.measurement.effect import Cut, cut

EXPOSURES = "exposures.parquet"
EXPOSURE_COLUMNS = ("at", "place", "branch_id", "release", "customer_id", "list_name", "offer", "drawn", "chance")
"""Columns of the portal's exposures, as it writes them into the work folder."""


def exposures_path(work: Workspace) -> Path:
    """Path of the exposures that the portal wrote."""
    return work.root / "portal" / EXPOSURES


def measure_lobby(bank: Bank, work: Workspace, snapshot: date) -> list[Cut]:
    """The lobby's effect on the aim of each campaign that is complete at a snapshot and whose offers were drawn for.

    Returns
    -------
    list of Cut
        A campaign each, named by campaign and snapshot: contact are those drawn, control those left out.
    """
    path = exposures_path(work)
    if not path.exists():
        return []
    first = drawn_look_ups(pd.read_parquet(path), {folder.name: folder.parent.name for folder in releases_out(work)})
    effects = []
    for campaign in campaigns(work):
        own = of_campaign(first, campaign)
        if campaign.complete_on <= snapshot and len(own):
            results = read_results(bank, work, campaign, snapshot)
            effects.append(lobby_effect(own, results, f"{campaign.name} {campaign.as_of}"))
    return effects


def drawn_look_ups(exposures: pd.DataFrame, snapshots: dict[str, str]) -> pd.DataFrame:
    """The first look-up of each customer with an offer of each campaign, since the draw began.

    Parameters
    ----------
    exposures : DataFrame
        `EXPOSURE_COLUMNS`.
    snapshots : dict of str to str
        By release, its snapshot.

    Returns
    -------
    DataFrame
        Exposures with ``as_of``; a look-up with a certain chance was not drawn and is left out.
    """
    drawn = exposures[(exposures["list_name"] != "") & exposures["chance"].between(0, 1, inclusive="neither")]
    drawn = drawn.assign(as_of=drawn["release"].map(snapshots)).dropna(subset="as_of").sort_values("at", kind="stable")
    return drawn.drop_duplicates(["as_of", "list_name", "customer_id"])


def of_campaign(first: pd.DataFrame, campaign: Campaign) -> pd.DataFrame:
    """The look-ups of a campaign, up to its last day by the bank's clock."""
    days = pd.to_datetime(first["at"], utc=True).dt.tz_convert(TIME_ZONE).dt.date
    return first[
        (first["list_name"] == campaign.name) & (first["as_of"] == str(campaign.as_of)) & (days <= campaign.complete_on)
    ]


def lobby_effect(look_ups: pd.DataFrame, results: pd.DataFrame, name: str) -> Cut:
    """The effect among customers who were looked up, within each chance that the draw had.

    As in a campaign, whom an earlier release held is measured there: the counter's draw is the same in each, and those
    whom its offers moved have left the list since, while those left out have stayed.

    Parameters
    ----------
    look_ups : DataFrame
        One row a customer: ``customer_id``, ``drawn``, ``chance``.
    results : DataFrame
        One row a customer of the campaign: ``customer_id``, ``probability``, ``aim``, ``drawn_before``.

    Examples
    --------
    >>> numbers = [f"C{i}" for i in range(200)]
    >>> look_ups = pd.DataFrame({"customer_id": numbers, "drawn": [True, False] * 100, "chance": 0.5})
    >>> aims = [1, 0] * 50 + [0, 0] * 50
    >>> results = pd.DataFrame({"customer_id": numbers, "probability": 0.3, "aim": aims, "drawn_before": False})
    >>> lobby_effect(look_ups, results, "longtail 2024-06-30").effect.value
    0.5
    """
    new = results.loc[~results["drawn_before"], ["customer_id", "probability", "aim"]]
    rows = look_ups[["customer_id", "drawn", "chance"]].merge(new, on="customer_id")
    group = rows["drawn"].map({True: "contact", False: "control"})
    return cut(rows.assign(group=group, stratum=rows["chance"].map("{:.6f}".format)), name)
