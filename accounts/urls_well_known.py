"""The addresses that browsers and researchers know beforehand. Mounted under .well-known/."""

from django.urls import path

from accounts import views

urlpatterns = [
    path("change-password", views.change_password, name="change_password"),
    path("security.txt", views.security_txt, name="security_txt"),
]
