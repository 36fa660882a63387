"""Figures of a measured campaign: what being drawn for contact changed, and where."""

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from goldmine.measurement.effect import Cut, table
from goldmine.measurement.predicted_observed import Compliance
from goldmine.measurement.report import Measured, compliance_table
from goldmine.models.uplift.effect import Estimate, NotMeasurable
from goldmine.plots.style import PALETTE, say

BLUE, GOLD, GREEN, RED, _, GREY = PALETTE
_ROW_INCHES = 0.34
_HEAD_INCHES = 1.0
_MOST_ROWS = 25
_PANELS = {
    "use_case": ("By use case", "按营销场景"),
    "decile": ("By decile", "按十分位"),
    "channel": ("By channel", "按渠道"),
    "offer": ("By offer", "按产品方案"),
    "branch": ("By branch", "按支行"),
}
_ORDER = {"probability": ("probability", "概率"), "uplift": ("uplift", "增益")}
_COUNTS = {
    "worked": ("contacted, as asked", "按名单触达"),
    "reached": ("of them reached", "其中联系上"),
    "not_worked": ("not contacted", "未触达（未执行）"),
    "late": ("contacted after the list had expired", "名单过期后触达"),
    "other_channel": ("contacted by another channel", "改用其他渠道"),
    "contaminated": ("control, contacted all the same", "对照组被触达（污染）"),
}


def headline(found: Measured) -> pd.DataFrame:
    """The campaign's main figures, a row a figure; what is not measurable says so and gives no number."""
    whole, cash = found.whole, found.money
    lines = [
        (say("drawn for contact", "触达组客户数"), f"{whole.contact:,}"),
        (say("drawn for control", "对照组客户数"), f"{whole.control:,}"),
        (say("effect of being drawn for contact", "触达组相对对照组的提升"), told(whole.effect, "{:+.2%}")),
        (say("would have shown", "可检出的最小提升"), _or_dash(whole.detectable, "{:.2%}")),
        (say("extra customers", "额外转化客户数"), told(cash.converted, "{:+,.0f}")),
        (say("extra AUM, yuan", "额外资产（元）"), told(cash.moved, "{:+,.0f}")),
        (say("cost of the contacts, yuan", "触达成本（元）"), f"{cash.cost:,.0f}"),
        (say("cost of an extra customer, yuan", "每额外转化一户的成本（元）"), _or_dash(cash.per_customer, "{:,.1f}")),
        (say("cost of an extra yuan", "每额外一元资产的成本（元）"), _or_dash(cash.per_yuan, "{:.4f}")),
        (say("Qini: what the order gained over chance", "Qini：排序相对随机的增益"), told(found.qini, "{:+.3%}")),
    ]
    return pd.DataFrame(lines, columns=[say("figure", "指标"), say("value", "数值")])


def told(found: Estimate | NotMeasurable, form: str) -> str:
    """An estimate with its interval, or that it is not measurable and why."""
    if isinstance(found, NotMeasurable):
        return say(f"not measurable: {found.why}", f"不可测量：{found.zh}")
    value, low, high = (form.format(number) for number in (found.value, found.low, found.high))
    return say(f"{value} ({low} to {high})", f"{value}（{low} 至 {high}）")


def effects_table(found: tuple[Cut, ...]) -> pd.DataFrame:
    """Groups as a table for people: customers, shares, effect with interval, or why there is none."""
    frame = table(found)
    names = [
        say("group", "分组"),
        say("contact", "触达组"),
        say("control", "对照组"),
        say("contact share", "触达组达成率"),
        say("control share", "对照组达成率"),
        say("effect", "提升"),
    ]
    shares = [
        frame[name].map("{:.1%}".format, na_action="ignore").fillna("-") for name in ("contact_mean", "control_mean")
    ]
    effects = [told(one.effect, "{:+.1%}") for one in found]
    return pd.DataFrame(
        dict(zip(names, [frame["name"], frame["contact"], frame["control"], *shares, effects], strict=True))
    )


def effects_figure(found: Measured) -> Figure:
    """Effects with their intervals, a panel a way to group; groups that are not measurable have no mark."""
    groups = {name: found.by[name][:_MOST_ROWS] for name in _PANELS if name in found.by}
    heights = [_HEAD_INCHES + _ROW_INCHES * len(cuts) for cuts in groups.values()]
    figure, axes = plt.subplots(
        len(groups),
        1,
        figsize=(9, sum(heights)),
        squeeze=False,
        height_ratios=heights,
        layout="constrained",
        sharex=True,
    )
    for axis, (name, cuts) in zip(axes[:, 0], groups.items(), strict=True):
        _panel(axis, say(*_PANELS[name]), cuts, found.whole.effect)
    axes[-1, 0].set_xlabel(say("added to the share that reached the aim", "达成率的提升"))
    axes[-1, 0].xaxis.set_major_formatter(PercentFormatter(1))  # as many decimals as tell the ticks apart
    plt.close(figure)
    return figure


def qini_figure(found: Measured) -> Figure:
    """Extra outcomes by depth beside chance, and the effect in fifths of the list's order."""
    figure, (curve, bars) = plt.subplots(1, 2, figsize=(11, 4.2), layout="constrained")
    curve.plot(found.curve["depth"], found.curve["gained"], color=BLUE, label=say("the list's order", "名单排序"))
    curve.plot(found.curve["depth"], found.curve["chance"], color=GREY, linestyle="--", label=say("chance", "随机"))
    curve.set_title(say("Qini curve", "Qini 曲线"), loc="left")
    curve.set_xlabel(say("customers, in the list's order", "客户占比（按名单排序）"))
    curve.set_ylabel(say("extra outcomes a hundred customers", "每百户额外达成数"))
    curve.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    curve.legend()
    _points(bars, found.by_score, vertical=True)
    order = say(*_ORDER[found.score])
    bars.set_title(say(f"Effect by fifths of {order}, 1 the highest", f"按{order}五分组的提升（1 为最高）"), loc="left")
    bars.yaxis.set_major_formatter(PercentFormatter(1))
    plt.close(figure)
    return figure


def promise_figure(found: Measured) -> Figure:
    """What was promised by decile, what came in the control, and what came among the contacted."""
    figure, axis = plt.subplots(figsize=(8, 4.2), layout="constrained")
    rows = found.promise
    axis.plot(
        rows["decile"], rows["promised"], color=GREY, linestyle="--", marker="o", label=say("promised", "模型预测")
    )
    reach = np.abs(rows[["control_low", "control_high"]].to_numpy().T - rows["control"].to_numpy())
    axis.errorbar(
        rows["decile"],
        rows["control"],
        yerr=reach,
        color=BLUE,
        fmt="o",
        capsize=3,
        label=say("came, control", "对照组实际"),
    )
    axis.scatter(rows["decile"], rows["contact"], color=GOLD, zorder=3, label=say("came, contacted", "触达组实际"))
    axis.yaxis.set_major_formatter(PercentFormatter(1))
    axis.set_xticks(rows["decile"])
    axis.set_xlabel(say("decile", "十分位"))
    axis.set_title(say("What the list promised and what came", "名单承诺与实际结果"), loc="left")
    axis.legend()
    plt.close(figure)
    return figure


def compliance_counts(found: Compliance) -> pd.DataFrame:
    """Whether the field did as it was asked, a row a figure."""
    frame = compliance_table(found)
    share = [f"{count / of:.1%}" if of else "-" for count, of in zip(frame["customers"], frame["of"], strict=True)]
    return pd.DataFrame(
        {
            say("what", "项目"): [say(*_COUNTS[what]) for what in frame["what"]],
            say("customers", "客户数"): frame["customers"],
            say("of", "基数"): frame["of"],
            say("share", "占比"): share,
        }
    )


def _panel(axis: Axes, title: str, cuts: tuple[Cut, ...], whole: Estimate | NotMeasurable) -> None:
    _points(axis, cuts, vertical=False)
    axis.axvline(0, color=GREY, linewidth=1)
    if isinstance(whole, Estimate):
        axis.axvspan(whole.low, whole.high, color=GOLD, alpha=0.2)
    axis.set_title(title, loc="left")
    axis.invert_yaxis()


def _points(axis: Axes, cuts: tuple[Cut, ...], *, vertical: bool) -> None:
    places = range(len(cuts))
    names = [one.name if isinstance(one.effect, Estimate) else _without(one.name) for one in cuts]
    for place, one in zip(places, cuts, strict=True):
        if isinstance(one.effect, Estimate):
            reach = (one.effect.high - one.effect.low) / 2
            colour = (GREEN if one.effect.value > 0 else RED) if one.effect.shown else BLUE
            if vertical:
                axis.errorbar(place, one.effect.value, yerr=reach, fmt="o", color=colour, capsize=3)
            else:
                axis.errorbar(one.effect.value, place, xerr=reach, fmt="o", color=colour, capsize=3)
    if vertical:
        axis.set_xticks(places, [name.replace(" (", "\n(") for name in names])
        axis.set_xlim(-0.6, len(cuts) - 0.4)
        axis.axhline(0, color=GREY, linewidth=1)
    else:
        axis.set_yticks(places, names)
        axis.set_ylim(-0.6, len(cuts) - 0.4)


def _without(name: str) -> str:
    return f"{name} ({say('not measurable', '不可测量')})"


def _or_dash(value: float | None, form: str) -> str:
    return "-" if value is None else form.format(value)
