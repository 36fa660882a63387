"""What the books say of a person: name, telephone, address, hashed identity number, with the dirt of decades."""

from collections import Counter

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from goldmine.contract.keyed_hash import keyed_hash
from goldmine.sample.arrow import codes, day_number, days, ids
from goldmine.sample.config import NO_PHONE_SHARE, SampleConfig
from goldmine.sample.employers import Employers
from goldmine.sample.names import VILLAGES, Names, draw_names, place_names, words
from goldmine.sample.people import People, branch_of, some_day
from goldmine.sample.persons import FAMILY, FIRM, household_of
from goldmine.sample.streams import stream

HASH_KEY = b"the sample bank's key, which everybody knows"
CHILDS_SURNAME, SPOUSES_SURNAME = 0.85, 0.12
"""Shares of children and of spouses with the family head's surname."""
FAMILY_PHONE = 0.15
"""Share of heads who gave the number of their child at home."""
SAME_PHONE = 0.35
"""Share of second numbers with the telephone of the current one; the others' has changed since."""
REISSUED_PHONE = 0.003
"""Share of customers whose telephone number is somebody else's by now."""
OTHER_CHARACTER = 0.06
"""Share of second numbers whose name is written with another character."""
SAME_ADDRESS = 0.5
"""Share of second numbers with the current one's address; the others moved within the village."""
NO_ADDRESS, SHORT_ADDRESS = 0.08, 0.25
"""Shares of customers without an address, and with one that leaves out the town."""
NO_ID_NUMBER = 0.03
SECOND_ID = {"same": 0.62, "as_15_digits": 0.1, "other_document": 0.1, "missing": 0.18}
"""How an identity number stands beside a second number: as beside the current one, hashed as the 15 digits it had, that
of another document, not at all."""
LINKS_REFUSED, LINKS_UNKNOWN = 0.02, 0.01
"""Shares of customers whose ties to others may not be used for marketing, and of whom the bank does not know."""
CARD_AT_WORK, CARD_ELSE, CARD_AGES = 0.3, 0.08, (20, 65)
"""Shares of customers with a credit card: of those who work for an employer, of others; and the ages it is had in."""
MISTYPED_ID, PARENTS_ID = 0.004, 0.001
"""Shares of identity numbers with a mistyped digit, and of children entered under the family head's."""


def with_records(
    config: SampleConfig, customers: pa.Table, people: People, employers: Employers
) -> tuple[pa.Table, Counter[str]]:
    """The customers of a block with name, telephone, hashes and address, and counts of the dirt in them.

    No Chinese mobile number begins with 120 and no identity number with 99, so that none of these is anybody's.
    """
    start = int(people["number"][0]) - 1
    names, random = stream(config, "names", start), stream(config, "records", start)
    second = people["person"] != np.arange(len(people["person"]))
    name = _with_leaders(_names_of(people, names, random), people, employers)
    phone = _phones(people, names, random)
    numbers, dirt = _id_numbers(people, second, random)
    joined = people["opened"] <= day_number(config.end)
    columns = {
        "name": name,
        "phone": phone,
        "id_number_hash": _hashed(numbers),
        "phone_hash": _hashed(phone),
        "address": _addresses(config, people, second, random),
        "link_consent": _link_consent(people, stream(config, "link consent", start)),
        "credit_card_on": _credit_cards(config, people, stream(config, "credit cards", start)),
    }
    for title, column in columns.items():
        customers = customers.append_column(title, column)
    return customers, Counter({title: int((rows & joined).sum()) for title, rows in dirt.items()})


def _link_consent(people: People, random: np.random.Generator) -> pa.Array:
    """Few were asked and said no; of some the answer was never written down."""
    draw = random.random(len(people["number"]))
    return pa.array(draw >= LINKS_REFUSED, mask=draw >= 1 - LINKS_UNKNOWN)


def _credit_cards(config: SampleConfig, people: People, random: np.random.Generator) -> pa.Array:
    """Credit cards are more often with those who work for an employer; one that comes after the books is none yet."""
    share = np.where(people["employer"] >= 0, CARD_AT_WORK, CARD_ELSE)
    issued = some_day(share, config.reference - 3000, config.reference - 30, random)
    youngest, oldest = CARD_AGES
    has = (people["kind"] != FIRM) & (people["age"] >= youngest) & (people["age"] <= oldest)
    return days(issued, ~has | (issued < people["opened"]) | (issued > day_number(config.end)))


def _names_of(people: People, names: np.random.Generator, random: np.random.Generator) -> pa.Array:
    """Children mostly have the head's surname; a person's two numbers have one name, but for a slip of the pen."""
    size = len(people["number"])
    place = np.arange(size)
    drawn = draw_names(size, names)
    shares = np.array([0.0, SPOUSES_SURNAME, CHILDS_SURNAME])[place % FAMILY]
    heads = random.random(size) < shares
    surname = np.where(heads, drawn.surname[place - place % FAMILY], drawn.surname)
    written = Names(surname, drawn.first, drawn.second).of_rows(people["double"][people["person"]])
    slip = (people["person"] != place) & (random.random(size) < OTHER_CHARACTER)
    first = np.where(slip, random.integers(0, len(words()["given"]), size), written.first)
    shop = pc.if_else(pa.array(people["kind"] == FIRM), words()["firm"], "")
    return pc.binary_join_element_wise(Names(written.surname, first, written.second).texts(), shop, "")


def _with_leaders(names: pa.Array, people: People, employers: Employers) -> pa.Array:
    """The names with those of employers' firms and of the people who lead them."""
    for numbers, given in ((employers.firm, employers.names), (employers.owner, employers.owner_names)):
        entry = np.full(len(names), -1)
        row = numbers - people["number"][0]
        inside = np.flatnonzero((row >= 0) & (row < len(names)))
        entry[row[inside]] = inside
        names = pc.coalesce(given.take(pa.array(entry, mask=entry < 0)), names)
    return names


def _phones(people: People, names: np.random.Generator, random: np.random.Generator) -> pa.Array:
    size = len(people["number"])
    place = np.arange(size)
    phone, missing = names.integers(0, 10**8, size), names.random(size) < NO_PHONE_SHARE
    kept = (people["person"] == place) | (random.random(size) < SAME_PHONE)
    phone = np.where(kept, phone[people["person"]], phone)
    child = np.minimum(place + FAMILY - 1, size - 1)
    asks_child = (place % FAMILY == 0) & (child % FAMILY == FAMILY - 1) & ~people["away"][child]
    phone = np.where(asks_child & (random.random(size) < FAMILY_PHONE), phone[child], phone)
    phone = np.where(random.random(size) < REISSUED_PHONE, phone[random.integers(0, size, size)], phone)
    return ids("120", phone, 8, missing)


def _id_numbers(people: People, second: NDArray, random: np.random.Generator) -> tuple[pa.Array, dict[str, NDArray]]:
    """Identity numbers as they were hashed, before hashing, and which of them hold which dirt."""
    size = len(people["number"])
    form = np.where(second, random.choice(len(SECOND_ID), size, p=tuple(SECOND_ID.values())), 0)
    forms = {name: form == index for index, name in enumerate(SECOND_ID)}
    head = np.arange(size) - np.arange(size) % FAMILY
    parents = (random.random(size) < PARENTS_ID) & (head != np.arange(size)) & ~second
    holder = np.where(parents, head, people["person"])
    digits = _digits(people["number"][holder], people["birth"][people["person"][holder]], people["gender"][holder])
    mistyped = (random.random(size) < MISTYPED_ID) & ~second
    digits[mistyped, 16] = (digits[mistyped, 16] + 1 + random.integers(0, 9, mistyped.sum())) % 10
    long = _as_text(digits)
    short = pc.binary_join_element_wise(pc.utf8_slice_codeunits(long, 0, 6), pc.utf8_slice_codeunits(long, 8, 17), "")
    whole = pc.binary_join_element_wise(long, codes(tuple("10X98765432"), digits @ _WEIGHTS % 11), "")
    other = ids("E", people["number"], 8)
    missing = forms["missing"] | (random.random(size) < NO_ID_NUMBER)
    text = pc.if_else(pa.array(forms["as_15_digits"]), short, whole)
    text = pc.if_else(pa.array(forms["other_document"]), other, text)
    dirt = {
        "id_numbers_missing": missing,
        "id_numbers_of_15_digits": forms["as_15_digits"] & ~missing,
        "id_numbers_of_other_documents": forms["other_document"] & ~missing,
        "id_numbers_mistyped": mistyped & ~missing,
        "id_numbers_of_parents": parents & ~missing,
    }
    return pc.if_else(pa.array(missing), pa.scalar(None, pa.string()), text), dirt


_WEIGHTS = np.array((7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2))


def _digits(number: NDArray, birth: NDArray, gender: NDArray) -> NDArray:
    """The first seventeen digits of identity numbers, a row a number; each is one person's only."""
    day = birth.astype("datetime64[D]")
    year, month = day.astype("datetime64[Y]").astype(int) + 1970, day.astype("datetime64[M]").astype(int) % 12 + 1
    of_month = (day - day.astype("datetime64[M]")).astype(int) + 1
    date = year * 10_000 + month * 100 + of_month
    serial = number // 10_000 % 500 * 2 + gender
    parts = (np.full(len(number), 99), number % 10_000, date, serial)
    widths = (2, 4, 8, 3)
    return np.concatenate(
        [part[:, None] // 10 ** np.arange(width - 1, -1, -1) % 10 for part, width in zip(parts, widths, strict=True)],
        axis=1,
    )


def _as_text(digits: NDArray) -> pa.Array:
    """Rows of digits as text."""
    letters = np.ascontiguousarray(digits + ord("0"), dtype=np.uint8)
    offsets = np.arange(0, letters.size + 1, letters.shape[1], dtype=np.int32)
    return pa.StringArray.from_buffers(len(letters), pa.py_buffer(offsets), pa.py_buffer(letters))


def _hashed(numbers: pa.Array) -> pa.Array:
    return pa.array(
        [None if number is None else keyed_hash(number, HASH_KEY) for number in numbers.to_pylist()], pa.string()
    )


def _addresses(config: SampleConfig, people: People, second: NDArray, random: np.random.Generator) -> pa.Array:
    """Town, village, group and house; a household has one house."""
    size = len(people["number"])
    group, house = random.integers(1, 13, size), random.integers(1, 300, size)
    moved = second & (random.random(size) >= SAME_ADDRESS)
    home = np.where(moved, np.arange(size), np.maximum(household_of(people), 0))
    town = pc.if_else(
        pa.array(random.random(size) < SHORT_ADDRESS), "", place_names(branch_of(config, people["grid"]), "town")
    )
    village = place_names(people["grid"] + VILLAGES, "village")
    text = pc.binary_join_element_wise(
        town,
        village,
        pa.array(group[home]).cast(pa.string()),
        words()["group"],
        pa.array(house[home]).cast(pa.string()),
        words()["house"],
        "",
    )
    return pc.if_else(pa.array(random.random(size) < NO_ADDRESS), pa.scalar(None, pa.string()), text)
