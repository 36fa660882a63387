"""Downloads, and what a second person has to approve."""

from django.db import models

from goldmine.portal.models.users import User


class Approval(models.Model):
    """Something that one person asks for and a second one decides on."""

    subject = models.CharField(max_length=16)
    """``release``, ``campaign`` or ``download``."""
    subject_id = models.CharField(max_length=120)
    branch_id = models.CharField(max_length=64, blank=True)
    asked_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="asked")
    asked_at = models.DateTimeField(auto_now_add=True)
    why = models.TextField(blank=True)
    decided_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="decided")
    decided_at = models.DateTimeField(null=True)
    approved = models.BooleanField(null=True)
    note = models.TextField(blank=True)


class Download(models.Model):
    """A file that a person took, or asked for."""

    user = models.ForeignKey(User, on_delete=models.PROTECT)
    at = models.DateTimeField(auto_now_add=True)
    filter = models.JSONField()
    format = models.CharField(max_length=8)
    rows = models.IntegerField()
    sha256 = models.CharField(max_length=64, blank=True)
    """Of the file; empty while it waits for approval."""
    approval = models.ForeignKey(Approval, null=True, on_delete=models.PROTECT)

    class Meta:
        indexes = [models.Index("user", "at", name="download_of_user")]
