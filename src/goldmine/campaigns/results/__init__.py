"""Import of campaign results: rows are checked one by one and stored as contacts."""

from goldmine.campaigns.results.import_results import Imported, import_outcomes

__all__ = ["Imported", "import_outcomes"]
