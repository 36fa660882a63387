"""What a column's values look like, in counts: every value decides, none is kept but the words of short code lists."""

from dataclasses import dataclass, field
from functools import cached_property

import duckdb

from goldmine.contract.casting import SPACES
from goldmine.contract.date_sql import MAX_YEAR, NO_DAY, PLACEHOLDERS, date_of_form, date_text
from goldmine.contract.proposal.names import null_words
from goldmine.contract.remedies import DATE_FORMS
from goldmine.contract.value_forms import EXCEL_SERIAL, MIN_YEAR
from goldmine.core.sql import literal, quoted

MOST_CODES = 40
"""A column with more distinct values is no code list."""
_LONGEST_CODE = 20
_FULL_WIDTH = "\uff10\uff11\uff12\uff13\uff14\uff15\uff16\uff17\uff18\uff19\uff0e\uff0c\uff0d\uff1a\uff0f"
_HALF_WIDTH = "0123456789.,-:/"
_AMOUNT = r"[+-]?(\d+(\.\d+)?|\.\d+)"
_EXCEL_FIRST, _EXCEL_LAST = 5_000, 73_050
SEPARATORS = (",", "'", " ", "_")
_MORE_FORMS = ("%Y%m%d%H%M", "%Y%m%d %H%M%S", "%y%m%d %H:%M:%S", "%d-%m-%Y", "%d.%m.%Y %H:%M:%S", "%d/%m/%Y %H:%M:%S")


def half_width(sql: str) -> str:
    """SQL of a text with full-width digits and signs as half-width ones."""
    return f"translate({sql}, {literal(_FULL_WIDTH)}, {literal(_HALF_WIDTH)})"


def half_width_in_sqlite(sql: str) -> str:
    """The same in SQLite, which has no translate."""
    for wide, half in zip(_FULL_WIDTH, _HALF_WIDTH, strict=True):
        sql = f"replace({sql}, {literal(wide)}, {literal(half)})"
    return sql


@dataclass
class ColumnProfile:
    """One column's values, in counts.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        Where the values stand.
    values : str
        Table of its distinct cleaned values ``text`` and their rows ``n``.
    name, duckdb_type : str
        The column's name and type.
    rows : int
        Rows of its table.
    """

    connection: duckdb.DuckDBPyConnection = field(repr=False)
    values: str
    name: str
    duckdb_type: str
    rows: int

    @cached_property
    def filled(self) -> int:
        """Rows with a value that is not a word for a missing one."""
        return self._count("true")

    @cached_property
    def distinct(self) -> int:
        """Distinct values."""
        return int(self._one(f"SELECT count(*) FROM {self._present}"))

    @cached_property
    def nulls(self) -> dict[str, int]:
        """Words for a missing value and their rows."""
        words = ", ".join(map(literal, [*null_words(machine=True), *null_words(machine=False)]))
        rows = self.connection.execute(
            f"SELECT text, sum(n)::BIGINT FROM {self.values} WHERE text IN ({words}) GROUP BY 1 ORDER BY 2 DESC, 1"
        )
        return dict(rows.fetchall())

    @cached_property
    def full_width(self) -> int:
        """Rows with full-width digits."""
        return int(self._one(f"SELECT coalesce(sum(wide), 0)::BIGINT FROM {self.values}"))

    @cached_property
    def whole(self) -> int:
        """Rows with whole numbers."""
        return self._count(r"regexp_full_match(text, '[+-]?\d+')")

    @cached_property
    def fractional(self) -> int:
        """Rows with a number that has something other than zeros after its point."""
        plain = "replace(replace(replace(replace(text, ',', ''), '''', ''), ' ', ''), '_', '')"
        return self._count(rf"regexp_full_match({plain}, '[+-]?\d*\.\d*[1-9]\d*')")

    @cached_property
    def not_hundreds(self) -> int:
        """Rows with a whole number that does not end with 00."""
        return self._count(
            r"regexp_full_match(text, '[+-]?[\d,]*\d{2}(\.0*)?') AND NOT regexp_matches(text, '00(\.0*)?$')"
        )

    def rows_like(self, pattern: str) -> int:
        """Rows whose whole value has a pattern."""
        return self._count(f"regexp_full_match(text, {literal(pattern)})")

    def amounts(self, separator: str = "") -> int:
        """Rows with amounts that are written with this separator of thousands, or with none."""
        group = rf"|\d{{1,3}}({separator}\d{{3}})+(\.\d+)?" if separator else ""
        pattern = rf"[+-]?(\d+(\.\d+)?|\.\d+{group})"
        return self._count(f"regexp_full_match(text, {literal(pattern)})")

    def of_forms(self, forms: tuple[str, ...]) -> int:
        """Rows with dates of these forms, or with year, month and day where there are none."""
        read = [date_of_form("text", form) for form in forms] or [date_text("text")]
        day = f"CAST(coalesce({', '.join(read)}, NULL) AS DATE)"
        placeholders = ", ".join(f"DATE '{day}'" for day in PLACEHOLDERS)
        nothing = f"regexp_full_match(text, {literal(NO_DAY)})"
        good = f"year({day}) BETWEEN {MIN_YEAR} AND {MAX_YEAR} OR {day} IN ({placeholders}) OR {nothing}"
        return self._count(f"coalesce({good}, false)")

    @cached_property
    def dates(self) -> tuple[tuple[str, ...], int, tuple[str, ...]]:
        """Forms of dates that read most, the rows that they read, and forms that would read just as many."""
        return _forms(self)

    def months(self) -> str:
        """SELECT of the last day in each month, and the month's rows."""
        forms, _, _ = self.dates
        read = [date_of_form("text", form) for form in forms] or [date_text("text")]
        day = f"CAST(coalesce({', '.join(read)}, NULL) AS DATE)"
        return (
            f"SELECT max(day), sum(n)::BIGINT FROM (SELECT {day} AS day, n FROM {self._present}) "
            "WHERE year(day) BETWEEN 1901 AND 2098 GROUP BY last_day(day)"
        )

    @cached_property
    def codes(self) -> dict[str, int]:
        """Values of a short code list and their rows; empty where it is none."""
        longest = self._one(f"SELECT coalesce(max(length(text)), 0) FROM {self._present}")
        if not 0 < self.distinct <= MOST_CODES or longest > _LONGEST_CODE:
            return {}
        if self.duckdb_type == "BOOLEAN" or self.filled / self.distinct >= min(5, self.rows / 4):
            rows = self.connection.execute(f"SELECT text, n FROM {self._present} ORDER BY n DESC, text")
            return dict(rows.fetchall())
        return {}

    @cached_property
    def median(self) -> float:
        """Median of the amounts, to two digits, so that it is no customer's."""
        number = "abs(TRY_CAST(replace(replace(replace(text, ',', ''), '''', ''), ' ', '') AS DOUBLE))"
        rows = self.connection.execute(
            f"SELECT v FROM (SELECT {number} AS v, sum(n) OVER (ORDER BY {number}) AS upto, sum(n) OVER () AS total "
            f"FROM {self._present}) WHERE upto >= total / 2 ORDER BY v LIMIT 1"
        ).fetchall()
        return float(f"{rows[0][0] or 0:.2g}") if rows else 0.0

    @cached_property
    def negative(self) -> int:
        """Rows with a number below zero."""
        return self._count(r"regexp_matches(text, '^-[\d.]*[1-9]')")

    @cached_property
    def identifying(self) -> bool:
        """Whether the values are long and many enough to recognise a column by those that it shares with another."""
        return self.distinct > MOST_CODES and self._count("length(text) >= 6") >= 0.95 * self.filled

    def shared_with(self, other: "ColumnProfile") -> float:
        """Share of this column's distinct values that stand in another."""
        if not self.distinct:
            return 0.0
        inside = self._one(f"SELECT count(*) FROM {self._present} WHERE text IN (SELECT text FROM {other.values})")
        return int(inside) / self.distinct

    @property
    def _present(self) -> str:
        words = ", ".join(map(literal, [*null_words(machine=True), *null_words(machine=False)]))
        return f"(SELECT text, n FROM {self.values} WHERE text IS NOT NULL AND text NOT IN ({words}))"

    def _count(self, condition: str) -> int:
        return int(self._one(f"SELECT coalesce(sum(n) FILTER ({condition}), 0)::BIGINT FROM {self._present}"))

    def _one(self, query: str) -> int:
        return int(self.connection.execute(query).fetchall()[0][0])


def profiles(connection: duckdb.DuckDBPyConnection, view: str) -> dict[str, ColumnProfile]:
    """Profile every column of a table.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        Where the table is known; one more table a column is made there.
    view : str
        The table's name.
    """
    rows = connection.execute(f"SELECT count(*) FROM {quoted(view)}").fetchall()[0][0]
    found = {}
    for place, (name, kind, *_) in enumerate(connection.execute(f"DESCRIBE {quoted(view)}").fetchall()):
        values = quoted(f"{view} values {place}")
        text = f"trim(CAST({quoted(name)} AS VARCHAR), {SPACES})"
        connection.execute(
            f"CREATE TEMP TABLE {values} AS SELECT nullif({half_width('raw')}, '') AS text, count(*) AS n, "
            f"count(*) FILTER (raw <> {half_width('raw')}) AS wide "
            f"FROM (SELECT {text} AS raw FROM {quoted(view)}) GROUP BY 1"
        )
        found[name] = ColumnProfile(connection, values, name, kind, rows)
    return found


def _forms(column: ColumnProfile) -> tuple[tuple[str, ...], int, tuple[str, ...]]:
    plain = column.of_forms(())
    if not column.filled or plain == column.filled:
        return (), plain, ()
    counts = {form: column.of_forms((form,)) for form in (*DATE_FORMS, *_MORE_FORMS)}
    best = max(counts.values())
    excel = _excel(column)
    if excel > max(best, plain):
        counts, best = {EXCEL_SERIAL: excel}, excel
    if best <= plain == 0:
        return (), plain, ()
    first = next(form for form, count in counts.items() if count == best)
    rivals = tuple(form for form, count in counts.items() if count == best and form != first)
    forms: tuple[str, ...] = (first,) if best > plain else ()
    read = max(best, plain)
    if not forms or read < column.filled:
        forms, read = _more(column, forms, counts, read)
    if len(forms) > 1:
        others = (form for form, count in counts.items() if count and form not in forms)
        rivals = tuple(form for form in others if column.of_forms((*forms[:-1], form)) == read)
    return forms, read, rivals


def _more(
    column: ColumnProfile, forms: tuple[str, ...], counts: dict[str, int], read: int
) -> tuple[tuple[str, ...], int]:
    """Add forms as long as each reads more; a column that declares one must declare all."""
    start = forms or ("%Y-%m-%d",)
    usual = [form for form, count in sorted(counts.items(), key=lambda item: -item[1]) if count and form not in start]
    chosen, most = forms, read
    current = start
    for form in [EXCEL_SERIAL, *usual] if _excel(column) and EXCEL_SERIAL not in start else usual:
        wider = (*current, form)
        count = column.of_forms(wider)
        if count > max(most, column.of_forms(current)):
            chosen, most, current = wider, count, wider
    return chosen, most


def _excel(column: ColumnProfile) -> int:
    """Rows with numbers of days as Excel keeps them, from 1913 to 2099."""
    number = "TRY_CAST(text AS DOUBLE)"
    pattern = r"regexp_full_match(text, '\d{4,5}(\.\d+)?')"
    return column._count(f"coalesce({pattern} AND {number} BETWEEN {_EXCEL_FIRST} AND {_EXCEL_LAST}, false)")
