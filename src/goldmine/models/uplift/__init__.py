"""Uplift: the effect of a randomised treatment, and the ranking of customers by it."""
