"""Results of a suite: rules and counts, never a customer's values."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

from goldmine.core.errors import ValidationError
from goldmine.core.files import read_json
from goldmine.core.i18n import LocalizedText, _, all_languages
from goldmine.core.workspace import Workspace
from goldmine.validation.month_profiles import Unjudged
from goldmine.validation.rules import Severity

_NAMED_MONTHS = 2


@dataclass(frozen=True)
class RuleResult:
    """The result of one rule.

    Parameters
    ----------
    rule, column : str
        The rule's name and the column it is about.
    expectation : str
        Type of the expectation.
    severity : str
        ``fatal`` or ``warning``.
    success : bool
        Whether it passed.
    rows, failing : int
        How many rows (or months, columns, tables) were checked, and how many of them break the rule.
    meaning : LocalizedText
        The rule in words.
    months : tuple of str
        The months that break the rule, latest first, where it is about months.
    """

    rule: str
    column: str
    expectation: str
    severity: Severity
    success: bool
    rows: int
    failing: int
    meaning: LocalizedText
    months: tuple[str, ...] = ()


@dataclass(frozen=True)
class SuiteResult:
    """The result of one suite.

    Parameters
    ----------
    suite : str
        Its name: a canonical table, ``features``, ``scores`` or ``lists``.
    rules : tuple of RuleResult
        Results in the order of the suite.
    skipped : dict of str to list of str
        Rules that do not apply here, and the columns or parameters that are absent.
    unjudged : list of Unjudged
        Figures of the snapshot's month that no rule can judge.
    """

    suite: str
    rules: tuple[RuleResult, ...]
    skipped: dict[str, list[str]]
    unjudged: list[Unjudged] = field(default_factory=list)

    @property
    def success(self) -> bool:
        """Whether every fatal rule passed."""
        return not self.failed("fatal")

    def failed(self, severity: Severity) -> list[RuleResult]:
        """The rules of that severity that were broken."""
        return [rule for rule in self.rules if rule.severity == severity and not rule.success]

    def as_dict(self) -> dict[str, Any]:
        """The result as JSON-like values."""
        return {
            "suite": self.suite,
            "success": self.success,
            "fatal": len(self.failed("fatal")),
            "warnings": len(self.failed("warning")),
            "rules": [asdict(rule) | {"meaning": all_languages(rule.meaning)} for rule in self.rules],
            "skipped": self.skipped,
            "unjudged": [asdict(figure) for figure in self.unjudged],
        }


def require(results: Iterable[SuiteResult]) -> None:
    """Raise unless every fatal rule passed.

    Raises
    ------
    ValidationError
        If not; it names suite, rule, column and count, and no values.
    """
    broken = [(result.suite, rule) for result in results for rule in result.failed("fatal")]
    if broken:
        raise ValidationError(
            _("Validation failed: {rules}.", rules="; ".join(_line(suite, rule) for suite, rule in broken)),
            _("Correct these at their source, then run again; the Data Docs in the work folder show every rule."),
        )


def _line(suite: str, rule: RuleResult) -> str:
    named = ", ".join(rule.months[:_NAMED_MONTHS])
    more = ", …" if len(rule.months) > _NAMED_MONTHS else ""
    months = f": {named}{more}" if named else ""
    return f"{suite}.{rule.column}: {rule.rule} ({rule.failing:,} of {rule.rows:,}{months})"


def broken_rules(work: Workspace, suites: Iterable[str]) -> list[tuple[str, dict[str, Any]]]:
    """Rules that are broken by the last validation: the suite, and the rule's result."""
    results = [(name, read_json(work.validation(name), {})) for name in suites]
    return [(name, rule) for name, result in results for rule in result.get("rules", ()) if not rule["success"]]
