"""Tables and figures of a release: its lists and campaigns, their funnels, what can be measured, what limits them."""

from collections.abc import Mapping

import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from goldmine.campaigns.record import LIMIT_KINDS, CampaignRecord
from goldmine.contactability.funnel import STAGES, Funnel
from goldmine.core.columns import column
from goldmine.labels.use_case import readable_use_cases
from goldmine.plots.style import BLUE, GOLD, GREY, RED, _, finished, localized, name_rows, pgettext, row_inches
from goldmine.publishing.manifest import ListFile

_HEAD_INCHES = 0.9
_LEAVING = "#e3bcbc"
_ROW_INCHES = 0.34


def funnel_counts(funnels: Mapping[str, Funnel]) -> pd.DataFrame:
    """One row per list and step of its funnel.

    Parameters
    ----------
    funnels : mapping of str to Funnel
        By use case, from a release's manifest.

    Returns
    -------
    pandas.DataFrame
        list (its title), step (who leaves; first of all everyone scored), left and remain (customers).
    """
    rows = []
    for name, funnel in funnels.items():
        title = _title(name)
        rows.append((title, _("scored by the model"), 0, funnel.scored))
        rows += [(title, localized(step.who), step.left, step.remain) for step in funnel.steps]
    return pd.DataFrame(rows, columns=["list", "step", "left", "remain"])


def rules_off(funnels: Mapping[str, Funnel]) -> pd.DataFrame:
    """One row per list and skipped rule, with the columns that the bank does not have."""
    rows = [
        (_title(name), localized(rule.who), ", ".join(rule.missing))
        for name, funnel in funnels.items()
        for rule in funnel.skipped
    ]
    return pd.DataFrame(rows, columns=["list", "not checked", "missing"])


def file_table(files: tuple[ListFile, ...]) -> pd.DataFrame:
    """One row per published file: path, rows, model, version and how many rules of its suite warned."""
    rows = [(f.path, f.rows, f.model_name, f.model_version, len(f.validation.get("warnings", ()))) for f in files]
    return pd.DataFrame(rows, columns=["file", "rows", "model", "version", "warnings"])


def list_funnel(counts: pd.DataFrame) -> Figure:
    """Customers that remain and that leave at each step, a panel per list; the last bar is the list itself.

    Parameters
    ----------
    counts : DataFrame
        From `funnel_counts`.
    """
    groups = list(counts.groupby("list", sort=False))
    row = row_inches(counts["step"], _ROW_INCHES)
    heights = [_HEAD_INCHES + row * (len(rows) + 1) for _, rows in groups]
    figure, axes = plt.subplots(
        len(groups), 1, figsize=(9, sum(heights)), squeeze=False, height_ratios=heights, layout="constrained"
    )
    for axis, (title, rows) in zip(axes[:, 0], groups, strict=True):
        _panel(axis, str(title), rows)
    keys = [
        Patch(color=BLUE, label=_("remain")),
        Patch(color=_LEAVING, label=_("leave, for the reason beside the bar")),
    ]
    figure.legend(handles=keys, loc="outside lower right", ncols=2, frameon=False, fontsize=9)
    return finished(figure)


def _panel(axis: Axes, title: str, rows: pd.DataFrame) -> None:
    steps = [*rows["step"], pgettext("funnel", "on the list")]
    remaining, leaving = [*rows["remain"], rows["remain"].iloc[-1]], [*rows["left"], 0]
    places = range(len(steps))
    axis.barh(places, remaining, color=[GREY, *[BLUE] * (len(rows) - 1), GOLD], height=0.72)
    axis.barh(places, leaving, left=remaining, color=_LEAVING, height=0.72)
    name_rows(axis, steps)
    axis.set_title(title, loc="left")
    axis.xaxis.set_major_locator(MaxNLocator(5))
    axis.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    axis.grid(axis="y", visible=False)
    widest = max(rows["remain"].max(), 1)
    axis.set_xlim(0, widest * 1.22)
    for position, left, remain in zip(places, leaving, remaining, strict=True):
        axis.text(remain + left + widest * 0.01, position, f"{remain:,}", va="center", fontsize=9)
        if left:
            axis.text(widest * 1.21, position, f"−{left:,}", va="center", ha="right", fontsize=9, color=RED)


def _title(name: str) -> str:
    """A use case's title; a table that was brought in is called by its name."""
    case = readable_use_cases().get(name)
    return localized(case.title) if case else name


def campaign_counts(campaigns: Mapping[str, CampaignRecord]) -> pd.DataFrame:
    """One row per campaign and step of its funnel.

    Returns
    -------
    pandas.DataFrame
        list (the campaign's title), stage, step (who leaves), left and remain (customers).
    """
    rows: list[tuple[str, str, str, int, int]] = []
    for record in campaigns.values():
        title = localized(record.title)
        rows.append((title, "", _("scored by the models"), 0, record.funnel.scored))
        rows += [
            (title, localized(STAGES[step.stage]), localized(step.who), step.left, step.remain)
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
    """One row per campaign: customers, expected value, and statistical power.

    Returns
    -------
    pandas.DataFrame
        campaign, contact, control (customers), expected yuan, base rate, smallest effect, effect of interest (shares),
        more contacts that would detect it, verdict.
    """
    rows = []
    for name, record in campaigns.items():
        power = record.power
        too_few = _("TOO FEW") if power.measurable else _("NOT MEASURABLE")
        verdict = _("measurable") if power.detects else too_few
        effect = float("nan") if power.smallest_effect is None else power.smallest_effect
        counted = (name, power.contact, power.control, record.expected_value)
        more = "-" if power.more_contacts is None else f"{power.more_contacts:,}"
        rows.append((*counted, power.base_rate, effect, power.min_effect_of_interest, more, verdict))
    columns = ["campaign", "contact", "control", "expected_yuan", "base_rate", "smallest_effect", "useful"]
    return pd.DataFrame(rows, columns=[*columns, "more_contacts", "verdict"])


def ranking_table(campaigns: Mapping[str, CampaignRecord]) -> pd.DataFrame:
    """One row per campaign: how its customers are ranked, and why.

    Returns
    -------
    pandas.DataFrame
        campaign, ranked_by, why.
    """
    rows = [
        (name, localized(column("ranked_by").words[record.ranking.by]), localized(record.ranking.why))
        for name, record in campaigns.items()
    ]
    return pd.DataFrame(rows, columns=["campaign", "ranked_by", "why"])


def campaigns_left_out(off: Mapping[str, str]) -> list[str]:
    """A line per live campaign that was left out, with what is missing."""
    return [_("{campaign} is left out: it needs {missing}", campaign=name, missing=why) for name, why in off.items()]


def limit_table(campaigns: Mapping[str, CampaignRecord], max_rows: int = 15) -> pd.DataFrame:
    """The limits where one more place is worth most, and every channel.

    Returns
    -------
    pandas.DataFrame
        campaign, limit, used, at_most, worth (yuan for one more).
    """
    rows = []
    for limit in [limit for record in campaigns.values() for limit in record.limits]:
        key = localized(column("channel").words[limit.key]) if limit.kind == "channel" else limit.key
        name = f"{localized(LIMIT_KINDS[limit.kind])} {key}"
        rows.append((limit.campaign_id or pgettext("campaigns", "all"), name, limit.used, limit.max, limit.worth))
    table = pd.DataFrame(rows, columns=["campaign", "limit", "used", "at_most", "worth"]).drop_duplicates()
    return table.sort_values("worth", ascending=False, kind="stable", ignore_index=True).head(max_rows)
