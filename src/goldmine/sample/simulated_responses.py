"""Simulated responses of sample-bank customers to the campaigns of a release."""

import hashlib
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from goldmine.core.errors import HistoryError, SettingsError
from goldmine.core.files import whole_file
from goldmine.sample import bank_files
from goldmine.sample.persuasion import STRENGTH, UNWANTED

WORKED = 0.9
"""Share of a branch's offers that it works."""
LEAKED = 0.02
"""Share of the control that is contacted in spite of the plan."""
_FIRST_DAYS = (3, 30)
"""Days after the snapshot within which an offer is worked."""
_REFUSES = 0.01
_REST = (0.05, 0.25)
"""Of those reached without an effect: shares that answer yes, and later."""


@dataclass(frozen=True)
class SimulatedCampaign:
    """The simulated result of a campaign.

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
        """Mean effect of the contact group against the control on the aim's share, over the whole campaign."""
        return float((self.rows["expected_contact"] - self.rows["expected_control"]).mean())

    def contacts(self) -> pd.DataFrame:
        """The rows of the contract's table of contacts."""
        contacted = self.rows[self.rows["contacted"]]
        done = contacted["reached"] & (contacted["extra"] | contacted["came"])
        outcome = np.where(contacted["answer"] == "later", "open", np.where(done, "converted", "not_converted"))
        columns = ["campaign_id", "customer_id", "contacted_on", "channel", "answer"]
        return contacted[columns].assign(outcome=outcome).reset_index(drop=True)


def simulate_campaign(rows: pd.DataFrame, as_of: date, random: np.random.Generator) -> SimulatedCampaign:
    """Draw the result of a campaign.

    Parameters
    ----------
    rows : DataFrame
        campaign_id, customer_id, channel, group (``contact`` or ``control``), and of the truth: aim (probability that
        the aim is reached if nobody calls), effect (what reaching the customer adds to it), reach (chance to be
        reached), came (whether it came without anybody's doing).
    as_of : date
        The release's snapshot.
    random : Generator
        Four numbers and a day a row, whatever the groups are: the same customers do the same in either group.

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
    when = [
        as_of + timedelta(days=int(day)) if is_contacted else None
        for day, is_contacted in zip(days, contacted, strict=True)
    ]
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
    spoken = np.where(extra, "bought", spoken)
    return np.where(contacted, np.where(reached, spoken, "not_reached"), "")


_NEEDED = ("campaign_id", "customer_id", "use_case", "product_id", "channel", "group", "as_of")


@dataclass(frozen=True)
class SimulatedResponses:
    """Counts of a simulated campaign.

    Parameters
    ----------
    campaign_id : str
        Which campaign.
    contacts : int
        Contacts made; 0 where the campaign had been played before.
    extra : int
        Customers who reached the aim because of them.
    kept : bool
        Whether it had been played before, and nothing was changed.
    """

    campaign_id: str
    contacts: int
    extra: int
    kept: bool


def work_campaign(
    bank: Path, offers: Path, control: Path, seed: int, results: Path | None = None
) -> SimulatedResponses:
    """Simulate a campaign and add its results to the sample bank's files.

    Contacts are added to the table of contacts, or written as a file of results. Extra conversions are added to
    balances, events or transactions, the truth to ``truth/campaigns/<campaign>-<as_of>.parquet``. A campaign that was
    played already is left as it is.

    Parameters
    ----------
    bank : Path
        A folder that `goldmine.sample.write_bank` wrote.
    offers, control : Path
        Parquet files of a published campaign.
    seed : int
        The same seed gives the same results.
    results : Path, optional
        Folder for ``<campaign>-<as_of>.csv``, as marketing returns it; its import then brings the contacts.

    Raises
    ------
    SettingsError
        If the bank is no sample bank, or the files are no campaign.
    HistoryError
        If the bank's books, or its truth, do not cover the campaign's horizon.
    """
    rows = pd.concat([_campaign(offers), _campaign(control)], ignore_index=True)
    campaign, as_of = str(rows["campaign_id"].iloc[0]), _day(rows["as_of"].iloc[0])
    done = bank / "truth" / "campaigns" / f"{campaign}-{as_of}.parquet"
    if done.exists():
        if results is not None:
            _write_results(pd.read_parquet(done), results / f"{done.stem}.csv")
        return SimulatedResponses(campaign, 0, 0, True)
    random = np.random.default_rng([seed, _number(campaign), as_of.toordinal()])
    parts = []
    for use_case, some in rows.groupby("use_case", sort=True):
        played = simulate_campaign(_with_truth(bank, str(use_case), as_of, some), as_of, random)
        moved = played.rows[played.rows["extra"]]
        if len(moved):
            bank_files.enter(bank, str(use_case), as_of, _label(campaign, as_of, str(use_case)), moved)
        parts.append(played.rows)
    whole = SimulatedCampaign(pd.concat(parts, ignore_index=True))
    if results is None:
        bank_files.append(bank / "contacts.parquet", whole.contacts())
    else:
        _write_results(whole.rows, results / f"{done.stem}.csv")
    with whole_file(done) as temporary:
        pq.write_table(pa.Table.from_pandas(whole.rows, preserve_index=False), temporary)
    return SimulatedResponses(campaign, int(whole.rows["contacted"].sum()), int(whole.rows["extra"].sum()), False)


def known_use_cases(bank: Path) -> tuple[str, ...]:
    """Use cases of which a sample bank knows what a contact would do."""
    asked = tuple(bank_files.ACCEPTED) if bank_files.prospects(bank).exists() else ()
    return (*STRENGTH, *asked)


def use_cases_of(offers: Path) -> set[str]:
    """The use cases of a published campaign."""
    return set(_campaign(offers)["use_case"])


def enter_again(source: Path, bank: Path) -> None:
    """Enter in a bank what campaigns moved that were simulated in a shorter one of the same making."""
    past = [(path, pd.read_parquet(path)) for path in (source / "truth" / "campaigns").glob("*.parquet")]
    old_contacts = pd.read_parquet(source / "contacts.parquet")
    for path, rows in sorted(past, key=lambda campaign: (_day(campaign[1]["as_of"].iloc[0]), campaign[0])):
        campaign, as_of = str(rows["campaign_id"].iloc[0]), _day(rows["as_of"].iloc[0])
        for use_case, moved in rows[rows["extra"]].groupby("use_case", sort=True):
            bank_files.enter(bank, str(use_case), as_of, _label(campaign, as_of, str(use_case)), moved)
        with whole_file(bank / "truth" / "campaigns" / path.name) as temporary:
            temporary.write_bytes(path.read_bytes())
    names = {str(rows["campaign_id"].iloc[0]) for _, rows in past}
    worked = old_contacts[old_contacts["campaign_id"].isin(names)]
    if len(worked):
        bank_files.append(bank / "contacts.parquet", worked)


def _label(campaign: str, as_of: date, use_case: str) -> str:
    """Beginning of the numbers of the rows that a campaign adds: no other release's campaign has it."""
    return f"{campaign}-{as_of:%Y%m}-{use_case}"


def _write_results(rows: pd.DataFrame, path: Path) -> None:
    """The contacts of a campaign as marketing returns them."""
    worked = rows.loc[rows["contacted"], ["campaign_id", "customer_id", "contacted_on", "channel", "answer"]]
    with whole_file(path) as temporary:
        worked.to_csv(temporary, index=False)


def _campaign(path: Path) -> pd.DataFrame:
    frame = pq.read_table(path).to_pandas()
    missing = [name for name in _NEEDED if name not in frame]
    if missing:
        raise SettingsError(f"{path.name}: has no column {missing[0]!r}.", "Give the files of a published campaign.")
    return frame[list(_NEEDED)]


def _with_truth(bank: Path, use_case: str, as_of: date, rows: pd.DataFrame) -> pd.DataFrame:
    if not (bank / "truth" / "effects").is_dir():
        raise SettingsError(f"{bank}: is no sample bank: it has no truth.", "Make one with `goldmine sample-bank`.")
    known = known_use_cases(bank)
    if use_case not in known:
        raise SettingsError(
            f"{use_case}: the sample bank does not know what a contact would do.", f"It knows {', '.join(known)}."
        )
    if not (bank / "balances" / f"{bank_files.month_key(bank_files.horizon(as_of)[1])}.parquet").exists():
        raise HistoryError(
            f"{bank.name}: its books end before {bank_files.horizon(as_of)[1]}, when the campaign's horizon does.",
            "Publish for a month end at least four months before the books' end.",
        )
    true_values = bank_files.truth(bank, use_case, as_of)
    if not len(true_values):
        raise HistoryError(f"{bank.name}: its truth does not cover {as_of}.", "Take one of the books' last 24 months.")
    joined = rows.merge(true_values, on="customer_id", how="left", validate="one_to_one")
    if joined["effect"].isna().any():
        raise SettingsError(f"{use_case}: customers of the campaign are not in this bank.", "Give the bank it is for.")
    aim = 1 - joined["probability"] if use_case in UNWANTED else joined["probability"]
    came = joined["customer_id"].isin(bank_files.happened(bank, use_case, as_of))
    return joined.assign(aim=aim, came=came)


def _day(value: object) -> date:
    return pd.Timestamp(str(value)).date()


def _number(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:6], "big")
