"""Hand-overs: who works whose customers while someone is away."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from goldmine.core.i18n import _, in_language
from goldmine.portal.access import page
from goldmine.portal.clock import today
from goldmine.portal.templating import language
from goldmine.portal.work import WorkError, colleagues, end_hand_over, hand_over, hand_overs


class HandOverForm(forms.Form):
    """Who hands over to whom, and on which days."""

    from_staff_id = forms.CharField(max_length=64)
    to_staff_id = forms.CharField(max_length=64)
    first_day = forms.DateField()
    last_day = forms.DateField()


@page("hand_over")
@require_http_methods(["GET", "HEAD", "POST"])
def hand_over_page(request: HttpRequest) -> HttpResponse:
    """Show the hand-overs, and make one."""
    user: Any = request.user
    form = HandOverForm(request.POST or None)
    problem = None
    if request.method == "POST":
        if form.is_valid():
            try:
                hand_over(user, **form.cleaned_data)
            except WorkError as error:
                if error.reason == "not_there":
                    raise Http404 from None
                problem = error.text
            else:
                messages.success(request, str(in_language(_("Handed over."), language())))
                return redirect("hand_over")
        else:
            problem = _("Choose a colleague, and give both days.")
    staff = list(colleagues(user))
    context = {
        "rows": hand_overs(user),
        "staff": staff,
        "names": {colleague.staff_id: colleague.get_full_name() or colleague.staff_id for colleague in staff},
        "sent": request.POST,
        "today": today(),
        "problem": problem,
    }
    return render(request, "portal/hand_over.html.jinja", context, status=422 if problem else 200)


@page("hand_over")
@require_POST
def end(request: HttpRequest) -> HttpResponse:
    """End a hand-over early."""
    user: Any = request.user
    number = request.POST.get("hand_over", "")
    try:
        end_hand_over(user, int(number) if number.isascii() and number.isdigit() and len(number) < 18 else 0)
    except WorkError:
        raise Http404 from None
    return redirect("hand_over")
