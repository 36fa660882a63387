"""One customer looked up by number: the best offers to make now, each recorded with the chance it had.

A customer in a control group or the hold-out has no offer, one whom the lobby's draw left out is shown none: for
whoever looks up, these are the same as a customer without an offer, and cost the same work.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from goldmine.portal.clock import now, today
from goldmine.portal.databases import unhurried_transaction
from goldmine.portal.journal import record
from goldmine.portal.lobby import Draw, draw
from goldmine.portal.models import Customer, Exposure, ListRow, User
from goldmine.portal.persons import survivor
from goldmine.portal.row_security import system_task
from goldmine.portal.scope import current_release, looked_up
from goldmine.portal.work.status import TO_WORK

OFFERS_AT_MOST = 3
Place = Literal["counter", "api"]


@dataclass(frozen=True)
class LookUp:
    """What is shown of a customer.

    Parameters
    ----------
    customer : Customer, optional
        None: there is none of this number whom the user may look up.
    offers : tuple of ListRow
        The best first; empty: none is to be made.
    """

    customer: Customer | None
    offers: tuple[ListRow, ...]


@system_task()
def look_up(user: User, customer_id: str, place: Place) -> LookUp:
    """Find a customer and the offers to make now, and record the look-up before it is shown.

    An offer is made while it is valid, nobody has worked it off, and the customer has not opted out. That a number is
    unknown is logged, and not the number: it may be a telephone's. A number that was merged away finds the person.

    Parameters
    ----------
    customer_id : str
        The number as the bank's tables write it.
    place : {"counter", "api"}
        Where the offers are shown.
    """
    customer = looked_up(user, Customer, customer_id).first()
    if customer is None and (kept := survivor(customer_id)) != customer_id:
        customer_id, customer = kept, looked_up(user, Customer, kept).first()
    offers = _best(looked_up(user, ListRow, customer_id))
    result = draw(customer_id)
    shown = offers if result.drawn else ()
    made = [f"{row.list_name}:{row.offer}" for row in shown]
    subject = f"customer:{customer_id}" if customer else ""
    record(user, "look_up", subject, place=place, known=customer is not None, offers=made)
    if customer is None:
        return LookUp(None, ())
    _record(user, customer, offers, (place, result))
    return LookUp(customer, shown)


def _best(rows: Iterable[ListRow]) -> tuple[ListRow, ...]:
    """The offers to make of a customer's few rows, the one of the highest expected value first."""
    day = today()
    open_rows = [
        row
        for row in rows
        if row.kind == "campaign" and row.status in TO_WORK and (row.valid_until is None or row.valid_until >= day)
    ]
    by_value = sorted(open_rows, key=lambda row: (row.expected_value is None, -(row.expected_value or 0), row.pk))
    return tuple(by_value[:OFFERS_AT_MOST])


def _record(user: User, customer: Customer, offers: tuple[ListRow, ...], shown: tuple[Place, Draw]) -> None:
    (place, result), release = shown, current_release()
    look_ups = {
        "at": now(),
        "user": user,
        "branch_id": user.branch_id,
        "place": place,
        "release": release.release_id if release else "",
        "customer_id": customer.customer_id,
        "drawn": result.drawn,
        "chance": result.chance,
    }
    exposures = [
        Exposure(**look_ups, list_name=row.list_name, offer=row.offer if result.drawn else "") for row in offers
    ]
    # The audit log holds the look-up and its offers on the disk already.
    with unhurried_transaction():
        Exposure.objects.bulk_create(exposures or [Exposure(**look_ups)])
