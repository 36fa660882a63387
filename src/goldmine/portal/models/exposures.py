"""Who was shown an offer, where, and with which chance."""

from django.db import models

from goldmine.portal.models.users import User


class Exposure(models.Model):
    """A look-up of a customer, and the offer that was shown or that the draw withheld."""

    at = models.DateTimeField(db_index=True)
    user = models.ForeignKey(User, on_delete=models.PROTECT)
    branch_id = models.CharField(max_length=64)
    place = models.CharField(max_length=8)
    """``counter``, ``my_day`` or ``api``."""
    release = models.CharField(max_length=64)
    customer_id = models.CharField(max_length=64, db_index=True)
    list_name = models.CharField(max_length=80, blank=True)
    offer = models.CharField(max_length=80, blank=True)
    """Empty: none was shown."""
    drawn = models.BooleanField()
    """Whether the draw of the lobby lets the customer be made offers."""
    chance = models.FloatField()
    """Probability of that draw."""
