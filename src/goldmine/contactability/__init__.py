"""Contactability: who may be contacted for what, through which channel; one rule set that every list and page asks."""
