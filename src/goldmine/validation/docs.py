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
