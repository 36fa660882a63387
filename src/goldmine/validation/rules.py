"""The suites: what the contract implies of a table, and its file in `expectations/`; a rule an expectation."""

import json
from dataclasses import dataclass
from typing import Any, Literal

from goldmine.contract.tables import TABLES
from goldmine.core.errors import SettingsError
from goldmine.core.i18n import _
from goldmine.core.layouts import LAYOUTS
from goldmine.core.workspace import home
from goldmine.validation.contract_rules import contract_rules, layout_rules
from goldmine.validation.month_rules import month_rules

Severity = Literal["fatal", "warning"]
Grain = Literal["row", "key", "month", "part", "column", "table"]

FILE_SUITES = tuple(LAYOUTS)
"""Suites of the files that Goldmine itself writes; all others are named after a canonical table."""

_SEVERITIES: dict[str, Severity] = {"critical": "fatal", "warning": "warning"}


@dataclass(frozen=True)
class Rule:
    """One rule of a suite.

    Parameters
    ----------
    name, column : str
        Its name, unlike any other in the suite, and the column it is about.
    breaks : str
        A DuckDB condition, true where the rule is broken. ``getvariable('data_until')`` and the like read a parameter.
    of : str
        What is looked at: every ``row``; every ``key`` that stands more than once (`copies` and `versions` that
        differ); every ``month`` from the first to the last of the books, or every ``part`` of one (their columns are
        those of `goldmine.validation.month_profiles`); every number ``column``
        (`name`, `rows`, `empty`, `infinite`); or the ``table`` as a whole (`rows`, `columns`).
    key : tuple of str
        Columns of the key, where `of` is ``key``.
    mostly : float
        Least share, 0 to 1, that must keep the rule.
    needs : tuple of str
        What must be there for the rule to apply: ``column``, ``table.column`` of the bank, ``$parameter``.
    severity : str
        Whether a failure is ``fatal`` or a ``warning``.
    config : dict
        The expectation as it stands in the file.
    shown : str
        The figure that is said of each month which breaks the rule; empty if the month alone says it.
    """

    name: str
    column: str
    breaks: str
    of: Grain
    key: tuple[str, ...]
    mostly: float
    needs: tuple[str, ...]
    severity: Severity
    config: dict[str, Any]
    shown: str = ""


def load_rules(suite: str) -> tuple[Rule, ...]:
    """The rules of a suite: those that its table's contract or its file's layout implies, then those of its file.

    A rule of the file takes the place of an implied one of the same name.

    Raises
    ------
    SettingsError
        If there is no such suite, or its file is not one.
    """
    path = home() / "expectations" / f"{suite}.json"
    try:
        written = [_rule(config) for config in json.loads(path.read_text("utf-8"))["expectations"]]
    except FileNotFoundError as error:
        raise SettingsError(
            _("expectations: there is no suite {suite}.", suite=repr(suite)), _("Restore its file from the repository.")
        ) from error
    except (ValueError, KeyError) as error:
        raise SettingsError(
            _(
                "{name}: is not a suite of rules ({type}: {error}).",
                name=path.name,
                type=type(error).__name__,
                error=error,
            ),
            _("Compare it with another file in expectations/."),
        ) from error
    implied = [_rule(config) for config in _implied(suite)]
    names = {rule.name for rule in written}
    return (*(rule for rule in implied if rule.name not in names), *written)


def _rule(config: dict[str, Any]) -> Rule:
    kwargs = config["kwargs"]
    return Rule(
        name=kwargs["rule"],
        column=kwargs["column"],
        breaks=kwargs["breaks"],
        of=kwargs.get("of", "row"),
        key=tuple(kwargs.get("key", ())),
        mostly=kwargs.get("mostly", 1.0),
        needs=tuple(config["meta"]["needs"]),
        severity=_SEVERITIES[config["severity"]],
        config=config,
        shown=config["meta"].get("shown", ""),
    )


def _implied(suite: str) -> list[dict[str, Any]]:
    if suite in TABLES:
        return [*contract_rules(TABLES[suite]), *month_rules(suite)]
    return layout_rules(LAYOUTS[suite]) if suite in LAYOUTS else []
