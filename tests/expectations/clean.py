"""A clean little bank and the files made of it: 25 rows a table, books to the end of June 2024."""

from datetime import date
from pathlib import Path

import duckdb

from goldmine.contract.bank import Bank, CanonicalTable, TableFile
from goldmine.contract.schema import DUCKDB_TYPES
from goldmine.contract.tables import TABLES
from goldmine.core.dates import month_key

BOOKS_TO = date(2024, 6, 30)
ROWS = 25

CLEAN = {
    "customers": """'C' || i, date '1980-01-01' + i::INTEGER, 'F', 'person', date '2010-01-01', NULL,
        'B' || i, 'G' || i, 'S' || i, 'E' || i, 'farmer', 'C2', date '2024-01-05', true, date '2015-01-01',
        date '2020-01-01', NULL, NULL, 'Name ' || i, '138' || i,
        sha256('id' || i), sha256('phone' || i), 'Village ' || i, true, date '2021-01-01'""",
    "accounts": "'A' || i, 'C' || i, 'demand', date '2010-01-01', date '2024-01-01'",
    "balances": "'C' || i, last_day(date '2024-04-01' + to_months((i % 3)::INTEGER)), 'demand', 10.5, 9.5",
    "transactions": """'T' || i, 'C' || i, 'A' || i, timestamp '2024-04-10 09:00' + to_months((i % 3)::INTEGER),
        date '2024-06-20', 100, 'in', 'mobile', 'salary', 'P1', 'Payer', 'C' || i""",
    "product_events": "'V' || i, 'C' || i, date '2024-03-01', 'bought', 'wealth', 'W' || i, 1000",
    "contacts": "'K1', 'C' || i, date '2024-05-01', 'call', 'yes', 'converted', 'asked for a form'",
    "suppressions": "'C' || i, 'complaint', date '2024-05-01', date '2024-08-31', 'call'",
    "staff": "'S' || i, 'N' || i, 'B' || i, 'manager', 'C' || i, date '2024-02-01'",
    "branches": "'B' || i, 'Branch ' || i, 'Town'",
    "grids": "'G' || i, 'Village ' || i, 'B' || i, 'S' || i",
    "employers": "'E' || i, 'Firm ' || i, 'nuts', 'C' || i",
    "relations": "'C' || i, 'C' || (i + 1) % 25, 'family', date '2020-01-01', date '2024-01-01'",
    "associations": "'A' || i, 'Association ' || i, 'trade', 'garlic', 'Town'",
    "association_members": "'A' || i, 'C' || i, date '2020-01-01', date '2024-01-01'",
    "turnover": "'C' || i, date '2024-05-31', 'sales_invoices', 'X' || i, 'Firm ' || i, 'C' || i, 500",
    "external_facts": "'C' || i, 'tax', 500, date '2024-01-31', 'register'",
    "products": "'W' || i, 'Product ' || i, 'wealth', 'R2'",
    "places": "'G' || i, 'grid', 34300000 + i, 118000000 + i",
    "visits": "'V' || i, 'C' || i, 'S' || i, date '2024-05-01', 'met'",
    "villages": "'G' || i, 300, 1500, 6000000, 'credit_village', date '2024-01-10'",
    "village_ratings": "'C' || i, 'good', date '2024-01-10', 5",
    "social_security_cards": "'C' || i, date '2020-01-01', date '2020-02-01'",
    "card_uses": "'C' || i, 'finance', date '2021-01-01', date '2024-01-01'",
    "loan_applications": "'Q' || i, 'C' || i, 'W' || i, date '2024-01-05', 50000, 435, 'granted', 'L' || i",
    "loans": "'L' || i, 'C' || i, 'W' || i, 'farming', 50000, 435, date '2024-01-10', date '2025-01-10', "
    "date '2024-05-01'",
    "loan_months": "'L' || i, date '2024-04-30', 40000, 0, 0",
    "term_holdings": "'D' || i, 'C' || i, 'time', 'W' || i, 50000, 150, date '2023-05-01', date '2024-07-05', "
    "false, date '2024-05-01'",
    "bureau_scores": "'C' || i, 650, date '2024-01-05'",
    "merchants": "'C' || i, 'nut_roasting', 9, 2, date '2020-01-01', date '2024-01-01'",
}
"""Values of row `i`, in the order of the contract's columns."""

_OFFERED = """'k1' AS campaign_id, 'C' || i AS customer_id, 'wealth' AS use_case, 'steady' AS offer,
        'W' || i AS product_id, 'sms' AS channel, 'noon' AS time_band, 0.5::DOUBLE AS probability, 1::INTEGER AS decile,
        NULL::DOUBLE AS uplift, 9.0::DOUBLE AS expected_value, 'B' || i AS branch_id, 'S' || i AS manager_id,
        'B|1' AS stratum, date '2024-06-30' AS as_of, date '2024-08-29' AS valid_until,
        NULL::VARCHAR AS expires_with, '3' AS model_version, 'r1' AS release_id"""

FILES = {
    "features": "SELECT 'C' || i AS customer_id, date '2024-06-30' AS cutoff, (i + 0.5)::FLOAT AS balance",
    "scores": """SELECT 'C' || i AS customer_id, (1 - i / 100)::DOUBLE AS probability,
        (1 + i * 10 // 25)::INTEGER AS decile, (i + 1)::INTEGER AS rank""",
    "lists": """SELECT (i + 1)::INTEGER AS rank, 'C' || i AS customer_id, 'B' || i AS branch_id, 'S' || i AS manager_id,
        'longtail' AS use_case, (1 - i / 100)::DOUBLE AS probability, (1 + i * 10 // 25)::INTEGER AS decile,
        'balance rose' AS reason_1, 'salary came' AS reason_2, 'uses mobile bank' AS reason_3,
        NULL::VARCHAR AS segment, -250.0::DOUBLE AS biggest_move, 3::INTEGER AS biggest_move_months,
        date '2024-06-30' AS as_of, date '2024-09-28' AS valid_until, NULL::VARCHAR AS expires_with,
        '3' AS model_version, 'r1' AS release_id""",
    "offers": f"""SELECT {_OFFERED}, 'contact' AS "group", '张*' AS name, '120****5678' AS phone, '您好' AS say_zh,
        'Hello' AS say_en, '余额上升' AS reason_zh, 'balance rose' AS reason_en, '稳健' AS offer_zh,
        'Steady' AS offer_en, -250.0::DOUBLE AS biggest_move, 3::INTEGER AS biggest_move_months""",
    "control": f"""SELECT {_OFFERED}, 'control' AS "group" """,
}

PARAMETERS = {
    "features": {"cutoff": BOOKS_TO},
    "scores": {},
    "lists": {"as_of": BOOKS_TO, "use_case": "longtail", "release_id": "r1"},
    "offers": {"as_of": BOOKS_TO, "release_id": "r1", "data_until": BOOKS_TO},
    "control": {"as_of": BOOKS_TO, "release_id": "r1", "data_until": BOOKS_TO},
}
BESIDE = {"control": "SELECT 'N1' AS customer_id", "returned": "SELECT 'N2' AS customer_id, 'opt_out' AS answer"}
"""Files that offers are compared with."""


def clean_tables() -> duckdb.DuckDBPyConnection:
    """All of it in memory, ready to be spoilt."""
    connection = duckdb.connect()
    for name, spec in TABLES.items():
        columns = ", ".join(f'"{column.name}" {DUCKDB_TYPES[column.kind]}' for column in spec.columns)
        connection.execute(f"CREATE TABLE {name} ({columns})")
        connection.execute(f"INSERT INTO {name} SELECT {CLEAN[name]} FROM range({ROWS}) AS t(i)")
    for name, select in FILES.items():
        connection.execute(f"CREATE TABLE {name} AS {select} FROM range({ROWS}) AS t(i)")
    return connection


def write_tables(connection: duckdb.DuckDBPyConnection, folder: Path, tables: list[str] | None = None) -> Bank:
    """Write canonical tables as Parquet, all or some."""
    found = {name: _write(connection, folder, name) for name in (TABLES if tables is None else tables)}
    return Bank("little", BOOKS_TO, found)


def write_beside(folder: Path) -> dict[str, str | date]:
    """Write the files that offers are compared with; gives the parameters that name them."""
    for name, select in BESIDE.items():
        duckdb.sql(f"COPY ({select}) TO '{folder / name}.beside.parquet' (FORMAT parquet)")
    return {name: str(folder / f"{name}.beside.parquet") for name in BESIDE}


def write_file(connection: duckdb.DuckDBPyConnection, folder: Path, suite: str) -> Path:
    """Write the file of a suite as Parquet."""
    path = folder / f"{suite}.parquet"
    connection.execute(f"COPY {suite} TO '{path}' (FORMAT parquet)")
    return path


def _write(connection: duckdb.DuckDBPyConnection, folder: Path, name: str) -> CanonicalTable:
    spec = TABLES[name]
    day = spec.month_of
    months = (
        connection.execute(f"SELECT DISTINCT last_day({day}::DATE) FROM {name} WHERE {day} IS NOT NULL").fetchall()
        if day
        else []
    )
    parts = [(month_key(month), f"last_day({day}::DATE) = DATE '{month}'") for (month,) in sorted(months)]
    # Rows without a day have no month of their own: they lie with the first.
    parts = [(month, f"{where} OR {day} IS NULL" if n == 0 else where) for n, (month, where) in enumerate(parts)]
    files = []
    for month, where in parts or [("", "true")]:
        path = folder / f"{name}{month}.parquet"
        connection.execute(f"COPY (SELECT * FROM {name} WHERE {where}) TO '{path}' (FORMAT parquet)")
        rows = connection.execute(f"SELECT count(*) FROM {name} WHERE {where}").fetchall()[0][0]
        files.append(TableFile(path, "", rows, month))
    return CanonicalTable(name, tuple(files), tuple(column.name for column in spec.columns))
