"""What a model card says of a model's use and data: who is asked what, and what the answer was learnt from."""

from collections.abc import Iterator, Sequence

from goldmine.core.i18n import _, join_texts, pgettext
from goldmine.features import Feature
from goldmine.governance.model_card_page import CardTable, Section
from goldmine.labels.use_case import UseCase
from goldmine.models.run_log import TrainingRecord

_PROTECTED_BEHAVIOURS = {
    "age": pgettext("group", "age"),
    "gender": pgettext("group", "gender"),
    "identity": pgettext("protected trait", "identity"),
    "pension": pgettext("protected trait", "pension"),
    "village": pgettext("group", "village"),
}
"""Behaviours that are, or are proxies of, protected traits, and their names for people."""
_PARTS = {
    "train": pgettext("model card", "training"),
    "calibrate": pgettext("model card", "calibration"),
    "test": pgettext("model card", "test"),
}
_DRAWN = _(
    "Of more customers some were drawn: rows and outcomes are those drawn, and the share is that of all customers."
)


def use_section(case: UseCase) -> Section:
    """Who is asked about, what counts when, and what the model is for and not for."""
    question, times = _of_table(case) if case.has_external_label else _of_customers(case)
    meant_for = _(
        "Intended use: ranking customers for contacts, as one input beside the customer manager's own judgement."
    )
    not_for = _(
        "Not intended for: granting or refusing credit, setting prices or limits, or any decision about a customer "
        "without human review. The probability is that of the outcome without action, not the effect of a contact."
    )
    return Section(pgettext("model card", "Use"), (question, times, meant_for, not_for))


def _of_customers(case: UseCase) -> tuple[str, str]:
    """Who is asked about, and what counts when."""
    question = _(
        "Asked of customers with {who}: who {outcome}?", who=case.conditions_text(), outcome=case.outcome.description()
    )
    times = _(
        "{gap} days after the snapshot are skipped, the next {horizon} count. The list holds up to {size:,} "
        "customers and may be worked for {valid} days.",
        gap=case.gap_days,
        horizon=case.horizon_days,
        size=case.list_size,
        valid=case.valid_days,
    )
    return question, times


def _of_table(case: UseCase) -> tuple[str, str]:
    """The same of an external table, which says itself who stands in it and what its label counts."""
    question = _("Asked of the rows of a table made elsewhere: who {outcome}?", outcome=case.outcome.description())
    size = _(
        "The list holds up to {size:,} rows and may be worked for {valid} days.",
        size=case.list_size,
        valid=case.valid_days,
    )
    return question, size


def data_section(training: TrainingRecord, features: Sequence[Feature]) -> Section:
    """What the model learnt from: rows and outcomes by part, and what is known of its columns."""
    rows = training.rows
    spans = rows.spans()
    table = CardTable(
        (
            pgettext("model card", "part"),
            pgettext("model card", "cutoffs"),
            pgettext("model card", "rows"),
            pgettext("model card", "outcomes"),
            pgettext("model card", "share"),
        ),
        tuple(
            (_PARTS[part], spans[part], f"{counts['rows']:,}", f"{counts['positives']:,}", f"{counts['share']:.2%}")
            for part, counts in rows.counts().items()
        ),
    )
    told = _of_columns(training) if training.use_case.has_external_label else _of_features(training, features)
    drawn = any(counts["weighted_rows"] != counts["rows"] for counts in rows.counts().values())
    paragraphs = [_DRAWN] if drawn else []
    return Section(pgettext("model card", "Data"), (*told, *paragraphs), table)


def _of_columns(training: TrainingRecord) -> Iterator[str]:
    """What is known of an external table's columns, and how its model was calibrated."""
    yield _(
        "{count} columns of the table. Whether each was known before the outcome, and which of them are protected "
        "traits or proxies of them, its owner must say.",
        count=len(training.fitted.model.encoding.features),
    )
    yield _(
        "The calibration was fitted on predictions of rows outside the folds that were learnt from. Once tested, the "
        "model was fitted on all labelled rows."
    )


def _of_features(training: TrainingRecord, features: Sequence[Feature]) -> Iterator[str]:
    """What the features see, which of them are protected, and how the model was calibrated."""
    fitted = training.fitted
    used = fitted.model.encoding.features
    behaviours = {feature.behaviour for feature in features if feature.name in used}
    protected = [title for behaviour, title in _PROTECTED_BEHAVIOURS.items() if behaviour in behaviours]
    names = join_texts(protected, pgettext("list", ", "))
    yield _("{count} features, each of which sees only what was dated and known by its cutoff.", count=len(used))
    if protected:
        yield _("The model uses protected traits or proxies of them: {names}. None is given as a reason.", names=names)
    else:
        yield _("The model uses no protected trait and no proxy of one.")
    if fitted.saw_calibration:
        yield _(
            "Outcomes are few: after early stopping, the trees were trained again on the training and calibration "
            "rows. The calibration was fitted on trees that had not seen its rows."
        )
