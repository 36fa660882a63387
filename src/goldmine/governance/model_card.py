"""What stands on a model card, drawn from a training, its comparison and what became of it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd
from matplotlib.figure import Figure

from goldmine.core.i18n import in_language
from goldmine.features import Feature, feature_titles
from goldmine.governance.compare import Comparison
from goldmine.governance.drift.reference import Reference
from goldmine.governance.model_card_text import SAY, conditions, outcome_words
from goldmine.governance.protected_groups import SMALL
from goldmine.models.explain import importance
from goldmine.models.registry import Registration
from goldmine.models.run_log import Training

_WEIGHED = ("age", "gender", "identity", "pension")
"""Behaviours that are, or stand for, protected traits."""
_GROUPS = 30
_TOP = 15


@dataclass(frozen=True)
class Section:
    """One part of a card.

    Parameters
    ----------
    heading : str
        What it is about.
    lines : tuple of str
        Sentences, a paragraph each.
    table : pandas.DataFrame, optional
        Ready to be shown: every cell a text.
    figures : tuple of Figure
        Pictures below it.
    """

    heading: str
    lines: tuple[str, ...] = ()
    table: pd.DataFrame | None = None
    figures: tuple[Figure, ...] = ()


@dataclass(frozen=True)
class Card:
    """A model card: a title, a line of who and when, and sections."""

    title: str
    subtitle: str
    language: str
    sections: tuple[Section, ...]


@dataclass(frozen=True)
class Subject:
    """What a card is about.

    Parameters
    ----------
    training : Training
        What was learnt from what.
    comparison : Comparison
        How it stands out of time, with intervals and groups.
    registration : Registration
        Its version, and whether it is champion.
    reference : Reference
        How far the months after training had moved.
    features : sequence of Feature
        What its columns mean.
    run_id : str
        The MLflow run that keeps it.
    """

    training: Training
    comparison: Comparison
    registration: Registration
    reference: Reference
    features: Sequence[Feature]
    run_id: str


def model_card(subject: Subject, figures: Mapping[str, Figure], language: str = "en") -> Card:
    """Draw up the card of a registered version.

    Parameters
    ----------
    figures : mapping of str to Figure
        The training's pictures; ``comparison`` and ``calibration`` are shown.
    language : str
        ``en`` or ``zh``.
    """
    case, made = subject.training.use_case, subject.registration
    say = SAY[language]
    title = case.title_zh if language == "zh" else case.title_en
    subtitle = say["subtitle"].format(
        name=made.name, version=made.version, bank=subject.training.bank.name, as_of=subject.training.as_of
    )
    sections = (
        _use(subject, language),
        _verdict(subject, language),
        _data(subject, language),
        _figures(subject, figures, language),
        *_groups(subject, language),
        _looks_at(subject, language),
        _moved(subject, language),
        _limits(subject, language),
        _trace(subject, language),
    )
    return Card(say["title"].format(title=title), subtitle, language, sections)


def _use(subject: Subject, language: str) -> Section:
    case, say = subject.training.use_case, SAY[language]
    times = say["times"].format(
        gap=case.gap_days, horizon=case.horizon_days, size=f"{case.list_size:,}", valid=case.valid_days
    )
    asked = say["asked"].format(who=conditions(case, language), what=outcome_words(case, language))
    return Section(say["use"], (asked, times, say["meant_for"], say["not_for"]))


def _verdict(subject: Subject, language: str) -> Section:
    made, say = subject.registration, SAY[language]
    if made.champion:
        return Section(say["verdict"], (say["champion"],))
    return Section(say["verdict"], (say["refused"], *(in_language(why, language) for why in made.refusals)))


def _data(subject: Subject, language: str) -> Section:
    say, rows = SAY[language], subject.training.rows
    spans = rows.spans()
    table = pd.DataFrame(
        [
            (
                say[part],
                spans[part],
                f"{c['rows']:,}",
                f"{c['positives']:,}",
                f"{c['share']:.2%}",
            )
            for part, c in rows.counts().items()
        ],
        columns=say["data_columns"],
    )
    fitted = subject.training.fitted
    used = fitted.model.encoding.features
    known = {feature.name: feature for feature in subject.features}
    weighed = sorted({known[name].behaviour for name in used if name in known} & set(_WEIGHED))
    told = say["weighed"].format(names=", ".join(weighed)) if weighed else say["weighs_none"]
    lines = [say["features"].format(count=len(used)), told]
    if fitted.saw_calibration:
        lines.append(say["regrown"])
    return Section(say["data"], tuple(lines), table)


def _figures(subject: Subject, figures: Mapping[str, Figure], language: str) -> Section:
    say, judged = SAY[language], subject.training.evaluation
    beside = judged.frame()
    rows = []
    for name, interval in subject.comparison.figures["challenger"].items():
        others = [beside.at[name, who] if name in beside.index else float("nan") for who in ("baseline", "no_skill")]
        rows.append(
            (
                say["names"].get(name, name),
                _number(interval.value),
                f"{_number(interval.low)} – {_number(interval.high)}",
                *map(_number, others),
            )
        )
    lines = say["judged_on"].format(
        rows=f"{len(judged.outcome):,}", positives=f"{judged.positives:,}", size=f"{judged.list_size:,}"
    )
    shown = tuple(figures[name] for name in ("comparison", "calibration") if name in figures)
    return Section(say["figures"], (lines,), pd.DataFrame(rows, columns=say["figure_columns"]), shown)


def _groups(subject: Subject, language: str) -> Iterable[Section]:
    say = SAY[language]
    table = subject.comparison.calibration.table
    worst = table.sort_values("excess", ascending=False).head(_GROUPS).sort_index()
    shown = pd.DataFrame(
        [
            (
                *_named(row.by, row.group, language),
                *(
                    f"{row.rows:,}",
                    f"{row.predicted:.2%}",
                    f"{row.observed:.2%}",
                    f"{row.error:.3f}",
                    f"{row.floor:.3f}",
                ),
                say["verdicts"].get(row.verdict, row.verdict),
            )
            for row in worst.itertuples()
        ],
        columns=say["group_columns"],
    )
    yield Section(say["groups"], (say["groups_told"],), shown)
    lost = subject.comparison.groups
    if len(lost):
        most = lost.sort_values("loss", ascending=False).head(_TOP)
        rows = [
            (*_named(row.by, row.group, language), f"{row.champion:.0f}", f"{row.challenger:.0f}", f"{row.loss:.0%}")
            for row in most.itertuples()
        ]
        yield Section(say["guarded"], (say["guarded_told"],), pd.DataFrame(rows, columns=say["guarded_columns"]))


def _looks_at(subject: Subject, language: str) -> Section:
    say = SAY[language]
    found = importance(subject.training.fitted.model, feature_titles(subject.features, language)).head(_TOP)
    rows = [(row.feature, f"{row.gain:.1%}") for row in found.itertuples()]
    return Section(say["looks_at"], (), pd.DataFrame(rows, columns=say["looks_columns"]))


def _moved(subject: Subject, language: str) -> Section:
    say = SAY[language]
    labels = feature_titles(subject.features, language)
    rows = [
        (w.cutoff, f"{w.rows:,}", str(len(w.moved)), "; ".join(labels.get(name, name) for name in w.moved[:5]) or "–")
        for w in subject.reference.windows
    ]
    judged = subject.reference.judged
    error = say["estimate"].format(
        estimated=f"{judged['estimated'].lift_list:.2f}", realised=f"{judged['realised'].lift_list:.2f}"
    )
    return Section(say["moved"], (error,), pd.DataFrame(rows, columns=say["moved_columns"]))


def _limits(subject: Subject, language: str) -> Section:
    say, training = SAY[language], subject.training
    counted = say["one_cutoff"].format(
        positives=f"{training.evaluation.positives:,}", cutoff=training.rows.spans()["test"]
    )
    return Section(say["limits"], (counted, *say["limits_told"]))


def _trace(subject: Subject, language: str) -> Section:
    say, training = SAY[language], subject.training
    rows = [
        (say["run"], subject.run_id),
        (say["data_mark"], training.fingerprint),
        (say["rows_mark"], subject.comparison.rows),
        (say["seed"], str(training.fitted.settings.get("seed", ""))),
        (say["trees"], str(training.fitted.best_iteration)),
    ]
    return Section(say["trace"], (), pd.DataFrame(rows, columns=("", " ")))


def _number(value: float) -> str:
    return "–" if pd.isna(value) else f"{value:.4f}" if abs(value) < 1 else f"{value:.2f}"


def _named(by: str, group: object, language: str) -> tuple[str, str]:
    """A group's kind and name in words."""
    words = SAY[language]
    return words["by"].get(by, by.replace("_", " ")), words["small"] if group == SMALL else str(group)
