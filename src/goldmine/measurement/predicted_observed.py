"""Predicted against observed outcomes of a campaign, and whether staff contacted whom they were asked to."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import binomtest

from goldmine.models.uplift.effect import LEVEL, MIN_ARM_ROWS

OBSERVED = ("control", "control_low", "control_high", "contact")
"""Columns of `predicted_observed` that hold outcomes."""


def predicted_observed(rows: pd.DataFrame) -> pd.DataFrame:
    """Predicted and observed shares of the outcome, a row a decile.

    The model learnt from customers most of whom nobody called: the control shows whether its predictions hold, the
    contacted customers what a contact adds to them.

    Parameters
    ----------
    rows : DataFrame
        group, decile, probability, outcome (0 or 1: whether the predicted outcome happened).

    Returns
    -------
    DataFrame
        decile, predicted, control, control_low, control_high, control_rows, contact, contact_rows; observed shares of
        fewer than 50 customers are empty.
    """
    lines = []
    for decile, some in rows.groupby("decile", sort=True):
        control, contact = (some.loc[some["group"] == name, "outcome"] for name in ("control", "contact"))
        seen = [float(arm.mean()) if len(arm) >= MIN_ARM_ROWS else np.nan for arm in (control, contact)]
        low, high = np.nan, np.nan
        if len(control) >= MIN_ARM_ROWS:
            low, high = binomtest(int(control.sum()), len(control)).proportion_ci(LEVEL, method="wilson")
        lines.append(
            (decile, float(some["probability"].mean()), seen[0], low, high, len(control), seen[1], len(contact))
        )
    names = ["decile", "predicted", "control", "control_low", "control_high", "control_rows", "contact", "contact_rows"]
    return pd.DataFrame(lines, columns=names)


@dataclass(frozen=True)
class Compliance:
    """Whether staff contacted whom they were asked to contact.

    Parameters
    ----------
    contact, worked, reached : int
        Customers assigned to contact, those contacted, and those reached by any of their contacts.
    control, contaminated : int
        Customers assigned to control, and those of them who were contacted.
    late : int
        Of those contacted: whose first contact was after the list had expired.
    by_known_channel, elsewhere : int
        Of those contacted: of whose first contact the channel is known, and whose was another than planned.
    """

    contact: int
    worked: int
    reached: int
    control: int
    contaminated: int
    late: int
    by_known_channel: int
    elsewhere: int

    @property
    def diluted(self) -> float | None:
        """Difference of the contacted shares of both groups; None without both groups.

        An effect by intention to treat is about this share of the effect on a customer who is contacted.
        """
        if not self.contact or not self.control:
            return None
        return self.worked / self.contact - self.contaminated / self.control


def compliance(rows: pd.DataFrame) -> Compliance:
    """Count non-compliance and contamination.

    Parameters
    ----------
    rows : DataFrame
        group, channel, valid_until, contacted_on (empty where not contacted), contacted_by (channel;
        empty where unknown), reached.
    """
    contact = rows[rows["group"] == "contact"]
    worked = contact[contact["contacted_on"].notna()]
    control = rows[rows["group"] == "control"]
    by_known_channel = worked["contacted_by"].notna()
    return Compliance(
        len(contact),
        len(worked),
        int(worked["reached"].sum()),
        len(control),
        int(control["contacted_on"].notna().sum()),
        int((pd.to_datetime(worked["contacted_on"]) > pd.to_datetime(worked["valid_until"])).sum()),
        int(by_known_channel.sum()),
        int((by_known_channel & (worked["contacted_by"] != worked["channel"])).sum()),
    )
