"""How a bank writes its values: the keys of bank.yaml, and what texts mean with and without them."""

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import ibis
import pyarrow as pa
import pytest

from goldmine.contract.intake import open_bank
from goldmine.contract.manifest import read_intake
from goldmine.contract.tables import TABLES
from goldmine.contract.value_forms import ValueForms, code_words
from goldmine.core.errors import ContractError, SettingsError
from goldmine.core.workspace import Workspace

HEAD = "transaction_id,customer_id,time,amount,direction,channel\n"


def values(folder: Path, table: str, *columns: str) -> list[tuple[object, ...]]:
    bank = open_bank(folder, Workspace(folder.parent / f"{folder.name} work"))
    rows = bank.read(ibis.duckdb.connect(), table).select(*columns).to_pyarrow().to_pylist()
    return [tuple(row.values()) for row in rows]


def village(
    tmp_path: Path,
    yaml: str = "",
    customers: str = "customer_id\n1\n",
    transactions: str = HEAD + "t1,1,2024-01-31,1,in,\n",
) -> Path:
    folder = tmp_path / "village"
    folder.mkdir(exist_ok=True)
    (folder / "bank.yaml").write_text(yaml, "utf-8")
    (folder / "customers.csv").write_text(customers, "utf-8")
    (folder / "transactions.csv").write_text(transactions, "utf-8")
    return folder


def amount(tmp_path: Path, text: str, yaml: str = "") -> Decimal:
    folder = village(tmp_path, yaml, transactions=f'{HEAD}t1,1,2024-01-31,"{text}",in,\n')
    return values(folder, "transactions", "amount")[0][0]  # type: ignore[return-value]


def time(tmp_path: Path, text: str, yaml: str = "") -> datetime:
    folder = village(tmp_path, yaml, transactions=f"{HEAD}t1,1,{text},1,in,\n")
    return values(folder, "transactions", "time")[0][0]  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("text", "yuan"),
    [
        ("7", "7.00"),
        ("12.5", "12.50"),
        (".5", "0.50"),
        ("-3.10", "-3.10"),
        ("+3", "3.00"),
        ("  42 ", "42.00"),
        ("12.345", "12.35"),
        ("0.004999", "0.00"),
        ("9999999999999999.99", "9999999999999999.99"),
    ],
)
def test_an_amount_is_read_as_it_is_written(tmp_path: Path, text: str, yuan: str) -> None:
    assert amount(tmp_path, text) == Decimal(yuan)


@pytest.mark.parametrize(
    "text", ["1_000", "1e5", "1,000", "１２", "12.", "0x1F", "1 000", "¥12", "12元", "--1", "10000000000000000"]
)
def test_a_text_that_is_no_plain_amount_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(ContractError, match="transactions: 1 values of amount are not amounts of at most 16 digits"):
        amount(tmp_path, text)


@pytest.mark.parametrize(
    ("text", "shape", "advice"),
    [
        ("1,000", "9,999", 'thousands: ","'),
        ("1_000", "9_999", "nulls: [...] (only for texts that stand for no value)"),
        ("12\t500", "99 999", "nulls: [...] (only for texts that stand for no value)"),
        ("about 12", "aaaaa 99", "nulls: [...] (only for texts that stand for no value)"),
    ],
)
def test_what_an_unreadable_amount_looks_like_is_said_and_only_groups_are_advised_as_thousands(
    tmp_path: Path, text: str, shape: str, advice: str
) -> None:
    with pytest.raises(ContractError) as caught:
        amount(tmp_path, text)
    assert caught.value.what.endswith(f", most often written like {shape}.")
    assert caught.value.do.endswith(f"or add to tables.transactions in bank.yaml: {advice}.")


def test_thousands_are_read_only_where_groups_are_whole(tmp_path: Path) -> None:
    assert amount(tmp_path, "1,234,567.80", 'thousands: ","\n') == Decimal("1234567.80")
    assert amount(tmp_path, "1234.80", 'thousands: ","\n') == Decimal("1234.80")
    with pytest.raises(ContractError, match="values of amount"):
        amount(tmp_path, "12,34.80", 'thousands: ","\n')


def households(tmp_path: Path, text: str, yaml: str = "") -> object:
    folder = village(tmp_path, yaml)
    (folder / "villages.csv").write_text(f'grid_id,households\ng1,"{text}"\n', "utf-8")
    return values(folder, "villages", "households")[0][0]


@pytest.mark.parametrize(
    ("text", "number"), [("1,087", 1087), ("-12,345,678", -12_345_678), ("1087", 1087), ("87", 87)]
)
def test_thousands_of_whole_numbers_are_read_where_they_are_declared(tmp_path: Path, text: str, number: int) -> None:
    assert households(tmp_path, text, 'thousands: ","\n') == number


@pytest.mark.parametrize(
    ("text", "yaml"),
    [("1,087", ""), ("10,87", 'thousands: ","\n'), ("1,087.0", 'thousands: ","\n'), ("1 087", 'thousands: ","\n')],
)
def test_other_groups_of_whole_numbers_are_refused(tmp_path: Path, text: str, yaml: str) -> None:
    with pytest.raises(ContractError, match="villages: 1 values of households are not whole numbers") as caught:
        households(tmp_path, text, yaml)
    assert ('thousands: ","' in caught.value.do) == (yaml == "")


@pytest.mark.parametrize("kind", ["TINYINT", "BIGINT", "UBIGINT", "DECIMAL(20, 0)"])
def test_whole_numbers_of_each_integer_type_become_64_bit_integers(tmp_path: Path, kind: str) -> None:
    folder = village(tmp_path)
    duckdb.sql(f"SELECT 'g1' AS grid_id, 87::{kind} AS households").write_parquet(str(folder / "villages.parquet"))
    bank = open_bank(folder, Workspace(tmp_path / "work"))
    households = bank.read(ibis.duckdb.connect(), "villages").select("households").to_pyarrow()
    assert households.schema.field("households").type == pa.int64()
    assert households.to_pylist() == [{"households": 87}]


@pytest.mark.parametrize(
    "number", ["9223372036854775808::UBIGINT", "'9223372036854775808'", "'10,00'", "'5.0'", "'1e5'"]
)
def test_what_is_no_integer_of_64_bits_is_refused(tmp_path: Path, number: str) -> None:
    folder = village(tmp_path, 'thousands: ","\n')
    duckdb.sql(f"SELECT 'g1' AS grid_id, {number} AS households").write_parquet(str(folder / "villages.parquet"))
    with pytest.raises(ContractError, match="villages: 1 values of households are not whole numbers"):
        open_bank(folder, Workspace(tmp_path / "work"))


def test_fen_become_yuan_to_the_fen(tmp_path: Path) -> None:
    assert amount(tmp_path, "1234567", "unit: fen\n") == Decimal("12345.67")
    assert amount(tmp_path, "99", "unit: {amount: fen}\n") == Decimal("0.99")
    assert amount(tmp_path, "99", "unit: {balance: fen}\n") == Decimal("99.00")


@pytest.mark.parametrize(("text", "mu"), [("1234.5", "1234.50"), ("1,234.567", "1234.57"), ("87", "87.00")])
def test_mu_of_land_are_no_amount_that_a_unit_divides(tmp_path: Path, text: str, mu: str) -> None:
    folder = village(tmp_path, 'unit: fen\nthousands: ","\n')
    (folder / "villages.csv").write_text(f'grid_id,land_mu,credit_cap\ng1,"{text}",100\n', "utf-8")
    assert values(folder, "villages", "land_mu", "credit_cap") == [(Decimal(mu), Decimal("1.00"))]


def test_mu_of_land_that_cannot_be_read_are_no_amounts_but_numbers(tmp_path: Path) -> None:
    folder = village(tmp_path)
    (folder / "villages.csv").write_text('grid_id,land_mu\ng1,"1,234.5"\n', "utf-8")
    with pytest.raises(ContractError, match="1 values of land_mu are not numbers of at most 16 digits") as caught:
        values(folder, "villages", "land_mu")
    assert 'thousands: ","' in caught.value.do


def test_mu_of_land_are_not_added_up_as_yuan(tmp_path: Path) -> None:
    folder = village(tmp_path)
    (folder / "villages.csv").write_text("grid_id,land_mu,credit_cap\ng1,7.125,100\n", "utf-8")
    open_bank(folder, Workspace(tmp_path / "work"))
    (table,) = (table for table in read_intake(Workspace(tmp_path / "work"))[0] if table.table == "villages")
    assert [(amount.column, amount.written) for amount in table.amounts] == [("credit_cap", 100)]
    assert [(column.column, column.rounded) for column in table.columns] == [("land_mu", 1)]


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2024-01-31", datetime(2024, 1, 31)),
        ("2024/1/5 9:05", datetime(2024, 1, 5, 9, 5)),
        ("2024-01-31T23:59:59.25", datetime(2024, 1, 31, 23, 59, 59, 250000)),
    ],
)
def test_year_month_and_day_in_this_order_are_understood(tmp_path: Path, text: str, moment: datetime) -> None:
    assert time(tmp_path, text) == moment


@pytest.mark.parametrize(
    "text",
    [
        "23-09-29",
        "2024-02-01 or later",
        "2024-02-01T25:00",
        "-2024-02-01",
        "2024-01-31T19:00:00Z",
        "20240131",
        "2024-01-31 19:00:00+08",
        "31/01/2024",
        "2024-01/31",
        "2024-02-30",
        "0023-09-29",
        "2101-01-01",
        "45292",
        "today",
    ],
)
def test_a_text_that_is_no_day_of_this_order_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(ContractError, match="transactions: 1 values of time are not times"):
        time(tmp_path, text)


@pytest.mark.parametrize(
    ("form", "text", "moment"),
    [
        ("%Y%m%d", "20240131", datetime(2024, 1, 31)),
        ("%y-%m-%d", "23-09-29", datetime(2023, 9, 29)),
        ("%d/%m/%Y", "03/01/2024", datetime(2024, 1, 3)),
        ("%Y年%m月%d日", "2024年1月31日", datetime(2024, 1, 31)),
        ("%Y-%m-%dT%H:%M:%S%z", "2024-01-31T19:00:00Z", datetime(2024, 2, 1, 3)),
        ("%Y-%m-%dT%H:%M:%S%z", "2024-01-31T19:00:00+08:00", datetime(2024, 1, 31, 19)),
    ],
)
def test_a_declared_form_is_read_and_an_offset_becomes_time_in_china(
    tmp_path: Path, form: str, text: str, moment: datetime
) -> None:
    assert time(tmp_path, text, f'dates: ["{form}"]\n') == moment
    assert time(tmp_path, text, f'dates: {{time: ["%H:%M", "{form}"]}}\n') == moment


def test_two_digits_of_a_year_do_not_say_the_century_of_a_birth(tmp_path: Path) -> None:
    people = "customer_id,birth_date\n1,450403\n2,690101\n"
    with pytest.raises(
        ContractError, match="2 values of birth_date have years of two digits, which do not say the century"
    ) as caught:
        values(village(tmp_path, 'dates: {birth_date: ["%y%m%d"]}\n', people), "customers", "birth_date")
    assert "%y" not in caught.value.do
    with pytest.raises(ContractError, match="2 values of birth_date are not dates") as caught:
        values(village(tmp_path, "", people), "customers", "birth_date")
    assert "%y" not in caught.value.do
    four = 'dates: {birth_date: ["%Y%m%d", "%y-%m-%d"]}\n'
    people = "customer_id,birth_date\n1,19450403\n"
    assert values(village(tmp_path, four, people), "customers", "birth_date") == [(date(1945, 4, 3),)]


@pytest.mark.parametrize("text", ["2024-01-31", "2024013", "202401311", "20240131 ", "20240230"])
def test_declared_forms_leave_nothing_over(tmp_path: Path, text: str) -> None:
    if text.endswith(" "):
        assert time(tmp_path, text, 'dates: ["%Y%m%d"]\n') == datetime(2024, 1, 31)
        return
    with pytest.raises(ContractError, match="transactions: 1 values of time are not times"):
        time(tmp_path, text, 'dates: ["%Y%m%d"]\n')


def test_the_last_year_can_be_declared(tmp_path: Path) -> None:
    assert time(tmp_path, "2101-01-01", "max_year: 2101\n") == datetime(2101, 1, 1)


def test_words_for_missing_are_missing(tmp_path: Path) -> None:
    folder = village(
        tmp_path,
        'nulls: ["-", "NULL"]\n',
        "customer_id,birth_date,name,merged_into\n1,-, NULL ,NULL\n2,1980-02-29,,1\n",
    )
    assert values(folder, "customers", "birth_date", "name", "merged_into") == [
        (None, None, None),
        (date(1980, 2, 29), None, "1"),
    ]


def test_codes_are_understood_without_being_told(tmp_path: Path) -> None:
    people = "customer_id,gender,marketing_consent\n1,男,是\n2,女,否\n3,f,Y\n4,X,\n"
    movements = HEAD + "t1,1,2024-01-31,1,借,柜面\nt2,1,2024-01-31,1,贷,手机银行\nt3,1,2024-01-31,1,IN,ATM\n"
    folder = village(tmp_path, "", people, movements)
    assert values(folder, "customers", "gender", "marketing_consent") == [
        ("M", True),
        ("F", False),
        ("F", True),
        (None, None),
    ]
    assert values(folder, "transactions", "direction", "channel") == [
        ("out", "counter"),
        ("in", "mobile"),
        ("in", "atm"),
    ]


def test_declared_codes_come_first(tmp_path: Path) -> None:
    people = "customer_id,gender,marketing_consent\n1,1,01\n2,2,02\n3,F,01\n4,9,02\n"
    yaml = "codes: {gender: {1: M, 2: F, F: M, 9: }, marketing_consent: {'01': true, '02': false}}\n"
    assert values(village(tmp_path, yaml, people), "customers", "gender", "marketing_consent") == [
        ("M", True),
        ("F", False),
        ("M", True),
        (None, False),
    ]


def test_faults_of_two_columns_of_dates_propose_one_key(tmp_path: Path) -> None:
    people = "customer_id,birth_date,opened_on\n1,19800229,20200131\n"
    with pytest.raises(ContractError) as caught:
        values(village(tmp_path, "", people), "customers", "birth_date")
    assert caught.value.do.endswith(
        'add to tables.customers in bank.yaml: dates: {birth_date: ["%Y%m%d"], opened_on: ["%Y%m%d"]} '
        "(beside the forms of the other values, if there are others)."
    )


def test_an_empty_value_may_have_a_code(tmp_path: Path) -> None:
    people = "customer_id,gender,marketing_consent\n1,,\n2,女,否\n"
    folder = village(tmp_path, 'codes: {marketing_consent: {"": true}, gender: {~: M}}\n', people)
    assert values(folder, "customers", "gender", "marketing_consent") == [("M", True), ("F", False)]
    (folder / "customers.csv").unlink()
    duckdb.sql("SELECT '1' AS customer_id, NULL::BOOLEAN AS marketing_consent").write_parquet(
        str(folder / "customers.parquet")
    )
    assert values(folder, "customers", "marketing_consent") == [(True,)]


def test_keys_of_a_table_replace_those_of_the_bank(tmp_path: Path) -> None:
    village(tmp_path, "", "id,born\n1,19800229\n", HEAD + "t1,1,31.01.2024,1250,贷,x\n")
    (tmp_path / "village" / "bank.yaml").write_text(
        """
dates: ["%Y%m%d"]
unit: fen
sources: {c: {csv: customers.csv}, t: {csv: transactions.csv}}
tables:
  customers: {source: c, select: 'SELECT id AS customer_id, born AS birth_date FROM c'}
  transactions: {source: t, dates: ["%d.%m.%Y"], codes: {channel: {x: atm}}}
""",
        "utf-8",
    )
    folder = tmp_path / "village"
    assert values(folder, "customers", "birth_date") == [(date(1980, 2, 29),)]
    assert values(folder, "transactions", "time", "amount", "channel") == [
        (datetime(2024, 1, 31), Decimal("12.50"), "atm")
    ]


def test_unreadable_values_are_left_empty_up_to_a_hundredth(tmp_path: Path) -> None:
    born = ["1980-02-29"] * 99 + ["1980-02-30"]
    people = "customer_id,birth_date\n" + "".join(f"{i:03},{day}\n" for i, day in enumerate(born))
    assert values(village(tmp_path, "", people), "customers", "birth_date").count((None,)) == 1
    people += "100,1980-02-31\n"
    with pytest.raises(ContractError, match="2 values of birth_date are not dates"):
        values(village(tmp_path, "", people), "customers", "birth_date")


def test_no_share_of_consent_may_be_unreadable(tmp_path: Path) -> None:
    people = "customer_id,marketing_consent\n" + "".join(f"{i},是\n" for i in range(500)) + "500,maybe\n"
    with pytest.raises(ContractError, match="1 values of marketing_consent are not true, false, 1 or 0") as caught:
        values(village(tmp_path, "", people), "customers", "marketing_consent")
    assert "tables.customers in bank.yaml: codes: {marketing_consent: {...: true, ...: false}}" in caught.value.do


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("t1,1,20240131,1,in,\n", 'dates: {time: ["%Y%m%d"]}'),
        ("t1,1,23-09-29,1,in,\n", 'dates: {time: ["%y-%m-%d"]}'),
        ("t1,1,2024-01-31T19:00:00Z,1,in,\n", 'dates: {time: ["%Y-%m-%dT%H:%M:%S%z"]}'),
        ('t1,1,2024-01-31,"1,000.50",in,\n', 'thousands: ","'),
    ],
)
def test_an_error_names_the_key_that_would_mend_it(tmp_path: Path, text: str, key: str) -> None:
    with pytest.raises(ContractError) as caught:
        values(village(tmp_path, transactions=HEAD + text), "transactions", "time")
    assert key in caught.value.do


@pytest.mark.parametrize(
    ("yaml", "what"),
    [
        ("codes: {gender: {1: X}}\n", "codes.gender: the contract has no code 'X'"),
        ("codes: {age: {1: M}}\n", "codes: there is no column 'age' with codes"),
        ("unit: cents\n", "unit"),
        ("unit: {birth_date: fen}\n", "unit: there is no such column 'birth_date'"),
        ("unit: {land_mu: fen}\n", "unit: there is no such column 'land_mu'"),
        ("dates: {amount: ['%Y']}\n", "dates: there is no such column 'amount'"),
        ("dates: ['%Q']\n", "'%Q' is no form of a date"),
        ("dates: ['%d/%m/%Y', '%m/%d/%Y']\n", "the forms '%d/%m/%Y' and '%m/%d/%Y' fit the same texts"),
        ("dates: ['%Y%m%d', '%y%m%d%H']\n", "the forms '%Y%m%d' and '%y%m%d%H' fit the same texts"),
        ("dates: ['%y.%m.%d', '%d.%m.%y']\n", "fit the same texts"),
        ("thousands: .\n", "thousands"),
        ("max_year: 1800\n", "max_year"),
    ],
)
def test_a_key_about_nothing_in_the_contract_is_refused(tmp_path: Path, yaml: str, what: str) -> None:
    with pytest.raises(SettingsError) as caught:
        open_bank(village(tmp_path, yaml), Workspace(tmp_path / "work"))
    assert what in caught.value.what


def test_every_word_understood_untold_is_of_a_column_and_code_of_the_contract() -> None:
    for table, spec in TABLES.items():
        for column in spec.columns:
            if column.codes:
                assert set(code_words(table, column, ValueForms()).values()) == set(column.codes)
