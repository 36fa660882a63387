"""Reporting: head-office, branch and employee views of the same figures, from one table of definitions."""
