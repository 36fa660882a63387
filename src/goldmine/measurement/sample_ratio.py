"""Whether a campaign's groups are as they were drawn: a sample-ratio check before anything is measured."""

import numpy as np
import pandas as pd
from scipy import stats

from goldmine.core.i18n import _
from goldmine.core.workspace import Workspace
from goldmine.measurement.campaign_results import Campaign, campaigns
from goldmine.models.uplift.effect import NotMeasurable
from goldmine.publishing.release_store import read_release

SAMPLE_RATIO_LEVEL = 0.001
"""One in a thousand campaigns that are as drawn is stopped by each of the two checks."""
_MIN_EXPECTED = 5


def sample_ratio(rows: pd.DataFrame, control_share: float | None) -> NotMeasurable | None:
    """Why a campaign's groups cannot be those that chance drew; None where they can.

    Each customer is drawn by a hash of their own, so the control of a stratum is binomial. Where customers of one
    group were lost or moved after the draw, those left differ by more than the contact: no figure can be believed.

    Parameters
    ----------
    rows : DataFrame
        group and stratum of the campaign's customers.
    control_share : float or None
        Share that was expected to be control, the hold-out included; None where the release does not say, and only the
        strata are compared with each other.

    Examples
    --------
    >>> rows = pd.DataFrame({"group": ["contact"] * 850 + ["control"] * 150, "stratum": "a"})
    >>> sample_ratio(rows, 0.15) is None
    True
    >>> sample_ratio(rows, 0.25).why
    'the groups are not as they were drawn: 150 of 1,000 customers are control, not 250'
    """
    control = (rows["group"] == "control").to_numpy()
    count, total = int(control.sum()), len(control)
    if control_share is not None and stats.binomtest(count, total, control_share).pvalue < SAMPLE_RATIO_LEVEL:
        return NotMeasurable(
            _(
                "the groups are not as they were drawn: {control} of {rows} customers are control, not {expected}",
                control=f"{count:,}",
                rows=f"{total:,}",
                expected=f"{control_share * total:,.0f}",
            )
        )
    if 0 < count < total and _strata_p(rows["stratum"], control) < SAMPLE_RATIO_LEVEL:
        return NotMeasurable(
            _("the groups are not as they were drawn: the share of control differs between strata by more than chance")
        )
    return None


def expected_control(work: Workspace, campaign: Campaign) -> float | None:
    """Share of the customers newly drawn by a campaign's release that was expected to be control, by its record.

    Returns
    -------
    float or None
        The hold-out's share included; None where the release does not say, or where an earlier release drew some of
        the customers and this one does not say how many it drew.
    """
    release = campaign.folder.parents[1]
    if not (release / "manifest.json").exists():
        return None
    power = read_release(release).manifest.campaigns[campaign.name].power
    earlier = any(other.name == campaign.name and other.as_of < campaign.as_of for other in campaigns(work))
    return None if earlier and power.newly_drawn is None else power.expected_control


def _strata_p(strata: pd.Series, control: np.ndarray) -> float:
    """Chi-square that all strata have one share of control; those with few expected count together."""
    counts = pd.Series(control).groupby(strata.to_numpy()).agg(["sum", "size"]).to_numpy(dtype=np.float64)
    share = control.mean()
    small = counts[:, 1] * min(share, 1 - share) < _MIN_EXPECTED
    counts = np.vstack([counts[~small], counts[small].sum(axis=0)])
    counts = counts[counts[:, 1] * min(share, 1 - share) >= _MIN_EXPECTED]
    if len(counts) < 2:
        return 1.0
    table = np.column_stack([counts[:, 0], counts[:, 1] - counts[:, 0]])
    return float(stats.chi2_contingency(table).pvalue)
