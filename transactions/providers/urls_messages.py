from django.urls import path

from transactions.providers import door

urlpatterns = [path("plaid/<uuid:link_id>", door.receive, name="provider_message")]
