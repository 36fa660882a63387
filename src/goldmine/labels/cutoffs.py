"""Which month ends a model is trained, calibrated and tested on."""

from dataclasses import dataclass
from datetime import date, timedelta

from goldmine.contract.bank import Bank
from goldmine.core.dates import month_end, month_key
from goldmine.core.engine import connect
from goldmine.core.errors import HistoryError
from goldmine.core.i18n import _
from goldmine.labels.use_case import UseCase


@dataclass(frozen=True)
class Cutoffs:
    """Month ends of one training, in time order.

    Parameters
    ----------
    train : tuple of date
        Cutoffs that the model is fitted on.
    calibrate : date
        The cutoff for early stopping and calibration, after the training cutoffs.
    test : date
        The latest cutoff whose outcome is complete at the snapshot; nothing is fitted on it.
    """

    train: tuple[date, ...]
    calibrate: date
    test: date

    @property
    def all(self) -> tuple[date, ...]:
        """Every cutoff, oldest first."""
        return (*self.train, self.calibrate, self.test)


def outcome_end(use_case: UseCase, cutoff: date) -> date:
    """Last day on which the outcome of a cutoff is counted."""
    return cutoff + timedelta(days=use_case.gap_days + use_case.horizon_days)


def last_month_end(day: date) -> date:
    """The last month end on or before a day."""
    return day if day == month_end(day) else month_end(day, -1)


def feature_days(use_case: UseCase, cutoffs: Cutoffs) -> tuple[date, ...]:
    """Month ends whose features a training reads: its cutoffs, and the days at which its outcome reads features."""
    later = [last_month_end(outcome_end(use_case, cutoff)) for cutoff in cutoffs.all]
    return tuple(sorted({*cutoffs.all, *(later if use_case.outcome.reads_features else [])}))


def outcome_months(use_case: UseCase, cutoff: date) -> list[date]:
    """Month ends of the months in which the outcome of a cutoff is counted."""
    start, end = cutoff + timedelta(days=use_case.gap_days + 1), outcome_end(use_case, cutoff)
    return [month_end(start, step) for step in range((end.year - start.year) * 12 + end.month - start.month + 1)]


def plan_cutoffs(use_case: UseCase, as_of: date, bank: Bank) -> Cutoffs:
    """Choose the cutoffs of a training at a snapshot, as `cutoffs_within` does, by what the bank's tables hold.

    Raises
    ------
    HistoryError
        If the transactions do not reach the snapshot, or the tables do not go far enough back.
    """
    return cutoffs_within(use_case, as_of, bank.months("transactions"), known_since(use_case, bank))


def known_since(use_case: UseCase, bank: Bank) -> date | None:
    """The first day of the first month with rows in every table that dates an outcome; None where no table does.

    Before it nobody has the outcome because nobody wrote it down.
    """
    firsts: list[date] = []
    for table, day in use_case.outcome.dated_by:
        if bank.has(table, day):
            rows = bank.read(connect(), table)
            first = rows[day].cast("date").min().to_pyarrow().as_py()
            firsts += [first] if first else []
    return max(firsts).replace(day=1) if firsts else None


def cutoffs_within(use_case: UseCase, as_of: date, months: list[str], since: date | None = None) -> Cutoffs:
    """Choose the cutoffs of a training at a snapshot.

    The test cutoff is the latest whose outcome is complete at `as_of`; the calibration cutoff is the
    latest whose outcome was complete at the test cutoff, so that the tested model could have been in
    use then. Training cutoffs are those before it, evenly spaced, that see enough history and whose
    outcome is known.

    Parameters
    ----------
    use_case : UseCase
        Gap, horizon and number of cutoffs.
    as_of : date
        The snapshot, a month end.
    months : list of str
        Months with transactions (``YYYY-MM``).
    since : date, optional
        The first day from which outcomes are written down, see `known_since`.

    Raises
    ------
    HistoryError
        If the transactions do not reach the snapshot, or do not go far enough back, or outcomes are not known so far
        back.
    """
    if not months or month_key(as_of) not in months:
        covered = f"{min(months)} to {max(months)}" if months else "nothing"
        raise HistoryError(
            _(
                "as_of {as_of}: the books hold no transactions of that month (they hold {covered}).",
                as_of=as_of,
                covered=covered,
            ),
            _("Choose a month end that the books cover."),
        )
    test = _latest_complete(use_case, as_of)
    calibrate = _latest_complete(use_case, test)
    first = month_end(date.fromisoformat(f"{min(months)}-01"), use_case.min_history_months - 1)
    reaches_back = first if since is None else max(first, month_end(since, -1))
    interval = use_case.train_every_months
    spaced = [month_end(calibrate, -interval * step) for step in range(use_case.train_cutoffs, 0, -1)]
    whole = [cutoff for cutoff in spaced if cutoff >= reaches_back and _is_counted(use_case, cutoff, months)]
    # A short history may suffice only at a later month end than the evenly spaced ones.
    train = tuple(whole) or (reaches_back,)
    if reaches_back >= calibrate:
        what = (
            _(
                "as_of {as_of}: too little history for {use_case!r}; its books begin in {months}, and a training "
                "cutoff needs {min_history_months} months before it.",
                as_of=as_of,
                use_case=use_case.name,
                months=min(months),
                min_history_months=use_case.min_history_months,
            )
            if since is None or reaches_back == first
            else _(
                "as_of {as_of}: too little history for {use_case!r}; its outcome is counted from rows that begin in "
                "{month}, so no cutoff before {first} tells anything.",
                as_of=as_of,
                use_case=use_case.name,
                month=month_key(since),
                first=reaches_back,
            )
        )
        raise HistoryError(
            what, _("The earliest snapshot that works is {earliest}.", earliest=_earliest(use_case, reaches_back))
        )
    return Cutoffs(train, calibrate, test)


def _is_counted(use_case: UseCase, cutoff: date, months: list[str]) -> bool:
    """Whether no month of an outcome that is counted in transactions lacks them."""
    if "transactions" not in use_case.outcome.tables:
        return True
    return all(month_key(day) in months for day in outcome_months(use_case, cutoff))


def _latest_complete(use_case: UseCase, known_to: date) -> date:
    cutoff = month_end(known_to)
    while outcome_end(use_case, cutoff) > known_to:
        cutoff = month_end(cutoff, -1)
    return cutoff


def _earliest(use_case: UseCase, first: date) -> date:
    """The first snapshot at which `first` is a training cutoff."""
    snapshot = first
    while month_end(_latest_complete(use_case, _latest_complete(use_case, snapshot)), -1) < first:
        snapshot = month_end(snapshot, 1)
    return snapshot
