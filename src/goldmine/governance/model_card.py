"""Model cards: what a registered version is for, how it was trained and tested, and where its limits are."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd
from matplotlib.figure import Figure

from goldmine.core.i18n import _, join_texts, pgettext
from goldmine.features import Feature
from goldmine.governance.compare import Comparison
from goldmine.governance.drift.reference import Reference
from goldmine.governance.groups import GROUP_TITLES
from goldmine.governance.model_card_data import data_section, use_section
from goldmine.governance.model_card_page import Card, CardTable, Section
from goldmine.governance.protected_groups import SMALL
from goldmine.models.explain import importance
from goldmine.models.registry import Registration
from goldmine.models.run_log import TrainingRecord

_MAX_GROUPS = 30
_MAX_ROWS = 15
_FIGURES = {
    "auc": pgettext("model card", "AUC"),
    "average_precision": pgettext("model card", "average precision"),
    "brier": pgettext("model card", "Brier score"),
    "calibration_error": pgettext("model card", "calibration error"),
    "lift_10pct": pgettext("model card", "lift in the top 10%"),
    "lift_list": pgettext("model card", "lift at list size"),
}
_VERDICTS = {
    "ok": pgettext("model card", "holds"),
    "warning": pgettext("model card", "warning"),
    "stop": pgettext("model card", "stops promotion"),
}


@dataclass(frozen=True)
class Subject:
    """What a card describes.

    Parameters
    ----------
    training : TrainingRecord
        The data, the settings and the fitted model.
    comparison : Comparison
        Its out-of-time figures, with intervals and groups.
    registration : Registration
        Its version, and whether it is champion.
    reference : Reference
        The drift of the months after training.
    features : sequence of Feature
        Titles of its columns.
    run_id : str
        The MLflow run that stores it.
    """

    training: TrainingRecord
    comparison: Comparison
    registration: Registration
    reference: Reference
    features: Sequence[Feature]
    run_id: str


def model_card(subject: Subject, figures: Mapping[str, Figure]) -> Card:
    """Make the card of a registered version.

    Parameters
    ----------
    figures : mapping of str to Figure
        The training's figures; the card shows ``comparison`` and ``calibration``.
    """
    case, registration = subject.training.use_case, subject.registration
    subtitle = _(
        "{name}, version {version} · {bank} · trained at {as_of}",
        name=registration.name,
        version=registration.version,
        bank=subject.training.bank.name,
        as_of=subject.training.as_of,
    )
    sections = (
        use_section(case),
        _state(subject),
        data_section(subject.training, subject.features),
        _out_of_time(subject, figures),
        *_groups(subject),
        _importance(subject),
        _drift(subject),
        _limits(subject),
        _trace(subject),
    )
    return Card(_("Model card: {title}", title=case.title), subtitle, sections)


def _state(subject: Subject) -> Section:
    heading = pgettext("model card", "State")
    if subject.registration.champion:
        return Section(heading, (_("Champion: it scores this use case."),))
    return Section(heading, (_("Not champion. Reasons:"), *subject.registration.refusals))


def _out_of_time(subject: Subject, figures: Mapping[str, Figure]) -> Section:
    evaluation = subject.training.evaluation
    frame = evaluation.frame()
    rows = []
    for name, interval in subject.comparison.figures["challenger"].items():
        others = [frame.at[name, who] if name in frame.index else float("nan") for who in ("baseline", "no_skill")]
        ends = f"{_number(interval.low)} – {_number(interval.high)}"
        rows.append((_FIGURES.get(name, name), _number(interval.value), ends, *map(_number, others)))
    headings = (
        pgettext("model card", "figure"),
        pgettext("model card", "model"),
        pgettext("model card", "95% interval"),
        pgettext("model card", "baseline"),
        pgettext("model card", "no skill"),
    )
    tested_on = _(
        "Tested on {rows:,} customers with {positives:,} outcomes, at a list of {size:,}; nothing was fitted on "
        "them. Intervals cover 95 of 100 bootstrap samples of the customers.",
        rows=len(evaluation.outcome),
        positives=evaluation.positives,
        size=evaluation.list_size,
    )
    shown = tuple(figures[name] for name in ("comparison", "calibration") if name in figures)
    return Section(pgettext("model card", "Out-of-time figures"), (tested_on,), CardTable(headings, tuple(rows)), shown)


def _groups(subject: Subject) -> Iterable[Section]:
    calibration = subject.comparison.calibration.table
    worst = calibration.sort_values("excess", ascending=False).head(_MAX_GROUPS).sort_index()
    rows = tuple(
        (
            *_group(row.by, row.group),
            *(f"{row.rows:,}", f"{row.predicted:.2%}", f"{row.observed:.2%}", f"{row.error:.3f}", f"{row.floor:.3f}"),
            _VERDICTS[row.verdict],
        )
        for row in worst.itertuples()
    )
    by_group = (pgettext("model card", "by"), pgettext("model card", "group"))
    headings = (
        *by_group,
        pgettext("model card by group", "rows"),
        pgettext("model card", "predicted"),
        pgettext("model card", "observed"),
        pgettext("model card", "error"),
        pgettext("model card", "floor"),
        pgettext("model card", "verdict"),
    )
    intro = _("The groups with the largest error. The floor is the error of true probabilities in groups of this size.")
    heading = pgettext("model card", "Is it calibrated in each group?")
    yield Section(heading, (intro,), CardTable(headings, rows))
    losses = subject.comparison.groups.sort_values("loss", ascending=False).head(_MAX_ROWS)
    if len(losses):
        caught = tuple(
            (*_group(row.by, row.group), f"{row.champion:.0f}", f"{row.challenger:.0f}", f"{row.loss:.0%}")
            for row in losses.itertuples()
        )
        catches = (
            *by_group,
            pgettext("model card", "champion"),
            pgettext("model card", "this model"),
            pgettext("model card", "loss"),
        )
        intro = _("Outcomes that the champion's list and this model's list catch in each protected group.")
        heading = pgettext("model card", "Does it leave a group behind?")
        yield Section(heading, (intro,), CardTable(catches, caught))


def _importance(subject: Subject) -> Section:
    titles = {feature.name: feature.title for feature in subject.features}
    largest = importance(subject.training.fitted.model, {}).head(_MAX_ROWS)
    rows = tuple((titles.get(row.name, row.name), f"{row.gain:.1%}") for row in largest.itertuples())
    headings = (pgettext("model card", "feature"), pgettext("model card", "share of the trees' gain"))
    return Section(pgettext("model card", "Feature importance"), (), CardTable(headings, rows))


def _drift(subject: Subject) -> Section:
    titles = {feature.name: feature.title for feature in subject.features}
    rows = tuple(
        (
            window.cutoff,
            f"{window.rows:,}",
            str(len(window.drifted)),
            join_texts((titles.get(name, name) for name in window.drifted[:5]), "; ") if window.drifted else "–",
        )
        for window in subject.reference.windows
    )
    headings = (
        pgettext("model card", "cutoff"),
        pgettext("model card by group", "rows"),
        pgettext("model card", "features drifted"),
        pgettext("model card", "largest drift"),
    )
    tested = subject.reference.tested
    estimate = _(
        "Estimated from the probabilities alone, the lift at list size was {estimated:.2f}; {observed:.2f} was "
        "observed.",
        estimated=tested["estimated"].lift_list,
        observed=tested["realised"].lift_list,
    )
    heading = pgettext("model card", "Drift of the months after training")
    return Section(heading, (estimate,), CardTable(headings, rows))


def _limits(subject: Subject) -> Section:
    one_cutoff = _(
        "Tested once, on the rows of {cutoff} and {positives:,} outcomes: another quarter may differ by more than "
        "the intervals say.",
        positives=subject.training.evaluation.positives,
        cutoff=subject.training.rows.spans()["test"],
    )
    others = (
        _("New customers, and those with little data, are scored by what is known."),
        _("What customers hold at other banks is not seen."),
        _("When products, prices or the season change, the model drifts; each scoring run measures it."),
        _("Customers contacted in the past behaved as contacted customers; the model was trained on that behaviour."),
    )
    return Section(pgettext("model card", "Limits"), (one_cutoff, *others))


def _trace(subject: Subject) -> Section:
    training = subject.training
    rows = (
        (pgettext("model card", "MLflow run"), subject.run_id),
        (pgettext("model card", "fingerprint of data, code and settings"), training.fingerprint),
        (pgettext("model card", "fingerprint of the test customers"), subject.comparison.rows),
        (pgettext("model card", "seed"), str(training.fitted.settings.get("seed", ""))),
        (pgettext("model card", "trees"), str(training.fitted.best_iteration)),
    )
    return Section(pgettext("model card", "Trace"), (), CardTable(("", ""), rows))


def _number(value: float) -> str:
    return "–" if pd.isna(value) else f"{value:.4f}" if abs(value) < 1 else f"{value:.2f}"


def _group(by: str, group: str) -> tuple[str, str]:
    """A group's kind and name for people."""
    return GROUP_TITLES[by], pgettext("model card", "others, together") if group == SMALL else group
