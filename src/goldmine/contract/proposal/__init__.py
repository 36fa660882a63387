"""Proposal of a bank.yaml for tables that nobody has mapped yet: what is sure, what is guessed, what must be told."""
