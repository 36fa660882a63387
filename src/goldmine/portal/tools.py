"""MLflow and Dagster behind the portal's sign-in: where they listen, and one request passed on to them.

Neither has users of its own, so both listen on this machine alone. WSGI has no web sockets: Dagster's pages then ask
again every few seconds instead of being told; a bank's nginx can pass web sockets on itself, and asks `/auth/operator`.
"""

import os
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import urllib3
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse

from goldmine.core.errors import SettingsError

TOOLS = {"mlflow": "GOLDMINE_MLFLOW_URL", "dagster": "GOLDMINE_DAGSTER_URL"}
"""By tool, the environment variable with its address on this machine, such as ``http://127.0.0.1:5000``."""

_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_SENT = ("accept", "accept-language", "content-type", "if-none-match", "if-modified-since", "range")
"""Headers passed on to the tool: never the portal's cookies or a token."""
_ANSWERED = (
    *("content-type", "content-length", "content-encoding", "content-disposition", "content-range", "accept-ranges"),
    *("etag", "last-modified", "cache-control", "vary", "location"),
)
"""Headers passed back: never a cookie of the tool."""
_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; worker-src 'self' blob:; connect-src 'self'; "
    "object-src 'none'; base-uri 'self'; frame-ancestors 'self'"
)
"""What the tools' own pages need, and nothing from elsewhere."""
_ARTIFACT_POLICY = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:"
"""A file of a run is shown without scripts, whatever it holds."""
_TIMEOUT = urllib3.Timeout(connect=2, read=50)
_CHUNK = 65_536
_pool = urllib3.PoolManager(maxsize=32, retries=False, timeout=_TIMEOUT)


def tool_address(name: str) -> str | None:
    """Address of a tool; None if none is set.

    Raises
    ------
    SettingsError
        If it is not on this machine: whoever reaches it there needs no password.
    """
    address = os.environ.get(TOOLS[name], "").rstrip("/")
    if not address:
        return None
    parts = urlsplit(address)
    if parts.scheme != "http" or parts.hostname not in _LOOPBACK or parts.path or parts.username:
        raise SettingsError(
            f"{TOOLS[name]}: is not an address of this machine.", "Give it as http://127.0.0.1:5000, without a path."
        )
    return address


def pass_on(request: HttpRequest, address: str) -> HttpResponse | StreamingHttpResponse:
    """Send a request to a tool under the same path, and its answer back while it comes in.

    Raises
    ------
    urllib3.exceptions.HTTPError
        If the tool does not answer.
    """
    user: Any = request.user
    headers = {name: request.headers[name] for name in _SENT if name in request.headers}
    headers |= {"X-Goldmine-User": user.get_username(), "Accept-Encoding": request.headers.get("Accept-Encoding", "")}
    answer = _pool.request(
        request.method or "GET",
        address + request.get_full_path(),
        body=request.body or None,
        headers=headers,
        redirect=False,
        preload_content=False,
        decode_content=False,
    )
    back = {name: value for name, value in answer.headers.items() if name.lower() in _ANSWERED}
    if "location" in {name.lower() for name in back}:
        back = {name: _local(value, address) if name.lower() == "location" else value for name, value in back.items()}
    policy = _ARTIFACT_POLICY if "artifact" in request.path else _POLICY
    return StreamingHttpResponse(
        _parts(answer), status=answer.status, headers=back | {"Content-Security-Policy": policy}
    )


def _local(location: str, address: str) -> str:
    """A redirection within the tool as one within the portal."""
    return location.removeprefix(address) or "/"


def _parts(answer: Any) -> Iterator[bytes]:
    try:
        yield from answer.stream(_CHUNK, decode_content=False)
    finally:
        answer.release_conn()
