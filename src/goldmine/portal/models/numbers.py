"""Names and telephone numbers of those on lists, encrypted, in a database of their own."""

from django.db import models


class ContactNumber(models.Model):
    """A customer's name and number, encrypted with the key of the environment; deleted when the list is over."""

    customer_id = models.CharField(max_length=64, primary_key=True)
    sealed = models.BinaryField()
    until = models.DateField(db_index=True)
    """Last day of the last list that the customer is on."""
    release = models.BigIntegerField(default=0, db_index=True)
    """Key of the newest release that names the customer; in the other database, so that it is no foreign key."""
