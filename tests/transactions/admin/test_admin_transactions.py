"""Transactions in the admin: lists under a purpose, only the category changes."""

from decimal import Decimal

from django.test import Client

from accounts.customers.models import AccessGrant, AccessRecord, Customer
from tests.factories import (
    category,
    make_account,
    make_category,
    make_customer,
    make_transaction,
)
from tests.query_count import counted
from tests.transactions.admin.addresses import LIST, change, text
from transactions import ids
from transactions.audit import audit_ledger
from transactions.models import (
    MonthTotal,
    Transaction,
)

# -- lists ---------------------------------------------------------------------------------------


def test_the_list_shows_texts_of_opened_customers_only(client: Client, opened: Customer) -> None:
    mine = make_transaction(
        account=make_account(customer=opened, name="Holiday pot"),
        amount="-17.35",
        raw_text="Toy shop",
    )
    other = make_transaction(amount="-98.76", raw_text="Secret shop")
    page = text(client.get(LIST))
    assert "Toy shop" in page and "-17.35" in page
    assert "Secret shop" not in page and "98.76" not in page and "Holiday pot" not in page
    assert ids.encode_one(mine.pk) in page and ids.encode_one(other.pk) in page
    looks = AccessRecord.objects.filter(what="admin: list of Transaction")
    assert [look.grant.customer_id for look in looks] == [opened.pk]


def test_the_list_costs_the_same_at_ten_times_the_rows(client: Client, opened: Customer) -> None:
    def cost() -> int:
        with counted() as queries:
            assert client.get(LIST).status_code == 200
        return len(queries)

    for _ in range(2):
        make_transaction(account=make_account(customer=opened))
    few = cost()
    for _ in range(20):
        make_transaction(account=make_account())
    assert cost() == few <= 12


def test_the_list_is_searched_by_id_and_owner(client: Client, opened: Customer) -> None:
    row = make_transaction(account=make_account(customer=opened), raw_text="Alpha")
    other = make_transaction(raw_text="Beta")
    found = text(client.get(LIST, {"q": ids.encode_one(row.pk)}))
    assert "1 transaction" in found and ids.encode_one(other.pk) not in found
    assert ids.encode_one(row.pk) in text(client.get(LIST, {"q": opened.reference}))
    assert "0 transactions" in text(client.get(LIST, {"q": "Alpha"}))


def test_a_category_is_covered_as_the_text_is(client: Client) -> None:
    account = make_account()
    owner = account.holders.get().customer
    own = make_category(name="Surprise for Ida", customer=owner, parent=category("gifts"))
    make_transaction(account=account, category=own)
    page = text(client.get(LIST))
    assert "Surprise for Ida" not in page and "Gifts" not in page
    assert "Surprise for Ida" not in text(client.get("/admin/transactions/category/?q=Ida"))


# -- one line ------------------------------------------------------------------------------------


def test_only_the_category_changes_and_totals_follow(client: Client, opened: Customer) -> None:
    row = make_transaction(
        account=make_account(customer=opened), category="groceries", amount="-12.00"
    )
    rent = category("rent")
    url = change("transaction", row.pk)
    assert 'name="amount"' not in text(client.get(url))
    sent = {"category": rent.pk, "seen_version": 1, "amount": "999", "raw_text": "forged"}
    assert client.post(url, sent).status_code == 302
    row.refresh_from_db()
    assert (row.category_id, row.category_origin, row.amount) == (rent.pk, "person", Decimal("-12"))
    assert row.raw_text != "forged"
    assert MonthTotal.objects.get(category_id=rent.pk, n=1).money_out == Decimal("-12")
    assert not audit_ledger()


def test_a_line_that_changed_meanwhile_is_not_written(client: Client, opened: Customer) -> None:
    row = make_transaction(account=make_account(customer=opened), category="groceries")
    url = change("transaction", row.pk)
    client.post(url, {"category": category("rent").pk, "seen_version": 1})
    answer = client.post(url, {"category": category("fuel").pk, "seen_version": 1}, follow=True)
    assert "This payment was changed meanwhile" in text(answer)
    row.refresh_from_db()
    assert row.category == category("rent")


def test_a_strangers_own_category_is_no_choice(client: Client, opened: Customer) -> None:
    row = make_transaction(account=make_account(customer=opened))
    own = make_category(customer=make_customer(), parent=category("gifts"))
    answer = client.post(change("transaction", row.pk), {"category": own.pk, "seen_version": 1})
    assert answer.status_code == 200 and "Select a valid choice" in text(answer)


def test_a_line_is_neither_added_nor_deleted_nor_seen_without_purpose(client: Client) -> None:
    row = make_transaction()
    assert client.get(f"{LIST}add/").status_code == 403
    for page in ("change", "delete", "history"):
        answer = client.post(
            f"{LIST}{row.pk}/{page}/", {"post": "yes", "category": "", "seen_version": 1}
        )
        assert answer.status_code == 302 and "/open/" in answer["Location"]
    client.post(LIST, {"action": "delete_selected", "_selected_action": row.pk, "post": "yes"})
    assert Transaction.objects.filter(pk=row.pk, version=1).exists()
    AccessGrant.objects.all().delete()
