"""The bank's customers as records to link: natural persons whose number survives, by a day."""

import unicodedata
from datetime import date
from functools import cache

import ibis
import pyarrow as pa
from duckdb import DuckDBPyConnection
from ibis.backends.duckdb import Backend
from pypinyin import lazy_pinyin

from goldmine.contract.bank import Bank
from goldmine.identity.linkage.comparisons import SOUND
from goldmine.identity.survivors import merged_numbers, surviving_customers

RECORDS = "linkage_customers"
"""Table of records: customer_id and the columns that settings may name."""

COLUMNS = ("name", "birth_date", "gender", "id_number_hash", "phone_hash", "address", "branch_id", "grid_id")
_MASK = "*"


def load_records(connection: Backend, bank: Bank, as_of: date) -> frozenset[str]:
    """Store the records as the table `RECORDS`.

    Firms, customers opened later and numbers merged away by the day are not among them. Those who had left the books
    are: who comes back gets another number. A name is compared without spaces and in one width; a masked one is
    unknown.

    Returns
    -------
    frozenset of str
        The columns that hold anything.
    """
    customers = bank.read(connection, "customers")
    known = customers.filter(customers.opened_on.isnull() | (customers.opened_on <= as_of))
    people = surviving_customers(known, merged_numbers(connection, customers, as_of))
    people = people.filter((people.kind != "firm").fill_null(True))
    rows = people.select("customer_id", "opened_on", "closed_on", *COLUMNS)
    raw = connection.con
    connection.raw_sql(f"CREATE OR REPLACE TEMP TABLE linkage_raw AS {ibis.to_sql(rows, dialect='duckdb')}")
    _store_names(raw)
    others = ", ".join(f"nullif(trim({name}), '') AS {name}" for name in COLUMNS if name not in ("name", "birth_date"))
    raw.execute(
        f"CREATE OR REPLACE TABLE {RECORDS} AS SELECT customer_id, opened_on, closed_on, n.name, n.name{SOUND}, "
        f"birth_date, {others} FROM linkage_raw AS r LEFT JOIN linkage_names AS n ON n.raw = r.name"
    )
    raw.execute("DROP TABLE linkage_raw")
    raw.execute("DROP TABLE linkage_names")
    counts = raw.execute(f"SELECT {', '.join(f'count({name})' for name in COLUMNS)} FROM {RECORDS}").fetchall()[0]
    held = {name for name, count in zip(COLUMNS, counts, strict=True) if count}
    return frozenset(held | ({f"name{SOUND}"} if "name" in held else set()))


def _store_names(connection: DuckDBPyConnection) -> None:
    """Each name once, cleaned, with its sound."""
    raw = connection.execute("SELECT DISTINCT name FROM linkage_raw WHERE name IS NOT NULL").to_arrow_table()
    names = [clean_name(name) for name in raw["name"].to_pylist()]
    sounds = [sound(name) if name else None for name in names]
    rows = pa.table({"raw": raw["name"], "name": pa.array(names, pa.string()), "sound": pa.array(sounds, pa.string())})
    connection.register("linkage_names_rows", rows)
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE linkage_names AS SELECT raw, name, sound AS name{SOUND} FROM linkage_names_rows"
    )
    connection.unregister("linkage_names_rows")


def clean_name(name: str) -> str | None:
    """A name as it is compared: in one width, without spaces; None where it is empty or masked.

    Examples
    --------
    >>> clean_name(" Ouyang  Nana "), clean_name("O****"), clean_name(" ")
    ('OuyangNana', None, None)
    """
    text = "".join(unicodedata.normalize("NFKC", name).split())
    return text if text and _MASK not in text else None


def sound(name: str) -> str:
    """A name's pronunciation in pinyin without tones; other letters in lower case.

    Examples
    --------
    >>> sound("\\u738b\\u5c0f\\u660e"), sound("Li")
    ('wang xiao ming ', 'li')
    """
    return "".join(_syllable(character) for character in name)


@cache
def _syllable(character: str) -> str:
    syllable = lazy_pinyin(character)[0]
    return character.lower() if syllable == character else f"{syllable} "
