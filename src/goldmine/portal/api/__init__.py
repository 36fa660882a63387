"""The API, ``/api/v1``: lists, rows, offers of one customer, results and releases for other systems."""

from goldmine.portal.api.api import api

__all__ = ["api"]
