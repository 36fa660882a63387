"""Households: which customers live together, from what the bank knew by a day.

Two customers are of one household if they stand as family in one grid, or have one surname and share an address or a
telephone there. Neither an address nor a telephone is enough alone: houses of one number stand in several streets, and
telephones change hands; but it is with regular transfers between the two, as husband and wife have other surnames.
What more customers share there than a household has members, such as a dormitory, ties nobody, whatever their names.
"""

from dataclasses import dataclass
from datetime import date

import ibis
import numpy as np
import pyarrow as pa
from ibis.backends.duckdb import Backend
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from goldmine.contract.bank import Bank
from goldmine.identity.link_consent import refusing
from goldmine.identity.survivors import merged_numbers, surviving_customers, under_survivors
from goldmine.identity.transfers import transfers_between

MAX_MEMBERS = 8
"""Customers of one address or telephone in a grid, of whatever surname, and of one household, at most."""
MONTHS, REGULAR = 12, 3
"""Months of transfers that are looked at, and those of them with one from which transfers between two are regular."""

SCHEMA = pa.schema(
    [("customer_id", pa.string()), ("household_id", pa.string()), ("is_head", pa.bool_()), ("members", pa.int32())]
)


@dataclass(frozen=True)
class Households:
    """The households of a day.

    Parameters
    ----------
    rows : pyarrow.Table
        customer_id, household_id (the head's number), is_head, members; a row a natural person on the books.
    too_large : int
        Groups that had more than `MAX_MEMBERS` customers and were taken apart into single ones.
    """

    rows: pa.Table
    too_large: int


def households(connection: Backend, bank: Bank, day: date, among: ibis.Table | None = None) -> Households:
    """The households of the customers on the books by a day, under surviving numbers.

    Relations count from their day on until they end. The head is the member from whom relations to most others start,
    then the oldest.

    Parameters
    ----------
    among : ibis.Table, optional
        The surviving numbers that count (`customer_id`); nobody is in a household through anybody else.
    """
    customers = bank.read(connection, "customers")
    merged = merged_numbers(connection, customers, day)
    known = customers.filter(customers.opened_on.isnull() | (customers.opened_on <= day))
    people = surviving_customers(known, merged)
    people = people.filter(
        (people.kind != "firm").fill_null(True), people.closed_on.isnull() | (people.closed_on > day)
    )
    if among is not None:
        people = people.semi_join(among, "customer_id")
    relations = bank.read(connection, "relations")
    family = relations.filter(
        relations.relation == "family",
        relations.since.isnull() | (relations.since <= day),
        relations.ended_on.isnull() | (relations.ended_on > day),
    )
    _store(connection, people, under_survivors(family, merged, ("customer_id", "related_id")))
    transfers = transfers_between(connection, bank, day, MONTHS)
    _keep(connection, "household_transfers", transfers.filter(transfers.months >= REGULAR).select("one", "other"))
    _keep(connection, "household_refusing", refusing(connection, bank))
    found = connection.con.execute(_PEOPLE).to_arrow_table()
    edges, paying = (connection.con.execute(query).to_arrow_table() for query in (_EDGES, _PAYING))
    return _grouped(found, edges, paying)


def _store(connection: Backend, people: ibis.Table, family: ibis.Table) -> None:
    columns = ("customer_id", "name", "birth_date", "grid_id", "phone", "phone_hash", "address")
    rows = people.select(*columns).distinct(on="customer_id")
    _keep(connection, "household_people", rows)
    _keep(connection, "household_family", family.select("customer_id", "related_id"))
    connection.raw_sql(
        "CREATE OR REPLACE TEMP TABLE household_rows AS SELECT customer_id, birth_date, grid_id, "
        "coalesce(phone_hash, phone) AS phone, nullif(trim(address), '') AS address, "
        "substr(trim(name), 1, 1) AS surname, "
        "row_number() OVER (ORDER BY customer_id) - 1 AS place FROM household_people"
    )
    connection.raw_sql(f"CREATE OR REPLACE TEMP TABLE household_shared AS {_SHARED}")


def _keep(connection: Backend, name: str, rows: ibis.Table) -> None:
    connection.raw_sql(f"CREATE OR REPLACE TEMP TABLE {name} AS {ibis.to_sql(rows, dialect='duckdb')}")


_PEOPLE = """
SELECT customer_id, birth_date, coalesce(starts, 0) AS starts
FROM household_rows
LEFT JOIN (SELECT customer_id, count(DISTINCT related_id) AS starts FROM household_family GROUP BY ALL)
USING (customer_id)
ORDER BY place
"""
_SHARED = f"""
SELECT * FROM (
  SELECT place, surname, grid_id, 'at ' || address AS shared FROM household_rows WHERE address IS NOT NULL
  UNION ALL
  SELECT place, surname, grid_id, 'phone ' || phone FROM household_rows WHERE phone IS NOT NULL
) QUALIFY count(*) OVER (PARTITION BY shared, grid_id) BETWEEN 2 AND {MAX_MEMBERS}
"""
"""Addresses and telephones that two to `MAX_MEMBERS` share in a grid, of whatever surname: a row each of them."""
_EDGES = """
WITH named AS (
  SELECT min(place) AS one, unnest(list(place)) AS other FROM household_shared
  WHERE surname IS NOT NULL GROUP BY shared, surname, grid_id
),
families AS (
  SELECT l.place AS one, r.place AS other FROM household_family AS f
  JOIN household_rows AS l ON l.customer_id = f.customer_id JOIN household_rows AS r ON r.customer_id = f.related_id
  WHERE l.grid_id = r.grid_id OR l.grid_id IS NULL OR r.grid_id IS NULL
)
SELECT one, other FROM named UNION SELECT one, other FROM families ORDER BY ALL
"""
"""Pairs that live together."""
_PAYING = """
WITH mine AS (SELECT * FROM household_rows ANTI JOIN household_refusing USING (customer_id))
SELECT DISTINCT l.place AS one, r.place AS other FROM household_transfers AS t
JOIN mine AS l ON l.customer_id = t.one JOIN mine AS r ON r.customer_id = t.other
JOIN household_shared AS a ON a.place = l.place JOIN household_shared AS b ON b.place = r.place AND b.shared = a.shared
WHERE l.grid_id IS NOT DISTINCT FROM r.grid_id AND l.place <> r.place ORDER BY ALL
"""
"""Pairs of one address or telephone with regular transfers between them, where both let their ties be used."""


def _components(size: int, edges: pa.Table) -> NDArray:
    """Number of each customer's group."""
    one, other = edges["one"].to_numpy(), edges["other"].to_numpy()
    graph = coo_array((np.ones(len(one), dtype=np.int8), (one, other)), shape=(size, size))
    return connected_components(graph, directed=False)[1] if size else np.zeros(0, dtype=np.int64)


def _grouped(people: pa.Table, edges: pa.Table, paying: pa.Table) -> Households:
    size = people.num_rows
    group, larger = _components(size, edges), _components(size, pa.concat_tables([edges, paying]))
    # Transfers never break up a household: where they would make one too large, they count for nothing.
    fits = np.bincount(larger, minlength=1)[larger] <= MAX_MEMBERS if size else np.zeros(0, dtype=bool)
    group = np.unique(np.where(fits, larger, size + group), return_inverse=True)[1]
    members = np.bincount(group, minlength=1)
    too_large = members > MAX_MEMBERS
    alone = too_large[group] if size else np.zeros(0, dtype=bool)
    group = np.where(alone, len(members) + np.arange(size), group)
    frame = people.to_pandas().assign(group=group)
    frame["birth_date"] = frame["birth_date"].astype("datetime64[s]")
    first = frame.sort_values(["group", "starts", "birth_date", "customer_id"], ascending=[True, False, True, True])
    heads = first.drop_duplicates("group").set_index("group")["customer_id"]
    household = heads.reindex(group).to_numpy()
    counted = frame.groupby("group")["customer_id"].transform("size").to_numpy()
    rows = pa.table(
        [
            people["customer_id"],
            pa.array(household, pa.string()),
            pa.array(household == frame["customer_id"].to_numpy(), pa.bool_()),
            pa.array(counted, pa.int32()),
        ],
        schema=SCHEMA,
    )
    return Households(rows, int(too_large.sum()))
