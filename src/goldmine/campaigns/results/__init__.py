"""What came back from the field: results of campaigns, checked row by row and kept."""

from goldmine.campaigns.results.import_results import Imported, import_outcomes

__all__ = ["Imported", "import_outcomes"]
