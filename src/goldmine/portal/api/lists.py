"""Releases, lists and their rows."""

import json
from hashlib import file_digest, sha256
from typing import Annotated, Any

from django.db.models import Count, Max
from django.http import FileResponse, HttpRequest, HttpResponse, JsonResponse
from ninja import Query, Router

from goldmine.portal.api.errors import ErrorAnswer
from goldmine.portal.api.etags import content_etag, rows_etag, unchanged, with_etag
from goldmine.portal.api.files import COLUMNS, MEDIA_TYPES, Format, rows_file
from goldmine.portal.api.schemas import ListOut, ReleaseOut, RowsOut
from goldmine.portal.api.tokens import Bearer
from goldmine.portal.downloads import count_pulled
from goldmine.portal.filters import RowFilter, filtered, page_of, read_filter
from goldmine.portal.journal import record
from goldmine.portal.models import ListRow, Release
from goldmine.portal.scope import current_release, current_release_id, visible

router = Router(tags=["lists"])
REFUSALS = dict.fromkeys((400, 401, 403, 404, 410, 422, 429, 503), ErrorAnswer)
_OWN = ("limit", "cursor", "format")
"""Parameters of an address that are no filter."""


@router.get("/releases", response={200: list[ReleaseOut], **REFUSALS}, auth=Bearer("releases"), operation_id="releases")
def releases(request: HttpRequest) -> list[dict[str, Any]]:
    """Releases that are loaded, the newest first; `current` is the one whose rows are shown."""
    current = current_release_id()
    loaded = Release.objects.filter(waits_for_approval=False).order_by("-as_of", "-created_at")
    return [
        {
            "release_id": release.release_id,
            "as_of": release.as_of,
            "bank": release.bank,
            "created_at": release.created_at,
            "loaded_at": release.loaded_at,
            "current": release.id == current,
        }
        for release in loaded.defer("manifest")
    ]


@router.get("/lists", response={200: list[ListOut], **REFUSALS}, auth=Bearer("lists"), operation_id="lists")
def lists(request: HttpRequest) -> list[dict[str, Any]]:
    """Lists, campaigns and service contacts of the current release, with the rows that the token's user may see."""
    release = current_release()
    if release is None:
        return []
    names = visible(request.user, ListRow).order_by("kind", "list_name").values("kind", "list_name")
    return [
        {
            **row,
            "release_id": release.release_id,
            **{f"title_{language}": text for language, text in _title(release, row["list_name"]).items()},
        }
        for row in names.annotate(rows=Count("id"), valid_until=Max("valid_until"))
    ]


def _title(release: Release, name: str) -> dict[str, str]:
    campaign = release.manifest.get("campaigns", {}).get(name)
    return campaign["title"] if campaign else {"en": name, "zh": name}


def _filter_parameters() -> dict[str, Any]:
    """The filter's fields, as the document of the API shows them: `read_filter` checks them."""
    examples = {"list_name": "longtail_2024", "status": "open", "decile": 1, "ends_by": "2024-11-29"}
    parameters = []
    for name, field in RowFilter.model_json_schema()["properties"].items():
        kind = next((kind for kind in field.get("anyOf", ()) if kind["type"] != "null"), field)
        schema = {key: value for key, value in kind.items() if key not in ("title", "default")}
        parameter = {"in": "query", "name": name, "required": False, "schema": schema}
        parameters.append(parameter | ({"example": examples[name]} if name in examples else {}))
    return {"parameters": parameters}


@router.get(
    "/rows",
    response={200: RowsOut, **REFUSALS},
    auth=Bearer("lists"),
    operation_id="rows",
    openapi_extra=_filter_parameters()
    | {"responses": {200: {"content": {kind: {"schema": {"type": "string"}} for kind in MEDIA_TYPES.values()}}}},
)
def rows(
    request: HttpRequest,
    limit: Annotated[int, Query(ge=1, le=1000, description="Rows of one page.")] = 100,
    cursor: Annotated[str, Query(max_length=2000, description="`next_cursor` of the page before.")] = "",
    format: Annotated[Format | None, Query(description="All rows as one file; without it a page as JSON.")] = None,
) -> HttpResponse | FileResponse:
    """Rows of lists that the filter asks for: a page, or all of them as CSV, JSON lines or Parquet.

    Rows that a person's token pulls count in the day's allowance of downloads. The answer has an ETag: sent back as
    `If-None-Match`, it is answered with 304 while nothing has changed.
    """
    query = request.GET.copy()
    for name in _OWN:
        query.pop(name, None)
    wanted = read_filter(query)
    if format is not None:
        return _file(request, wanted, format)
    page = page_of(request.user, wanted, cursor, limit)
    body = {"rows": [_row(row) for row in page.rows], "next_cursor": page.cursor}
    response = JsonResponse(body, json_dumps_params={"ensure_ascii": False})
    etag = content_etag(json.dumps(body["rows"], default=str).encode())
    same = unchanged(request, etag)
    if same is not None:
        return same
    count_pulled(request.user, wanted, "json", len(page.rows), sha256(response.content).hexdigest())
    record(request, "view_list", "api:rows", filter=wanted.given(), rows=len(page.rows), first_page=not cursor)
    return with_etag(response, etag)


def _sha256(stream: Any) -> str:
    digest = file_digest(stream, "sha256").hexdigest()
    stream.seek(0)
    return digest


def _row(row: ListRow) -> dict[str, Any]:
    return {name: getattr(row, name) for name in COLUMNS}


def _file(request: HttpRequest, wanted: RowFilter, kind: Format) -> HttpResponse | FileResponse:
    user: Any = request.user
    found = filtered(user, wanted)
    etag = rows_etag(user, found, kind, json.dumps(wanted.given()))
    same = unchanged(request, etag)
    if same is not None:
        return same
    stream, count = rows_file(found, kind)
    digest = _sha256(stream)
    count_pulled(user, wanted, kind, count, digest)
    record(request, "download", "api:rows", filter=wanted.given(), rows=count, format=kind, sha256=digest)
    response = FileResponse(stream, content_type=MEDIA_TYPES[kind], filename=f"rows.{kind}", as_attachment=True)
    response["X-Rows"] = str(count)
    return with_etag(response, etag)
