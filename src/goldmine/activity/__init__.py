"""Activity: raw rows, aggregated once into a row a month and customer."""

from goldmine.activity.build import ActivityReport, build_activity

__all__ = ["ActivityReport", "build_activity"]
