"""Validation: suites of rules in `expectations/`, counted by DuckDB and evaluated by Great Expectations."""

from goldmine.validation.results import RuleResult, SuiteResult, require
from goldmine.validation.run import FileToCheck, validate_bank, validate_file, validate_files

__all__ = [
    "FileToCheck",
    "RuleResult",
    "SuiteResult",
    "require",
    "validate_bank",
    "validate_file",
    "validate_files",
]
