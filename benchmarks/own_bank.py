"""A bank of a measurement's own, inside the database made for it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Any

SCHEMA = "bench"


@contextmanager
def own_bank() -> Iterator[None]:
    """Django set up, an installation and the bank made; stands in it."""
    import django

    django.setup()
    from django.core.management import call_command

    from accounts.banks.services import create_bank, create_installation
    from accounts.banks.tenancy import in_bank

    call_command("migrate_schemas", shared=True, interactive=False, verbosity=0)
    create_installation(hosts=["operator.bench"])
    create_bank(schema=SCHEMA, name="Bench", hosts=["bench.bench"])
    with in_bank(SCHEMA):
        from accounts.customers.models import BankProfile

        BankProfile.objects.update_or_create(pk=1, defaults={"name": "Bench", "currency": "USD"})
        yield


def make_customers(
    count: int, *, accounts_each: int = 1, prefix: str = "B"
) -> list[tuple[Any, list[Any]]]:
    """Customers with their accounts, named `Account 0000` and on, all made in bulk."""
    from django.utils import timezone

    from accounts.customers.models import Customer
    from transactions.models import AccountHolder, BankAccount

    people = Customer.objects.bulk_create(
        Customer(reference=f"{prefix}{n:06}", full_name=f"Person {n}", created_at=timezone.now())
        for n in range(count)
    )
    accounts = BankAccount.objects.bulk_create(
        BankAccount(name=f"Account {k:04d}", currency="USD", masked_number=f"··{k:04d}")
        for _person in people
        for k in range(accounts_each)
    )
    AccountHolder.objects.bulk_create(
        AccountHolder(account=account, customer=people[n // accounts_each])
        for n, account in enumerate(accounts)
    )
    return [
        (person, accounts[n * accounts_each : (n + 1) * accounts_each])
        for n, person in enumerate(people)
    ]


def received(body: bytes, customer: Any, account: Any = None) -> Any:
    from transactions.imports import services

    return services.receive(
        stream=BytesIO(body), name="bench.csv", customer=customer, account=account, limit=2**31
    )


def import_file(body: bytes, customer: Any, account: Any = None) -> Any:
    """The whole way of a file; the batch."""
    from transactions.imports import services

    batch = services.plan(received(body, customer, account))
    if batch.state == batch.State.PLANNED:
        services.commit(batch, plan_hash=batch.plan_hash)
    return batch


def least(rounds: int, act: Callable[[], float]) -> float:
    return min(act() for _round in range(rounds))
