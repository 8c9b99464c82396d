from django.urls import path

from config.pages import (
    ledger,
    ledger_merchant,
    ledger_one,
    ledger_pairs,
    rows_bulk,
    rows_lists,
    rows_one,
    rows_split,
)

app_name = "transactions"

urlpatterns = [
    path("", ledger.transaction_list, name="list"),
    path("export.csv", ledger.transactions_csv, name="csv"),
    path("pairs/", ledger_pairs.pairs, name="pairs"),
    path("pairs/<uuid:pair_id>/", ledger_pairs.decide, name="pair"),
    path("bulk/", rows_bulk.bulk, name="bulk"),
    path("tags/", rows_lists.tag_list, name="tags"),
    path("filters/", rows_lists.filter_list, name="filters"),
    path("duplicates/", rows_lists.duplicate_list, name="duplicates"),
    path("<str:transaction_id>/", ledger_one.detail, name="detail"),
    path("<str:transaction_id>/category/", ledger_one.categorise, name="categorise"),
    path("<str:transaction_id>/merchant/", ledger_merchant.merchant, name="merchant"),
    path("<str:transaction_id>/split/", rows_split.split, name="split"),
    path("<str:transaction_id>/tags/", rows_one.tag, name="tag"),
    path("<str:transaction_id>/note/", rows_one.note, name="note"),
    path("<str:transaction_id>/put-back/", rows_one.put_back, name="put_back"),
]
