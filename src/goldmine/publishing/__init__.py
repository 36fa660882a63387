"""Lists: who may be contacted, in which order and why; written, checked and published as one release."""

from goldmine.publishing.publish import publish
from goldmine.publishing.release_store import ListSummary, Release, latest_lists, read_latest

__all__ = ["ListSummary", "Release", "latest_lists", "publish", "read_latest"]
