"""Customers whose numbers were merged: what was noted under the old number goes on under the one that survives."""

from django.db import models
from django.utils import timezone

from goldmine.portal.models import CallBack, Claim, MergedNumber, OptOut, Release, Result
from goldmine.portal.row_security import system_task


@system_task()
def carry_over(release: Release) -> None:
    """Bring results, call-backs, refusals and claims under the numbers that survive in a release about to be shown.

    The caller holds the row that names the current release, so that nobody notes anything under an old number
    meanwhile. A refusal stays under the old number, too: should the merger turn out wrong, both stay refused.
    """
    merged = MergedNumber.objects.filter(release=release)
    _results(merged)
    of_survivors = dict(_into(merged, OptOut.objects.all()))
    for refusal in OptOut.objects.filter(customer_id__in=of_survivors):
        refuse(of_survivors[refusal.customer_id], refusal)
    of_survivors = dict(_into(merged, Claim.objects.all()))
    for claim in Claim.objects.filter(customer_id__in=of_survivors):
        _claim(of_survivors[claim.customer_id], claim)


def refuse(customer_id: str, refusal: OptOut) -> OptOut:
    """Note a refusal under a number; a certain one counts more than a possible one."""
    values = {"at": refusal.at, "user": refusal.user, "certain": refusal.certain}
    kept, made = OptOut.objects.get_or_create(customer_id=customer_id, defaults=values)
    if not made and refusal.certain and not kept.certain:
        kept.certain = True
        kept.save(update_fields=["certain"])
    return kept


def _results(merged: "models.QuerySet[MergedNumber]") -> None:
    """Results and their call-backs under the survivors of the numbers that they were listed under.

    Those that an earlier release moved are looked at again: its merger may have been withdrawn.
    """
    touched = Result.objects.filter(~models.Q(listed_as="") | models.Q(customer_id__in=merged.values("merged_id")))
    into = dict(merged.values_list("merged_id", "survivor_id"))
    for number, listed in touched.order_by().values_list("customer_id", "listed_as").distinct():
        before = listed or number
        now = into.get(before, before)
        if now != number:
            own = Result.objects.filter(customer_id=number, listed_as=listed)
            CallBack.objects.filter(result__in=own.values("pk")).update(customer_id=now)
            own.update(customer_id=now, listed_as="" if now == before else before)


def _into(merged: "models.QuerySet[MergedNumber]", rows: "models.QuerySet[models.Model]") -> list[tuple[str, str]]:
    """Old and surviving number of the rows whose customer was merged away."""
    return list(merged.filter(merged_id__in=rows.values("customer_id")).values_list("merged_id", "survivor_id"))


def _claim(customer_id: str, claim: Claim) -> None:
    """Move a claim, unless a colleague works the surviving number at the moment."""
    claim.delete()
    Claim.objects.filter(customer_id=customer_id, until__lte=timezone.now()).delete()
    values = {"user": claim.user, "list_name": claim.list_name, "until": claim.until}
    Claim.objects.get_or_create(customer_id=customer_id, defaults=values)
