"""Results go back to the work folder, through the code that ``goldmine outcomes import`` uses."""

from collections import Counter, defaultdict
from collections.abc import Collection
from dataclasses import dataclass

from django.utils import timezone

from goldmine.campaigns.results import Imported, Sheet, take_results
from goldmine.contactability.past_offers import releases_out
from goldmine.contract.tables import RELATIONSHIP
from goldmine.core.i18n import _, in_language
from goldmine.core.sheet import Cell
from goldmine.core.workspace import Workspace
from goldmine.portal.clock import today
from goldmine.portal.models import OptOut, Result
from goldmine.portal.policy import portal_policy
from goldmine.portal.work.status import NOBODY_REACHED, NOT_REACHED, OPT_OUT, WRONG_NUMBER

_COLUMNS = ("campaign_id", "customer_id", "contacted_on", "channel", "answer", "note", "amount", "product")
_NOT_UNDERSTOOD = "?"
"""An answer that the import takes for a possible refusal, until a later row corrects it."""
_SETTLED = frozenset({"unclear", "other"})
"""Reasons of rows that need not be sent again: a possible refusal was stored, or a refusal stands."""
_AT_ONCE = 500

ContactKey = tuple[str, str, str]


@dataclass(frozen=True)
class Returned:
    """What went back.

    Parameters
    ----------
    results : int
        Results that are in the work folder now and were not marked before.
    imported : Imported or None
        What the import did with them; None if there was nothing to return.
    waiting : Counter of str
        Results that the import does not take, by its reason; they are tried again next time.
    """

    results: int
    imported: Imported | None
    waiting: Counter[str]


def return_results(work: Workspace) -> Returned:
    """Give the work folder the results that it has not got yet; killed in between, the next call ends the work.

    A contact is one row: customer, campaign and day. Of several results of one contact a refusal counts, else the last
    one that reached the customer. Contacts without a campaign are customer care (`RELATIONSHIP`); a wrong number is not
    reached, and its note says so. A refusal that was given outside a campaign is returned all the same.

    Raises
    ------
    WorkFolderError
        If another run holds the work folder.
    """
    campaigns = campaigns_out(work)
    contacts: dict[ContactKey, list[Result]] = defaultdict(list)
    for result in Result.objects.filter(returned_at=None).order_by("pk"):
        contacts[contact_of(result, campaigns)].append(result)
    if not contacts:
        return Returned(0, None, Counter())
    customers = sorted({result.customer_id for results in contacts.values() for result in results})
    possible, earlier = _possible_refusals(customers), _returned_before(customers, campaigns)
    chosen = {key: _counting([*earlier[key], *results], possible) for key, results in contacts.items()}
    # A later contact would take a possible refusal back in the work folder: it waits until someone has corrected it.
    held = {
        key for key, result in chosen.items() if result and result.customer_id in possible and result.answer != OPT_OUT
    }
    rows = {key: _row(key, result) for key, result in chosen.items() if result is not None and key not in held}
    sheet = Sheet(list(_COLUMNS), list(rows.values()), {name: place for place, name in enumerate(_COLUMNS)})
    taken = take_results(sheet, work, today=today(), newest=True)
    reasons = {key: taken.sorted_rows.bad.get(place, "") for place, key in enumerate(rows)}
    waiting = {key: reason for key, reason in reasons.items() if reason and reason not in _SETTLED}
    settled = [result.pk for key, results in contacts.items() if key not in held | set(waiting) for result in results]
    for start in range(0, len(settled), _AT_ONCE):
        Result.objects.filter(pk__in=settled[start : start + _AT_ONCE]).update(returned_at=timezone.now())
    return Returned(len(settled), taken.imported, Counter(waiting.values()))


def campaigns_out(work: Workspace) -> frozenset[str]:
    """The codes of the campaigns of all releases."""
    folders = releases_out(work)
    return frozenset(path.parent.name for folder in folders for path in folder.glob("campaigns/*/*.parquet"))


def contact_of(result: Result, campaigns: Collection[str]) -> ContactKey:
    """Campaign, customer and day of a result, as the contract's contacts name them: as the release listed them."""
    campaign = result.list_name or OPT_OUT
    if campaign not in campaigns and result.answer != OPT_OUT:
        campaign = RELATIONSHIP
    return campaign, result.listed_as or result.customer_id, str(result.contacted_on)


def _possible_refusals(customers: list[str]) -> frozenset[str]:
    """Customers whose possible refusal nobody took back."""
    rows = OptOut.objects.filter(certain=False).values_list("customer_id", flat=True)
    return frozenset(rows) & frozenset(customers)


def _returned_before(customers: list[str], campaigns: Collection[str]) -> dict[ContactKey, list[Result]]:
    """Results of the customers that went back before, by their contact."""
    before: dict[ContactKey, list[Result]] = defaultdict(list)
    for start in range(0, len(customers), _AT_ONCE):
        some = customers[start : start + _AT_ONCE]
        for result in Result.objects.filter(customer_id__in=some).exclude(returned_at=None).order_by("pk"):
            before[contact_of(result, campaigns)].append(result)
    return before


def _counting(results: list[Result], possible: frozenset[str]) -> Result | None:
    """The result of a contact that counts; None if all there was is a refusal that was taken back."""
    refusals = [result for result in results if result.answer == OPT_OUT]
    certain = [result for result in refusals if result.certain]
    standing = certain or [result for result in refusals if result.customer_id in possible]
    others = [result for result in results if result.answer != OPT_OUT]
    reached = [result for result in others if result.answer not in NOBODY_REACHED]
    ranked = standing or reached or others
    return ranked[-1] if ranked else None


def _row(key: ContactKey, result: Result) -> list[Cell]:
    """The cells of a result, in the order of `_COLUMNS`."""
    answer, note = result.answer, result.note
    if answer == WRONG_NUMBER:
        said = str(in_language(_("wrong number"), portal_policy().language))
        answer, note = NOT_REACHED, f"{said} {note}".strip()
    elif answer == OPT_OUT and not result.certain:
        answer = _NOT_UNDERSTOOD
    amount = None if result.amount is None else str(result.amount)
    return [*key[:2], result.contacted_on, result.channel, answer, note or None, amount, result.product_id or None]
