"""Validation: suites of rules in `expectations/`, counted by DuckDB and judged by Great Expectations."""

from goldmine.validation.results import RuleResult, SuiteResult, require
from goldmine.validation.run import validate_bank, validate_file

__all__ = ["RuleResult", "SuiteResult", "require", "validate_bank", "validate_file"]
