"""Which release is shown, and whether branches may see it and its campaigns yet: some wait for a second yes."""

from functools import partial

from django.db import transaction

from goldmine.portal import numbers
from goldmine.portal.models import Approval, CurrentRelease, ListRow, Release, User
from goldmine.portal.policy import portal_policy
from goldmine.portal.work import apply_results, carry_over


def offer_to_show(release: Release, asked_by: User | None = None) -> bool:
    """Show a loaded release, or ask a second person to, as the portal's policy says.

    Where releases need approval, the one before stays shown until somebody other than `asked_by` approves; a release
    that was refused is not shown. Campaigns that need approval are asked for too.

    Returns
    -------
    bool
        Whether the release is shown.
    """
    with transaction.atomic():
        if CurrentRelease.objects.filter(release=release).exists():
            return True
        if portal_policy().approvals.campaigns:
            _ask_for_campaigns(release, asked_by)
        if not portal_policy().approvals.release:
            show(release)
            return True
        asked = Approval.objects.filter(subject="release", subject_id=release.release_id).order_by("-pk").first()
        if asked is not None and asked.approved:
            show(release)
            return True
        if asked is None:
            Approval.objects.create(
                subject="release", subject_id=release.release_id, asked_by=asked_by, why=str(release.as_of)
            )
            _set_waiting(release, waits=True)
        return False


def show(release: Release) -> None:
    """Make a loaded release the one whose rows are shown, each with the status that results give it.

    The row that names it is changed first: whoever stores a result holds it, so that none is overlooked.
    """
    with transaction.atomic():
        CurrentRelease.objects.update_or_create(id=1, defaults={"release": release})
        carry_over(release)
        apply_results(release)
        _set_waiting(release, waits=False)
        transaction.on_commit(partial(numbers.carry_over, release))


def carry_out(decision: Approval) -> None:
    """Show a release that was approved; let the one that was refused no longer wait."""
    release = Release.objects.filter(release_id=decision.subject_id).first()
    if release is None:
        return
    newest = CurrentRelease.objects.filter(release__as_of__gt=release.as_of).exists()
    if decision.approved and not newest:
        show(release)
        transaction.on_commit(numbers.erase_ended)
    else:
        _set_waiting(release, waits=False)


def _ask_for_campaigns(release: Release, asked_by: User | None) -> None:
    rows = ListRow.objects.filter(release=release, kind="campaign")
    asked = set(
        Approval.objects.filter(subject="campaign", why=release.release_id).values_list("subject_id", flat=True)
    )
    for name in sorted(set(rows.values_list("list_name", flat=True).distinct()) - asked):
        Approval.objects.create(subject="campaign", subject_id=name, asked_by=asked_by, why=release.release_id)


def _set_waiting(release: Release, *, waits: bool) -> None:
    release.waits_for_approval = waits
    release.save(update_fields=["waits_for_approval"])
