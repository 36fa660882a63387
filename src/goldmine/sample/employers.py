"""Employers of the sample bank: names, who pays their wages, and the customers who are their firm and their owner.

A few are large and most are small. Most pay from an account of their own; others through a labour agency, from the
account of the firm they belong to, or from the owner's private account.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from goldmine.sample.arrow import codes, ids
from goldmine.sample.config import SampleConfig
from goldmine.sample.names import draw_names, place_names, words
from goldmine.sample.streams import stream

INDUSTRIES = ("board_mill", "school", "garlic_trade", "nut_roasting", "health", "government", "jade_carving", "other")
_INDUSTRY = (1, 0, 5, 2, 4, 0, 3, 7, 6, 0)
"""Industry by the last digit of an employer's number: a tenth are in health, 30,000 of whose staff in a bank of
2,000,000 customers are paid here, as the field text has it."""
PAYERS = ("own", "agency", "shared", "owner")
"""Who pays the wages: the employer, a labour agency, the firm it belongs to, its owner's private account."""
SKEW = 1.8
"""Power that makes a few employers large."""
_EVERY = 25


@dataclass(frozen=True)
class Employers:
    """All employers of a bank, an array (employers,) each.

    Parameters
    ----------
    names : pyarrow.Array
        Their names.
    industry, payer_kind : array of int
        Places in `INDUSTRIES` and `PAYERS`.
    pays_as : array of int
        Which payer's account the wages come from: an employer's number, or the number of employers and more for an
        agency.
    firm : array of int
        Their own customer numbers, -1 where they do not bank here.
    owner : array of int
        Customer number of the person who leads it.
    owner_names, agency_names : pyarrow.Array
        Names of those persons, and of the agencies.
    """

    names: pa.Array
    industry: NDArray
    payer_kind: NDArray
    pays_as: NDArray
    firm: NDArray
    owner: NDArray
    owner_names: pa.Array
    agency_names: pa.Array

    def pay_day(self, employer: NDArray, month: int) -> NDArray:
        """Days after the first of the month on which wages are paid; now and then three days late."""
        late = (employer * 7 + month * 11) % 23 == 0
        return 4 + employer * 5 % 21 + 3 * late


def draw_employers(config: SampleConfig) -> Employers:
    """Draw the employers, the same for every block."""
    number = np.arange(config.employers)
    turn = number % _EVERY
    kind = np.select(
        [np.isin(turn, (3, 17)), turn == 9, np.isin(turn, (12, 21)) & (number > len(number) * 0.3)], [1, 2, 3]
    )
    agencies = max(1, config.employers // 60)
    pays_as = np.select([kind == 1, kind == 2], [len(number) + number // _EVERY % agencies, number - 1], number)
    industry = np.array(_INDUSTRY)[number % len(_INDUSTRY)]
    step = max(config.founders // config.employers, 1)
    firm = np.where(np.isin(number % 5, (0, 1, 3)) & (kind != 3), number * step + 5, -1)
    return Employers(
        _employer_names(number, industry),
        industry,
        kind,
        pays_as,
        np.where(firm > config.founders, -1, firm),
        number * step + 7,
        draw_names(len(number), stream(config, "owners")).texts(),
        pc.binary_join_element_wise(place_names(np.arange(agencies) + 3, "bare"), words()["agency"], ""),
    )


def employer_of(config: SampleConfig, drawn: NDArray, within: NDArray) -> NDArray:
    """Employers by numbers drawn evenly: the first ones get more staff.

    Parameters
    ----------
    drawn, within : array of int, array of float
        An employer's number and a part of 1.
    """
    place = (drawn + within) / config.employers
    return np.minimum((config.employers * place**SKEW).astype(np.int64), config.employers - 1)


def employers_table(config: SampleConfig, employers: Employers) -> pa.Table:
    """The employers as the contract has them."""
    return pa.table(
        {
            "employer_id": ids("E", np.arange(config.employers), 6),
            "name": employers.names,
            "industry": codes(INDUSTRIES, employers.industry),
            "customer_id": ids("C", employers.firm, 8, employers.firm < 0),
        }
    )


def payers_table(config: SampleConfig, employers: Employers) -> pa.Table:
    """The truth: the account that pays each employer's wages, as the books' counterparty, and whose it is."""
    return pa.table(
        {
            "employer_id": ids("E", np.arange(config.employers), 6),
            "payer": payer_codes(config, employers),
            "payer_kind": codes(PAYERS, employers.payer_kind),
        }
    )


def payer_codes(config: SampleConfig, employers: Employers) -> pa.Array:
    """The counterparty of each employer's wages, an entry an employer."""
    return pc.if_else(
        pa.array(employers.payer_kind == PAYERS.index("owner")),
        ids("P", employers.owner, 8),
        ids("W", employers.pays_as, 6),
    )


def _employer_names(number: NDArray, industry: NDArray) -> pa.Array:
    """Place, a given name where several employers of a place would be called alike, and what it is."""
    kinds = [tuple(words()["employers"][name]) for name in INDUSTRIES]
    turn = number // 240
    given = codes(tuple(words()["given"]), turn % len(words()["given"]))
    title = np.empty(len(number), dtype=object)
    for place, choices in enumerate(kinds):
        rows = np.flatnonzero(industry == place)
        title[rows] = np.array(choices, dtype=object)[number[rows] // len(_INDUSTRY) % len(choices)]
    between = pc.if_else(pa.array(turn == 0), "", given)
    return pc.binary_join_element_wise(place_names(number, "bare"), between, pa.array(title, pa.string()), "")
