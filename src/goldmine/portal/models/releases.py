"""Releases as the portal holds them; the release's files stay the source of truth."""

from django.db import models


class Release(models.Model):
    """A release that was loaded; branches see it when `CurrentRelease` names it."""

    release_id = models.CharField(max_length=64, unique=True)
    as_of = models.DateField()
    bank = models.CharField(max_length=200)
    created_at = models.DateTimeField()
    loaded_at = models.DateTimeField()
    manifest_sha256 = models.CharField(max_length=64)
    manifest = models.JSONField()
    waits_for_approval = models.BooleanField(default=False)


class CurrentRelease(models.Model):
    """The one row that names the release whose rows are shown; changed last, so that nobody sees a mix of two."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    release = models.ForeignKey(Release, null=True, on_delete=models.PROTECT)


class Customer(models.Model):
    """A customer of a release's customers table; name and telephone are masked."""

    release = models.ForeignKey(Release, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False)
    customer_id = models.CharField(max_length=64)
    branch_id = models.CharField(max_length=64)
    manager_id = models.CharField(max_length=64)
    grid_id = models.CharField(max_length=64)
    name = models.CharField(max_length=64)
    phone = models.CharField(max_length=32)
    layer = models.CharField(max_length=16)
    level = models.SmallIntegerField(null=True)
    previous_level = models.SmallIntegerField(null=True)
    aum_avg = models.FloatField(null=True)
    tags = models.TextField()
    """JSON: by tag, its value."""
    months = models.TextField()
    """JSON: AUM at the last twelve month ends, oldest first, yuan."""
    products = models.TextField()
    """JSON: by product class, the balance at the snapshot, yuan."""

    class Meta:
        constraints = [models.UniqueConstraint("release", "customer_id", name="customer_of_release")]


class MergedNumber(models.Model):
    """A customer number that a release's snapshot no longer has: it was merged into another of the same person."""

    release = models.ForeignKey(Release, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False)
    merged_id = models.CharField(max_length=64)
    survivor_id = models.CharField(max_length=64)

    class Meta:
        constraints = [models.UniqueConstraint("release", "merged_id", name="merged_number_of_release")]
        indexes = [models.Index("release", "survivor_id", name="merged_number_by_survivor")]


class ListRow(models.Model):
    """A row of a list, a contact of a campaign, or a service contact of the daily queue, of one release."""

    release = models.ForeignKey(Release, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False)
    kind = models.CharField(max_length=8)
    """``list``, ``campaign`` or ``service``."""
    list_name = models.CharField(max_length=80)
    """Use case, campaign or kind of service."""
    use_case = models.CharField(max_length=80)
    customer_id = models.CharField(max_length=64)
    branch_id = models.CharField(max_length=64)
    manager_id = models.CharField(max_length=64)
    grid_id = models.CharField(max_length=64)
    rank = models.IntegerField()
    """Place in the list, from 1; a campaign's contacts by expected value."""
    decile = models.SmallIntegerField(null=True)
    probability = models.FloatField(null=True)
    expected_value = models.FloatField(null=True)
    segment = models.CharField(max_length=80)
    offer = models.CharField(max_length=80)
    offer_zh = models.CharField(max_length=200)
    offer_en = models.CharField(max_length=200)
    product_id = models.CharField(max_length=64)
    channel = models.CharField(max_length=16)
    time_band = models.CharField(max_length=16)
    say_zh = models.TextField()
    say_en = models.TextField()
    reasons_zh = models.TextField()
    """Lines."""
    reasons_en = models.TextField()
    biggest_move = models.FloatField(null=True)
    biggest_move_months = models.SmallIntegerField(null=True)
    valid_until = models.DateField(null=True)
    expires_with = models.CharField(max_length=32)
    model_version = models.CharField(max_length=32)
    name = models.CharField(max_length=64)
    phone = models.CharField(max_length=32)
    phone_end = models.CharField(max_length=4)
    initials = models.CharField(max_length=16)
    """First letters of the name's pinyin, for search."""
    status = models.CharField(max_length=12, default="open")
    """``open``, ``call_back``, ``done``, ``refused``; written by `goldmine.portal.work` only."""

    class Meta:
        constraints = [models.UniqueConstraint("release", "kind", "list_name", "customer_id", name="row_of_release")]
        indexes = [
            models.Index("release", "list_name", "rank", "id", name="row_by_rank"),
            # With what else a count and a filter of a branch's thousands of rows ask for, so that none of them is read.
            models.Index(
                *("release", "branch_id", "list_name", "rank", "id", "customer_id", "status", "channel", "decile"),
                name="row_by_branch",
            ),
            models.Index("release", "manager_id", "list_name", "rank", "id", name="row_by_manager"),
            models.Index("release", "status", "list_name", "rank", "id", name="row_by_status"),
            models.Index("release", "product_id", "list_name", "rank", "id", name="row_by_product"),
            models.Index("release", "grid_id", "list_name", "rank", "id", name="row_by_grid"),
            models.Index("release", "decile", "list_name", "rank", "id", name="row_by_decile"),
            models.Index("release", "channel", "list_name", "rank", "id", name="row_by_channel"),
            models.Index("release", "valid_until", "list_name", "rank", "id", name="row_by_last_day"),
            models.Index("release", "customer_id", name="row_by_customer"),
            models.Index("release", "phone_end", name="row_by_phone"),
            models.Index("release", "initials", name="row_by_initials"),
        ]
