"""Files for many customers, made with a seed."""

import io
import random
from datetime import date, timedelta

from accounts.customers.models import Customer
from tests import factories
from transactions.imports import services
from transactions.imports.bulk.services import receive_bulk
from transactions.models import ImportBatch

START = date(2025, 1, 1)


def bulk(text: str, name: str = "bulk.csv", **more: object) -> ImportBatch:
    return receive_bulk(
        stream=io.BytesIO(text.encode()), name=name, user=None, limit=2**28, **more  # type: ignore[arg-type]
    )  # fmt: skip


def planned(text: str) -> ImportBatch:
    return services.plan(bulk(text))


def make_people(count: int, *, prefix: str = "K") -> list[Customer]:
    """Customers with one account each, made in bulk; references K00000 and on."""
    from transactions.models import AccountHolder, BankAccount

    people = Customer.objects.bulk_create(
        Customer(
            reference=f"{prefix}{n:05}", full_name=f"Person {prefix} {n:05}", branch="Centre",
            created_at=factories.LONG_AGO,
        )
        for n in range(count)
    )  # fmt: skip
    accounts = BankAccount.objects.bulk_create(
        BankAccount(name="Everyday", currency="EUR", masked_number=f"··{n % 10000:04}")
        for n in range(count)
    )
    AccountHolder.objects.bulk_create(
        AccountHolder(account=account, customer=person)
        for account, person in zip(accounts, people, strict=True)
    )
    return people


def made_file(rows: int, customers: int, *, seed: int, prefix: str = "K") -> str:
    """Day after day, the customers mixed."""
    rng = random.Random(seed)
    lines = ["Customer,Date,Description,Amount"]
    for n in range(rows):
        day = START + timedelta(days=n * 365 // rows)
        who = f"{prefix}{rng.randrange(customers):05}"
        cents = rng.randint(100, 20_000) * rng.choice((-1, -1, -1, 1))
        lines.append(f"{who},{day},SHOP {rng.randrange(400):03} CITY,{cents / 100:.2f}")
    return "\n".join(lines) + "\n"
