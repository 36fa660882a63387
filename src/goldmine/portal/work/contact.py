"""A contact as a person reports it, and whether its values can be stored."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from goldmine.contract.tables import CONTACT_CHANNELS, CONTACTS
from goldmine.portal.clock import today
from goldmine.portal.work.errors import WorkError
from goldmine.portal.work.status import WRONG_NUMBER

ANSWERS = (*CONTACTS.column("answer").codes, WRONG_NUMBER)
"""Codes of an answer: those of the contract's contacts, and ``wrong_number``."""
CALLED_BACK = ("later", "yes")
"""Answers after which a customer may be called again on a day."""
_LONGEST_NOTE = 2000
_LARGEST = Decimal(10) ** 15


@dataclass(frozen=True)
class Contact:
    """A contact and what came of it.

    Parameters
    ----------
    customer_id, list_name : str
        The row that was worked: customer, and campaign or service.
    answer : str
        One of `ANSWERS`.
    contacted_on : date, optional
        The day; None: today.
    channel : str, optional
        None: the row's.
    note : str
        What the person wrote down. A refusal in it counts, also a possible one.
    call_back_on : date, optional
        After ``later`` or ``yes``: the day on which to call again. None after ``later``: the daily queue's rule.
    promised : str
        What was promised for that day.
    product_id : str
        After ``bought``: what.
    amount : Decimal, optional
        After ``bought``: for how many yuan.
    certain : bool
        False with ``opt_out``: what was said was not understood, may be a refusal, and counts as one until corrected.
    """

    customer_id: str
    list_name: str
    answer: str
    contacted_on: date | None = None
    channel: str | None = None
    note: str = ""
    call_back_on: date | None = None
    promised: str = ""
    product_id: str = ""
    amount: Decimal | None = None
    certain: bool = True


def check_values(contact: Contact) -> None:
    """Refuse a contact whose values cannot be stored, whichever row it is of.

    Raises
    ------
    WorkError
        With the reason.
    """
    day = contact.contacted_on or today()
    texts = (contact.customer_id, contact.list_name, contact.note, contact.promised, contact.product_id)
    faults = {
        "text": any("\x00" in text for text in texts)
        or max(len(contact.note), len(contact.promised)) > _LONGEST_NOTE
        or len(contact.product_id) > 64,
        "answer": contact.answer not in ANSWERS,
        "channel": contact.channel is not None and contact.channel not in CONTACT_CHANNELS,
        "future": day > today(),
        "call_back_day": (contact.call_back_on is not None or bool(contact.promised))
        and not _call_back_fits(contact, day),
        "amount": contact.amount is not None
        and (contact.answer != "bought" or not contact.amount.is_finite() or not 0 < contact.amount < _LARGEST),
    }
    for reason, broken in faults.items():
        if broken:
            raise WorkError(reason)


def _call_back_fits(contact: Contact, day: date) -> bool:
    again = contact.call_back_on
    return contact.answer in CALLED_BACK and again is not None and day <= again <= day + timedelta(days=366)
