"""Contactability: who may be contacted for what, through which channel; one rule set that every list and page asks."""

from goldmine.contactability.permission import Permissions, may_contact
from goldmine.contactability.tables import ContactTables

__all__ = ["ContactTables", "Permissions", "may_contact"]
