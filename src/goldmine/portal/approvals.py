"""A second person's yes: who may decide on what, and one decision each."""

from typing import Any

from django.db import models, transaction
from django.utils import timezone

from goldmine.core.audit.actions import Action
from goldmine.core.errors import GoldmineError
from goldmine.core.i18n import _
from goldmine.portal.current_release import carry_out
from goldmine.portal.journal import record
from goldmine.portal.models import Approval, User
from goldmine.portal.roles import may


class ApprovalError(GoldmineError):
    """Something that cannot be decided on: not there, one's own, or decided already."""


def waiting(user: User) -> "models.QuerySet[Approval]":
    """What waits for a user's decision, the oldest first.

    Head office decides on everything, a branch's users on what their branch asks for; nobody on what they asked for
    themselves.
    """
    return deciding(user).filter(decided_at=None).order_by("asked_at", "pk")


def deciding(user: User) -> "models.QuerySet[Approval]":
    """Everything that a user may decide on, or could have."""
    rows = Approval.objects.exclude(asked_by=user).select_related("asked_by", "decided_by")
    if not user.is_active or not may(user.role, "approve"):
        return rows.none()
    if may(user.role, "head_office"):
        return rows
    own = models.Q(branch_id=user.branch_id, subject="download")
    return rows.filter(own) if user.branch_id else rows.none()


def ask(user: User, subject: str, subject_id: str, why: str) -> Approval:
    """Ask for a second person's yes."""
    with transaction.atomic():
        record(user, "approval_asked", f"{subject}:{subject_id}")
        return Approval.objects.create(
            subject=subject, subject_id=subject_id, branch_id=user.branch_id, asked_by=user, why=why
        )


def decide(user: User, number: int, note: str, *, approved: bool) -> Approval:
    """Decide once; of people who decide at once, the first one counts. An approved release is shown at once.

    Raises
    ------
    ApprovalError
        If there is nothing of that number for the user to decide on.
    """
    values: dict[str, Any] = {"decided_by": user, "decided_at": timezone.now(), "approved": approved, "note": note}
    with transaction.atomic():
        if not Approval.objects.filter(pk__in=waiting(user).values("pk"), pk=number, decided_at=None).update(**values):
            raise ApprovalError(_("There is nothing of this kind for you to decide on."), _("Open the page again."))
        decided = Approval.objects.get(pk=number)
        if decided.subject == "release":
            carry_out(decided)
        asker = decided.asked_by.username if decided.asked_by else ""
        logged: Action = "approval" if approved else "approval_refused"
        record(user, logged, f"{decided.subject}:{decided.subject_id}", asked_by=asker)
    return decided
