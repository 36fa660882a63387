"""Comparing branches without punishing small ones for chance: shrinkage, funnel limits and rank intervals."""

import numpy as np
import pandas as pd
from scipy.special import betaln
from scipy.stats import rankdata

_DRAWS, _SEED = 4_000, 20240331
_INSIDE, _FAR = 1.96, 3.09
"""Standard errors within which 95% and 99.8% of units lie that differ by chance alone."""


def compare(units: pd.DataFrame, better: str, bank: float | None = None) -> pd.DataFrame:
    """Compare a share among units of very different size.

    Each unit's share is drawn towards the whole bank's, the more the fewer customers it rests on (see
    `_true_shares`). A unit is called better or worse
    only where its own share lies outside the funnel in which 95% of units lie that differ by chance alone.

    Parameters
    ----------
    units : pandas.DataFrame
        above, below (customers), a row a unit; units with nothing below are left out.
    better : str
        ``more`` or ``less``.
    bank : float, optional
        The whole bank's share, whose customers may be more than the units'; without it the share of all units.

    Returns
    -------
    pandas.DataFrame
        By unit, the best first: above, below, value (its own share), bank (the whole bank's), shrunk, low and high
        (90% interval of the true share), rank (1 is the best), rank_low and rank_high (90% interval of the true rank),
        z (standard errors by which it is better than the bank; negative: worse) and verdict (better, worse, chance).
    """
    rows = units.loc[units["below"] > 0, ["above", "below"]].astype(float)
    if rows.empty:
        columns = ["value", "bank", "shrunk", "low", "high", "rank", "rank_low", "rank_high", "z", "verdict"]
        return rows.reindex(columns=["above", "below", *columns])
    bank = rows["above"].sum() / rows["below"].sum() if bank is None else bank
    sign = 1 if better == "more" else -1
    true = _true_shares(rows, bank)
    # Equal shares, as where nobody did it, may hold any of their ranks.
    first, last = (rankdata(-sign * true, method=end, axis=1) for end in ("min", "max"))
    error = np.sqrt(bank * (1 - bank) / rows["below"])
    value = rows["above"] / rows["below"]
    z = sign * (value - bank) / error.where(error > 0, np.inf)
    rank_low = np.percentile(first, 5, axis=0, method="nearest").astype(int)
    rank_high = np.percentile(last, 95, axis=0, method="nearest").astype(int)
    low, high = np.percentile(true, [5, 95], axis=0)
    compared = rows.astype("int64").assign(
        value=value,
        bank=bank,
        shrunk=true.mean(axis=0),
        low=low,
        high=high,
        rank_low=rank_low,
        rank_high=rank_high,
        z=z,
        verdict=np.select([z > _INSIDE, z < -_INSIDE], ["better", "worse"], default="chance"),
    )
    compared = compared.sort_values("shrunk", ascending=better == "less", kind="stable")
    return compared.assign(rank=range(1, len(compared) + 1))


def _true_shares(rows: pd.DataFrame, bank: float) -> np.ndarray:
    """Draws of the units' true shares: (draws, units).

    True shares are spread as a beta distribution around the bank's; how far is itself uncertain, more so with few
    units, and is drawn along by how well it explains what was counted (uniform beforehand in the spread itself).
    """
    random = np.random.default_rng(_SEED)
    above, rest = rows["above"].to_numpy(), (rows["below"] - rows["above"]).to_numpy()
    if bank in (0.0, 1.0):
        return np.full((_DRAWS, len(rows)), bank)
    weights = np.geomspace(2, 100_000, 60)[:, None]
    prior = betaln(bank * weights, (1 - bank) * weights)
    likely = (betaln(bank * weights + above, (1 - bank) * weights + rest) - prior).sum(axis=1)
    likely = likely - 0.5 * np.log(weights[:, 0])
    chance = np.exp(likely - likely.max())
    weight = random.choice(weights[:, 0], size=(_DRAWS, 1), p=chance / chance.sum())
    return random.beta(bank * weight + above, (1 - bank) * weight + rest)


def funnel(bank: float, max_customers: int, points: int = 200) -> pd.DataFrame:
    """The limits within which units lie that differ by chance alone.

    Parameters
    ----------
    bank : float
        The whole bank's share.
    max_customers : int
        Customers of the largest unit.

    Returns
    -------
    pandas.DataFrame
        below (customers), and low_95, high_95, low_998, high_998 (shares).
    """
    below = np.linspace(1, max(max_customers * 1.05, 2), points)
    error = np.sqrt(bank * (1 - bank) / below)
    limits = {
        f"{side}_{name}": np.clip(bank + sign * width * error, 0, 1)
        for name, width in (("95", _INSIDE), ("998", _FAR))
        for side, sign in (("low", -1), ("high", 1))
    }
    return pd.DataFrame({"below": below, **limits})
