"""What people do with rows: claims, results, call-backs, hand-overs, refusals."""

from django.db import models

from goldmine.portal.models.users import User


class Claim(models.Model):
    """A customer whom one person works at the moment; the key on the customer keeps all others out."""

    customer_id = models.CharField(max_length=64, primary_key=True)
    user = models.ForeignKey(User, on_delete=models.CASCADE)
    list_name = models.CharField(max_length=80)
    until = models.DateTimeField()


class Result(models.Model):
    """What came of a contact. ``key`` makes sending it again harmless."""

    key = models.UUIDField(unique=True)
    user = models.ForeignKey(User, on_delete=models.PROTECT)
    at = models.DateTimeField()
    contacted_on = models.DateField()
    release = models.CharField(max_length=64)
    list_name = models.CharField(max_length=80)
    customer_id = models.CharField(max_length=64)
    """The number that the person's rows stand under in the release that is shown."""
    listed_as = models.CharField(max_length=64, blank=True)
    """The number that the release listed, if it was merged away since; the work folder knows the contact by it."""
    branch_id = models.CharField(max_length=64)
    manager_id = models.CharField(max_length=64)
    channel = models.CharField(max_length=16)
    answer = models.CharField(max_length=16)
    """A code of the contract's contacts, or ``wrong_number``."""
    certain = models.BooleanField(default=True)
    """False: the note may be a refusal, which the answer says until someone corrects it."""
    call_back_on = models.DateField(null=True)
    product_id = models.CharField(max_length=64, blank=True)
    amount = models.DecimalField(max_digits=18, decimal_places=2, null=True)
    note = models.TextField(blank=True)
    source = models.CharField(max_length=8)
    """``page``, ``upload`` or ``api``."""
    returned_at = models.DateTimeField(null=True, db_index=True)
    """When the work folder took it; None: not yet."""

    class Meta:
        indexes = [
            models.Index("customer_id", "list_name", name="result_of_customer"),
            models.Index("branch_id", "at", name="result_of_branch"),
            models.Index("manager_id", "at", name="result_of_manager"),
        ]


class CallBack(models.Model):
    """A day on which a customer is to be called again, and what was promised."""

    customer_id = models.CharField(max_length=64)
    list_name = models.CharField(max_length=80)
    branch_id = models.CharField(max_length=64)
    manager_id = models.CharField(max_length=64)
    on_day = models.DateField()
    promised = models.TextField(blank=True)
    result = models.ForeignKey(Result, on_delete=models.CASCADE)
    done_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index("manager_id", "done_at", "on_day", name="call_back_due")]


class HandOver(models.Model):
    """One person's customers worked by another while the first is away."""

    from_staff_id = models.CharField(max_length=64)
    to_staff_id = models.CharField(max_length=64, db_index=True)
    branch_id = models.CharField(max_length=64)
    first_day = models.DateField()
    last_day = models.DateField()
    made_by = models.ForeignKey(User, on_delete=models.PROTECT)
    made_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True)


class OptOut(models.Model):
    """A customer who asked not to be contacted; holds from the moment it is stored, before any release."""

    customer_id = models.CharField(max_length=64, primary_key=True)
    at = models.DateTimeField()
    user = models.ForeignKey(User, on_delete=models.PROTECT)
    certain = models.BooleanField(default=True)
    """False: what was said may be a refusal, and counts as one until someone says otherwise."""
