"""Tiered maintenance: customer owners, contact cadence, and hand-over when a person leaves."""

from goldmine.coverage.customer_balances import BankSnapshot
from goldmine.coverage.plan import Coverage, make_coverage, missing_for_coverage, read_coverage
from goldmine.coverage.rules import CoverageRules, load_coverage_rules

__all__ = [
    "BankSnapshot",
    "Coverage",
    "CoverageRules",
    "load_coverage_rules",
    "make_coverage",
    "missing_for_coverage",
    "read_coverage",
]
