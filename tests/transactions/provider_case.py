"""A provider of the test's own, a connection to it, and runs of that connection."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from accounts.customers.models import Customer
from accounts.jobs.models import Job
from accounts.jobs.services import run_job
from tests import provider_world
from tests.factories import make_account, make_customer
from transactions.models import BankAccount, ProviderAccount, ProviderLink, Transaction
from transactions.providers import client, jobs, secrets
from transactions.providers.stand_in.world import Item

TODAY = date(2026, 11, 25)


class Provider(provider_world.Provider):
    """The test's provider, and clients of it that wait for nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.slept: list[float] = []

    def make_client(self) -> client.Client:
        return client.Client(self.ask, sleep=self.slept.append)


@pytest.fixture
def provider(north: str, monkeypatch: pytest.MonkeyPatch) -> Provider:
    made = Provider()
    monkeypatch.setattr(client, "make_transport", lambda provider: made.ask)
    monkeypatch.setattr(jobs, "make_client", made.make_client)
    return made


def connected_at_hand(customer: Customer, **fields: Any) -> tuple[ProviderLink, Item]:
    """A connection at the provider that every test has (tests/provider_world.py)."""
    link, item = connected(provider_world.now(), customer=customer)
    for name, value in fields.items():
        setattr(link, name, value)
    link.save()
    return link, item


def connected(
    provider: provider_world.Provider, *, customer: Customer | None = None, accounts: int = 2
) -> tuple[ProviderLink, Item]:
    """A connection whose accounts all go to ledger accounts of their own; nothing is in the ledger yet."""
    customer = customer or make_customer()
    token = f"access-test-{provider.made}-{customer.pk}"
    item = provider.world.items[token] = provider.make_item(token, accounts)
    link = ProviderLink.objects.create(
        customer=customer, state=ProviderLink.State.ACTIVE, item_id=item.item_id,
        institution_name="Example Bank",
    )  # fmt: skip
    secrets.keep_access_token(link, token)
    link.save()
    for said in item.accounts:
        ProviderAccount.objects.create(
            link=link, external_id=said["account_id"], name=said["name"], currency="EUR",
            choice=ProviderAccount.Choice.LINKED, account=make_account(customer=customer),
        )  # fmt: skip
    return link, item


def run(link: ProviderLink) -> Job:
    """One run of the connection, at once; the job as it ended."""
    job = jobs.ask_for(link)
    Job.objects.filter(pk=job.pk).update(run_at=timezone.now())
    run_job(job.pk)
    job.refresh_from_db()
    link.refresh_from_db()
    return job


def accounts_of(link: ProviderLink) -> dict[str, BankAccount]:
    rows = link.accounts.filter(choice=ProviderAccount.Choice.LINKED).select_related("account")
    return {row.external_id: row.account for row in rows if row.account is not None}


Row = tuple[Any, ...]


def mirror_of(link: ProviderLink) -> set[Row]:
    """What the ledger holds of it."""
    accounts = [account.pk for account in accounts_of(link).values()]
    return set(
        Transaction.objects.filter(account__in=accounts).values_list(
            "account", "provider_id", "booked_on", "value_on", "amount", "raw_text", "counterparty",
            "status",
        )
    )  # fmt: skip


def truth_of(item: Item, link: ProviderLink) -> set[Row]:
    """What the ledger should hold, worked out a second time from the provider's own rows.

    A pending payment beside its posted one is one payment.
    """
    accounts, rows = accounts_of(link), item.current()
    posted = {row["pending_transaction_id"] for row in rows.values()}
    return {
        _true(row, accounts)
        for key, row in rows.items()
        if row["account_id"] in accounts and not (row["pending"] and key in posted)
    }


def _true(row: dict[str, Any], accounts: dict[str, BankAccount]) -> Row:
    posted_on = date.fromisoformat(row["date"])
    authorised = row["authorized_date"]
    return (
        accounts[row["account_id"]].pk, row["transaction_id"],
        date.fromisoformat(authorised) if authorised else posted_on, posted_on, -row["amount"],
        row["name"], row["merchant_name"] or "", "pending" if row["pending"] else "posted",
    )  # fmt: skip


def transaction(key: str, item: Item, amount: str = "12.30", **more: Any) -> dict[str, Any]:
    """A transaction in Plaid's shape."""
    return {
        "transaction_id": key, "account_id": item.accounts[0]["account_id"], "amount": Decimal(amount),
        "iso_currency_code": "EUR", "unofficial_currency_code": None, "date": "2026-11-20",
        "authorized_date": None, "name": f"Shop {key}", "merchant_name": "Shop", "pending": False,
        "pending_transaction_id": None, "payment_meta": {"reference_number": None},
        "personal_finance_category": {
            "primary": "FOOD_AND_DRINK", "detailed": "FOOD_AND_DRINK_COFFEE",
            "confidence_level": "VERY_HIGH",
        },
        **more,
    }  # fmt: skip


def put(item: Item, rows: Iterable[dict[str, Any]]) -> None:
    for row in rows:
        item.put(row["transaction_id"], row)
