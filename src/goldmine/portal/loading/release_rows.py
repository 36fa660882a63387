"""A release's rows as the database holds them: made from its files and the bank's tables, read as a stream."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import ibis
import pyarrow as pa
from ibis.backends.duckdb import Backend

from goldmine.activity.build import partition
from goldmine.contract.bank import Bank
from goldmine.core.dates import month_end, month_key
from goldmine.core.engine import connect, read_parquet
from goldmine.core.masked import masked_names, masked_phones
from goldmine.core.parquet import parquet_schema
from goldmine.core.sql import literal, quoted
from goldmine.core.workspace import Workspace
from goldmine.customers.source_tables import SourceTables
from goldmine.identity import merged_numbers
from goldmine.portal.loading.initials import initials
from goldmine.publishing.release_store import Release

_MONTHS = 12
_BATCH = 20_000

CUSTOMER_COLUMNS = (
    *("customer_id", "branch_id", "manager_id", "grid_id", "name", "phone", "layer", "level", "previous_level"),
    *("aum_avg", "tags", "months", "products"),
)
"""Columns of a row of `Customer`, besides its release."""
_ORIGIN = ("customer_id", "branch_id", "manager_id", "use_case", "expires_with", "model_version")
_OFFER = ("offer", "offer_zh", "offer_en", "product_id", "channel", "time_band", "say_zh", "say_en")
_NUMBERS = ("decile", "probability", "biggest_move", "biggest_move_months")
_PERSON = ("grid_id", "name", "phone", "phone_end", "initials")
LIST_COLUMNS = (
    *("kind", "list_name", "rank", "valid_until", "expected_value", "segment", "reasons_zh", "reasons_en"),
    *(*_ORIGIN, *_OFFER, *_NUMBERS, *_PERSON),
)
"""Columns of a row of `ListRow`, besides its release and its status."""


@dataclass(frozen=True)
class ReleaseRows:
    """The rows of one release.

    Parameters
    ----------
    files : Release
        The release.
    bank, work : Bank, Workspace
        The bank's tables, for names, grids and balances; and the work folder with its activity.
    """

    files: Release
    bank: Bank
    work: Workspace

    @cached_property
    def sources(self) -> SourceTables:
        """The bank's tables under surviving numbers, with the tables that the rows are joined from.

        `named`: names as they are; `shown`: masked names and telephones, grids; `months` and `products`. They are no
        temporary ones, as each stream reads through a connection of its own.
        """
        sources = SourceTables(connect(), self.bank, self.work)
        connection = sources.connection
        persons = ibis.to_sql(self.bank.read(connection, "customers"), dialect="duckdb", pretty=False)
        connection.raw_sql(
            "CREATE TABLE named AS SELECT customer_id, min(name) AS name, min(phone) AS phone, "
            f"min(grid_id) AS grid_id FROM ({persons}) WHERE customer_id IN ({self._numbers()}) GROUP BY customer_id"
        )
        rows = connection.con.sql("FROM named").to_arrow_table()
        shown = {
            "customer_id": rows["customer_id"],
            "grid_id": rows["grid_id"],
            "name": masked_names(rows["name"].combine_chunks()),
            "phone": masked_phones(rows["phone"].combine_chunks()),
        }
        _keep(connection, "shown", pa.table(shown))
        connection.raw_sql(f"CREATE TABLE months AS {self._months(sources)}")
        connection.raw_sql(f"CREATE TABLE products AS {self._products(sources)}")
        return sources

    def customers(self) -> Iterator[pa.RecordBatch]:
        """Rows of `CUSTOMER_COLUMNS`; none if the release has no customers table."""
        if self.files.manifest.customers is None:
            return
        path = self.files.folder / self.files.manifest.customers.path
        texts = ", ".join(f"coalesce(c.{name}, '') AS {name}" for name in ("branch_id", "manager_id", "layer"))
        query = (
            f"SELECT c.customer_id, {texts}, c.level, c.previous_level, c.aum_avg, {_tags(parquet_schema(path).names)} "
            "AS tags, coalesce(p.grid_id, '') AS grid_id, coalesce(p.name, '') AS name, coalesce(p.phone, '') AS phone,"
            " coalesce(m.months, '[]') AS months, coalesce(h.products, '{}') AS products "
            f"FROM read_parquet({literal(path)}) c LEFT JOIN shown p USING (customer_id) "
            "LEFT JOIN months m USING (customer_id) LEFT JOIN products h USING (customer_id)"
        )
        yield from self._stream(f"SELECT {', '.join(CUSTOMER_COLUMNS)} FROM ({query})")

    def listed(self) -> Iterator[pa.RecordBatch]:
        """Rows of `LIST_COLUMNS`, those of a branch and of a manager together, as they are read together."""
        parts = [_list(path) for path in sorted(self.files.folder.glob("lists/*.parquet"))]
        parts += [_campaign(path) for path in sorted(self.files.folder.glob("campaigns/*/offers.parquet"))]
        if not parts:
            return
        connection = self.sources.connection
        texts = ", ".join(f"coalesce(r.{name}, '') AS {name}" for name in (*_ORIGIN[1:], *_OFFER, "segment"))
        numbers = ", ".join(f"r.{name}" for name in _NUMBERS)
        connection.raw_sql(f"CREATE TABLE listed AS {' UNION ALL BY NAME '.join(parts)}")
        letters = self.letters(connection.con.sql("SELECT DISTINCT customer_id FROM listed").to_arrow_table()[0])
        _keep(connection, "letters", pa.table({"customer_id": list(letters), "initials": list(letters.values())}))
        query = (
            "SELECT r.kind, r.list_name, r.rank, CAST(r.valid_until AS VARCHAR) AS valid_until, r.expected_value, "
            f"r.reasons_zh, r.reasons_en, r.customer_id, {texts}, {numbers}, coalesce(p.grid_id, '') AS grid_id, "
            "coalesce(p.name, '') AS name, coalesce(p.phone, '') AS phone, coalesce(l.initials, '') AS initials, "
            "regexp_extract(coalesce(p.phone, ''), '[0-9]{4}$') AS phone_end "
            "FROM listed r LEFT JOIN shown p USING (customer_id) LEFT JOIN letters l USING (customer_id)"
        )
        order = "branch_id, manager_id, kind, list_name, rank"
        yield from self._stream(f"SELECT {', '.join(LIST_COLUMNS)} FROM ({query}) ORDER BY {order}")

    def merged(self) -> Iterator[pa.RecordBatch]:
        """Numbers merged away by the snapshot, ``merged_id``, and the numbers that they survive under."""
        sources = self.sources
        numbers = merged_numbers(sources.connection, sources.people, self.files.manifest.as_of)
        yield from sources.connection.to_pyarrow(numbers.select("merged_id", "survivor_id")).to_batches(_BATCH)

    def letters(self, customers: pa.Array | pa.ChunkedArray) -> dict[str, str]:
        """First letters of names in pinyin, by customer."""
        connection = self.sources.connection
        connection.con.register("wanted", pa.table({"customer_id": customers}))
        rows = connection.con.sql("SELECT customer_id, name FROM named SEMI JOIN wanted USING (customer_id)")
        found = rows.to_arrow_table()
        connection.con.unregister("wanted")
        names = [initials(name or "") for name in found["name"].to_pylist()]
        return dict(zip(found["customer_id"].to_pylist(), names, strict=True))

    def called(self, customers: Collection[str]) -> dict[str, tuple[str, str]]:
        """Full name and telephone number by customer, of those who have a number."""
        wanted = set(customers)
        rows = self.sources.connection.con.sql("SELECT * FROM named WHERE phone <> ''").to_arrow_table()
        columns = (rows[name].to_pylist() for name in ("customer_id", "name", "phone"))
        return {number: (name or "", phone) for number, name, phone in zip(*columns, strict=True) if number in wanted}

    def _stream(self, query: str) -> Iterator[pa.RecordBatch]:
        yield from self.sources.connection.con.cursor().sql(query).to_arrow_reader(_BATCH)

    def _numbers(self) -> str:
        """SQL of the customer numbers that the release names."""
        folder = self.files.folder
        paths = [*folder.glob("lists/*.parquet"), *folder.glob("campaigns/*/offers.parquet")]
        if self.files.manifest.customers:
            paths.append(folder / self.files.manifest.customers.path)
        return " UNION ALL ".join(f"SELECT customer_id FROM read_parquet({literal(path)})" for path in paths) or "NULL"

    def _months(self, sources: SourceTables) -> str:
        """SQL of the assets at the last twelve month ends as a JSON list, oldest first; unknown months are null."""
        as_of = self.files.manifest.as_of
        days = [month_end(as_of, -lag) for lag in reversed(range(_MONTHS))]
        held = {month_key(day): partition(self.work, "balances", month_key(day)) for day in days}
        held = {month: path for month, path in held.items() if path.exists()}
        if not held:
            return "SELECT NULL AS customer_id, NULL AS months WHERE false"
        rows = read_parquet(sources.connection, list(held.values()), ("customer_id", "month", "aum_end"))
        rows = sources.under_survivors(rows, as_of)
        amounts = ", ".join(
            f"CAST(coalesce(round(sum(aum_end) FILTER (month = {day.year * 12 + day.month - 1}) / 100), 0) AS BIGINT)"
            if month_key(day) in held
            else "'null'"
            for day in days
        )
        source = ibis.to_sql(rows, dialect="duckdb", pretty=False)
        return f"SELECT customer_id, '[' || concat_ws(', ', {amounts}) || ']' AS months FROM ({source}) GROUP BY ALL"

    def _products(self, sources: SourceTables) -> str:
        """SQL of the balance of each product class at the snapshot as a JSON object, yuan; without empty ones."""
        as_of = self.files.manifest.as_of
        path = partition(self.work, "balances", month_key(as_of))
        if not path.exists():
            return "SELECT NULL AS customer_id, NULL AS products WHERE false"
        classes = [name for name in parquet_schema(path).names if name.endswith("_end") and name != "aum_end"]
        rows = sources.under_survivors(read_parquet(sources.connection, [path], ("customer_id", *classes)), as_of)
        amounts = ", ".join(
            f"""'"{name.removesuffix("_end")}": ' || CAST(round(nullif(sum({name}), 0) / 100, 2) AS VARCHAR)"""
            for name in classes
        )
        source = ibis.to_sql(rows, dialect="duckdb", pretty=False)
        return (
            f"SELECT customer_id, '{{' || concat_ws(', ', {amounts}) || '}}' AS products FROM ({source}) GROUP BY ALL"
        )


def _list(path: Path) -> str:
    """SQL of a list; reasons in the release's language stand for both, as it holds no other."""
    reasons = "concat_ws(chr(10), nullif(reason_1, ''), nullif(reason_2, ''), nullif(reason_3, ''))"
    return (
        f"SELECT * EXCLUDE (reason_1, reason_2, reason_3), 'list' AS kind, {literal(path.stem)} AS list_name, "
        f"{reasons} AS reasons_zh, {reasons} AS reasons_en, {_empty((*_OFFER, 'expected_value'))} "
        f"FROM read_parquet({literal(path)})"
    )


def _campaign(path: Path) -> str:
    """SQL of a campaign's contacts, the highest expected value first."""
    return (
        "SELECT * EXCLUDE (name, phone, reason_zh, reason_en), 'campaign' AS kind, campaign_id AS list_name, "
        "coalesce(reason_zh, '') AS reasons_zh, coalesce(reason_en, '') AS reasons_en, NULL AS segment, "
        "row_number() OVER (ORDER BY expected_value DESC, customer_id) AS rank "
        f"FROM read_parquet({literal(path)})"
    )


def _keep(connection: Backend, name: str, rows: pa.Table) -> None:
    connection.con.register("rows_to_keep", rows)
    connection.raw_sql(f"CREATE TABLE {name} AS FROM rows_to_keep")
    connection.con.unregister("rows_to_keep")


def _empty(names: tuple[str, ...]) -> str:
    return ", ".join(f"NULL AS {name}" for name in names)


def _tags(names: list[str]) -> str:
    """SQL of a customer's tags as a JSON object: those that they have, since when, and what they were before."""
    tags = [name for name in names if name.startswith("tag_") and not name.endswith(("_since", "_from"))]
    parts = []
    for tag in tags:
        held = f"{quoted(tag)} IS NOT NULL AND CAST({quoted(tag)} AS VARCHAR) <> 'false'"
        parts += [
            f"CASE WHEN {held} THEN {literal(quoted(name) + ': ')} || CAST(to_json({quoted(name)}) AS VARCHAR) END"
            for name in (tag, f"{tag}_since", f"{tag}_from")
            if name in names
        ]
    return f"'{{' || concat_ws(', ', {', '.join(parts)}) || '}}'" if parts else "'{}'"
