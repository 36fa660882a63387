"""Champion and challenger on the same test rows: which is better, and which groups would lose by a change."""

from collections.abc import Mapping
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
    """A challenger beside the champion, out of time.

    Parameters
    ----------
    champion : str
        Version in use when it was compared; empty where there was none.
    not_compared : str
        Why it was compared with none; empty where it was.
    figures : dict of str to dict of str to Interval
        Of ``champion``, ``challenger`` and their paired ``difference`` (challenger less champion) by figure; of the
        challenger only where it stands alone.
    groups : pandas.DataFrame
        From `group_losses`; no rows where it stands alone.
    calibration : Calibration
        The challenger's.
    rows : str
        Fingerprint of the judged customers and their outcomes.
    refusals : tuple of str
        Why the challenger may not take over; empty where it may.
    """

    champion: str
    not_compared: str
    figures: Mapping[str, Mapping[str, Interval]]
    groups: pd.DataFrame
    calibration: Calibration
    rows: str
    refusals: tuple[str, ...]

    def frame(self) -> pd.DataFrame:
        """The figures side by side: a row a figure; a column each who has it, and the difference's interval."""
        told = {who: {name: one.value for name, one in found.items()} for who, found in self.figures.items()}
        frame = pd.DataFrame(told)
        last = self.figures["difference" if "difference" in self.figures else "challenger"]
        return frame.assign(
            low=pd.Series({name: one.low for name, one in last.items()}),
            high=pd.Series({name: one.high for name, one in last.items()}),
        )

    def metrics(self) -> dict[str, float]:
        """The figures by flat names, as MLflow and the journal keep them."""
        ends = {
            f"{who}_{name}{end}": value
            for who, found in self.figures.items()
            for name, one in found.items()
            for end, value in (("", one.value), ("_low", one.low), ("_high", one.high))
        }
        return {**ends, **self.calibration.metrics()}


def compare(bank: Bank, use_case: UseCase, judged: Evaluation, rows: pa.Table) -> Comparison:
    """Score the champion on the challenger's test rows, and say whether the challenger may take over.

    It may if the paired bootstrap interval of the lift at list size lies above zero, its probabilities are calibrated,
    and no protected group (age band, gender, village) loses more than the limit. Where no champion can score, because
    there is none yet or its features are no longer made, the challenger need only be calibrated.

    Parameters
    ----------
    bank : Bank
        Whose customers they are.
    use_case : UseCase
        Which question.
    judged : Evaluation
        How the challenger did on `rows`.
    rows : pyarrow.Table
        The test cutoff's: features as stored and ``outcome``.

    Raises
    ------
    SettingsError
        If ``pipelines/governance.yaml`` cannot be read.
    """
    limits = read_limits(bank.name)
    groups = groups_of(bank, rows)
    held = groups[[name for name in CALIBRATED if name in groups.columns]]
    believed = calibration(judged.outcome, judged.probability, held, limits)
    mark = _mark(rows)
    held_by = champion_version(bank.name, use_case.name)
    theirs, not_compared = _champions(bank, use_case, rows, held_by)
    if theirs is None:
        figures = intervals(judged.outcome, {"challenger": judged.probability}, judged.list_size)
        nobody = group_losses(np.zeros(0), {"champion": np.zeros(0), "challenger": np.zeros(0)}, groups[:0], limits)
        return Comparison(held_by, not_compared, figures, nobody, believed, mark, believed.stops)
    scores = {"champion": theirs, "challenger": judged.probability}
    figures = intervals(judged.outcome, scores, judged.list_size)
    lists = {who: on_list(score, judged.list_size) for who, score in scores.items()}
    protected = groups[[name for name in PROTECTED if name in groups.columns]]
    lost = group_losses(judged.outcome, lists, protected, limits)
    refusals = _not_better(figures["difference"]["lift_list"], held_by) + believed.stops + _left_behind(lost)
    return Comparison(held_by, "", figures, lost, believed, mark, refusals)


def _champions(bank: Bank, use_case: UseCase, rows: pa.Table, version: str) -> tuple[np.ndarray | None, str]:
    """The champion's probabilities; or None, and why it cannot be compared with."""
    if not version:
        return None, _("there is no champion yet")
    if use_case.has_external_label:
        return None, _(
            "champion version {version} has learnt from the rows of its table that judged it", version=version
        )
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


def _left_behind(lost: pd.DataFrame) -> tuple[LocalizedText, ...]:
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
        for row in lost[lost.left_behind.astype(bool)].itertuples()
    )


def _mark(rows: pa.Table) -> str:
    """Fingerprint of who was judged and what became of them."""
    columns = [
        rows[name].combine_chunks() for name in ("customer_id", "cutoff", "outcome") if name in rows.column_names
    ]
    return fingerprint.of_value(
        [fingerprint.of_bytes(b"\n".join(str(v).encode() for v in c.to_pylist())) for c in columns]
    )
