"""Lists: who may be contacted, in which order and why; written, checked and published as one release."""

from goldmine.publishing.publish import publish
from goldmine.publishing.release_store import Release, read_latest
from goldmine.publishing.release_summary import ListSummary, latest_lists

__all__ = ["ListSummary", "Release", "latest_lists", "publish", "read_latest"]
