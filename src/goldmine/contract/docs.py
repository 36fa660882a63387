"""``docs/contract.md``, generated from the canonical tables: run ``python -m goldmine.contract.docs``."""

from goldmine.contract.schema import Column, Kind, TableSpec
from goldmine.contract.tables import TABLES
from goldmine.contract.value_forms import built_in_words
from goldmine.core.files import whole_file
from goldmine.core.workspace import at_home

PAGE = "docs/contract.md"

_TYPES: dict[Kind, str] = {
    "text": "text",
    "day": "date",
    "moment": "timestamp",
    "money": "decimal(18, 2), yuan",
    "decimal": "decimal(18, 2)",
    "whole": "64-bit integer",
    "flag": "boolean",
}
_INTRODUCTION = """\
# The contract: what a bank's tables look like to Goldmine

Generated from `src/goldmine/contract/tables.py` by `python -m goldmine.contract.docs`; do not edit.

Only **customers** and **transactions** are compulsory. Any other table or column may be absent: that switches off
just the features, filters and list columns that need it, and the run says which. An optional table without rows
counts as absent. A column marked *yes* must be there in every row of its table.

A code outside its column's list is reported by validation and read as missing everywhere else.
Amounts must be finite. Dates and times carry no time zone. Numbers of customers and accounts are text: `0012` stays
`0012`.

## A folder that needs no mapping

Canonical tables as Parquet or CSV (comma, UTF-8, header, dates as `YYYY-MM-DD`) under their own names:
`customers.parquet`, `transactions/*.parquet`, `balances.csv`. Parquet in the types below, with one month in each file
of the tables that are partitioned by month, is used where it lies and never copied. Everything else is cast once into
the work folder. Columns that the contract does not know are left out. A table's folder may have folders below it;
capitals in names of files do not count. Files that nothing reads are named by `goldmine validate`.

## bank.yaml

```yaml
name: pizhou                # letters, digits, _ - . ( ) and spaces; a work folder belongs to one; default: the folder's
data_until: 2024-06-30      # last day the books cover, not in the future; default: today
engine: duckdb              # or spark, past one machine: docs/scale.md
spark_master: "local[*]"    # Spark's master
slice_customers: 500000     # the most customers that features are made of at once; fewer need less memory
sources:
  core: {parquet: core/flow_*.parquet}
  crm:                      # CSV reads as text, an empty field as missing
    csv: crm/khxx.txt
    delimiter: "|"          # default ,
    quote: '"'
    encoding: gb18030       # utf-8 (default), gb18030, gbk, big5, utf-16, latin-1, cp1250, cp1252
    header: true            # false: name the columns under `columns: [a, b]`
    dates: {csrq: ["%Y%m%d"]}  # columns that become timestamps, and the forms they may have
    final_newline: true     # false where your exports never end their last line
  desk_exports: {xlsx: exports/*.xlsx, sheet: Sheet1, header_row: 2}  # every cell as text; default: first sheet, row 1
  mart: {duckdb: mart.duckdb}            # in a SELECT: mart.table
  desk: {sqlite: desk.db}                # the SELECT runs in SQLite
  ods: {postgres: "${PIZHOU_ODS}"}       # an address from the environment; the SELECT runs in PostgreSQL
  lake:                     # a table of Spark's catalogues, for `engine: spark` only; the SELECT runs in Spark
    spark: ods.dwd.ledger   # table, schema.table or catalogue.schema.table
    timezone: Asia/Shanghai # by whose clock columns of the type TIMESTAMP are read; they are refused without it
nulls: ["-", "NULL"]        # texts that mean a missing value, beside the empty one
dates: ["%Y-%m-%d"]         # forms of dates and times, or by column; no others are read then
thousands: ","              # what separates groups of three digits in amounts and whole numbers
unit: yuan                  # or fen, or by column: {amount: fen}
codes: {gender: {1: M, 2: F}}  # for a column the bank's codes and the contract's
max_year: 2100              # last year that a date may lie in; the first is 1900
tables:
  customers:
    source: [crm, mart]     # one source, or several in one SELECT (SQLite and PostgreSQL alone, Spark's by themselves)
    select: SELECT khh AS customer_id, csrq AS birth_date FROM crm
  transactions:
    source: core            # no SELECT: the files have the contract's columns
    dates: {time: ["%Y%m%d%H%M%S"]}  # a table's own nulls, dates, thousands, unit, codes, max_year come first
```

* A path is relative to the folder of `bank.yaml`; one that begins with an environment variable, `${NAME}` or
  `${NAME:-default}`, is relative to the project's folder. A path may be a glob; all its files make one source,
  but for those that Excel keeps beside an open workbook (`~$name.xlsx`).
* A SELECT gives columns of the contract and no others. Leave conversions to the contract where you can: it counts
  what does not convert and names the column.
* With `tables:` only what it names is read; without it `bank.yaml` may still give the keys before `sources`.
* A column without a heading is called `column_N` by its place.
* Nothing is downloaded: DuckDB reads Parquet, CSV and its own files; the databases come through their ADBC drivers.

### Tables of Spark

With `engine: spark` a source may be a table or view of Spark's catalogues, which Spark's own settings name. Spark reads
it and moves its rows; values then go through the same rules as those of any other source, so that the files are the
same to the byte as if the rows had come as Parquet. A table without a SELECT has the contract's columns; with one,
Spark runs it, in Spark's SQL, and it names tables by the names of their sources.

* Only what changed is read again. Spark lists the files of tables of Parquet, ORC and CSV, also as Hive wrote them
  (Parquet and ORC): of transactions and balances whose time is a DATE or TIMESTAMP only the months are read that files
  which are new, written again or gone hold rows of, however the table is partitioned, if each row is made of one row
  (no join, no sum, no view); otherwise the table is read again if any file changed. A table of Iceberg is read again if
  its snapshots changed. Hive's text tables, Delta and tables of other catalogues are read at every intake.
* Rows are cut in ranges of the customer number and then the table's key: one customer with a million rows is no task of
  its own. Small files are read many at a time by Spark (`spark.sql.files.maxPartitionBytes`): 10,000 of them, of four
  rows each, take about 40 CPU s.
* A moment of the type TIMESTAMP has another day in another time zone, so `timezone` has to say by whose clock it is
  read; TIMESTAMP_NTZ needs nothing. Texts, whole numbers, decimals, floats, dates and booleans are taken as they are;
  arrays, maps, structs, binary values and intervals are refused.
* The work folder must lie where executors see it: they write there.
* Rows of the tables that a SELECT names are counted in Spark; their yuan are not.

Tried with PySpark 4.3.0 on `local[2]`, its own Hive client 2.3.10, a catalogue in Derby and a local warehouse: tables
`STORED AS` ORC, Parquet and text, and `USING` parquet, orc and csv. Tried by hand with PySpark 3.5.9 and Iceberg 1.10.2
in a catalogue of type hadoop, whose Java package came without its copy of Jackson and was given Spark's. Delta was not
tried: its Java packages could not be had. A bank's Spark finds its catalogues by `spark-defaults.conf`:

```
spark.sql.catalogImplementation     hive
spark.hadoop.hive.metastore.uris    thrift://metastore:9083

spark.jars                          /opt/jars/iceberg-spark-runtime-VERSION.jar
spark.sql.extensions                org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions
spark.sql.catalog.ods               org.apache.iceberg.spark.SparkCatalog
spark.sql.catalog.ods.type          hive

spark.jars                          /opt/jars/delta-spark-VERSION.jar,/opt/jars/delta-storage-VERSION.jar
spark.sql.extensions                io.delta.sql.DeltaSparkSessionExtension
spark.sql.catalog.spark_catalog     org.apache.spark.sql.delta.catalog.DeltaCatalog
```

## A proposal for your own tables

`goldmine map DIR` reads a folder, file or database (CSV, Parquet, Excel, SQLite, DuckDB) and writes `DIR/bank.yaml`;
one that is there stays unless `--force` is given. `goldmine map DIR --postgres NAME` reads the tables of the
PostgreSQL server whose address is in the environment variable `NAME`, and writes the name only. It finds encodings,
delimiters, headings and files that belong together; tables and columns by their names in Chinese, English and
initials of pinyin (`src/goldmine/contract/proposal/names.yaml`) and by their content; forms of dates, words for
missing values, thousands, codes and fen by all values of a column; the customer of an account by a join. It prints
what it found, in counts and never in a customer's values, and the file says it in comments:

Files, sheets and tables whose names differ in digits only (`flow_2023.csv`, `flow_2024.csv`) are one table. Where
their headings differ (another order, another name of the same field, a column that older files lack) each has a
source and a SELECT of its own, joined by UNION ALL; the rows of each are said, and which column is empty in which. A
file is told and not joined where one heading gives different columns, amounts are 20 times apart or one is in fen,
the numbers are not those of customers, forms of dates fit the same texts, a compulsory column is missing, or more
than a tenth of the rows stand in another file (ledgers of refusals are joined all the same). Of monthly exports of
all customers the newest is used.

* **Sure**: a known name, and values that fit it.
* **Guessed**: found by content, or something else fits too. Look at each: `unit` above all, since whole amounts may be
  yuan or fen (both medians are named), and codes of which only a part is a known word.
* **To be told**: what is compulsory and was not found, codes that are not understood, values that are no dates or no
  amounts. It is not filled in: the intake stops there, or validation counts it. Refusals and consent are never guessed.
  So are files whose first row names no columns, which are then proposed by content, and tables with a column a month.
* **Not used**: tables and files that the contract has no use for.

`make map-proof` makes four banks of 3,000 customers, dirty as real books are (a core system's dump as GB18030 CSV with
Chinese headings, Excel exports, SQLite, a Parquet lake by months), and reads Berka; all go from the folder to tables
that `validate` passes, the four without a key by hand, Berka with six. On a machine busy with much else the seconds to
propose, and to take in and validate, were 20 and 31, 98 and 99 (Excel), 26 and 20, 39 and 21, and 43 in all for Berka;
the whole, with the making of the four, took 118 s of CPU.

## How values are read

The six keys `nulls`, `dates`, `thousands`, `unit`, `codes` and `max_year` say how values are written, for the whole
bank or for one table; they name columns of the contract, so they act on what the SELECT gives. Nothing else is guessed.

* Text: as it stands, without the spaces around it (`CHAR(20)`).
* Date, timestamp: `2024-01-31` or `2024/1/31`, with ` 23:59` or `T23:59:59.5`; where `dates` declares forms, exactly
  these. Not two-digit years, `20240131` or an offset such as `Z`, unless declared; nothing may be left over.
* Yuan: `1234.5`, `-3`, `.50`; more than fen is rounded and counted. Not `1,234.50` without `thousands`, `1e5`, `1_000`,
  full-width digits, a currency sign. A floating number is refused where its neighbours lie more than a fen away: from
  70 trillion yuan on as eight bytes, from 131,072 yuan on as four. So is PostgreSQL's type `money`, which its driver
  gives in fen: cast it to `numeric` in the SELECT.
* Decimal that is no amount of money, such as mu of land: as yuan are read, and `unit` leaves it alone.
* 64-bit integer: `435`, `-3`, `+7`, from -9223372036854775808 to 9223372036854775807. Not `1,000`
  without `thousands`, `5.0`, `1e5`, full-width digits or a unit; of columns with a type those of integers and of
  decimals without places.
* Boolean: `true`, `1`, `y`, `yes`, their opposites, the words below and those under `codes`.
  Customers whose `marketing_consent` is empty are on no list. A bank that writes down refusals only says so:
  `codes: {marketing_consent: {"": true}}`; the empty text under `codes` stands for an empty value.
* Without `link_consent`, or where it is empty, nobody's ties to others are used: see [graph.md](graph.md).
* Code: the contract's, in capitals or not, `OPT-OUT` as `opt_out`; the words below; those under `codes` come first.
* `excel` as a form of `dates` means numbers of days as Excel keeps them: 45291 is 2023-12-31.
* A number of more than 15 digits in a workbook, such as of a card, is refused: Excel has made zeros of the others.
* A form of `dates` has the parts `%Y %y %m %d %H %I %M %S %f %j %b %B %p %z`. One with `%z` gives the time in China.
  Years of two digits are 1969 to 2068; in `birth_date` they are refused, as 45 is 1945: make the date in the SELECT.
  Dates that are whole numbers, such as 20240131 in SQLite, are read if their form is declared. Two forms that one text
  could have, such as `%d/%m/%Y` and `%m/%d/%Y` or `%Y%m%d` and `%y%m%d%H`, are refused.
* Days that systems write where they know none (0001-01-01, 1899-12-30, 1899-12-31, 1900-01-01, 2099-12-31,
  2999-12-31, 9999-12-31, 0000-00-00) are empty; the first day of a suppression is then 1900-01-01: it holds.
* In a column that may be empty, at most 1% of the values may be unreadable: they are left empty and counted. More of
  them, or one in a column that must be filled, in `marketing_consent`, `link_consent` or in a suppression's
  `end_date`, stops the intake; the error names the key that would correct it.

## What is refused

An error says table, column, rule and count, never a value, and nothing in the work folder changes: a missing
compulsory table or column, an empty compulsory table, a column of the wrong type, values that are no dates or no
amounts (2024-02-30, NaN, infinity), a Parquet or CSV file cut short, bytes that are not in the declared encoding, an
unknown key, table or source, a SELECT that fails, a disk that is full. Duplicates, rows of unknown customers,
future-dated rows and unknown codes are judged by validation. The faults of all tables come in one error.

A file that is written, comes or goes while its table is read stops the run with code 10 in whichever step it happens,
and nothing that is kept says that it was made from the table: features and activity, customers tables, training rows,
a release. So an export should write under another name and rename the file at the end. A backup's hard link or a new
mode is no change. Tables of a database server, and a SQLite file with a log beside it, are what the server or SQLite
gives as one SELECT.

What absence would permit is refused: a row of `suppressions`, or an opt-out in `contacts`, of a customer who is not in
`customers`; a code in `contacts.answer` that is not understood; balances without the snapshot's month.

## What an intake says

`goldmine validate` prints for each table the rows and yuan of its sources, read and taken in, and the difference by
reason: the SELECT, rounding to fen, values left empty, days that stand for none. Sources are counted before the
SELECT, tables of databases too, as far as it says in plain words where rows and amounts come from. Then it names the
columns that the contract does not know, the files below the bank's folder that nothing reads, an absent ledger of
refusals or column of consent, and every broken rule, fatal ones first, with what it means for the lists and what would
correct it; `--language zh` says it in Chinese. With `--strict` warnings are fatal too. Sums are added again as floating
numbers; a difference that no reason explains is named.

Each month is held against the months before it and the same month a year ago: rows, customers, days, amounts by kind,
repeats under other numbers (`docs/expectations.md` has the limits). A month of the snapshot that is not like them, or
is missing, stops the run; another one is a warning with its months named. Where months are too small or the books too
young for that, `validate` says `not judged`, and from which size on they would be.

## Merged numbers

`merged_into` says that two numbers are one person, `merged_on` since when that is known. A snapshot or cutoff sees the
mergers of its day or before. From then on every row of the merged number counts under the surviving one, whenever it
happened: transactions, balances, accounts, product events, contacts, facts from outside, relations, refusals. The
survivor is a customer since the earliest `opened_on` of its numbers; everything else (branch, risk grade, mobile bank)
is what its own row says. A peak of a year is the peak of the sum. A refusal under one number is one of the person.

What cannot be followed is reported by validation and loses no yuan:

| in the books | what counts |
|---|---|
| a chain, A into B into C | C survives; before B's merger is known, B |
| a circle, A into B into A | the smallest number survives |
| merged into itself, or into a number that is unknown or was opened later | the number is kept |
| a merger without its day | known from the beginning |
| a day without `merged_into` | the number is kept |

No list names a number with `merged_into`, whatever survives.

## Hashed numbers

Identity-document numbers come hashed only, telephone numbers hashed and, where staff shall call, as they are. The bank
hashes with a key of its own, one for all its tables, which never leaves it: HMAC-SHA-256 of the number in its normal
form, as 64 small hexadecimal digits. Goldmine compares hashes and nothing else.

* An identity-document number: half-width, without spaces and hyphens, in capitals. One of 15 digits becomes one of 18:
  `19` after the sixth digit, and the check digit of GB 11643 at the end.
* A telephone number: half-width, digits only; a mobile number without `+86`, `86` or `0086`.

An empty number stays empty and is never hashed: one hash of many customers would make them one person. With the key
`example` both `110105491231002` and `11010519491231002x` become
`b897fc21329b34796021f7423f7474a6cfb898c521872d32f561612d8876fc7a`; `goldmine.contract.keyed_hash` does it in Python.
Validation stops at a column of hashes that holds anything else, such as the number itself.

## Tables
"""


_WORDS = """
## Words understood without being told

Of `src/goldmine/contract/code_words.yaml`; capitals do not count. A word that could mean two codes is left out.

| column | words |
|---|---|
"""


def page() -> str:
    """The whole page as Markdown."""
    sections = "".join(_section(spec) for spec in TABLES.values())
    words = "".join(f"| `{column}` | {_listed(codes)} |\n" for column, codes in built_in_words().items())
    return _INTRODUCTION + sections + _WORDS + words


def _listed(codes: dict[str, list[str]]) -> str:
    return "; ".join(f"`{code}`: {', '.join(words)}" for code, words in codes.items())


def _section(spec: TableSpec) -> str:
    facts = ["compulsory" if spec.compulsory else "optional", f"a row is named by {', '.join(spec.key)}"]
    if spec.month_of:
        facts.append(f"partitioned by the month of {spec.month_of}")
    head = f"\n### {spec.name}\n\n{spec.meaning} {'; '.join(facts).capitalize()}.\n\n"
    return head + "| column | type | required | meaning |\n|---|---|---|---|\n" + "".join(map(_row, spec.columns))


def _row(column: Column) -> str:
    codes = f": {', '.join(f'`{code}`' for code in column.codes)}" if column.codes else ""
    required = "yes" if column.required else ""
    return f"| `{column.name}` | {_TYPES[column.kind]} | {required} | {column.meaning}{codes} |\n"


def write() -> None:
    """Write the page."""
    with whole_file(at_home(PAGE)) as temporary:
        temporary.write_text(page(), "utf-8")


if __name__ == "__main__":
    write()
