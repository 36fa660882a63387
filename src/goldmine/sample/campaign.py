"""Playing a published campaign forward: who was worked, whom a contact reached, who did it because of that."""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray

WORKED = 0.9
"""Share of a branch's offers that it works."""
LEAKED = 0.02
"""Share of the control that somebody contacts all the same."""
_FIRST_DAYS = (3, 30)
"""Days after the snapshot within which an offer is worked."""
_REFUSES = 0.01
_REST = (0.05, 0.25)
"""Of those reached and not moved: who says yes all the same, and who says later."""


@dataclass(frozen=True)
class SimulatedCampaign:
    """What became of a campaign.

    Parameters
    ----------
    rows : DataFrame
        A row a customer of the campaign, as `simulate_campaign` was given it, with ``contacted``, ``reached``,
        ``extra`` (the aim was reached because of the contact; bool each), ``contacted_on``, ``answer`` (empty where
        not contacted), ``expected_contact`` and ``expected_control`` (what either group adds to the aim's
        probability).
    """

    rows: pd.DataFrame

    @property
    def true_effect(self) -> float:
        """What being in the contact group rather than the control adds to the aim's share, over the whole campaign."""
        return float((self.rows["expected_contact"] - self.rows["expected_control"]).mean())

    def contacts(self) -> pd.DataFrame:
        """The rows of the contract's table of contacts."""
        made = self.rows[self.rows["contacted"]]
        done = made["reached"] & (made["extra"] | made["came"])
        outcome = np.where(made["answer"] == "later", "open", np.where(done, "converted", "not_converted"))
        columns = ["campaign_id", "customer_id", "contacted_on", "channel", "answer"]
        return made[columns].assign(outcome=outcome).reset_index(drop=True)


def simulate_campaign(rows: pd.DataFrame, as_of: date, random: np.random.Generator) -> SimulatedCampaign:
    """Draw what becomes of a campaign.

    Parameters
    ----------
    rows : DataFrame
        campaign_id, customer_id, channel, group (``contact`` or ``control``), and of the truth: aim (probability that
        the aim is reached if nobody calls), effect (what reaching the customer adds to it), reach (chance to be
        reached), came (whether it came without anybody's doing).
    as_of : date
        The release's snapshot.
    random : Generator
        Three numbers and a day a row, whatever the groups are: the same customers do the same in either group.

    Returns
    -------
    Played
        `rows` in their order, with what became of them.
    """
    size = len(rows)
    luck, reached, moved, words = random.random((4, size))
    days = random.integers(*_FIRST_DAYS, size)
    share = np.where(rows["group"] == "contact", WORKED, LEAKED)
    contacted = luck < share
    reached = contacted & (reached < rows["reach"].to_numpy())
    came = rows["came"].to_numpy(dtype=bool)
    # Of those whose aim would not be reached by itself so many are moved that the whole gains the effect.
    chance = rows["effect"].to_numpy() / np.maximum(1 - rows["aim"].to_numpy(), 1e-9)
    extra = reached & ~came & (moved < chance)
    gain = rows["reach"] * rows["effect"]
    when = [as_of + timedelta(days=int(day)) if made else None for day, made in zip(days, contacted, strict=True)]
    return SimulatedCampaign(
        rows.assign(
            contacted=contacted,
            reached=reached,
            extra=extra,
            contacted_on=when,
            answer=_answers(contacted, reached, extra, words),
            expected_contact=WORKED * gain,
            expected_control=LEAKED * gain,
        )
    )


def _answers(contacted: NDArray, reached: NDArray, extra: NDArray, words: NDArray) -> NDArray:
    edges = np.cumsum([_REFUSES, *_REST])
    spoken = np.array(["opt_out", "yes", "later", "no"], dtype=object)[np.digitize(words, edges)]
    spoken = np.where(extra, "yes", spoken)
    return np.where(contacted, np.where(reached, spoken, "not_reached"), "")
