"""The plan of one person's day: call-backs that are due, then contacts by expected value within capacity."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

import pandas as pd
from django.db.models import Q, QuerySet
from django.utils import timezone

from goldmine.campaigns.contact_hours import BANDS, load_contact_hours
from goldmine.campaigns.queue_settings import QueueSettings, load_queue_settings
from goldmine.portal.clock import today
from goldmine.portal.day.cards import Card, card, title_of
from goldmine.portal.models import CallBack, Claim, ListRow, OptOut, Release, Result, User
from goldmine.portal.row_security import system_task
from goldmine.portal.scope import current_release, visible, worked
from goldmine.portal.templating import language
from goldmine.portal.work import claimed_by_others
from goldmine.portal.work.status import NOBODY_REACHED, NOT_REACHED, TO_WORK
from goldmine.reporting.daily_queue import QUEUE_COLUMNS, plan_queue

_SHOWN_DAYS = 5


@dataclass(frozen=True)
class DayPlan:
    """What a person does today, and what comes later.

    Parameters
    ----------
    day : date
        Today.
    cards : list of Card
        Whom to contact: due call-backs first, then those whose time it is now, then the others by time of day.
    tried : list of Card
        Customers who were not reached today.
    coming : list of (date, int)
        The next working days with the number of contacts that are planned for them.
    promised : list of CallBack
        Call-backs agreed for later days, the nearest first.
    doubtful : list of Result
        Possible refusals in notes, which count until someone corrects them.
    done : Counter of str
        The user's contacts of today, by answer; of several results of one contact the last.
    """

    day: date
    cards: list[Card]
    tried: list[Card]
    coming: list[tuple[date, int]]
    promised: list[CallBack]
    doubtful: list[Result]
    done: Counter[str]


def plan_day(user: User, now: datetime | None = None) -> DayPlan:
    """Plan a person's day from what is in their scope at this moment.

    Parameters
    ----------
    now : datetime, optional
        Time of day, in the bank's time zone, by which the order follows; now by default.
    """
    day, settings = today(), load_queue_settings()
    release = current_release()
    results = list(visible(user, Result).filter(contacted_on=day).order_by("at"))
    # In order, so that a second try or a result that puts another right stands in its place.
    own = {(result.customer_id, result.list_name): result for result in results if result.user_id == user.pk}
    tried = {result.customer_id: result.at for result in results if result.answer == NOT_REACHED}
    held = {claim.customer_id: claim for claim in Claim.objects.filter(user=user, until__gt=timezone.now())}
    know: dict[str, Any] = {"held": held, "tried": tried}

    due = [_of_call_back(user, agreed, release, know) for agreed in _call_backs(user).filter(on_day__lte=day)]
    taken = {made.customer_id for made in due}
    with system_task():  # colleagues' results count, too: nobody is called within the days of rest
        rows = {row.pk: row for row in _open_rows(user, day, settings) if row.customer_id not in taken}
    planned, coming = _plan(user, rows, release, _capacity(user, settings, own.values(), due))
    cards = [card(user, rows[number], why, **know) for number, why in planned]
    clock = (now or timezone.localtime()).time()
    ordered = [*due, *sorted(cards, key=lambda made: _waits(made, clock))]
    return DayPlan(
        day=day,
        cards=[made for made in ordered if made.tried_at is None],
        tried=[made for made in ordered if made.tried_at is not None],
        coming=coming,
        promised=list(_call_backs(user).filter(on_day__gt=day)[:50]),
        doubtful=_doubtful(user),
        done=Counter(result.answer for result in own.values()),
    )


def _open_rows(user: User, day: date, settings: QueueSettings) -> QuerySet[ListRow]:
    """Rows that the user may work today: nobody was reached within the days of rest, and no colleague is at it."""
    rested = Result.objects.filter(contacted_on__gte=day - timedelta(days=settings.rest_days))
    reached = rested.exclude(answer__in=NOBODY_REACHED).values("customer_id")
    rows = visible(user, ListRow).filter(kind__in=("campaign", "service"), status="open")
    rows = rows.filter(Q(valid_until__gte=day) | Q(valid_until=None), channel__in=list(settings.capacity))
    return rows.exclude(customer_id__in=reached).exclude(customer_id__in=claimed_by_others(user))


def _call_backs(user: User) -> QuerySet[CallBack]:
    """Agreed call-backs within the user's scope that are still to be made, the nearest first."""
    rows = visible(user, CallBack).filter(done_at=None).exclude(customer_id__in=claimed_by_others(user))
    return rows.select_related("result").order_by("on_day", "pk")


def _of_call_back(user: User, agreed: CallBack, release: Release | None, know: Mapping[str, Any]) -> Card:
    """The card of a due call-back; without an offer if the row has lapsed."""
    rows = visible(user, ListRow).filter(customer_id=agreed.customer_id, list_name=agreed.list_name, status__in=TO_WORK)
    row = rows.filter(Q(valid_until__gte=today()) | Q(valid_until=None)).first()
    if row is None:
        before = worked(user).filter(customer_id=agreed.customer_id).order_by("-release_id").first()
        row = ListRow(
            customer_id=agreed.customer_id,
            list_name=agreed.list_name,
            manager_id=agreed.manager_id,
            channel=agreed.result.channel,
            name=before.name if before else "",
            phone=before.phone if before else "",
        )
    return card(user, row, [title_of(release, agreed.list_name)], call_back=agreed, **know)


def _capacity(user: User, settings: QueueSettings, done: Iterable[Result], due: list[Card]) -> dict[str, int]:
    """Contacts that fit into the rest of the day, by channel."""
    used = Counter(result.channel for result in done if result.answer != NOT_REACHED)
    used.update(made.channel for made in due)
    limits = settings.of_person(user.staff_id)
    return {channel: max(limit - used[channel], 0) for channel, limit in limits.items()}


def _plan(
    user: User, rows: Mapping[int, ListRow], release: Release | None, left: Mapping[str, int]
) -> tuple[list[tuple[int, tuple[str, ...]]], list[tuple[date, int]]]:
    """Rows of today with the reasons of the contact, and the number of contacts of each of the next days."""
    settings, day = load_queue_settings(), today()
    contacts = pd.DataFrame(
        [_contact(row, title_of(release, row.list_name), day, settings) for row in rows.values()],
        columns=[*QUEUE_COLUMNS, "row"],
    )
    if contacts.empty:
        return [], []
    first = plan_queue(contacts, [day], left)
    rest = contacts[~contacts["customer_id"].isin(first["customer_id"])]
    days = settings.working_days(day + timedelta(days=1), day + timedelta(days=settings.plan_days))
    later = plan_queue(rest, days, settings.of_person(user.staff_id)) if len(rest) else rest.assign(on_day=None)
    planned = list(zip(first["row"], first["why"], strict=True))
    planned += [(number, (title_of(release, rows[number].list_name),)) for number in _held_beside(user, rows, first)]
    coming = Counter(later["on_day"])
    return planned, sorted(coming.items())[:_SHOWN_DAYS]


def _held_beside(user: User, rows: Mapping[int, ListRow], first: pd.DataFrame) -> list[int]:
    """Rows that the user claimed although they do not stand in today's plan."""
    held = set(Claim.objects.filter(user=user, until__gt=timezone.now()).values_list("customer_id", "list_name"))
    beside = [number for number, row in rows.items() if (row.customer_id, row.list_name) in held]
    return [number for number in beside if rows[number].customer_id not in set(first["customer_id"])]


def _contact(row: ListRow, why: str, day: date, settings: QueueSettings) -> dict[str, Any]:
    chinese = language() == "zh"
    return {
        "customer_id": row.customer_id,
        "campaign_id": row.list_name,
        "kind_of_contact": row.kind if row.kind == "campaign" else row.list_name,
        "why": why,
        "channel": row.channel,
        "time_band": row.time_band,
        "offer": row.offer,
        "offer_name": row.offer_zh if chinese else row.offer_en,
        "say": row.say_zh if chinese else row.say_en,
        "reason": row.reasons_zh if chinese else row.reasons_en,
        "expected_value": row.expected_value or 0.0,
        "earliest": day,
        "valid_until": row.valid_until or day + timedelta(days=settings.plan_days),
        "row": row.pk,
    }


def _waits(made: Card, clock: time) -> tuple[bool, bool, int]:
    """Sort key of a card: held ones first, then those whose time it is, then by part of the day."""
    bands = list(BANDS)
    hours = load_contact_hours().channels.get(made.channel, {})  # type: ignore[call-overload]
    begin, _, end = hours.get(made.time_band, "").partition("-")
    if not begin:
        hour = BANDS.get(made.time_band, range(24))
        begin, end = f"{hour.start:02}:00", f"{hour.stop % 24:02}:00"
    is_time = time.fromisoformat(begin) <= clock < time.fromisoformat(end) or not made.time_band
    place = bands.index(made.time_band) if made.time_band in bands else 0
    return made.held_until is None, not is_time, place


def _doubtful(user: User) -> list[Result]:
    """Results whose note may be a refusal, of customers for whom nobody corrected it."""
    possible = OptOut.objects.filter(certain=False).values("customer_id")
    rows = visible(user, Result).filter(answer="opt_out", certain=False, customer_id__in=possible)
    return list(rows.order_by("-at")[:20])
