"""Which product to offer for an amount of money that is free for some months: within suitability, and never for its own
sake, since a deposit that serves better is offered instead and the list says so."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from goldmine.core.i18n import LocalizedText, _
from goldmine.wealth.rhythm import FREE
from goldmine.wealth.rules import WealthRules


def choose(rows: pd.DataFrame, rules: WealthRules, grades: Mapping[str, int]) -> pd.DataFrame:
    """The product for each row, and the best of the other class.

    Parameters
    ----------
    rows : pandas.DataFrame
        amount, free_months, suited (whether any wealth product may be offered), grade (C1 to C5 as 1 to 5) and age.
    grades : mapping of str to int
        Risk of each wealth product by product_id, 1 to 5; a product that is not in it is offered to nobody.

    Returns
    -------
    pandas.DataFrame
        The rows with `offered` (code name; empty where nothing fits), `deposit` and `wealth` (the best of each class,
        empty where none fits).
    """
    rates = {"time": np.full(len(rows), -np.inf), "wealth": np.full(len(rows), -np.inf)}
    best = {"time": np.full(len(rows), "", dtype=object), "wealth": np.full(len(rows), "", dtype=object)}
    for name, product in rules.products.items():
        fits = (rows["amount"] >= product.min_yuan) & (rows["free_months"] >= product.months)
        worth = float(product.rate_bp)
        if product.product_class == "wealth":
            grade = grades.get(product.product_id)
            if grade is None:
                continue
            fits &= rows["suited"] & (rows["grade"] >= grade) & (rows["age"] <= product.max_age)
            worth -= rules.premium_bp[f"R{grade}"]  # type: ignore[index]
        better = fits.to_numpy(dtype=bool) & (worth > rates[product.product_class])
        rates[product.product_class][better] = worth
        best[product.product_class][better] = name
    wealth_wins = rates["wealth"] >= np.maximum(rates["time"], 0)
    offered = np.where(wealth_wins & (best["wealth"] != ""), best["wealth"], best["time"])
    return rows.assign(offered=offered, deposit=best["time"], wealth=best["wealth"])


def reason(row: Mapping[str, object], rules: WealthRules, grades: Mapping[str, int]) -> LocalizedText:
    """Why this product: its term within the rhythm, and why not the other class.

    Parameters
    ----------
    row : mapping
        A row of `choose` with `unsuited_text`, why no wealth product may be offered; empty if one may.
    """
    products = rules.products
    offered = products[str(row["offered"])]
    free = int(row["free_months"])  # type: ignore[call-overload]
    until = _("no month of need is known") if free == FREE else _("the money is needed in {months} months", months=free)
    if offered.product_class == "wealth":
        rival = products.get(str(row["deposit"]))
        if rival is None:
            return _("{until}; suits the risk assessment; no deposit fits", until=until)
        return _("{until}; suits the risk assessment; {rate} a year (no promise) against {other} of the {deposit}",
                 until=until, rate=offered.rate, other=rival.rate, deposit=rival.title)  # fmt: skip
    if row["unsuited_text"]:
        return _("{until}; a deposit only: {why}", until=until, why=row["unsuited_text"])
    rival = products.get(str(row["wealth"]))
    if rival is None:
        return _("{until}; no wealth product fits the amount, the term and the risk assessment", until=until)
    premium = rules.premium_bp[f"R{grades[rival.product_id]}"]  # type: ignore[index]
    return _("{until}; the deposit serves better: {rate} for certain against {other} of {product}, which should be "
             "{premium} more for its risk", until=until, rate=offered.rate, other=rival.rate, product=rival.title,
             premium=f"{premium / 100:.2f}%")  # fmt: skip
