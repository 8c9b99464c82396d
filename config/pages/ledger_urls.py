from django.urls import path

from config.pages import ledger, ledger_merchant, ledger_one, ledger_pairs

app_name = "transactions"

urlpatterns = [
    path("", ledger.transaction_list, name="list"),
    path("export.csv", ledger.transactions_csv, name="csv"),
    path("pairs/", ledger_pairs.pairs, name="pairs"),
    path("pairs/<uuid:pair_id>/", ledger_pairs.decide, name="pair"),
    path("<str:transaction_id>/", ledger_one.detail, name="detail"),
    path("<str:transaction_id>/category/", ledger_one.categorise, name="categorise"),
    path("<str:transaction_id>/merchant/", ledger_merchant.merchant, name="merchant"),
]
