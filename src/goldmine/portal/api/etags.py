"""ETags: whether what a client has is still what it would get."""

import json
from hashlib import sha256
from typing import Any

from django.db.models import Count, Max, Sum
from django.http import HttpRequest, HttpResponse

from goldmine.portal.models import Result, User
from goldmine.portal.scope import visible


def rows_etag(user: User, rows: Any, *asked: str) -> str:
    """ETag of some rows without reading them one by one.

    Rows of a release change in their status only, and they leave when their customer opts out; a status changes with a
    result. So which rows there are, by status, and the newest result tell every change.

    Parameters
    ----------
    rows : django.db.models.QuerySet
        Of `ListRow`, those the user may see.
    asked : str
        What else makes the answer: filter, format.
    """
    groups = rows.order_by("release_id", "status").values_list("release_id", "status")
    groups = groups.annotate(Count("id"), Sum("id"), Max("id"))
    newest = visible(user, Result).aggregate(newest=Max("id"))["newest"]
    return content_etag(
        json.dumps([list(asked), [[str(value) for value in group] for group in groups], newest]).encode()
    )


def content_etag(content: bytes) -> str:
    """ETag of the content itself."""
    return f'"{sha256(content).hexdigest()[:32]}"'


def unchanged(request: HttpRequest, etag: str) -> HttpResponse | None:
    """304 if the client says that it has this; None if it has to be sent."""
    known = [name.strip().removeprefix("W/") for name in request.headers.get("If-None-Match", "").split(",")]
    if etag not in known and "*" not in known:
        return None
    return with_etag(HttpResponse(status=304), etag)


def with_etag(response: Any, etag: str) -> Any:
    """The answer with its ETag, for the client alone to keep."""
    response["ETag"] = etag
    response["Cache-Control"] = "private, no-cache"
    return response
