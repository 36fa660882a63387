"""How the work on lists goes: counts by branch and by day, of the whole bank, without any customer."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.core.cache import cache
from django.db import models

from goldmine.portal.clock import today
from goldmine.portal.models import ListRow, OptOut, Release, Result, User
from goldmine.portal.roles import may
from goldmine.portal.row_security import system_task
from goldmine.portal.work.status import NOBODY_REACHED, OPT_OUT

_DAYS = 30
_SECONDS = 3600


@dataclass
class Counts:
    """Customers of a branch or of the bank: on lists, of these contacted since the snapshot, and what they answered."""

    listed: int = 0
    contacted: int = 0
    answered: int = 0
    bought: int = 0
    refused: int = 0

    def add(self, other: "Counts") -> None:
        """Add another's counts."""
        for name, value in vars(other).items():
            setattr(self, name, getattr(self, name) + value)


@dataclass
class Progress:
    """Counts by branch, and of all of them; and contacts by day and answer, the newest day first.

    `elsewhere` counts customers contacted since the snapshot on a list of an earlier release, where they are not on it
    now, or without a list, as a refusal may be: they are no part of those on lists. Days go back beyond the snapshot:
    a new release takes none of a week's work away. Of several results of one contact one counts.
    """

    branches: dict[str, Counts] = field(default_factory=dict)
    total: Counts = field(default_factory=Counts)
    elsewhere: int = 0
    days: dict[date, dict[str, int]] = field(default_factory=dict)

    def weeks(self, day: date) -> tuple[int, int]:
        """Contacts of the seven days that end with a day, and of the seven before.

        Examples
        --------
        >>> days = {date(2024, 7, 8): {"yes": 2, "no": 1}, date(2024, 7, 2): {"no": 1}, date(2024, 7, 1): {"yes": 5}}
        >>> Progress(days=days).weeks(date(2024, 7, 8))
        (4, 5)
        """
        counts = [0, 0]
        for contacted_on, answers in self.days.items():
            week = (day - contacted_on).days // 7
            if week in (0, 1):
                counts[week] += sum(answers.values())
        return counts[0], counts[1]


@system_task()
def progress(user: User, release: Release, list_name: str = "") -> Progress:
    """What came of a release's lists so far, or of one of them; a customer on two lists counts twice.

    Parameters
    ----------
    user : User
        Who may see head office's figures; nobody else is told any count.
    """
    if not user.is_active or not may(user.role, "head_office"):
        return Progress()
    branches: dict[str, Counts] = defaultdict(Counts)
    for name, branch, rows in _listed(release):
        if list_name in ("", name):
            branches[branch].listed += rows
    results = _counting()
    if list_name:
        results = results.filter(list_name=list_name)
    since = results.filter(contacted_on__gt=release.as_of).annotate(listed_in=_branch_of_row(release))
    for row in _by_branch(since.exclude(listed_in=None)):
        branches[row["listed_in"]].add(Counts(**{name: row[name] for name in row if name in vars(Counts())}))
    made = Progress(dict(sorted(branches.items())))
    for counts in made.branches.values():
        made.total.add(counts)
    made.elsewhere = since.filter(listed_in=None).aggregate(n=models.Count("customer_id", distinct=True))["n"]
    made.days = _by_day(results)
    return made


def _listed(release: Release) -> list[tuple[str, str, int]]:
    """Rows by list and branch; kept for an hour, as a release does not change but for services, added all at once."""
    rows = ListRow.objects.filter(release=release)
    key = f"listed:{release.pk}:{rows.filter(kind='service').exists()}"
    kept: list[tuple[str, str, int]] | None = cache.get(key)
    if kept is None:
        kept = list(rows.order_by().values_list("list_name", "branch_id").annotate(models.Count("pk")))
        cache.set(key, kept, _SECONDS)
    return kept


def _counting() -> models.QuerySet[Result]:
    """Of several results of one customer, list and day the one that counts, as it does in what returns to the bank.

    A refusal counts, else the last one that reached the customer; a possible refusal that was none does not. So a
    mistake that another result put right is in no count.
    """
    doubted = OptOut.objects.filter(customer_id=models.OuterRef("customer_id"), certain=False)
    refusal = models.Q(answer=OPT_OUT)
    weight = models.Case(
        models.When(refusal & (models.Q(certain=True) | models.Exists(doubted)), then=3),
        models.When(refusal, then=0),
        models.When(answer__in=NOBODY_REACHED, then=1),
        default=2,
    )
    weighed = Result.objects.annotate(weight=weight)
    same = {name: models.OuterRef(name) for name in ("customer_id", "list_name", "contacted_on")}
    heavier = models.Q(weight__gt=models.OuterRef("weight"))
    later = models.Q(weight=models.OuterRef("weight"), pk__gt=models.OuterRef("pk"))
    return weighed.filter(weight__gt=0).exclude(models.Exists(weighed.filter(heavier | later, **same)))


def _branch_of_row(release: Release) -> models.Subquery:
    """The branch of the release's row that a result belongs to: of its customer and list; NULL where there is none."""
    one = {"customer_id": models.OuterRef("customer_id"), "list_name": models.OuterRef("list_name")}
    return models.Subquery(ListRow.objects.filter(release=release, **one).values("branch_id")[:1])


def _by_branch(results: Any) -> Any:
    """One grouped query: customers of each list and branch of the rows, by what they answered."""

    def customers(**wanted: Any) -> models.Count:
        return models.Count("customer_id", distinct=True, filter=models.Q(**wanted) if wanted else None)

    reached = models.Count("customer_id", distinct=True, filter=~models.Q(answer__in=NOBODY_REACHED))
    grouped = results.order_by().values("list_name", "listed_in")
    return grouped.annotate(
        contacted=customers(), answered=reached, bought=customers(answer="bought"), refused=customers(answer=OPT_OUT)
    )


def _by_day(results: Any) -> dict[date, dict[str, int]]:
    since = today() - timedelta(days=_DAYS)
    rows = results.filter(contacted_on__gt=since).order_by("-contacted_on", "answer")
    days: dict[date, dict[str, int]] = {}
    for day, answer, contacts in rows.values_list("contacted_on", "answer").annotate(models.Count("pk")):
        days.setdefault(day, {})[answer] = contacts
    return days
