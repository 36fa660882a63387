"""Outcome kinds, one a file: its YAML keys, the tables that it needs, its query and its description."""
