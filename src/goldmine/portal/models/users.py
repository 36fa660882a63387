"""Users of the portal, and tokens of other systems."""

from django.contrib.auth.models import AbstractUser
from django.db import models

from goldmine.portal.roles import ROLES


class User(AbstractUser):
    """A person, or another system, that signs in.

    ``branch_id`` limits a branch's and a counter's user to their branch, ``staff_id`` a manager to their customers;
    both are numbers of the bank's tables.
    """

    role = models.CharField(max_length=16, choices=[(name, str(text)) for name, text in ROLES.items()])
    branch_id = models.CharField(max_length=64, blank=True)
    staff_id = models.CharField(max_length=64, blank=True)
    language = models.CharField(max_length=2, blank=True)
    must_change_password = models.BooleanField(default=True)


class ApiToken(models.Model):
    """A token that another system signs in with; only its digest is stored, so that it can be shown once."""

    user = models.ForeignKey(User, on_delete=models.CASCADE)
    name = models.CharField(max_length=80)
    digest = models.CharField(max_length=64, unique=True)
    scopes = models.JSONField(default=list)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)
