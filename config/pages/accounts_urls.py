from django.urls import path

from config.pages import accounts, accounts_acts

app_name = "accounts_held"

urlpatterns = [
    path("", accounts.accounts, name="list"),
    path("currency/", accounts_acts.currency, name="currency"),
    path("<uuid:account_id>/", accounts.account, name="one"),
    path("<uuid:account_id>/name/", accounts_acts.describe, name="describe"),
    path("<uuid:account_id>/fold/", accounts_acts.fold, name="fold"),
    path("<uuid:account_id>/balance/", accounts_acts.state, name="state"),
    path("<uuid:account_id>/balance/remove/", accounts_acts.withdraw, name="withdraw"),
]
