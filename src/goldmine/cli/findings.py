"""What ``goldmine validate`` prints: the intake's reconciliation and every rule that was broken, fatal ones first."""

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from goldmine.cli.output import say
from goldmine.cli.rule_meanings import meaning_for_lists, remedy_of
from goldmine.contract.manifest import read_intake, read_manifest
from goldmine.contract.reconciliation import AmountIntake, TableIntake
from goldmine.contract.schema_drift import schema_changes
from goldmine.contract.tables import TABLES
from goldmine.core.errors import ValidationError
from goldmine.core.files import read_json
from goldmine.core.i18n import _, in_language, join_texts, ngettext, stored_text
from goldmine.core.workspace import Workspace
from goldmine.validation.month_comparison import FIRST_JUDGED
from goldmine.validation.results import broken_rules

if TYPE_CHECKING:
    from goldmine.pipeline.snapshot import Snapshot

_CENT = Decimal("0.01")
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
        require_no_warning(snapshot.work, snapshot.language)


def show_findings(work: Workspace, language: str) -> None:
    """Print what the intake counted and which rules were broken; nothing where no intake has run."""
    intake, unused = read_intake(work)
    lines = [line for table in intake for line in _of_table(table)]
    if unused:
        lines.append(_("not used: {files}", files=_first(unused, _NAMED_FILES)))
    lines += [_("changed since the last accepted run: {what}", what=change) for change in schema_changes(work)]
    lines += _absent(work) if intake else []
    lines += [line for name in TABLES for line in _unjudged(name, read_json(work.validation(name), {}))]
    broken = broken_rules(work, TABLES)
    lines += [line for severity in ("fatal", "warning") for suite, rule in broken
              if rule["severity"] == severity for line in _of_rule(suite, rule)]  # fmt: skip
    for line in lines:
        say(in_language(line, language))


def require_no_warning(work: Workspace, language: str) -> None:
    """Make warnings fatal.

    Raises
    ------
    ValidationError
        If a rule is broken, or values were left empty or rounded.
    """
    intake, _unused = read_intake(work)
    warnings = [
        f"{suite}.{rule['column']}: {rule['rule']} ({rule['failing']:,})" for suite, rule in broken_rules(work, TABLES)
    ]
    for table in intake:
        for column in table.columns:
            changed = ((column.unreadable, _("unreadable, left empty")), (column.rounded, _("rounded to two places")))
            warnings += [
                f"{table.table}.{column.column}: {count:,} {in_language(how, language)}"
                for count, how in changed
                if count
            ]
    if warnings:
        raise ValidationError(
            in_language(_("Warnings are fatal with --strict: {warnings}.", warnings="; ".join(warnings)), language),
            in_language(_("Correct these at their source, or run without --strict."), language),
        )


def _absent(work: Workspace) -> list[str]:
    """What would keep customers off the lists and is not there."""
    from goldmine.contactability.rules import suitability_columns  # Ibis takes a second to load

    tables = read_manifest(work).get("tables", {})
    lines: list[str] = []
    if "suppressions" not in tables:
        lines.append(_("absent: suppressions: customers on the ledger are not kept off the lists; map it in bank.yaml"))
    if "marketing_consent" not in tables.get("customers", {}).get("columns", ()):
        lines.append(
            _(
                "absent: customers.marketing_consent: customers who opted out are not kept off the lists; "
                "map it in bank.yaml"
            )
        )
    columns = {name: table["columns"] for name, table in tables.items()}
    lacking = [name for name in suitability_columns() if name.split(".")[1] not in columns.get(name.split(".")[0], ())]
    if lacking:
        names = ", ".join(lacking)
        lines.append(_("absent: {names}: nobody is on a list of wealth products; map it in bank.yaml", names=names))
    return lines


def _unjudged(table: str, result: dict[str, Any]) -> list[str]:
    """What no rule can judge of the snapshot's month, so that its silence is not taken for a pass."""
    lines: list[str] = []
    for figure in result.get("unjudged", ()):
        if not figure["needed"]:
            young = (
                _("not judged: {table}: a month is judged from the seventh on, and the books have {n}",
                  table=table, n=figure["months"])
                if figure["months"] < FIRST_JUDGED
                else _("not judged: {table}: too many of the months before have no rows", table=table)
            )  # fmt: skip
            lines += [young] if young not in lines else []
            continue
        counts = {"table": table, "n": f"{figure['usual']:,.0f}", "needed": f"{figure['needed']:,.0f}"}
        lines.append(
            _("not judged: {table}: months of {n} rows are too small, half of one could be chance; from {needed} on "
              "it would be noticed", **counts)
            if figure["figure"] == "rows"
            else _("not judged: {table}: months with rows of {n} customers are too small, half of them could be "
                   "missing by chance; from {needed} on it would be noticed", **counts)
        )  # fmt: skip
    return lines


def _of_table(table: TableIntake) -> list[str]:
    own = {name: rows for name, rows in table.sources.items() if name not in table.looked_up}
    counts = {"table": table.table, "read": f"{table.read:,}", "written": f"{table.written:,}"}
    lines: list[str] = [_("{table}: {read} rows read, {written} taken in", **counts)]
    if own:
        sources = _rows_of(own, table.table)
        all_of_them = sum(own.values()) == table.read == table.written
        lines = [
            _("{table}: {sources}, all taken in", table=table.table, sources=sources)
            if all_of_them
            else _("{table}: {sources}, {read} read, {written} taken in", sources=sources, **counts)
        ]
    if own and sum(own.values()) != table.read:
        lines.append(_("  {n} rows: by the SELECT in bank.yaml", n=f"{table.read - sum(own.values()):+,}"))
    if table.looked_up:
        joined = _rows_of({name: table.sources[name] for name in table.looked_up})
        lines.append(_("  joined by the SELECT: {sources}", sources=joined))
    if table.left_out:
        columns = _first(table.left_out, _NAMED_FILES)
        lines.append(_("  left out, since the contract has no such columns: {columns}", columns=columns))
    if table.forgotten:
        count = table.forgotten
        lines.append(
            ngettext(
                "  {n:,} row of a forgotten customer, left out of those",
                "  {n:,} rows of forgotten customers, left out of those",
                n=count,
            )
        )
    if table.written != table.read:
        lines.append(_("  {n} rows: lost; report this", n=f"{table.written - table.read:+,}"))
    return lines + [_of_amount(amount) for amount in table.amounts] + _of_columns(table)


def _of_amount(amount: AmountIntake) -> str:
    figures = {"column": amount.column, "read": f"{amount.read:,.2f}", "written": f"{amount.written:,.2f}"}
    reasons: list[str] = []
    if amount.source is not None and abs(amount.read - amount.source) >= _CENT:
        reasons.append(_("{yuan} by the SELECT", yuan=f"{amount.read - amount.source:+,.2f}"))
    if amount.rounding:
        reasons.append(_("{yuan} by rounding", yuan=f"{amount.rounding:+,.4f}"))
    if amount.unexplained != Decimal(0):
        reasons.append(_("{yuan} unexplained; report this", yuan=f"{amount.unexplained:+,.2f}"))
    line = _("  {column}: {read} yuan read, {written} taken in", **figures)
    if amount.source is not None:
        before = f"{amount.source:,.2f}"
        line = _("  {column}: {source} yuan in its source, {read} read, {written} taken in", source=before, **figures)
    return _("{line} ({reasons})", line=line, reasons=join_texts(reasons, ", ")) if reasons else line


def _of_columns(table: TableIntake) -> list[str]:
    lines: list[str] = []
    for column in table.columns:
        counted = (
            (column.rounded, _("rounded to two places")),
            (column.unreadable, _("unreadable, left empty")),
            (column.placeholders, _("days that stand for none, left empty")),
            (column.unknown_codes, _("codes outside the list")),
        )
        lines += [
            _("  {column}: {n} {what}", column=column.column, n=f"{count:,}", what=what)
            for count, what in counted
            if count
        ]
    return lines


def _of_rule(suite: str, rule: dict[str, Any]) -> list[str]:
    counts = f"{rule['failing']:,}", f"{rule['rows']:,}"
    told = {"column": f"{suite}.{rule['column']}", "rule": rule["rule"], "failing": counts[0], "rows": counts[1]}
    fatal = rule["severity"] == "fatal"
    lines: list[str] = [
        _("fatal: {column}: {rule}, {failing} of {rows}", **told)
        if fatal
        else _("warning: {column}: {rule}, {failing} of {rows}", **told),
        _("  {meaning}", meaning=stored_text(rule["meaning"])),
    ]
    if rule.get("months"):
        lines.append(_("  months: {months}", months=_first(rule["months"], _NAMED_MONTHS)))
    lines.append(_("  for the lists: {what}", what=meaning_for_lists(rule["rule"], fatal=fatal)))
    remedy = remedy_of(suite, rule["rule"], rule["column"])
    return [*lines, _("  to correct it: {what}", what=remedy)] if remedy else lines


def _rows_of(sources: dict[str, int], table: str = "") -> str:
    """Rows of each source by its name; of the only one that is called as its table without."""
    if list(sources) == [table]:
        return _("{n} rows in its source", n=f"{sources[table]:,}")
    return join_texts((_("{n} rows in {source}", n=f"{n:,}", source=name) for name, n in sources.items()), _(", "))


def _first(names: list[str], most: int) -> str:
    some = ", ".join(names[:most])
    return _("{names} and {n} more", names=some, n=len(names) - most) if len(names) > most else some
