"""Champion and challenger on the same test rows: which is better, and which groups a change would leave behind."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa

from goldmine.contract.bank import Bank
from goldmine.core import fingerprint
from goldmine.core.errors import ModelError
from goldmine.core.i18n import LocalizedText, _
from goldmine.governance.bootstrap import Interval, intervals
from goldmine.governance.calibration import Calibration, calibration
from goldmine.governance.groups import CALIBRATED, GROUP_TITLES, PROTECTED, groups_of
from goldmine.governance.limits import read_limits
from goldmine.governance.protected_groups import group_losses, on_list
from goldmine.labels.use_case import UseCase
from goldmine.models.evaluation import Evaluation
from goldmine.models.registry import champion, champion_version


@dataclass(frozen=True)
class Comparison:
    """A challenger compared with the champion on out-of-time rows.

    Parameters
    ----------
    champion : str
        Champion version at the comparison; empty if there was none.
    not_compared : str
        Why no champion was compared; empty if one was.
    figures : dict of str to dict of str to Interval
        By ``champion``, ``challenger`` and their paired ``difference`` (challenger less champion), then by figure; only
        ``challenger`` if no champion was compared.
    groups : pandas.DataFrame
        From `group_losses`; no rows if no champion was compared.
    calibration : Calibration
        The challenger's.
    rows : str
        Fingerprint of the test customers and their outcomes.
    refusals : tuple of str
        Why the challenger may not become champion; empty if it may.
    """

    champion: str
    not_compared: str
    figures: Mapping[str, Mapping[str, Interval]]
    groups: pd.DataFrame
    calibration: Calibration
    rows: str
    refusals: tuple[str, ...]

    def frame(self) -> pd.DataFrame:
        """A row per figure, a column per model, and the interval of the difference."""
        values = {who: {name: i.value for name, i in by_figure.items()} for who, by_figure in self.figures.items()}
        frame = pd.DataFrame(values)
        bounds = self.figures["difference" if "difference" in self.figures else "challenger"]
        return frame.assign(
            low=pd.Series({name: interval.low for name, interval in bounds.items()}),
            high=pd.Series({name: interval.high for name, interval in bounds.items()}),
        )

    def metrics(self) -> dict[str, float]:
        """The figures by flat names, as MLflow and the journal store them."""
        ends = {
            f"{who}_{name}{end}": value
            for who, by_figure in self.figures.items()
            for name, interval in by_figure.items()
            for end, value in (("", interval.value), ("_low", interval.low), ("_high", interval.high))
        }
        return {**ends, **self.calibration.metrics()}


def compare(
    bank: Bank, use_case: UseCase, evaluation: Evaluation, rows: pa.Table, unsigned: Sequence[str] = ()
) -> Comparison:
    """Score the champion on the challenger's test rows and decide whether the challenger may become champion.

    It may if the paired bootstrap interval of the lift at list size lies above zero, its probabilities are calibrated,
    and no protected group (age band, gender, village) loses more than the limit. If no champion can score,
    because there is none yet or its features no longer exist, the challenger need only be calibrated.

    Parameters
    ----------
    bank : Bank
        The bank of the customers.
    use_case : UseCase
        The use case.
    evaluation : Evaluation
        The challenger's evaluation on `rows`.
    rows : pyarrow.Table
        Rows of the test cutoff: features as stored and ``outcome``.
    unsigned : sequence of str
        Warnings of the leakage gate that nobody has signed for; each refuses the challenger.

    Raises
    ------
    SettingsError
        If ``pipelines/governance.yaml`` cannot be read.
    """
    limits = read_limits(bank.name)
    groups = groups_of(bank, rows)
    calibrated_by = groups[[name for name in CALIBRATED if name in groups.columns]]
    calibrated = calibration(evaluation.outcome, evaluation.probability, calibrated_by, limits)
    test_rows = _rows_fingerprint(rows)
    version = champion_version(bank.name, use_case.name)
    champion_scores, not_compared = _champion_scores(bank, use_case, rows, version)
    if champion_scores is None:
        figures = intervals(evaluation.outcome, {"challenger": evaluation.probability}, evaluation.list_size)
        no_losses = group_losses(np.zeros(0), {"champion": np.zeros(0), "challenger": np.zeros(0)}, groups[:0], limits)
        refusals = calibrated.stops + tuple(unsigned)
        return Comparison(version, not_compared, figures, no_losses, calibrated, test_rows, refusals)
    scores = {"champion": champion_scores, "challenger": evaluation.probability}
    figures = intervals(evaluation.outcome, scores, evaluation.list_size)
    lists = {who: on_list(score, evaluation.list_size) for who, score in scores.items()}
    protected = groups[[name for name in PROTECTED if name in groups.columns]]
    losses = group_losses(evaluation.outcome, lists, protected, limits)
    refusals = _not_better(figures["difference"]["lift_list"], version) + calibrated.stops + _left_behind(losses)
    refusals += tuple(unsigned)
    return Comparison(version, "", figures, losses, calibrated, test_rows, refusals)


def _champion_scores(bank: Bank, use_case: UseCase, rows: pa.Table, version: str) -> tuple[np.ndarray | None, str]:
    """The champion's probabilities, or None and why it cannot be compared."""
    if not version:
        return None, _("there is no champion yet")
    if use_case.has_external_label:
        return None, _("champion version {version} was trained on the test rows of its table", version=version)
    try:
        return champion(bank.name, use_case.name).model.predict(rows), ""
    except ModelError as error:
        return None, _("champion version {version} cannot score: {why}", version=version, why=error.what)


def _not_better(lift: Interval, version: str) -> tuple[LocalizedText, ...]:
    if lift.low > 0:
        return ()
    return (
        _(
            "lift at list size is {lift:+.2f} beside champion version {version}, with a 95% interval of "
            "{low:+.2f} to {high:+.2f}, which is not above zero",
            lift=lift.value,
            version=version,
            low=lift.low,
            high=lift.high,
        ),
    )


def _left_behind(losses: pd.DataFrame) -> tuple[LocalizedText, ...]:
    return tuple(
        _(
            "{by} {group} loses {loss:.0%} of the outcomes that the champion's list catches "
            "({champion:.0f} to {challenger:.0f})",
            by=GROUP_TITLES[row.by],
            group=row.group,
            loss=row.loss,
            champion=row.champion,
            challenger=row.challenger,
        )
        for row in losses[losses.left_behind.astype(bool)].itertuples()
    )


def _rows_fingerprint(rows: pa.Table) -> str:
    """Fingerprint of the test customers and their outcomes."""
    columns = [
        rows[name].cast(pa.string()) for name in ("customer_id", "cutoff", "outcome") if name in rows.column_names
    ]
    return fingerprint.of_value([fingerprint.of_bytes("\n".join(texts.to_pylist()).encode()) for texts in columns])
