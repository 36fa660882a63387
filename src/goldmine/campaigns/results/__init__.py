"""Import of campaign results: rows are checked one by one and stored as contacts."""

from goldmine.campaigns.results.import_results import Imported, Taken, import_outcomes, take_results
from goldmine.core.sheet import Sheet

__all__ = ["Imported", "Sheet", "Taken", "import_outcomes", "take_results"]
