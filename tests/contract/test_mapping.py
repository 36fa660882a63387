"""bank.yaml: what it may hold, and what an error in it says."""

import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from goldmine.contract.mapping import load_mapping
from goldmine.contract.sources import CsvSource, ParquetSource, PostgresSource
from goldmine.core import dates
from goldmine.core.errors import SettingsError

TABLES = "tables: {customers: {source: c}, transactions: {source: c}}\n"


@pytest.fixture(autouse=True)
def own_zone():
    """This process' zone as it was, after a test that moved it."""
    yield
    time.tzset()


def bank(folder: Path, text: str) -> Path:
    (folder / "bank.yaml").write_text(text, "utf-8")
    return folder


def test_name_defaults_to_the_folder_and_data_until_today(tmp_path: Path) -> None:
    mapping = load_mapping(bank(tmp_path, "sources: {c: {parquet: c.parquet}}\n" + TABLES))
    assert (mapping.name, mapping.data_until) == (tmp_path.name, dates.today())


def test_a_canonical_folder_may_give_just_name_and_data_until(tmp_path: Path) -> None:
    (tmp_path / "transactions").mkdir()
    (tmp_path / "transactions" / "2024-01.parquet").touch()
    (tmp_path / "customers.csv").touch()
    mapping = load_mapping(bank(tmp_path, "name: Pizhou\ndata_until: 2024-06-30\n"))
    assert (mapping.name, mapping.data_until) == ("Pizhou", date(2024, 6, 30))
    assert mapping.sources == {
        "customers": CsvSource(csv=f"{tmp_path}/customers.csv"),
        "transactions": ParquetSource(parquet=f"{tmp_path}/transactions/**/*.[pP][aA][rR][qQ][uU][eE][tT]"),
    }


def test_paths_are_relative_to_the_bank_and_after_a_variable_to_the_project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    monkeypatch.setenv("GOLDMINE_HOME", str(home))
    monkeypatch.setenv("BANK_DATA", "/elsewhere")
    monkeypatch.delenv("NO_DATA", raising=False)
    text = "sources: {c: {parquet: a/c.parquet}, d: {csv: '${BANK_DATA}/d.csv'}, e: {csv: '${NO_DATA:-../e}/e.csv'}}\n"
    sources = load_mapping(bank(tmp_path, text + TABLES)).sources
    assert [source.location for source in sources.values()] == [
        f"{tmp_path}/a/c.parquet",
        "/elsewhere/d.csv",
        f"{tmp_path}/e/e.csv",
    ]


def test_a_server_address_comes_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BANK_SERVER", "postgresql://reader@core/bank")
    text = (
        "sources: {c: {postgres: '${BANK_SERVER}'}}\n"
        "tables: {customers: {source: c, select: S}, transactions: {source: c, select: S}}\n"
    )
    assert load_mapping(bank(tmp_path, text)).sources == {"c": PostgresSource(postgres="postgresql://reader@core/bank")}


BAD = [
    ("nme: x\n", "nme: unknown key", "max_year, name, data_until, sources, tables"),
    ("nme: x\n", "nme: unknown key", "Perhaps name is meant. Allowed: "),
    ("books_to: 2024-06-30\n", "books_to: unknown key", "Perhaps data_until is meant. Allowed: "),
    ("name: 12\n", "name: Input should be a valid string", "Correct"),
    ("data_until: 20240630\n", "data_until: Input should be a valid date", "Correct"),
    ("name: a\nname: b\n", "line 1 cannot be read: the key 'name' stands twice", "Correct"),
    ("name: [\n", "line 2 cannot be read", "Correct"),
    ("just words\n", "holds a str, not keys", "key: value"),
    ("sources: {c: {csv: c.csv, delimitr: ';'}}\n" + TABLES, "sources.c: delimitr: unknown key", "delimiter"),
    (
        "sources: {c: {csv: c.csv, encoding: gb2312}}\n" + TABLES,
        "sources.c: encoding: Input should be 'utf-8'",
        "Correct",
    ),
    ("sources: {c: {csv: c.csv, parquet: c.parquet}}\n" + TABLES, "2 of its keys name a source", "parquet"),
    ("sources: {c: {path: c.csv}}\n" + TABLES, "0 of its keys name a source", "parquet"),
    ("sources: {c: {csv: 7}}\n" + TABLES, "sources.c: csv: Input should be a valid string", "Correct"),
    ("sources: {1c: {csv: c.csv}}\n" + TABLES, "sources.1c: cannot be a name in SQL", "letters"),
    ("sources: {c: {csv: '${NO_DATA}/c.csv'}}\n" + TABLES, "sources.c.csv: the environment variable NO_DATA", "Set it"),
    ("tables: {customer: {source: c}}\n", "tables.customer: the contract has no such table", "customers, accounts"),
    ("sources: {c: {csv: c.csv}}\ntables: {customers: {source: d}}\n", "there is no source 'd'", "Allowed: c"),
    ("sources: {c: {csv: c.csv}}\ntables: {customers: {}}\n", "tables.customers: source: is missing", "Add"),
    ("sources: {c: {csv: c.csv}}\ntables: {customers: {source: c, sql: x}}\n", "sql: unknown key", "source, select"),
    ("sources: {c: {duckdb: c}}\ntables: {customers: {source: c}}\n", "customers.select: is missing", "SELECT"),
    (
        "sources: {c: {sqlite: c}, d: {csv: d}}\ntables: {customers: {source: [c, d], select: x}}\n",
        "cannot be joined to other sources",
        "alone",
    ),
    ("name: x\ndata_until: 2024-02-30\n", "line 2 cannot be read: the value looks like a date and is none", "Correct"),
    ("data_until: 2024-06-30 25:00:00\n", "line 1 cannot be read: the value looks like a date and is none", "Correct"),
    ("data_until: 2999-12-31\n", "the books cannot cover all until 2999-12-31; the bank's day is", "clock"),
    ("data_until: 0001-01-01\n", "the books cannot cover all until 0001-01-01", "Correct the day"),
    (f"max_year: {'9' * 10_000}\n", "line 1 cannot be read: the value looks like a number and is none", "Correct"),
    ("max_year: !!bool maybe\n", "the value looks like a truth value and is none", "Correct"),
    (
        f"name: x\ncodes: {'[' * 5_000}{']' * 5_000}\n",
        "line 2 cannot be read: more than 50 levels are nested",
        "Correct",
    ),
    ("name: x\nsources:\x07 {}\n", "line 2 holds the control character U+0007", "Remove"),
    ('nulls: ["\\ud800"]\n', "a text holds a character that no file can have", "Correct"),
    *(
        (f"name: {name}\n", "name: the bank's name", "letters and digits")
        for name in ("O'Brien", "'a:b'", "'..'", "' '", "'a/b'", "'50%'", '"a\\nb"', '"a\\u202eb"', "a" * 101)
    ),
]


@pytest.mark.parametrize(("text", "what", "do"), BAD)
def test_what_cannot_be_used_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, what: str, do: str
) -> None:
    monkeypatch.delenv("NO_DATA", raising=False)
    with pytest.raises(SettingsError, match=r"bank\.yaml") as caught:
        load_mapping(bank(tmp_path, text))
    assert what in caught.value.what
    assert do in caught.value.do


def test_a_folder_whose_name_cannot_be_the_banks_wants_one(tmp_path: Path) -> None:
    folder = tmp_path / "O'Brien"
    folder.mkdir()
    text = "sources: {c: {parquet: c.parquet}}\n" + TABLES
    with pytest.raises(SettingsError, match="name: the bank's name, if not given its folder's"):
        load_mapping(bank(folder, text))
    assert load_mapping(bank(folder, f"name: 邳州农商行 (2024)\n{text}")).name == "邳州农商行 (2024)"


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "UTC", "America/Los_Angeles"])
@pytest.mark.parametrize(
    ("moment", "day"),
    [("2024-06-30T15:59:59", "2024-06-30"), ("2024-06-30T16:00:00", "2024-07-01"), ("2024-02-28T16:30", "2024-02-29")],
)
def test_books_end_at_the_banks_day_wherever_the_machine_stands(tmp_path, monkeypatch, zone, moment, day) -> None:
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    monkeypatch.setattr(dates, "now", lambda: datetime.fromisoformat(moment).replace(tzinfo=UTC))
    sources = f"sources: {{c: {{parquet: c.parquet}}}}\n{TABLES}"
    assert str(load_mapping(bank(tmp_path, sources)).data_until) == day
    assert str(load_mapping(bank(tmp_path, f"data_until: {day}\n{sources}")).data_until) == day
    later = date.fromisoformat(day) + timedelta(days=1)
    with pytest.raises(SettingsError, match=f"cannot cover all until {later}; the bank's day is {day}"):
        load_mapping(bank(tmp_path, f"data_until: {later}\n{sources}"))


def test_a_file_in_another_encoding_is_named(tmp_path: Path) -> None:
    (tmp_path / "bank.yaml").write_bytes("name: 邳州\n".encode("gb18030"))
    with pytest.raises(SettingsError, match="is not UTF-8 text"):
        load_mapping(tmp_path)
