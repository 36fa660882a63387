"""Drift: whether those who are scored are still like those who were learnt from, and what that does to the list."""
