"""Tiered maintenance: who looks after whom, how often they get in touch, who takes over when a person leaves."""

from goldmine.care.books import Books
from goldmine.care.plan import Care, can_care, make_care, read_care
from goldmine.care.rules import CareRules, load_care_rules

__all__ = ["Books", "Care", "CareRules", "can_care", "load_care_rules", "make_care", "read_care"]
