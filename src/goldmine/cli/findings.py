"""What ``goldmine validate`` prints: the intake's reconciliation and every rule that was broken, fatal ones first."""

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from goldmine.cli.output import say
from goldmine.contract.manifest import read_intake
from goldmine.contract.reconciliation import TableIntake
from goldmine.contract.tables import TABLES
from goldmine.core.errors import ValidationError
from goldmine.core.files import read_json
from goldmine.core.workspace import Workspace

if TYPE_CHECKING:
    from goldmine.pipeline.snapshot import Snapshot

_MEANINGS = (
    ("_outside_codes", "these values count as missing: what needs them leaves the customers out"),
    ("consent_unknown", "these customers are on none"),
    ("_unknown", "these rows count for no customer"),
    ("row_repeated", "of equal rows one counts"),
    ("_after_books", "these rows count once the books reach their day"),
    ("unlike_months", "what is counted over these months is as far off as they are"),
    ("month_without_rows", "what is counted over these months finds nothing in them"),
    ("merged_", "the number is followed as far as docs/contract.md says, and no yuan is lost"),
)
_NAMED_FILES = 20
_NAMED_MONTHS = 12


def validate_tables(snapshot: "Snapshot", *, strict: bool) -> None:
    """Take in and validate a bank's tables, and print what was found.

    Raises
    ------
    ValidationError
        If a fatal rule is broken; with `strict`, any rule.
    """
    from goldmine.pipeline.dagster_job import run_job

    try:
        run_job(snapshot, ("tables",))
    except ValidationError:
        show_findings(snapshot.work, snapshot.language)
        raise
    show_findings(snapshot.work, snapshot.language)
    if strict:
        require_no_warning(snapshot.work)


def show_findings(work: Workspace, language: str) -> None:
    """Print what the intake counted and which rules were broken; nothing where no intake has run."""
    intake, unused = read_intake(work)
    for table in intake:
        _show_table(table)
    if unused:
        say(f"not used: {', '.join(unused[:_NAMED_FILES])}{_more(unused, _NAMED_FILES)}")
    broken = broken_rules(work)
    for severity in ("fatal", "warning"):
        for suite, rule in broken:
            if rule["severity"] == severity:
                say(f"{severity}: {suite}.{rule['column']}: {rule['rule']}, {rule['failing']:,} of {rule['rows']:,}")
                say(f"  {rule['meaning'][language]}")
                if rule.get("months"):
                    say(f"  months: {', '.join(rule['months'][:_NAMED_MONTHS])}{_more(rule['months'], _NAMED_MONTHS)}")
                say(f"  for the lists: {_for_lists(rule)}")


def broken_rules(work: Workspace) -> list[tuple[str, dict[str, Any]]]:
    """Rules that the bank's tables break, by the last validation: the table, and the rule's result."""
    results = [(name, read_json(work.validation(name), {})) for name in TABLES]
    return [(name, rule) for name, result in results for rule in result.get("rules", ()) if not rule["success"]]


def require_no_warning(work: Workspace) -> None:
    """Make warnings fatal.

    Raises
    ------
    ValidationError
        If a rule is broken, or values were left empty or rounded.
    """
    intake, _ = read_intake(work)
    warnings = [f"{suite}.{rule['column']}: {rule['rule']} ({rule['failing']:,})" for suite, rule in broken_rules(work)]
    for table in intake:
        for column in table.columns:
            changed = {"unreadable": column.unreadable, "rounded": column.rounded}
            warnings += [f"{table.table}.{column.column}: {count:,} {how}" for how, count in changed.items() if count]
    if warnings:
        raise ValidationError(
            f"Warnings are fatal with --strict: {'; '.join(warnings)}.",
            "Correct these at their source, or run without --strict.",
        )


def _show_table(table: TableIntake) -> None:
    sources = ", ".join(f"{name} {rows:,}" for name, rows in table.sources.items())
    before = f"{sources} in its sources, " if sources else ""
    say(f"{table.table}: {before}{table.read:,} read, {table.written:,} taken in")
    if table.sources and sum(table.sources.values()) != table.read:
        say(f"  {table.read - sum(table.sources.values()):+,} rows: by the SELECT in bank.yaml")
    if table.written != table.read:
        say(f"  {table.written - table.read:+,} rows: lost; report this")
    for amount in table.amounts:
        say(f"  {amount.column}: {amount.read:,.2f} yuan read, {amount.written:,.2f} taken in{_difference(amount)}")
    for column in table.columns:
        counted = {
            "rounded to fen": column.rounded,
            "unreadable, left empty": column.unreadable,
            "days that stand for none": column.placeholders,
            "codes outside the list": column.unknown_codes,
        }
        for what, count in counted.items():
            if count:
                say(f"  {column.column}: {count:,} {what}")


def _more(names: list[str], named: int) -> str:
    return f" and {len(names) - named} more" if len(names) > named else ""


def _difference(amount: Any) -> str:
    parts = [f"{amount.rounding:+,.4f} by rounding"] if amount.rounding else []
    if amount.unexplained != Decimal(0):
        parts.append(f"{amount.unexplained:+,.2f} unexplained; report this")
    return f" ({', '.join(parts)})" if parts else ""


def _for_lists(rule: dict[str, Any]) -> str:
    if rule["severity"] == "fatal":
        return "none is made until this is corrected"
    for part, meaning in _MEANINGS:
        if part in rule["rule"]:
            return meaning
    return "the rows are used as they stand"
