"""Offers of one customer."""

from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Path, Router

from goldmine.portal.api.errors import not_there
from goldmine.portal.api.lists import REFUSALS
from goldmine.portal.api.schemas import OfferOut, OffersOut
from goldmine.portal.api.tokens import Bearer
from goldmine.portal.look_up import look_up

router = Router(tags=["customers"])


@router.get(
    "/customers/{customer_id}/offers",
    response={200: OffersOut, **REFUSALS},
    auth=Bearer("customers"),
    operation_id="offers",
)
def offers(request: HttpRequest, customer_id: Annotated[str, Path(max_length=64)]) -> dict[str, Any]:
    """The best offers to make to a customer now; each call is an exposure, so call it when they are about to be shown.

    No offer is no news of the customer: it may be that there is none, or that they are to be left alone.
    """
    found = look_up(request.user, customer_id.replace("\x00", ""), "api")
    if found.customer is None:
        raise not_there()
    return {
        "customer_id": found.customer.customer_id,
        "release_id": found.customer.release.release_id,
        "offers": [{name: getattr(row, name) for name in OfferOut.model_fields} for row in found.offers],
    }
