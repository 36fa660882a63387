"""A sample bank one quarter later: the same bank, longer, with the campaigns that were worked in it."""

from datetime import date, timedelta
from pathlib import Path

from goldmine.core.dates import month_end
from goldmine.core.errors import SettingsError
from goldmine.core.files import read_json, whole_folder
from goldmine.sample.bank import write_into
from goldmine.sample.config import SampleConfig
from goldmine.sample.simulated_responses import enter_again


def quarter_end_after(day: date) -> date:
    """The first end of a quarter after a day.

    Examples
    --------
    >>> quarter_end_after(date(2024, 6, 30)), quarter_end_after(date(2024, 5, 31))
    (datetime.date(2024, 9, 30), datetime.date(2024, 6, 30))
    """
    next_day = day + timedelta(days=1)
    return month_end(next_day, -next_day.month % 3)


def lengthen_to_next_quarter(bank: Path, published: date) -> date:
    """Make a sample bank longer, so that the campaigns of its current release are over and the next one can follow.

    Its books then end a month after the quarter's end, since the horizon of campaigns published a quarter earlier ends
    within that month. A bank that is long enough is left as it is.

    Parameters
    ----------
    bank : Path
        A folder that `goldmine.sample.write_bank` wrote.
    published : date
        Snapshot of the current release.

    Returns
    -------
    date
        The quarter's end, the snapshot of the next release.

    Raises
    ------
    SettingsError
        If the bank is no sample bank, or one of an older version.
    """
    known = read_json(bank / "truth" / "config.json")
    if known is None:
        raise SettingsError(
            f"{bank}: does not say how it was made, so it cannot be made longer.",
            "Make a sample bank anew with `goldmine sample-bank`.",
        )
    config = SampleConfig(known["customers"], known["months"], known["seed"], date.fromisoformat(known["end"]))
    snapshot = quarter_end_after(published)
    end = month_end(snapshot, 1)
    if config.end < end:
        with whole_folder(bank) as temporary:
            write_into(temporary, config.until(end))
            enter_again(bank, temporary)
    return snapshot
