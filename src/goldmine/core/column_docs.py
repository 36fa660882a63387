"""``docs/columns.md``, generated from the column catalogue: run ``python -m goldmine.core.column_docs``."""

from goldmine.core.column import Column
from goldmine.core.columns import all_columns
from goldmine.core.files import whole_file
from goldmine.core.workspace import at_home

PAGE = "docs/columns.md"

_INTRODUCTION = """\
# Columns of the files that people get

Generated from `src/goldmine/core/columns.py` by `python -m goldmine.core.column_docs`; do not edit.

Lists, campaign files, on-request lists, the coverage workbook, reports and returned results take their columns from
here, so that a column has one heading, one format and one unit everywhere. Parquet files bear the code names and the
codes, workbooks, CSV and pages the headings and words of their language. Columns marked *head office* are never in a
file of a branch or a customer manager. A new column is one line there, and the expression that fills it.

| column | English | Chinese | type | unit | format | who |
|---|---|---|---|---|---|---|
"""


def page() -> str:
    """The whole page as Markdown."""
    return _INTRODUCTION + "".join(map(_row, all_columns()))


def _row(column: Column) -> str:
    who = "" if column.leaves_head_office else "head office"
    headings = " | ".join(column.heading(language) for language in ("en", "zh"))
    return f"| `{column.name}` | {headings} | {column.type} | {column.unit} | {column.format} | {who} |\n"


def write() -> None:
    """Write the page."""
    with whole_file(at_home(PAGE)) as temporary:
        temporary.write_text(page(), "utf-8")


if __name__ == "__main__":
    write()
