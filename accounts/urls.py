"""Addresses of sign-in: allauth's own, and ours that it lacks. Mounted under accounts/."""

from allauth.mfa.urls import urlpatterns as second_factor
from django.urls import include, path

from accounts import views

urlpatterns = [
    path("", include("allauth.account.urls")),
    path("2fa/", include(second_factor)),
    path("sessions/", views.sessions, name="account_sessions"),
    path("invitation/", views.accept_invitation, name="account_accept_invitation"),
    path("invitation/<str:token>/", views.open_invitation, name="account_invitation"),
]
