"""``docs/contract.md``, generated from the canonical tables: run ``python -m goldmine.contract.docs``."""

from goldmine.contract.schema import Column, Kind, TableSpec
from goldmine.contract.tables import TABLES
from goldmine.core.files import whole_file
from goldmine.core.workspace import at_home

PAGE = "docs/contract.md"

_TYPES: dict[Kind, str] = {
    "text": "text",
    "day": "date",
    "moment": "timestamp",
    "money": "decimal(18, 2), yuan",
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
the work folder. Columns that the contract does not know are left out.

## bank.yaml

```yaml
name: pizhou                # a work folder belongs to one name; default: the folder's name
data_until: 2024-06-30        # last day the books cover; default: today
engine: duckdb              # or spark, past one machine: docs/scale.md
spark_master: "local[*]"    # Spark's master
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
  mart: {duckdb: mart.duckdb}            # in a SELECT: mart.table
  desk: {sqlite: desk.db}                # the SELECT runs in SQLite
  ods: {postgres: "${PIZHOU_ODS}"}       # an address from the environment; the SELECT runs in PostgreSQL
tables:
  customers:
    source: [crm, mart]     # one source, or several in one SELECT (SQLite and PostgreSQL stand alone)
    select: SELECT khh AS customer_id, csrq AS birth_date FROM crm
  transactions:
    source: core            # no SELECT: the files have the contract's columns
```

* A path is relative to the folder of `bank.yaml`; one that begins with an environment variable, `${NAME}` or
  `${NAME:-default}`, is relative to the project's folder. A path may be a glob; all its files make one source.
* A SELECT gives columns of the contract and no others. Leave conversions to the contract where you can: it counts
  what does not convert and names the column.
* With `tables:` only what it names is read; without it `bank.yaml` may still give the keys before `sources`.
* Nothing is downloaded: DuckDB reads Parquet, CSV and its own files; the databases come through their ADBC drivers.

## What is refused

An error says table, column, rule and count, never a value, and nothing in the work folder changes: a missing
compulsory table or column, an empty compulsory table, a column of the wrong type, values that are no dates or no
amounts (2024-02-30, NaN, infinity), a Parquet or CSV file cut short, bytes that are not in the declared encoding, an
unknown key, table or source, a SELECT that fails, a disk that is full. Duplicates, rows of unknown customers,
future-dated rows and unknown codes are judged by validation.

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
| merged into itself, or into a number that is unknown or was opened later | the number survives itself |
| a merger without its day | known from the beginning |
| a day without `merged_into` | the number survives itself |

No list names a number with `merged_into`, whatever survives.

## Tables
"""


def page() -> str:
    """The whole page as Markdown."""
    return _INTRODUCTION + "".join(_section(spec) for spec in TABLES.values())


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
