"""A bank as people have it: John and others with a year of lines, for tests that walk the pages."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from accounts.customers.models import BankProfile, Customer
from accounts.models import Role, User
from analytics.budgets.models import Budget
from tests import factories
from transactions.models import Category
from transactions.samples.generate import generate_bank

SCHEMA, HOST = "test_sample", "sample.test"
TODAY = date(2026, 6, 21)
SEED = 7
CURRENCY = "EUR"
JOHN = "john.doe@example.com"


def fill(*, customers: int = 12, months: int = 13) -> None:
    """Fills the bank at hand; with enough customers in it, groups of k exist."""
    sample = generate_bank("north", seed=SEED, today=TODAY, customers=customers, months=months)
    BankProfile.objects.update_or_create(
        pk=1,
        defaults={"name": "Sample", "currency": sample.currency, "business_day": TODAY, "k": 10},
    )
    codes = dict(Category.objects.of_bank().values_list("code", "pk"))
    people: dict[str, Customer] = {}
    for c in sample.customers:
        user = factories.make_person(email=c.email) if c.email else None
        people[c.reference] = factories.make_customer(
            user=user, reference=c.reference, full_name=c.full_name, branch=c.branch,
            age_bracket=c.age_bracket, created_at=datetime(2024, 1, 1, tzinfo=UTC),
        )  # fmt: skip
    rows: dict[str, list[dict]] = {a.key: [] for a in sample.accounts}
    for n, t in enumerate(sample.transactions):
        rows[t.account].append(
            {"amount": t.amount, "booked_on": t.booked_on, "value_on": t.value_on, "raw_text": t.raw_text,
             "category_id": codes[t.category] if n % 29 else None,
             "status": "pending" if t.pending else "posted"}
        )  # fmt: skip
    for a in sample.accounts:
        account = factories.make_account(
            customer=people[a.owner], currency=a.currency, name=a.label, kind=a.kind,
            masked_number=a.masked_number,
        )  # fmt: skip
        for holder in a.holders:
            if holder.role == "user":
                factories.add_holder(account, people[holder.customer])
        factories.make_transactions(account, rows[a.key])
        factories.make_statement(account, a.opened_on, a.opening_balance, "opening")
        if not a.masked_number.endswith("7"):
            factories.make_statement(account, a.stated_on, a.stated_balance)
    Budget.objects.bulk_create(
        Budget(customer=people[b.customer], category_id=codes[b.category], month=b.month, amount=b.amount,
               currency=b.currency)
        for b in sample.budgets
    )  # fmt: skip
    for name, role in (("analyst", Role.ANALYST), ("viewer", Role.VIEWER), ("admin", Role.ADMIN)):
        factories.make_person(email=f"{name}@example.com", role=role)
    travels(john())


def travels(customer: Customer) -> None:
    """An account in another currency, with rates for most of its days; and a balance that doesn't add up."""
    account = factories.make_account(customer=customer, currency="USD", name="Travel")
    days = [TODAY - timedelta(days=back) for back in range(0, 300, 9)]
    factories.make_transactions(
        account,
        [
            {"booked_on": day, "amount": -10 - n, "category": "groceries" if n % 4 else "salary"}
            for n, day in enumerate(days)
        ],
    )
    for day in days[:-5]:
        factories.make_rate("EUR", "USD", day, Decimal("1.0854") + Decimal(day.day) / 1000)
    for back, amount in ((200, 900), (100, 700), (20, 650)):
        factories.make_statement(account, TODAY - timedelta(days=back), amount)


def john() -> Customer:
    return Customer.objects.get(user__email=JOHN)


def user(name: str) -> User:
    return User.objects.get(email=f"{name}@example.com")
