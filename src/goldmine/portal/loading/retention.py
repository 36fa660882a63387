"""Old releases go from the database, a little at a time, so that nobody who writes waits long for it."""

from django.db import models, transaction

from goldmine.governance.retention import retention
from goldmine.portal.models import CurrentRelease, Customer, ListRow, MergedNumber, Release

_BATCH = 5000


def drop_old_releases() -> int:
    """Drop the releases beyond those that ``retention.yaml`` keeps beside the current one; files stay.

    A release that waits for approval is kept, and so is the current one, however old.

    Returns
    -------
    int
        Releases dropped.
    """
    kept = list(CurrentRelease.objects.filter(release__isnull=False).values_list("release_id", flat=True))
    others = Release.objects.exclude(id__in=kept).filter(waits_for_approval=False).order_by("-loaded_at", "-id")
    dropped = list(others[retention().portal_releases :])
    for release in dropped:
        for model in (ListRow, Customer, MergedNumber):
            _delete_in_batches(model, release)
        release.delete()
    return len(dropped)


def _delete_in_batches(model: type[models.Model], release: Release) -> None:
    rows = model._default_manager.filter(release=release)
    ends = rows.aggregate(first=models.Min("id"), last=models.Max("id"))
    if ends["first"] is None:
        return
    # A load holds the work folder, so that a release's keys follow each other.
    for start in range(ends["first"], ends["last"] + 1, _BATCH):
        with transaction.atomic():
            rows.filter(id__range=(start, start + _BATCH - 1)).delete()
