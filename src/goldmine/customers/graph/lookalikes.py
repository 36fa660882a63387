"""Look-alikes: customers whose neighbours had the outcome, evaluated on a quarter that was held out.

Neighbours are those tied to a customer, and the other members of the groups they belong to; a customer's own outcome
never counts for themselves.
"""

from dataclasses import dataclass, field
from datetime import date

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from goldmine.core.errors import HistoryError, ModelError, UseCaseError
from goldmine.core.i18n import LocalizedText, _
from goldmine.customers.graph.edges import build_edges
from goldmine.customers.graph.rules import GraphRules
from goldmine.customers.source_tables import SourceTables
from goldmine.labels import labelled, plan_cutoffs, with_features
from goldmine.labels.use_case import UseCase, load_use_case
from goldmine.models.model import Model
from goldmine.models.registry import champion

STRENGTH = 1.0
"""Weight of ties that the share of all customers counts for beside a customer's own neighbours."""
RANKER_COLUMNS = ["ranker", "listed", "converted", "lift", "others", "others_converted", "others_lift"]
LISTED = 0.1
"""Share of the eligible who are listed by each way of ranking."""


@dataclass(frozen=True)
class Lookalikes:
    """How well neighbours tell who converts.

    Parameters
    ----------
    rankers : pandas.DataFrame
        A row a way of ranking (``model``, ``lookalikes``): listed, converted, lift (over random), others (listed by it
        and not by the model), others_converted, others_lift.
    cutoff : date
        The cutoff whose outcome was held out.
    eligible, converted : int
        Customers of that cutoff, and those of them who converted.
    """

    rankers: pd.DataFrame
    cutoff: date
    eligible: int
    converted: int

    @property
    def summary(self) -> LocalizedText:
        """What was evaluated, in words."""
        return _(
            "at {day}: {converted} of {eligible} customers had the outcome",
            day=self.cutoff,
            converted=f"{self.converted:,}",
            eligible=f"{self.eligible:,}",
        )


@dataclass(frozen=True)
class NotJudged:
    """Why look-alikes were not evaluated: no champion, too little history, too few outcomes."""

    summary: str
    rankers: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=RANKER_COLUMNS))


def neighbour_rates(sources: SourceTables, cutoff: date, takers: pa.Array, rules: GraphRules) -> pd.Series:
    """Share of each customer's neighbours who are takers, by the weight of the ties, drawn to the share of all.

    Parameters
    ----------
    takers : pyarrow.Array
        Customer numbers of those with the outcome, known by the cutoff.

    Returns
    -------
    pandas.Series
        By customer number, of everybody with a tie.
    """
    edges = build_edges(sources, cutoff, rules)
    edges.connection.register("taker_numbers", pa.table({"customer_id": takers}))
    rows = edges.connection.execute(_NEIGHBOURS).df()
    prior = rows["taken"].sum() / max(rows["weight"].sum(), 1e-9)
    rate = (rows["taken"] + STRENGTH * prior) / (rows["weight"] + STRENGTH)
    return pd.Series(rate.to_numpy(), index=rows["customer_id"])


_NEIGHBOURS = """
WITH marked AS (
  SELECT e.*, (customer_id IN (FROM taker_numbers))::INTEGER AS taken,
    (other_id IN (FROM taker_numbers))::INTEGER AS other
  FROM edges AS e
),
pairs AS (
  SELECT customer_id, weight, other AS taken FROM marked WHERE kind IN ('family', 'supply', 'transfer')
  UNION ALL SELECT other_id, weight, taken FROM marked WHERE kind IN ('family', 'supply', 'transfer')
),
members AS (
  SELECT customer_id, weight,
    (sum(taken) OVER grouped - taken) / (count(*) OVER grouped - 1) AS taken
  FROM marked WHERE kind IN ('association', 'employer', 'village')
  WINDOW grouped AS (PARTITION BY other_id)
)
SELECT customer_id, sum(weight) AS weight, sum(weight * taken) AS taken
FROM (FROM pairs UNION ALL FROM members) GROUP BY customer_id ORDER BY customer_id
"""


def judge_by_champion(sources: SourceTables, name: str, as_of: date, rules: GraphRules) -> Lookalikes | NotJudged:
    """`judge_lookalikes` against the champion of a use case, where there is one and its outcome is complete."""
    try:
        model = champion(sources.bank.name, name).model
        return judge_lookalikes(sources, load_use_case(name), as_of, model, rules)
    except (ModelError, UseCaseError, HistoryError) as error:
        return NotJudged(_("not evaluated: {why}", why=error.what))


def judge_lookalikes(
    sources: SourceTables, use_case: UseCase, as_of: date, model: Model, rules: GraphRules
) -> Lookalikes:
    """Compare look-alikes with the model and with random on the latest cutoff whose outcome is complete.

    Those with the outcome at the cutoffs before it are the takers; the ties are those of the cutoff itself.
    """
    bank, work = sources.bank, sources.work
    cutoffs = plan_cutoffs(use_case, as_of, bank)
    known = [labelled(bank, work, use_case, cutoff, cutoffs.test) for cutoff in (*cutoffs.train, cutoffs.calibrate)]
    takers = pa.concat_arrays(
        [rows.filter(pc.equal(rows["outcome"], 1))["customer_id"].combine_chunks() for rows in known]
    ).unique()
    rows = with_features(work, cutoffs.test, labelled(bank, work, use_case, cutoffs.test, as_of))
    rates = neighbour_rates(sources, cutoffs.test, takers, rules)
    score = pd.Series(rows["customer_id"].to_pylist()).map(rates).fillna(-1.0).to_numpy()
    return compare_rankers(rows["outcome"].to_numpy(), model.predict(rows), score, cutoffs.test)


def compare_rankers(outcome: NDArray, model: NDArray, lookalikes: NDArray, cutoff: date) -> Lookalikes:
    """Lift of the best tenth by each way of ranking, and of those whom the model does not list.

    Examples
    --------
    >>> outcome = np.array([1, 1, 0, 0, 0, 0, 0, 0, 0, 0])
    >>> found = compare_rankers(outcome, -np.arange(10), -np.abs(np.arange(10) - 1), date(2024, 3, 31)).rankers
    >>> found[["ranker", "listed", "converted", "lift", "others"]].values.tolist()
    [['model', 1, 1, 5.0, 0], ['lookalikes', 1, 1, 5.0, 1]]
    """
    many = max(round(LISTED * len(outcome)), 1)
    by_model = np.isin(np.arange(len(outcome)), np.argsort(-model, kind="stable")[:many])
    rate = max(float(outcome.mean()), 1e-12)
    rows = []
    for name, score in (("model", model), ("lookalikes", lookalikes)):
        listed = np.isin(np.arange(len(outcome)), np.argsort(-score, kind="stable")[:many])
        others = listed & ~by_model
        rows.append(
            {
                "ranker": name,
                "listed": many,
                "converted": int(outcome[listed].sum()),
                "lift": float(outcome[listed].mean() / rate),
                "others": int(others.sum()),
                "others_converted": int(outcome[others].sum()),
                "others_lift": float(outcome[others].mean() / rate) if others.any() else np.nan,
            }
        )
    return Lookalikes(pd.DataFrame(rows), cutoff, len(outcome), int(outcome.sum()))
