"""Lists: who may be contacted, in which order and why; written, checked and published as one release."""

from goldmine.lists.publish import publish
from goldmine.lists.store import Release, read_latest
from goldmine.lists.summary import ListSummary, latest_lists

__all__ = ["ListSummary", "Release", "latest_lists", "publish", "read_latest"]
