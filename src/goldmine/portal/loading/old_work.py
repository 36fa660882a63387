"""What people did in the portal long ago: it goes from the database once the work folder holds what counts."""

from datetime import timedelta

from django.db import models
from django.utils import timezone

from goldmine.governance.retention import retention
from goldmine.portal.models import Approval, CallBack, Download, Exposure, Result
from goldmine.portal.row_security import system_task

_DAYS_A_MONTH = 31


@system_task()
def drop_old_work() -> int:
    """Drop results that went back, look-ups, downloads and decided approvals beyond their period.

    A result with a call-back that somebody still owes stays; refusals stay, as they are no results but a state.

    Returns
    -------
    int
        Rows dropped.
    """
    first = timezone.now() - timedelta(days=_DAYS_A_MONTH * retention().portal_work_months)
    owed = CallBack.objects.filter(done_at=None).values("result")
    old: tuple[models.QuerySet[models.Model], ...] = (
        Result.objects.filter(returned_at__lt=first).exclude(pk__in=owed),
        Exposure.objects.filter(at__lt=first),
        Download.objects.filter(at__lt=first, approval=None),
        Download.objects.filter(at__lt=first, approval__decided_at__lt=first),
        Approval.objects.filter(decided_at__lt=first, download=None),
    )
    return sum(rows.delete()[0] for rows in old)
