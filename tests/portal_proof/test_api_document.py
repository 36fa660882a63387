"""The API's document against the API: generated requests, right and wrong, are never answered with 5xx."""

import os

import pytest
import schemathesis
from hypothesis import HealthCheck, settings

from goldmine.portal.api import api
from goldmine.portal.tokens import make_token
from goldmine.portal.wsgi import application

EXAMPLES = int(os.environ.get("GOLDMINE_API_EXAMPLES", "5"))
"""Requests an operation; `GOLDMINE_API_EXAMPLES=2000` for a long search."""

document = schemathesis.openapi.from_dict(api.get_openapi_schema(path_prefix="/api/v1/"))
document.app = application


@pytest.fixture
def token(users, release):
    """A token that may do all."""
    return make_token("head", ["lists", "customers", "results", "releases"], 1)


@document.parametrize()
@settings(
    max_examples=EXAMPLES,
    derandomize=True,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    database=None,
)
def test_no_request_breaks_the_api(case, token):
    answer = case.call(headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code < 500, (answer.status_code, case.as_curl_command())
