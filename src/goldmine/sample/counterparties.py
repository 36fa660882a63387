"""Who is on the other side of a transaction: code, name as the channel gives it, customer number of ours."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from goldmine.contract.tables import TRANSACTION_KINDS
from goldmine.sample.arrow import ids
from goldmine.sample.config import SampleConfig
from goldmine.sample.employers import PAYERS, Employers, payer_codes
from goldmine.sample.names import draw_names, place_names, words
from goldmine.sample.people import People
from goldmine.sample.persons import FAMILY
from goldmine.sample.streams import stream

FAMILY_TRANSFERS, TRANSFERS_HERE = 0.25, 0.6
"""Share of transfers within the family; share of transfers to and from customers of the bank, the family's included."""
NO_NAME = 0.05
"""Share of transactions whose channel gives no name."""
FORMS = 3
"""Forms of a payer's name: the whole, its first eight characters, the account's title."""
_KIND = {name: code for code, name in enumerate(TRANSACTION_KINDS)}
_FORM_SHARES = (0.7, 0.15, 0.15)


@dataclass(frozen=True)
class Directory:
    """Everybody who can be on the other side, and where each kind of them begins.

    Parameters
    ----------
    code, name, customer : pyarrow.Array
        Account or code, name, and customer number of those who bank here.
    starts : dict of str to int
        First entry of outside, shops, utilities, takings, state and payers; the block's customers begin at 0.
    """

    code: pa.Array
    name: pa.Array
    customer: pa.Array
    starts: dict[str, int]

    def payer(self, employer: NDArray, month: int) -> NDArray:
        """Entries of employers' payers, in the form that the name has in a month."""
        draw = (employer * 7919 + month * 104_729) % 1000 / 1000
        return (
            self.starts["payers"] + employer * FORMS + np.searchsorted(np.cumsum(_FORM_SHARES)[:-1], draw, side="right")
        )

    def of_block(self, people: People, names: pa.Array) -> "Directory":
        """The directory of others with a block's customers in front."""
        size = len(names)
        number = people["number"]
        return Directory(
            pa.concat_arrays([ids("P", number, 8), self.code]),
            pa.concat_arrays([names, self.name]),
            pa.concat_arrays([ids("C", number, 8), self.customer]),
            {title: start + size for title, start in self.starts.items()},
        )


def others(config: SampleConfig, employers: Employers) -> Directory:
    """All but the customers of a block: people and shops outside, utilities, the state, employers' payers."""
    outside, shops = max(200, config.customers // 10), max(40, config.customers // 60)
    fixed = {title: pa.array(words()[title], pa.string()) for title in ("utilities", "takings", "state")}
    shop_kinds = words()["shops"]
    shop = np.arange(shops)
    shop_words = pa.array([shop_kinds[number % len(shop_kinds)] for number in shop], pa.string())
    parts = {
        "outside": (ids("Q", np.arange(outside), 7), draw_names(outside, stream(config, "outside persons")).texts()),
        "shops": (ids("M", shop, 6), pc.binary_join_element_wise(place_names(shop, "bare"), shop_words, "")),
        **{title: (ids(title[0].upper(), np.arange(len(names)), 4), names) for title, names in fixed.items()},
        "payers": _payers(config, employers),
    }
    customers = [pa.nulls(len(code), pa.string()) for code, _ in list(parts.values())[:-1]]
    starts = np.cumsum([0, *(len(code) for code, _ in parts.values())])
    return Directory(
        pa.concat_arrays([code for code, _ in parts.values()]),
        pa.concat_arrays([name for _, name in parts.values()]),
        pa.concat_arrays([*customers, _payers_customers(employers)]),
        dict(zip(parts, starts.tolist(), strict=False)),
    )


def _payers(config: SampleConfig, employers: Employers) -> tuple[pa.Array, pa.Array]:
    payers = pa.concat_arrays([employers.names, employers.agency_names]).take(pa.array(employers.pays_as))
    private = pa.array(employers.payer_kind == PAYERS.index("owner"))
    title = pc.binary_join_element_wise(payers, words()["salary_account"], "")
    forms = [payers, pc.utf8_slice_codeunits(payers, 0, 8), title]
    names = pa.concat_arrays([pc.if_else(private, employers.owner_names, form) for form in forms])
    size = len(payers)
    order = pa.array(np.arange(FORMS * size).reshape(FORMS, size).T.ravel())
    return payer_codes(config, employers).take(pa.array(np.repeat(np.arange(size), FORMS))), names.take(order)


def _payers_customers(employers: Employers) -> pa.Array:
    """Customer numbers of the payers who bank here."""
    size = len(employers.firm)
    own = employers.firm[np.minimum(employers.pays_as, size - 1)]
    number = np.select(
        [employers.payer_kind == PAYERS.index("owner"), employers.pays_as >= size], [employers.owner, -1], own
    )
    return ids("C", np.repeat(number, FORMS), 8, np.repeat(number < 0, FORMS))


def counterparties(
    people: People, directory: Directory, rows: tuple[NDArray, NDArray, NDArray], random: np.random.Generator
) -> NDArray:
    """Entries of the directory for customers' own transactions; -1 for cash, investments and the bank itself.

    Parameters
    ----------
    rows : tuple of array
        Who (row of the block), kind and day.
    """
    who, kind, day = rows
    draw, place = random.random((2, len(who)))
    size, start = len(people["number"]), directory.starts
    relative = np.minimum(who - who % FAMILY + (who % FAMILY + 1 + (place < 0.5)) % FAMILY, size - 1)
    here = np.where(draw < FAMILY_TRANSFERS, relative, (size * place).astype(np.int64))
    is_here = (draw < TRANSFERS_HERE) & (people["opened"][here] <= day) & (here != who)
    away = start["outside"] + ((start["shops"] - start["outside"]) * place).astype(np.int64)
    shop = start["shops"] + ((start["utilities"] - start["shops"]) * place**2).astype(np.int64)
    utility = start["utilities"] + ((start["takings"] - start["utilities"]) * place).astype(np.int64)
    taking = start["takings"] + ((start["state"] - start["takings"]) * place).astype(np.int64)
    return np.select(
        [kind == _KIND[name] for name in ("transfer", "purchase", "utility", "merchant")],
        [np.where(is_here, here, away), shop, utility, taking],
        -1,
    )


def columns_of(directory: Directory, other: NDArray, random: np.random.Generator) -> dict[str, pa.Array]:
    """The contract's three columns of the other side, for entries of the directory."""
    entry = pa.array(other, mask=other < 0)
    named = pa.array(other, mask=(other < 0) | (random.random(len(other)) < NO_NAME))
    return {
        "counterparty": directory.code.take(entry),
        "counterparty_name": directory.name.take(named),
        "counterparty_customer_id": directory.customer.take(entry),
    }
