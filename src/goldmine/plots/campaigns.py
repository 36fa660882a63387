"""Figures of a release's campaigns: the funnel, what can be measured, what one more place is worth."""

from collections.abc import Mapping

import pandas as pd
from matplotlib.figure import Figure

from goldmine.campaigns.record import CampaignRecord
from goldmine.campaigns.texts import CHANNELS, KINDS, RANKED_BY
from goldmine.contactability.funnel import STAGES
from goldmine.core.i18n import in_language
from goldmine.plots.lists import list_funnel
from goldmine.plots.style import language, say


def campaign_counts(campaigns: Mapping[str, CampaignRecord]) -> pd.DataFrame:
    """A row a campaign and step of its funnel.

    Returns
    -------
    pandas.DataFrame
        list (the campaign's title), stage, step (who leaves), left and remain (customers).
    """
    rows: list[tuple[str, str, str, int, int]] = []
    for record in campaigns.values():
        title = say(record.en, record.zh)
        rows.append((title, "", say("scored by the models", "模型评分客户"), 0, record.funnel.scored))
        rows += [
            (
                title,
                in_language(STAGES[step.stage], language()),
                in_language(step.who, language()),
                step.left,
                step.remain,
            )
            for step in record.funnel.steps
        ]
    return pd.DataFrame(rows, columns=["list", "stage", "step", "left", "remain"])


def campaign_funnel(counts: pd.DataFrame) -> Figure | None:
    """Customers that remain after each step at which somebody left, a panel a campaign; None without campaigns."""
    if counts.empty:
        return None
    first_or_last = ~counts["list"].duplicated() | ~counts["list"].duplicated(keep="last")
    return list_funnel(counts[(counts["left"] > 0) | first_or_last].drop(columns="stage"))


def campaign_table(campaigns: Mapping[str, CampaignRecord]) -> pd.DataFrame:
    """A row a campaign: whom it contacts, what that should be worth, and what can be measured of it.

    Returns
    -------
    pandas.DataFrame
        campaign, contact, control (customers), expected yuan, base rate, smallest effect and useful effect (shares),
        verdict.
    """
    rows = []
    for name, record in campaigns.items():
        power = record.power
        verdict = say("measurable", "可测") if power.detects else say("NOT MEASURABLE", "效果不可测")
        effect = float("nan") if power.smallest_effect is None else power.smallest_effect
        counted = (name, power.contact, power.control, record.expected_value)
        rows.append((*counted, power.base_rate, effect, power.useful, verdict))
    columns = ["campaign", "contact", "control", "expected_yuan", "base_rate", "smallest_effect", "useful", "verdict"]
    return pd.DataFrame(rows, columns=columns)


def ranking_table(campaigns: Mapping[str, CampaignRecord]) -> pd.DataFrame:
    """A row a campaign: by what its customers are ranked, and why.

    Returns
    -------
    pandas.DataFrame
        campaign, ranked_by, why.
    """
    rows = [
        (name, say(*RANKED_BY[record.ranking.by]), say(record.ranking.en, record.ranking.zh))
        for name, record in campaigns.items()
    ]
    return pd.DataFrame(rows, columns=["campaign", "ranked_by", "why"])


def limit_table(campaigns: Mapping[str, CampaignRecord], most: int = 15) -> pd.DataFrame:
    """The limits where one more place is worth most, and every channel.

    Returns
    -------
    pandas.DataFrame
        campaign, limit, used, at_most, worth (yuan for one more).
    """
    rows = [
        (
            limit.campaign_id or say("all", "全部活动"),
            f"{say(*KINDS[limit.kind])} {say(*CHANNELS[limit.key]) if limit.kind == 'channel' else limit.key}",
            limit.used,
            limit.most,
            limit.worth,
        )
        for record in campaigns.values()
        for limit in record.limits
    ]
    table = pd.DataFrame(rows, columns=["campaign", "limit", "used", "at_most", "worth"]).drop_duplicates()
    return table.sort_values("worth", ascending=False, kind="stable", ignore_index=True).head(most)
