"""Addresses of the portal's pages."""

from django.contrib import admin
from django.contrib.auth.views import LogoutView
from django.urls import path

from goldmine.portal.pages import counter, home, sign_in

urlpatterns = [
    path("", home.home, name="home"),
    path("health", home.health, name="health"),
    path("sign-in", sign_in.sign_in, name="sign_in"),
    path("sign-out", LogoutView.as_view(next_page="sign_in"), name="sign_out"),
    path("password", sign_in.change_password, name="change_password"),
    path("language", sign_in.choose_language, name="language"),
    path("counter", counter.counter, name="counter"),
    path("users/", admin.site.urls),
]
