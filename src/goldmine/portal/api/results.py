"""Results given back."""

from typing import Any

from django.http import HttpRequest
from ninja import Router

from goldmine.core.i18n import in_language
from goldmine.portal.api.errors import ErrorAnswer, asked_language
from goldmine.portal.api.lists import REFUSALS
from goldmine.portal.api.schemas import ResultIn, ResultsIn, ResultsOut
from goldmine.portal.api.tokens import Bearer
from goldmine.portal.work import Contact, WorkError, record_result

router = Router(tags=["results"])


@router.post(
    "/results", response={200: ResultsOut, **REFUSALS, 413: ErrorAnswer}, auth=Bearer("results"), operation_id="results"
)
def results(request: HttpRequest, body: ResultsIn) -> dict[str, Any]:
    """Store what came of contacts, each on its own. Sending a result again under its key changes nothing.

    What is answered with `stored` or `repeated` is safe, whatever happens to the portal afterwards. What was refused
    says why; a customer who is not the token's user's is `not_there`, as one who does not exist.
    """
    answers = [_store(request, result) for result in body.results]
    states = [answer["state"] for answer in answers]
    return {"results": answers, **{state: states.count(state) for state in ("stored", "repeated", "refused")}}


def _store(request: HttpRequest, given: ResultIn) -> dict[str, Any]:
    contact = Contact(**given.model_dump(exclude={"key"}))
    try:
        recorded = record_result(request.user, contact, given.key, source="api")
    except WorkError as error:
        message = in_language(error.text, asked_language(request))
        return {"key": given.key, "state": "refused", "reason": error.reason, "message": message}
    return {"key": given.key, "state": "repeated" if recorded.repeated else "stored"}
