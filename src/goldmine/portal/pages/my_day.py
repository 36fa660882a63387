"""My day: whom to contact today, claim and number, the result, and the next customer."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from django import forms
from django.contrib import messages
from django.contrib.staticfiles import finders
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from goldmine.core.columns import column
from goldmine.core.i18n import LocalizedText, _, in_language
from goldmine.portal.access import page
from goldmine.portal.day import plan_day
from goldmine.portal.journal import record
from goldmine.portal.numbers import Person, reveal, why_masked
from goldmine.portal.templating import language
from goldmine.portal.work import ANSWERS, Contact, Recorded, WorkError, claim, record_result, release_claim
from goldmine.portal.work.status import NOT_REACHED

_CONFLICT, _NOT_VALID = 409, 422


class ResultForm(forms.Form):
    """What a card sends; `portal.work` decides whether it can be true."""

    key = forms.UUIDField()
    customer_id = forms.CharField(max_length=64)
    list_name = forms.CharField(max_length=80, required=False)
    answer = forms.ChoiceField(choices=[(answer, answer) for answer in ANSWERS], required=False)
    contacted_on = forms.DateField(required=False)
    note = forms.CharField(max_length=2000, required=False)
    later_on = forms.DateField(required=False)
    call_back_on = forms.DateField(required=False)
    promised = forms.CharField(max_length=2000, required=False)
    product_id = forms.CharField(max_length=64, required=False)
    amount = forms.DecimalField(max_digits=17, decimal_places=2, required=False)
    corrects_refusal = forms.BooleanField(required=False)

    def clean(self) -> dict[str, Any]:
        """A button with a day means a call-back on that day."""
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("later_on"):
            cleaned |= {"answer": "later", "call_back_on": cleaned["later_on"]}
        if not cleaned.get("answer") and "answer" not in self.errors:
            self.add_error("answer", forms.ValidationError("", code="required"))
        return cleaned

    def contact(self) -> Contact:
        """The contact that was reported."""
        values = self.cleaned_data
        again = values["answer"] in ("later", "yes")
        bought = values["answer"] == "bought"
        return Contact(
            customer_id=values["customer_id"],
            list_name=values["list_name"],
            answer=values["answer"],
            contacted_on=values["contacted_on"],
            note=values["note"],
            call_back_on=values["call_back_on"] if again else None,
            promised=values["promised"] if again and values["call_back_on"] else "",
            product_id=values["product_id"] if bought else "",
            amount=values["amount"] if bought else None,
        )


@never_cache
@page("my_day")
@require_GET
def my_day(request: HttpRequest) -> HttpResponse:
    """Show the day."""
    return _show(request)


@never_cache
@page("call")
@require_POST
def call(request: HttpRequest) -> HttpResponse:
    """Claim a customer, and show the number to call."""
    customer_id = request.POST.get("customer_id", "")
    try:
        claim(_user(request), customer_id, request.POST.get("list_name", ""))
    except WorkError as error:
        return _refused(request, error)
    return _show(request, opened=customer_id, person=reveal(_user(request), customer_id))


@page("call")
@require_POST
def give_back(request: HttpRequest) -> HttpResponse:
    """Give a claimed customer back."""
    release_claim(_user(request), request.POST.get("customer_id", ""))
    return redirect("my_day")


@never_cache
@page("call")
@require_POST
def save_result(request: HttpRequest) -> HttpResponse:
    """Store a result and show the next customer; a script gets the answer as JSON."""
    form = ResultForm(request.POST)
    if not form.is_valid():
        return _not_valid(request, form)
    corrects = form.cleaned_data["corrects_refusal"]
    try:
        recorded = record_result(_user(request), form.contact(), form.cleaned_data["key"], corrects_refusal=corrects)
    except WorkError as error:
        return _refused(request, error)
    if _wants_json(request):
        return JsonResponse({"saved": True, "repeated": recorded.repeated, "text": _told(_saved_text(recorded))})
    messages.success(request, _told(_saved_text(recorded)))
    return redirect("my_day")


@never_cache
@page("my_day")
@require_GET
def day_session(request: HttpRequest) -> HttpResponse:
    """For the script that sends kept results: who is signed in, and the token of forms."""
    return JsonResponse({"user": str(request.user.pk), "csrf": get_token(request)})


@require_GET
def day_worker(request: HttpRequest) -> HttpResponse:
    """The service worker; its address decides which pages it may serve."""
    script = Path(str(finders.find("portal/day-worker.js"))).read_bytes()
    return HttpResponse(script, content_type="text/javascript", headers={"Cache-Control": "no-cache"})


def _show(
    request: HttpRequest, *, status: int = 200, opened: str = "", sent: Any = None, person: Person | None = None
) -> HttpResponse:
    plan = plan_day(_user(request))
    cards = [*plan.cards, *plan.tried]
    record(request, "view_list", "page:my_day", day=plan.day, rows=len(cards))
    wanted = opened or request.GET.get("customer", "")
    first = next((made.customer_id for made in cards if made.customer_id == wanted), "")
    context = {
        "plan": plan,
        "opened": first or (cards[0].customer_id if cards else ""),
        "sent": sent or {},
        "done": [(text, plan.done[code]) for code, text in _ANSWER_TEXTS.items() if plan.done[code]],
        "done_total": plan.done.total(),
        "finished": plan.done.total() - plan.done[NOT_REACHED],  # who was not reached is among the cards
        "soon": _soon(plan.day),
        "people": {opened: person} if person else {},
        "masked": why_masked() if opened and not person else None,
        "new_key": uuid4,
    }
    return render(request, "portal/my_day.html.jinja", context, status=status)


_ANSWER_TEXTS = {**column("answer").words, "wrong_number": _("wrong number")}


def _soon(day: date) -> list[tuple[date, LocalizedText]]:
    """Days for a call-back by one tap."""
    return [
        (day + timedelta(days=1), _("tomorrow")),
        (day + timedelta(days=3), _("in 3 days")),
        (day + timedelta(days=7), _("in a week")),
        (day + timedelta(days=30), _("in 30 days")),
    ]


def _saved_text(recorded: Recorded) -> LocalizedText:
    if recorded.may_refuse:
        return _("Saved. The note may be a refusal, so the customer is off all lists until you correct it below.")
    if recorded.result.answer == "opt_out":
        return _("Saved. The customer is off all lists, and nobody contacts them any more.")
    return _("Saved.")


def _refused(request: HttpRequest, error: WorkError) -> HttpResponse:
    """What was refused: a customer who is not there is no page, anything else is said on the day's page."""
    if error.reason == "not_there":
        raise Http404
    if _wants_json(request):
        return JsonResponse({"saved": False, "reason": error.reason, "text": _told(error.text)}, status=_CONFLICT)
    messages.error(request, _told(error.text))
    return _show(request, status=_CONFLICT, opened=request.POST.get("customer_id", ""), sent=request.POST)


def _not_valid(request: HttpRequest, form: ResultForm) -> HttpResponse:
    names = {
        "answer": _("answer"),
        "call_back_on": _("day of the call-back"),
        "later_on": _("day of the call-back"),
        "amount": _("amount"),
    }
    fields = [str(in_language(names.get(name, name), language())) for name in form.errors]
    text = _("This cannot be stored, please look at: {fields}.", fields=", ".join(fields))
    if _wants_json(request):
        return JsonResponse({"saved": False, "reason": "form", "text": _told(text)}, status=_NOT_VALID)
    messages.error(request, _told(text))
    return _show(request, status=_NOT_VALID, opened=request.POST.get("customer_id", ""), sent=request.POST)


def _wants_json(request: HttpRequest) -> bool:
    return "application/json" in request.headers.get("Accept", "")


def _told(text: LocalizedText) -> str:
    return str(in_language(text, language()))


def _user(request: HttpRequest) -> Any:
    return request.user
