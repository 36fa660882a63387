"""Figures of a measured campaign: the effect of assignment to contact, overall and by group."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from goldmine.core.i18n import LocalizedText, in_language
from goldmine.measurement.effect import Cut, table
from goldmine.measurement.predicted_observed import Compliance
from goldmine.measurement.report import Measured, compliance_table
from goldmine.models.uplift.effect import Estimate, NotMeasurable
from goldmine.plots.style import BLUE, GOLD, GREEN, GREY, RED, ExactPercent, _, finished, language, pgettext

_ROW_INCHES = 0.34
_HEAD_INCHES = 1.0
_MOST_ROWS = 25
_NO_TITLES: Mapping[str, LocalizedText] = {}


def headline(measured: Measured) -> pd.DataFrame:
    """The campaign's main figures, one row per figure; those that are not measurable have a reason and no number."""
    whole, money = measured.whole, measured.money
    lines = [
        (_("drawn for contact"), f"{whole.contact:,}"),
        (_("drawn for control"), f"{whole.control:,}"),
        (_("drawn by earlier releases, and measured there"), f"{measured.drawn_before:,}"),
        (_("effect of being drawn for contact"), estimate_text(whole.effect, "{:+.2%}")),
        (_("would have shown"), _or_dash(whole.detectable, "{:.2%}")),
        (_("extra customers"), estimate_text(money.converted, "{:+,.0f}")),
        (_("extra AUM, yuan"), estimate_text(money.moved, "{:+,.0f}")),
        (_("cost of the contacts, yuan"), f"{money.cost:,.0f}"),
        (_("cost of an extra customer, yuan"), _or_dash(money.per_customer, "{:,.1f}")),
        (_("cost of an extra yuan"), _or_dash(money.per_yuan, "{:.4f}")),
        (_("Qini: what the order gained over chance"), estimate_text(measured.qini, "{:+.3%}")),
    ]
    return pd.DataFrame(lines, columns=[pgettext("column", "figure"), pgettext("column", "value")])


def estimate_text(estimate: Estimate | NotMeasurable, form: str) -> str:
    """An estimate with its interval, or that it is not measurable and why."""
    if isinstance(estimate, NotMeasurable):
        return _("not measurable: {why}", why=estimate.why)
    value, low, high = (form.format(number) for number in (estimate.value, estimate.low, estimate.high))
    return _("{value} ({low} to {high})", value=value, low=low, high=high)


def effects_table(groups: tuple[Cut, ...], titles: Mapping[str, LocalizedText] = _NO_TITLES) -> pd.DataFrame:
    """Groups as a table for people: customers, shares, effect with interval, or why there is none."""
    frame = table(titled(groups, titles))
    names = [
        pgettext("column", "group"),
        pgettext("column", "contact"),
        pgettext("column", "control"),
        _("contact share"),
        _("control share"),
        pgettext("column", "effect"),
    ]
    shares = [
        ["-" if pd.isna(share) else f"{share:.1%}" for share in frame[name]]
        for name in ("contact_mean", "control_mean")
    ]
    effects = [estimate_text(group.effect, "{:+.1%}") for group in groups]
    return pd.DataFrame(
        dict(zip(names, [frame["name"], frame["contact"], frame["control"], *shares, effects], strict=True))
    )


def titled(groups: tuple[Cut, ...], titles: Mapping[str, LocalizedText]) -> tuple[Cut, ...]:
    """Groups under what people call them, in the figures' language; one without a title keeps its name."""
    words = {"": _("not known"), **titles}
    return tuple(
        replace(group, name=str(in_language(words.get(group.name, group.name), language()))) for group in groups
    )


def effects_figure(measured: Measured, titles: Mapping[str, LocalizedText] = _NO_TITLES) -> Figure:
    """Effects with their intervals, a panel per grouping; groups that are not measurable are left out.

    Of more than 25 groups the largest are drawn, and the panel says so.
    """
    panels = {
        "use_case": _("By use case"),
        "decile": _("By decile"),
        "channel": _("By channel"),
        "offer": _("By offer"),
        "branch": _("By branch"),
    }
    groups = {name: _measurable(measured.by.get(name, ())) for name in panels}
    for name, cuts in groups.items():
        if len(cuts) > _MOST_ROWS:
            told = {"by": panels[name], "shown": _MOST_ROWS, "all": len(cuts)}
            panels[name] = _("{by}: the {shown} largest groups of {all}", **told)
    groups = {name: titled(_largest(cuts), titles) for name, cuts in groups.items() if cuts}
    if not groups:
        groups = {"use_case": ()}
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
        _panel(axis, panels[name], cuts, measured.whole.effect)
    axes[-1, 0].set_xlabel(_("added to the share that reached the aim"))
    axes[-1, 0].xaxis.set_major_formatter(PercentFormatter(1))  # as many decimals as tell the ticks apart
    return finished(figure)


def _largest(groups: tuple[Cut, ...]) -> tuple[Cut, ...]:
    """The groups with the most customers, in their own order."""
    largest = sorted(range(len(groups)), key=lambda place: -(groups[place].contact + groups[place].control))
    return tuple(groups[place] for place in sorted(largest[:_MOST_ROWS]))


def qini_figure(measured: Measured) -> Figure:
    """Extra outcomes by depth beside chance, and the effect in fifths of the list's order."""
    figure, (curve, bars) = plt.subplots(1, 2, figsize=(11, 4.2), layout="constrained")
    curve.plot(measured.curve["depth"], measured.curve["gained"], color=BLUE, label=_("the list's order"))
    curve.plot(measured.curve["depth"], measured.curve["chance"], color=GREY, linestyle="--", label=_("chance"))
    curve.set_title(_("Qini curve"), loc="left")
    curve.set_xlabel(_("customers, in the list's order"))
    curve.set_ylabel(_("extra outcomes a hundred customers"))
    curve.xaxis.set_major_formatter(ExactPercent(1))
    curve.legend()
    _points(bars, _measurable(measured.by_score), vertical=True)
    order = pgettext("score", "uplift") if measured.score == "uplift" else pgettext("score", "probability")
    bars.set_title(_("Effect by fifths of {order}, 1 the highest", order=order), loc="left")
    bars.yaxis.set_major_formatter(PercentFormatter(1))
    return finished(figure)


def predicted_observed_figure(measured: Measured) -> Figure:
    """Predicted shares by decile, and observed ones in the control and among the contacted."""
    figure, axis = plt.subplots(figsize=(8, 4.2), layout="constrained")
    rows = measured.predicted
    axis.plot(
        rows["decile"],
        rows["predicted"],
        color=GREY,
        linestyle="--",
        marker="o",
        label=pgettext("decile", "predicted"),
    )
    error = np.abs(rows[["control_low", "control_high"]].to_numpy().T - rows["control"].to_numpy())
    axis.errorbar(
        rows["decile"],
        rows["control"],
        yerr=error,
        color=BLUE,
        fmt="o",
        capsize=3,
        label=_("observed, control"),
    )
    axis.scatter(rows["decile"], rows["contact"], color=GOLD, zorder=3, label=_("observed, contacted"))
    axis.yaxis.set_major_formatter(PercentFormatter(1))
    axis.set_xticks(rows["decile"])
    axis.set_xlabel(_("decile"))
    axis.set_title(_("Predicted and observed"), loc="left")
    axis.legend()
    return finished(figure)


def compliance_counts(compliance: Compliance) -> pd.DataFrame:
    """Whether staff contacted the customers they were asked to contact, one row per figure."""
    titles = {
        "worked": _("contacted, as asked"),
        "reached": _("of them reached"),
        "not_worked": _("not contacted"),
        "late": _("contacted after the list had expired"),
        "other_channel": _("contacted by another channel"),
        "contaminated": _("control, contacted all the same"),
    }
    frame = compliance_table(compliance)
    share = [f"{count / of:.1%}" if of else "-" for count, of in zip(frame["customers"], frame["of"], strict=True)]
    return pd.DataFrame(
        {
            pgettext("column", "what"): frame["what"].map(titles),
            pgettext("column", "customers"): frame["customers"],
            pgettext("column", "of"): frame["of"],
            pgettext("column", "share"): share,
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
    positions = range(len(cuts))
    names = [group.name for group in cuts]
    for position, group in zip(positions, cuts, strict=True):
        if isinstance(group.effect, Estimate):
            error = (group.effect.high - group.effect.low) / 2
            colour = (GREEN if group.effect.value > 0 else RED) if group.effect.significant else BLUE
            if vertical:
                axis.errorbar(position, group.effect.value, yerr=error, fmt="o", color=colour, capsize=3)
            else:
                axis.errorbar(group.effect.value, position, xerr=error, fmt="o", color=colour, capsize=3)
    if vertical:
        axis.set_xticks(positions, names)
        axis.set_xlim(-0.6, len(cuts) - 0.4)
        axis.axhline(0, color=GREY, linewidth=1)
    else:
        axis.set_yticks(positions, names)
        axis.set_ylim(-0.6, len(cuts) - 0.4)


def _measurable(cuts: tuple[Cut, ...]) -> tuple[Cut, ...]:
    """Groups with an effect; the tables beside the figures say why the others have none."""
    return tuple(group for group in cuts if isinstance(group.effect, Estimate))


def _or_dash(value: float | None, form: str) -> str:
    return "-" if value is None else form.format(value)
