"""The gate that every model must pass to become champion: better than no skill and than the use case's baseline."""

from collections.abc import Iterator

from scipy.stats import rankdata

from goldmine.core.i18n import LocalizedText, _
from goldmine.governance.bootstrap import Interval, intervals
from goldmine.models.evaluation import Evaluation, auc_lower_bound


def promotion_gate(evaluation: Evaluation) -> tuple[str, ...]:
    """Why a model may not become champion; empty where it may.

    It must rank better than no skill and than the baseline: over all test rows (AUC), counted most at the head (average
    precision), and in the list that is published (lift at list size). Its AUC must be above that of no skill by more
    than chance: a few outcomes in the test rows prove little.

    Where a list is about as long as there are outcomes, few customers stand near its end, and chance decides which of
    two good orders has one more above it. A lift at list size that is not above the baseline's is therefore accepted if
    it is no lower beyond chance and average precision is higher beyond chance (95% intervals of paired differences).
    """
    return tuple(_not_ahead(evaluation)) + _maybe_chance(evaluation)


def _not_ahead(evaluation: Evaluation) -> Iterator[LocalizedText]:
    model = evaluation.model
    for name, other in ((_("no skill"), evaluation.no_skill), (_("the baseline"), evaluation.baseline)):
        if not model.auc > other.auc:
            figures = {"auc": model.auc, "limit": other.auc, "other": name}
            yield _("AUC {auc:.4f} does not beat {limit:.4f} of {other}", **figures)
        if not model.average_precision > other.average_precision:
            figures = {"precision": model.average_precision, "limit": other.average_precision, "other": name}
            yield _("average precision {precision:.4f} does not beat {limit:.4f} of {other}", **figures)
        if model.lift["list"] > other.lift["list"]:
            continue
        figures = {"lift": model.lift["list"], "limit": other.lift["list"], "other": name}
        if other is evaluation.no_skill:
            yield _("lift at list size {lift:.2f} does not beat {limit:.2f} of {other}", **figures)
            continue
        lift, precision = _ahead_of_baseline(evaluation)
        if lift.high < 0:
            yield _("lift at list size {lift:.2f} is below {limit:.2f} of {other}, by more than chance", **figures)
        elif not precision.low > 0:
            yield _(
                "lift at list size {lift:.2f} does not beat {limit:.2f} of {other}, and average precision is not "
                "better by more than chance (95% interval of the difference {low:+.4f} to {high:+.4f})",
                **figures,
                low=precision.low,
                high=precision.high,
            )


def _ahead_of_baseline(evaluation: Evaluation) -> tuple[Interval, Interval]:
    """Model less baseline on the same resampled test rows: lift at list size, and average precision."""
    # The baseline is an order only; its ranks take the place of probabilities, whose figures are not asked for here.
    order = rankdata(evaluation.baseline_score) / len(evaluation.baseline_score)
    scores = {"baseline": order, "model": evaluation.probability}
    difference = intervals(evaluation.outcome, scores, evaluation.list_size)["difference"]
    return difference["lift_list"], difference["average_precision"]


def _maybe_chance(evaluation: Evaluation) -> tuple[LocalizedText, ...]:
    auc, positives = evaluation.model.auc, evaluation.positives
    least = auc_lower_bound(auc, positives, len(evaluation.outcome) - positives)
    if not auc > evaluation.no_skill.auc >= least:
        return ()
    figures = {"auc": auc, "n": positives, "least": least}
    return (
        _(
            "AUC {auc:.4f} may be chance: with {n} outcomes to test on its 95% interval begins at {least:.2f}",
            **figures,
        ),
    )
