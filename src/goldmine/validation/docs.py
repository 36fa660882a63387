"""`docs/expectations.md`: every rule in words, made from the suites (``python -m goldmine.validation.docs``)."""

from goldmine.contract.tables import TABLES
from goldmine.core.files import whole_file
from goldmine.core.i18n import _, in_language
from goldmine.core.workspace import home
from goldmine.validation.rules import FILE_SUITES, Rule, load_rules

_MEANING = _("meaning")
_HEAD = """# Rules of validation

Made from the contract and `expectations/*.json` by `python -m goldmine.validation.docs`; edit those, not this page.
Keys, empty cells, code lists and dates of a canonical table follow from `src/goldmine/contract/tables.py`, the columns
of files from `src/goldmine/core/layouts.py`.
A broken *fatal* rule stops the run before anything downstream starts; a *warning* is reported and the run goes on.
DuckDB counts the rows for which a rule's condition is true, Great Expectations evaluates the counts: more than the
share that a rule bears breaks it. Results and Data Docs hold rules and counts, no customer's values.

Each month of `balances` and `transactions` is held against the median of the six months before it and last year's same
month, grown as the bank has grown since. A ratio is the month's figure over the nearer end of that range. A rule of the
snapshot's month is fatal, the same rule of every other month a warning; `validate` names the months and their figures.

| what of a month | breaks the rule |
|---|---|
| rows, customers | below 0.75 or above 1.5 times the range; without a year ago, 0.6 and 1.8 |
| days with rows (transactions) | below 0.7 |
| rows that repeat customer, time, amount, direction | 10 points of share above the median of months before |
| median amount by kind or product class, and of all | below 0.1 or above 10 |
| total amount by kind or product class, and of all | below 0.05 or above 20 |

Where months of the year before were further from their own ranges, three times their median deviation (as a factor)
is borne; a month that has a year ago is held against months that have one, as soon as there are three. Rows and
customers also differ by chance: a healthy month stays within four standard deviations of what its size lets expect, in
which the rows of one customer count as a lot that comes or stays away together. Where that allows more than a factor
of 5/3 (about 60 customers, or as many mean lots of rows, and fewer), half a month could be chance: the month is not
judged, and `validate` says so with the size from which on it would be. It says so too of books with fewer than seven
months, since the seventh is the first that is judged, and where too many of the months before have no rows. Medians and
totals need 100 amounts of the kind in the month and before. A month that the books break off in is not judged. A row
that stands twice under the same key counts once. Of a table of more than a million rows every n-th customer is looked
at. A rule of the same name in the table's file in `expectations/` takes the place of one of these.

Limits of a bank's own come from `goldmine month-limits FILE`: from the last 24 months it proposes, for rows, customers,
medians and totals of each table, one and a half times the widest deviation of a month that broke no rule, never wider
than the table above for months with a year ago, never nearer than 10% (25% for amounts) or than chance. An entry holds
once the owner of the table has signed it with name, date and reason in `pipelines/month_limits.yaml`; then it takes the
place of all other limits on that figure. `days` and `repeated` keep theirs.
"""


def rules_page() -> str:
    """The page as Markdown: a table of rules a suite."""
    return _HEAD + "".join(_suite(suite) for suite in (*TABLES, *FILE_SUITES))


def _suite(suite: str) -> str:
    lines = [
        f"\n## {suite}\n",
        f"| rule | column | severity | bears | meaning | {in_language(_MEANING, 'zh')} |",
        "|---|---|---|---|---|---|",
    ]
    return "\n".join([*lines, *(_line(rule) for rule in load_rules(suite))]) + "\n"


def _line(rule: Rule) -> str:
    column = "the table" if rule.column == "*" else f"`{rule.column}`"
    bears = f"{1 - rule.mostly:.0%}" if rule.mostly < 1 else "none"
    words = (rule.config["description"], rule.config["notes"])
    return f"| `{rule.name}` | {column} | {rule.severity} | {bears} | {words[0]} | {words[1]} |"


def main() -> None:
    """Write the page."""
    with whole_file(home() / "docs" / "expectations.md") as temporary:
        temporary.write_text(rules_page(), "utf-8")


if __name__ == "__main__":
    main()
