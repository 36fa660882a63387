"""Governance: what a model must pass before it may train, score or replace another, and the journal of it."""
