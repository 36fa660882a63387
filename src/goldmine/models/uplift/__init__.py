"""Uplift: the effect of a randomised treatment, and whom it changes most."""
