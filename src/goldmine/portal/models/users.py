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

    def save(self, *args: object, **kwargs: object) -> None:
        """Store the user; only operators reach the pages on users."""
        self.is_staff = self.role == "operator"
        super().save(*args, **kwargs)

    def has_perm(self, perm: str, obj: object = None) -> bool:
        """Operators change users and their codes, and nothing else; nobody is above the roles."""
        return self.is_active and self.role == "operator" and perm.startswith(("portal.", "otp_totp.", "otp_static."))

    def has_module_perms(self, app_label: str) -> bool:
        """Whether the pages on users show an application's tables to this user."""
        return self.has_perm(f"{app_label}.")


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
