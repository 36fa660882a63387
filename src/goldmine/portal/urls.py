"""Addresses of the portal's pages."""

from django.conf import settings
from django.urls import include, path

from goldmine.portal.api import api
from goldmine.portal.pages import (
    approvals,
    counter,
    customer,
    downloads,
    hand_over,
    head_office,
    home,
    journal,
    lists,
    my_day,
    operator,
    second_factor,
    sign_in,
    tool,
    upload,
    users,
)

handler400 = "goldmine.portal.pages.failures.unreadable"
handler404 = "goldmine.portal.pages.failures.not_there"
handler500 = "goldmine.portal.pages.failures.failed"

urlpatterns = [
    path("", home.home, name="home"),
    path("sign-in", sign_in.sign_in, name="sign_in"),
    path("sign-out", sign_in.SignOut.as_view(next_page="sign_in"), name="sign_out"),
    path("password", sign_in.change_password, name="change_password"),
    path("code", second_factor.second_factor, name="second_factor"),
    path("language", sign_in.choose_language, name="language"),
    path("lists", lists.lists, name="lists"),
    path("lists/saved", lists.keep, name="filter_save"),
    path("lists/saved/<int:number>/drop", lists.drop, name="filter_drop"),
    path("lists/download", downloads.download, name="download"),
    path("lists/download/ask", downloads.ask, name="download_ask"),
    path("downloads", downloads.own, name="downloads"),
    path("downloads/<int:number>", downloads.take, name="download_take"),
    path("head-office", head_office.head_office, name="head_office"),
    path("customers/<path:customer_id>", customer.customer, name="customer"),
    path("results", upload.upload, name="upload"),
    path("results/rejected/<str:name>", upload.rejected, name="upload_rejected"),
    path("approvals", approvals.approvals, name="approvals"),
    path("approvals/<int:number>", approvals.decide, name="approval_decide"),
    path("counter", counter.counter, name="counter"),
    path("day", my_day.my_day, name="my_day"),
    path("day/call", my_day.call, name="day_call"),
    path("day/give-back", my_day.give_back, name="day_give_back"),
    path("day/result", my_day.save_result, name="day_result"),
    path("day/session", my_day.day_session, name="day_session"),
    path("day-worker.js", my_day.day_worker, name="day_worker"),
    path("hand-over", hand_over.hand_over_page, name="hand_over"),
    path("hand-over/end", hand_over.end, name="hand_over_end"),
    path("api/v1/", api.urls),
    path("users", users.users, name="users"),
    path("journal", journal.journal, name="journal"),
    path("operator", operator.operator, name="operator"),
    path("operator/notebooks/<str:as_of>/<str:name>", operator.notebook, name="notebook"),
    path("tools/<str:name>/<path:path>", tool.tool, name="tool"),
    path("tools/<str:name>/", tool.tool, name="tool"),
    path("auth/operator", tool.is_operator, name="is_operator"),
]

if "mozilla_django_oidc" in settings.INSTALLED_APPS:
    urlpatterns.append(path("oidc/", include("mozilla_django_oidc.urls")))
