"""Check whether a returned row can be stored, and if not, why."""

import re
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache

from goldmine.campaigns.results.answer_text import OPT_OUT, Answer, understand
from goldmine.contract.tables import RELATIONSHIP
from goldmine.core.columns import column
from goldmine.core.i18n import _, all_languages, pgettext
from goldmine.core.sheet import Cell, Formula, Sheet

LATE_DAYS = 90
"""So many days after its offer's last day a contact still counts: some are made late, none a year later."""
REASONS = {
    "formula": _("a cell holds a formula"),
    "no_campaign": _("no such campaign in any release"),
    "no_customer": _("customer number is missing"),
    "no_such_customer": _("no such customer in the bank's tables (are leading zeros lost?)"),
    "never_listed": _("customer was never on a list of this campaign (are leading zeros lost?)"),
    "no_date": _("contacted on is missing or no date"),
    "before": _("contacted before the release"),
    "future": _("contacted in the future"),
    "late": _("contacted more than {days} days after the offer ended (is the year right?)", days=LATE_DAYS),
    "channel": _("channel is not known"),
    "answer": _("answer is not known"),
    "unclear": _("answer may be a refusal and counts as one until the row is corrected"),
    "twice": _("stands twice in the file, with different results"),
    "text": _("a text is too long, or an amount is none"),
    "other": _("another result of this contact was imported before"),
}
"""Why a row is rejected."""
REFUSED = _("the refusal counts all the same")
"""Added to the reason of a rejected row whose refusal counts."""

_OTHER_WORDS = {
    "channel": {
        "visit": pgettext("other words for a visit", "went there"),
        "call": pgettext("other words for a call", "called"),
        "counter": pgettext("other words for the counter", "desk"),
        "wechat": pgettext("other words for WeChat", "weixin"),
    },
    "answer": {
        "yes": pgettext("other words for yes", "interested"),
        "no": pgettext("other words for no", "not interested"),
        "later": pgettext("other words for later", "call again"),
        "not_reached": pgettext("other words for not reached", "no answer"),
    },
}
"""Other words for a code, separated by commas; whole sentences are understood by `answer_text`."""
_FORMS = ("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d")
_FORMS_WITHOUT_YEAR = ("%m-%d", "%m/%d")
_WRITTEN_OUT = pgettext("form of a date", "%d %B %Y")
_WITHOUT_YEAR = pgettext("form of a date without a year", "%d %B")
_DAYS_AGO = pgettext("days, the nearest first", "today,yesterday,the day before yesterday")
_SERIAL = re.compile(r"[45]\d{4}")
_A_YEAR = timedelta(days=366)
_FIRST_DAY = date(1899, 12, 30)
"""Day 0 of a spreadsheet: a date whose format was lost is a number of days, 40000 to 59999."""
_TIME = re.compile(r"[ T]\d{1,2}:\d{2}(:\d{2})?(\.\d+)?$")


@dataclass(frozen=True)
class Result:
    """One returned contact.

    Parameters
    ----------
    campaign_id, customer_id, contacted_on, channel, answer, note : str, date or None
        As the contract's table ``contacts`` has them.
    certain : bool
        Whether the answer was understood; a refusal that is only possible waits for a correction.
    amount, product : Decimal, str or None
        What was bought and for how many yuan, where the answer says so.
    """

    campaign_id: str
    customer_id: str
    contacted_on: date
    channel: str | None
    answer: str
    note: str | None
    certain: bool = True
    amount: Decimal | None = None
    product: str | None = None


@dataclass(frozen=True)
class Checked:
    """A checked row: a result to store, a reason to reject the row, or, for a refusal, both.

    Parameters
    ----------
    result : Result or None
        The result to store.
    fault : str or None
        Name of the reason.
    """

    result: Result | None
    fault: str | None


@dataclass(frozen=True)
class Listing:
    """When a customer was on the lists of a campaign.

    Parameters
    ----------
    first : date
        The first snapshot that listed the customer.
    until : date, optional
        The last day of the last offer.
    """

    first: date
    until: date | None

    def too_late(self, day: date) -> bool:
        """Whether a contact on a day is none of these offers.

        Examples
        --------
        >>> offered = Listing(date(2024, 6, 30), date(2024, 8, 29))
        >>> offered.too_late(date(2024, 11, 27)), offered.too_late(date(2024, 11, 28))
        (False, True)
        """
        return self.until is not None and day > self.until + timedelta(days=LATE_DAYS)


@dataclass(frozen=True)
class Known:
    """Known campaigns and customers, against which rows are checked.

    Parameters
    ----------
    listed : mapping of (str, str) to Listing
        Campaign and customer of every offer ever released.
    campaigns : mapping of str to str
        All released campaigns: by code, and by title where no two have the same, in lower case.
    today : date
        The day of the import.
    customers : collection of str
        Customers whose refusal can be stored: everybody ever listed, and the bank's customers.
    saved_on : date, optional
        Day on which the file was last saved: words such as yesterday are counted from it, if it is before `today`.
    """

    listed: Mapping[tuple[str, str], Listing]
    campaigns: Mapping[str, str]
    today: date
    customers: Collection[str]
    saved_on: date | None = None

    def written_on(self, first: date | None) -> date:
        """The day on which a row of a customer first listed on a day was written, as far as it is known."""
        saved_on = min(self.saved_on or self.today, self.today)
        return saved_on if first is None or saved_on > first else self.today


def check_row(cells: Mapping[str, Cell], known: Known) -> Checked:
    """Check one row.

    An opt-out counts whatever else is wrong with the row: only the customer must be known. If its date cannot be used,
    the day of the import replaces it; other unusable values are left empty.

    Parameters
    ----------
    cells : mapping of str to Cell
        By code name of the column; ``amount`` and ``product`` only where the portal gives them, files have them in
        the answer.
    known : Known
        Known campaigns and customers.
    """
    formula = any(isinstance(cell, Formula) for cell in cells.values())
    cells = {name: None if isinstance(cell, Formula) else cell for name, cell in cells.items()}
    campaign, customer = _campaign(cells.get("campaign_id"), known), customer_number(cells.get("customer_id"))
    listing = known.listed.get((campaign, customer))
    service, first = campaign == RELATIONSHIP, listing.first if listing else None
    day = _day(cells.get("contacted_on"), known.written_on(first), known.today - _A_YEAR if service else first)
    channel = _codes("channel").get(_word(cells.get("channel")))
    note = _text(cells.get("note")) or None
    answer = _answer(cells.get("answer"), note)
    faults = {
        "formula": formula,
        "no_campaign": not service and campaign not in known.campaigns.values(),
        "no_customer": not customer,
        "no_such_customer": service and customer not in known.customers,
        "never_listed": not service and listing is None,
        "no_date": day is None,
        "before": day is not None and first is not None and day <= first,
        "future": day is not None and day > known.today,
        "late": day is not None and listing is not None and listing.too_late(day),
        "channel": channel is None,
        "answer": answer is None,
        "unclear": answer is not None and not answer.certain,
    }
    fault = next((name for name, broken in faults.items() if broken), None)
    if fault is None and answer is not None and day is not None:
        amount = Decimal(_text(cells["amount"])) if cells.get("amount") else answer.amount
        said = (answer.code, note, True, amount, _text(cells.get("product")) or answer.product)
        return Checked(Result(campaign, customer, day, channel, *said), None)
    if answer is None or answer.code != OPT_OUT or customer not in known.customers:
        return Checked(None, fault)
    usable = day is not None and not any(faults[name] for name in ("before", "future", "late"))
    refused_on = day if usable and day is not None else known.today
    result = Result(campaign or OPT_OUT, customer, refused_on, channel, OPT_OUT, note, certain=answer.certain)
    return Checked(result, fault)


def _campaign(cell: Cell, known: Known) -> str:
    """The code of a campaign that a row names by code or title; what is neither stays as it is."""
    text = _text(cell).strip()
    code = _codes("campaign_id").get(text.lower())
    return code or known.campaigns.get(text.lower(), text)


def customer_number(cell: Cell) -> str:
    """The customer number in a cell, which a spreadsheet may have taken for a number.

    Examples
    --------
    >>> customer_number(1000234.0), customer_number(" 0012 ")
    ('1000234', '0012')
    """
    return _text(cell).strip()


def names_customer_care(sheet: Sheet) -> bool:
    """Whether a row of a sheet is of a contact that no campaign asked for."""
    place = sheet.columns["campaign_id"]
    cells = (row[place] if place < len(row) else None for row in sheet.rows)
    return any(_codes("campaign_id").get(_word(cell)) == RELATIONSHIP for cell in cells)


def _answer(cell: Cell, note: str | None) -> Answer | None:
    """What was answered: a code or its words, or a sentence; a refusal in the note counts too."""
    code = _codes("answer").get(_word(cell))
    answer = Answer(code) if code else understand(_text(cell))
    noted = understand(note) if note else None
    return Answer(OPT_OUT) if noted == Answer(OPT_OUT) else answer


@cache
def _codes(name: str) -> dict[str, str]:
    """Codes of a column by their words in all languages."""
    codes: dict[str, str] = {}
    for code, text in column(name).words.items():
        codes |= dict.fromkeys([code, *all_languages(text).values()], code)
    for code, words in _OTHER_WORDS.get(name, {}).items():
        codes |= {word: code for text in all_languages(words).values() for word in text.split(",")}
    return {word.lower(): code for word, code in codes.items()}


def _word(cell: Cell) -> str:
    """The text of a cell in lower case, without closing punctuation."""
    return _text(cell).strip(" \t\r\n.!\u3000\u3002\uff01").lower()


def _text(cell: Cell) -> str:
    if isinstance(cell, float):
        return f"{cell:.0f}" if cell.is_integer() else repr(cell)
    return "" if cell is None else str(cell)


def _day(cell: Cell, written: date, listed: date | None) -> date | None:
    """A day: in full, in words (yesterday) as of when they were written, or without its year: the first when listed."""
    if isinstance(cell, date):
        return cell
    text = _TIME.sub("", _text(cell).strip())
    if _SERIAL.fullmatch(text):
        return _FIRST_DAY + timedelta(days=int(text))
    for words in all_languages(_DAYS_AGO).values():
        if text.lower() in words.split(","):
            return written - timedelta(days=words.split(",").index(text.lower()))
    for form in (*_FORMS, *all_languages(_WRITTEN_OUT).values()):
        with suppress(ValueError):
            return datetime.strptime(text, form).date()
    return _day_after(text, listed) if listed else None


def _day_after(text: str, listed: date) -> date | None:
    """The first day after another one that a text without a year can mean."""
    for form in (*_FORMS_WITHOUT_YEAR, *all_languages(_WITHOUT_YEAR).values()):
        for year in (listed.year, listed.year + 1):
            with suppress(ValueError):
                day = datetime.strptime(f"{text} {year}", f"{form} %Y").date()
                if day > listed:
                    return day
    return None
