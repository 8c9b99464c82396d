from django.urls import path

from transactions.providers.pages import connect, detail

app_name = "providers"

urlpatterns = [
    path("", connect.overview, name="list"),
    path("connect/", connect.start, name="connect"),
    path("<uuid:link_id>/", detail.detail, name="detail"),
    path("<uuid:link_id>/finish/", connect.finish, name="finish"),
    path("<uuid:link_id>/accounts/", detail.accounts, name="accounts"),
    path("<uuid:link_id>/update/", detail.update, name="update"),
    path("<uuid:link_id>/doubtful/", detail.doubtful, name="doubtful"),
    path("<uuid:link_id>/sign-in/", connect.again, name="again"),
    path("<uuid:link_id>/disconnect/", detail.disconnect, name="disconnect"),
]
