"""Bank accounts in the admin: owners, currencies, stated balances."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.customers.models import Customer
from tests.factories import (
    add_holder,
    make_account,
    make_customer,
)
from tests.seen import seen
from tests.transactions.admin.addresses import change, text
from transactions.models import (
    AccountHolder,
    BalanceStatement,
    BankAccount,
)


def holders(rows: list[dict[str, Any]], initial: int = 0) -> dict[str, Any]:
    form: dict[str, Any] = {
        "holders-TOTAL_FORMS": len(rows), "holders-INITIAL_FORMS": initial,
        "holders-MIN_NUM_FORMS": 1, "holders-MAX_NUM_FORMS": 1000,
    }  # fmt: skip
    for n, row in enumerate(rows):
        form |= {f"holders-{n}-{name}": value for name, value in row.items()}
    return form


def account_form(**fields: Any) -> dict[str, Any]:
    return {
        "name": "Everyday",
        "kind": "current",
        "currency": "eur",
        "masked_number": "··4821",
    } | fields


def test_an_account_is_added_with_one_owner(client: Client, opened: Customer) -> None:
    url = reverse("admin:transactions_bankaccount_add")
    second = make_customer()
    two = [{"customer": c.pk, "role": "owner"} for c in (opened, second)]
    assert "exactly one owner" in text(client.post(url, account_form() | holders(two)))
    assert "exactly one owner" in text(client.post(url, account_form() | holders([])))
    two[1]["role"] = "user"
    assert client.post(url, account_form() | holders(two)).status_code == 302
    account = BankAccount.objects.get()
    assert account.currency == "EUR"
    assert {h.customer_id: h.role for h in account.holders.all()} == {
        opened.pk: "owner",
        second.pk: "user",
    }


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("currency", "ABC", "A currency is three letters"),
        ("masked_number", "DE12 3456 7890", "Only the last four digits are kept"),
    ],
)
def test_a_bad_account_is_refused(
    client: Client, opened: Customer, field: str, value: str, sentence: str
) -> None:
    url = reverse("admin:transactions_bankaccount_add")
    rows = holders([{"customer": opened.pk, "role": "owner"}])
    assert sentence in text(client.post(url, account_form(**{field: value}) | rows))
    assert not BankAccount.objects.exists()


def test_the_owner_changes_in_one_step_the_currency_never(client: Client, opened: Customer) -> None:
    account = make_account(customer=opened)
    first = account.holders.get()
    second = add_holder(account, make_customer())
    rows = holders(
        [
            {
                "id": second.pk,
                "account": account.pk,
                "customer": second.customer_id,
                "role": "owner",
            },
            {"id": first.pk, "account": account.pk, "customer": first.customer_id, "role": "user"},
        ],
        initial=2,
    )
    url = change("bankaccount", account.pk)
    said = account_form(currency="USD", name="New name") | rows | seen(client, url)
    assert client.post(url, said).status_code == 302
    account.refresh_from_db()
    assert (account.name, account.currency) == ("New name", "EUR")
    owner = account.holders.get(role=AccountHolder.Role.OWNER)
    assert owner.pk == second.pk


def test_a_balance_is_stated_once_a_day(client: Client, opened: Customer) -> None:
    account = make_account(customer=opened)
    url = reverse("admin:transactions_balancestatement_add")
    form = {"account": account.pk, "day": "2026-06-01", "amount": "120.50"}
    assert client.post(url, form).status_code == 302
    assert BalanceStatement.objects.get().source == "admin"
    assert "is there already" in text(client.post(url, form))
    stranger = make_account()
    assert "Select a valid choice" in text(client.post(url, form | {"account": stranger.pk}))
