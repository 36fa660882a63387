"""Tiered maintenance: who looks after whom, how often they get in touch, who takes over when a person leaves."""

from goldmine.coverage.customer_balances import Books
from goldmine.coverage.plan import Care, can_care, make_care, read_care
from goldmine.coverage.rules import CareRules, load_care_rules

__all__ = ["Books", "Care", "CareRules", "can_care", "load_care_rules", "make_care", "read_care"]
