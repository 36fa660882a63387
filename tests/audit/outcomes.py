"""Who is eligible for a use case, and what became of them, recomputed as docs/use_cases.md says."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml

from tests.audit.books import Books, month_end, own_transactions
from tests.audit.customers import aum_of_month


def use_case(path: Path) -> dict[str, Any]:
    """The file of a use case."""
    return yaml.safe_load(path.read_text("utf-8"))


def eligible(case: dict[str, Any], features: pd.DataFrame) -> pd.Index:
    """Customers who meet all conditions and, where there are groups of conditions, all of one group."""
    stands = all_hold(case.get("eligible", []), features)
    groups = [all_hold(group, features) for group in case.get("any_of", [])]
    if groups:
        stands &= np.any(groups, axis=0)
    return features.index[stands]


def all_hold(conditions: list[dict[str, Any]], features: pd.DataFrame) -> np.ndarray:
    """By customer, whether all of some conditions on features hold."""
    stands = np.ones(len(features), dtype=bool)
    for condition in conditions:
        values = features[condition["feature"]]
        if "below" in condition:
            stands &= (values.astype("float32") < condition["below"]).to_numpy(dtype=bool)
        if "at_least" in condition:
            stands &= (values.astype("float32") >= condition["at_least"]).to_numpy(dtype=bool)
        if "equals" in condition:
            stands &= (values == condition["equals"]).to_numpy(dtype=bool)
    return stands


def recompute_labels(
    books: Books, case: dict[str, Any], features: pd.DataFrame, cutoff: pd.Timestamp, as_of: pd.Timestamp
) -> pd.Series:
    """1 for those of the eligible to whom the outcome happened, 0 for the others, as known at `as_of`."""
    start = cutoff + pd.Timedelta(days=case["gap_days"])
    end = start + pd.Timedelta(days=case["horizon_days"])
    customers = eligible(case, features)
    customers = customers[~customers.isin(books.survivors(end).index)]
    happened = _customers(books, case["outcome"], cutoff, (start, end), as_of)
    if case["outcome"]["kind"] == "no_own_transaction":
        return pd.Series((~customers.isin(happened)).astype(int), customers)
    return pd.Series(customers.isin(happened).astype(int), customers)


def _customers(
    books: Books,
    outcome: dict[str, Any],
    cutoff: pd.Timestamp,
    window: tuple[pd.Timestamp, pd.Timestamp],
    as_of: pd.Timestamp,
) -> set[str]:
    """Customers with an own transaction, a product event or an amount in the window, by the kind of the outcome."""
    start, end = window
    whole_month = end if end == month_end(end) else month_end(end, -1)
    kind = outcome["kind"]
    if kind == "average_aum_at_least":
        aum = aum_of_month(books, whole_month, end)
        return set(aum.index[aum >= outcome["yuan"]])
    if kind == "no_own_transaction":
        return _own(books, window, as_of)
    if kind == "product_event":
        return _events(books, window, outcome["event"], outcome.get("product_class"))
    gained = aum_of_month(books, whole_month, end).sub(aum_of_month(books, cutoff, end), fill_value=0)
    richer = set(gained.index[gained.round(2) >= outcome["yuan"]])
    return (_own(books, (start, end), as_of) & richer) | _events(books, window, "loan_drawn", None)


def _own(books: Books, window: tuple[pd.Timestamp, pd.Timestamp], as_of: pd.Timestamp) -> set[str]:
    rows = own_transactions(books.known("transactions", as_of, merged_by=window[1]))
    day = rows.time.dt.normalize()
    return set(rows.customer_id[(day > window[0]) & (day <= window[1])])


def _events(books: Books, window: tuple[pd.Timestamp, pd.Timestamp], event: str, product_class: str | None) -> set[str]:
    rows = books.under_survivors(books.tables["product_events"], window[1], ("customer_id",))
    rows = rows[(rows.happened_on > window[0]) & (rows.happened_on <= window[1]) & (rows.event == event)]
    return set(rows.customer_id[rows.product_class == product_class] if product_class else rows.customer_id)
