"""Activity: raw rows are read once, ever, into month x customer aggregates."""

from goldmine.activity.build import ActivityReport, build_activity

__all__ = ["ActivityReport", "build_activity"]
