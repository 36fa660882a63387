"""Filters of the lists that users keep."""

from django.db import models

from goldmine.portal.models.users import User


class SavedFilter(models.Model):
    """A filter that a user keeps under a name of their own; it holds no search, so it names no customer."""

    user = models.ForeignKey(User, on_delete=models.CASCADE)
    name = models.CharField(max_length=40)
    filter = models.JSONField()
