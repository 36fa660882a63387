"""Lists: who may be contacted, in which order and why; written, checked and published as one release."""

from goldmine.publishing.latest_lists import ListSummary, latest_lists
from goldmine.publishing.publish import publish
from goldmine.publishing.release_store import Release, read_latest

__all__ = ["ListSummary", "Release", "latest_lists", "publish", "read_latest"]
