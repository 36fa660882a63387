"""Which rows of lists are asked for: one filter, its order and its pages, for pages, downloads and the API."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Annotated, Any, Literal

from django.core import signing
from django.core.cache import cache
from django.db import models
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from goldmine.core import fingerprint
from goldmine.core.errors import GoldmineError
from goldmine.core.i18n import LocalizedText, _
from goldmine.portal.models import ListRow, User
from goldmine.portal.persons import survivors
from goldmine.portal.scope import current_release_id, scope_key, visible

COUNTED = 10_000
"""Rows are counted up to here; more are shown as ``10,000+``."""
PAGE_SIZE = 50
_REMEMBERED = 600

Status = Literal["open", "call_back", "done", "refused"]
Channel = Literal["call", "visit", "sms", "app", "counter", "wechat"]
Sort = Literal["rank", "customer", "manager"]

_ORDERS: dict[Sort, tuple[str, ...]] = {
    "rank": ("list_name", "rank", "id"),
    "customer": ("customer_id", "id"),
    "manager": ("manager_id", "list_name", "rank", "id"),
}
"""Columns of each order; indexes begin with them, and none of them is ever empty."""
_COLUMNS = (
    *("list_name", "branch_id", "manager_id", "grid_id", "product_id"),
    *("decile", "status", "channel", "valid_until"),
)
"""Columns that a filter names one value of."""
_SALT = "goldmine.portal.cursor"
_CONTROL = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


class FilterError(GoldmineError):
    """A filter or a cursor that cannot be used; both lines are texts for the person who asked.

    Parameters
    ----------
    status : int
        HTTP status of the answer.
    """

    def __init__(self, what: LocalizedText, do: LocalizedText, status: int = 400) -> None:
        super().__init__(what, do)
        self.status = status


def _printable(text: str) -> str:
    if _CONTROL.search(text):
        raise ValueError("control characters")
    return text


def _day(value: Any) -> Any:
    if isinstance(value, str) and not _DAY.fullmatch(value):
        raise ValueError("no day")
    return value


Code = Annotated[str, Field(max_length=80), AfterValidator(_printable)]
Day = Annotated[date, BeforeValidator(_day)]


class RowFilter(BaseModel):
    """Which rows of the current release's lists are asked for, and in which order. What is empty does not filter.

    Parameters
    ----------
    list_name, branch_id, manager_id, grid_id, product_id, channel : str
        Values of these columns; a list's name is a use case, a campaign or a kind of service. What is out of the
        user's scope finds nothing.
    decile : int
        1 to 10; 1 is the best.
    status : {"open", "call_back", "done", "refused"}
        What came of the contact so far.
    valid_until : date
        Last day of the rows.
    search : str
        A customer number, the last four digits of a telephone, or the first letters of a name's pinyin.
    sort : {"rank", "customer", "manager"}
        By list and rank, by customer number, or by manager and then by rank.

    Examples
    --------
    >>> RowFilter.model_validate({"decile": "10", "branch_id": "", "valid_until": "2024-09-30"}).given()
    {'decile': '10', 'valid_until': '2024-09-30'}
    """

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    list_name: Code = ""
    branch_id: Code = ""
    manager_id: Code = ""
    grid_id: Code = ""
    product_id: Code = ""
    decile: Annotated[int, Field(ge=1, le=10)] | None = None
    status: Status | None = None
    channel: Channel | None = None
    valid_until: Day | None = None
    search: Annotated[str, Field(max_length=64), AfterValidator(_printable)] = ""
    sort: Sort = "rank"

    @model_validator(mode="before")
    @classmethod
    def _without_blanks(cls, values: Any) -> Any:
        """Fields that a form sends empty were not filled in."""
        return {name: value for name, value in values.items() if value != ""} if isinstance(values, dict) else values

    def given(self) -> dict[str, str]:
        """What differs from the default, as texts: for addresses, downloads and the journal."""
        return {name: str(value) for name, value in self.model_dump(mode="json", exclude_defaults=True).items()}

    @cached_property
    def order(self) -> tuple[str, ...]:
        """Columns that the rows are sorted by; those that have one value only, because of the filter, are left out."""
        return tuple(name for name in _ORDERS[self.sort] if name == "id" or not getattr(self, name, ""))


def read_filter(query: Mapping[str, Any]) -> RowFilter:
    """A filter from the parameters of an address.

    Raises
    ------
    FilterError
        If a parameter is unknown, stands there twice, or has a value that is not allowed.
    """
    values = {name: query.getlist(name) if hasattr(query, "getlist") else [query[name]] for name in query}
    repeated = next((name for name, given in values.items() if len(given) != 1), None)
    if repeated is not None:
        raise FilterError(_("The filter {name} stands there twice.", name=repeated[:40]), _("Give it once."))
    try:
        return RowFilter.model_validate({name: given[0] for name, given in values.items()})
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        raise _refused(str(first["loc"][0]) if first["loc"] else "", first["type"]) from None


def _refused(name: str, kind: str) -> FilterError:
    if kind == "extra_forbidden":
        known = ", ".join(RowFilter.model_fields)
        return FilterError(_("There is no filter {name}.", name=name[:40]), _("Allowed: {names}.", names=known))
    allowed = {
        "status": _("open, call_back, done or refused"),
        "channel": _("call, visit, sms, app, counter or wechat"),
        "sort": _("rank, customer or manager"),
        "decile": _("a whole number from 1 to 10"),
        "valid_until": _("a day such as 2024-06-30"),
    }.get(name, _("a text of one line, 64 characters at most"))
    return FilterError(
        _("The filter {name} has a value that is not allowed.", name=name), _("Allowed: {names}.", names=allowed)
    )


def filtered(user: User, wanted: RowFilter) -> Any:
    """The rows that a user may see and the filter asks for, in its order.

    Returns
    -------
    django.db.models.QuerySet
        Of `ListRow`.
    """
    rows = visible(user, ListRow)
    values = {name: getattr(wanted, name) for name in _COLUMNS}
    rows = rows.filter(**{name: value for name, value in values.items() if value not in (None, "")})
    if wanted.search:
        rows = rows.filter(_found_by(wanted.search))
    return rows.order_by(*wanted.order)


def _found_by(text: str) -> models.Q:
    """Rows with a customer number, or with a telephone's last four digits or a name's initials if it can be these.

    A number that was merged away finds the rows of the one that survives.
    """
    numbers = {text, text.upper()}
    found = models.Q(customer_id__in=numbers | set(survivors(numbers).values()))
    if re.fullmatch("[0-9]{4}", text):
        return found | models.Q(phone_end=text)
    if re.fullmatch("[A-Za-z]{1,16}", text):
        return found | models.Q(initials=text.lower())
    return found


@dataclass(frozen=True)
class Counted:
    """A number of rows: exact, or "so many and more"."""

    n: int
    more: bool

    def __str__(self) -> str:
        return f"{self.n:,}+" if self.more else f"{self.n:,}"


def capped_count(rows: Any, most: int = COUNTED) -> Counted:
    """Count rows up to a limit, so that a count costs the same however many there are."""
    n = rows.order_by().values("pk")[: most + 1].count()
    return Counted(min(n, most), n > most)


def count_shown(user: User, wanted: RowFilter, rows: Any) -> Counted:
    """The count of a filter's rows as pages show it. That it is over the limit is remembered for ten minutes.

    Counting ten thousand rows costs more than the rest of a page, and so many do not become few meanwhile.
    """
    parts = [current_release_id(), scope_key(user), wanted.model_copy(update={"sort": "rank"}).given()]
    key = f"more:{fingerprint.of_value(parts)}"
    if cache.get(key):
        return Counted(COUNTED, more=True)
    counted = capped_count(rows)
    if counted.more:
        cache.set(key, True, _REMEMBERED)
    return counted


@dataclass(frozen=True)
class RowPage:
    """Rows of one page.

    Parameters
    ----------
    rows : list of ListRow
        The page's.
    cursor : str
        Of the next page; empty: this is the last.
    of_filter : QuerySet
        The rows of all pages, not read yet: for a count.
    """

    rows: list[ListRow]
    cursor: str
    of_filter: Any


def page_of(user: User, wanted: RowFilter, cursor: str = "", size: int = PAGE_SIZE) -> RowPage:
    """The page of a filter's rows that a cursor points at; the first one without a cursor.

    Raises
    ------
    FilterError
        If the cursor was changed, is another filter's, or belongs to a release that is not shown any more.
    """
    of_filter = rows = filtered(user, wanted)
    if cursor:
        rows = rows.filter(_after(wanted.order, _position(cursor, wanted)))
    shown = list(rows[: size + 1])
    if len(shown) <= size:
        return RowPage(shown, "", of_filter)
    last = shown[size - 1]
    position = {"release": last.release_id, "filter": wanted.given(), "at": [getattr(last, k) for k in wanted.order]}
    return RowPage(shown[:size], signing.dumps(position, salt=_SALT, compress=True), of_filter)


def _position(cursor: str, wanted: RowFilter) -> list[Any]:
    again = _("Go back to the first page.")
    try:
        position = signing.loads(cursor, salt=_SALT)
    except signing.BadSignature:
        raise FilterError(_("The place in the list that this address names cannot be read."), again) from None
    if position["filter"] != wanted.given():
        raise FilterError(_("The place in the list that this address names is another filter's."), again)
    if position["release"] != current_release_id():
        raise FilterError(_("A newer release is shown since this page was opened."), again, status=410)
    return list(position["at"])


class _Row(models.Func):
    """Several values as one, which databases compare from left to right."""

    template = "(%(expressions)s)"
    output_field = models.Field()


class _Greater(models.Func):
    template = "%(expressions)s"
    arg_joiner = " > "
    output_field = models.BooleanField()


def _after(order: tuple[str, ...], position: list[Any]) -> models.Func:
    """Whether a row comes after a position: one comparison of rows, which an index answers from its middle on."""
    fields = [ListRow._meta.get_field(name) for name in order]
    values = [models.Value(value, output_field=field) for value, field in zip(position, fields, strict=True)]
    return _Greater(_Row(*(models.F(name) for name in order)), _Row(*values))
