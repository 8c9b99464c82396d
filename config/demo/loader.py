"""Puts a sample bank into a real one: people and accounts directly, lines by the one road.

Everything here is invented or anonymised, and runs only in a demo.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, time

from accounts.customers.models import BankProfile, Customer
from accounts.services import create_person
from analytics.budgets.models import Budget
from transactions.adapters.base import Line
from transactions.imports import services as imports
from transactions.models import AccountHolder, BalanceStatement, BankAccount, Category
from transactions.rates.services import store_rates
from transactions.samples.bank import SampleBank
from transactions.samples.rates import sample_rates


def load(bank: SampleBank, *, fixed_day: bool) -> None:
    """Loads a whole sample bank into the current bank, which has no customers yet."""
    set_profile(bank, fixed_day=fixed_day)
    customers = _customers(bank)
    accounts = _accounts(bank, customers)
    imports.import_lines(_lines(bank), accounts=accounts, source="demo")
    _budgets(bank, customers)
    currencies = {account.currency for account in bank.accounts}
    if rates := sample_rates(bank.currency, currencies, bank.business_day):
        store_rates(rates)


def set_profile(bank: SampleBank, *, fixed_day: bool) -> None:
    values = {
        "name": bank.name,
        "country": bank.country,
        "time_zone": bank.time_zone,
        "currency": bank.currency,
        "locale": bank.locale,
        "business_day": bank.business_day if fixed_day else None,
    }
    profile = BankProfile.objects.filter(pk=1).first() or BankProfile()
    for name, value in values.items():
        setattr(profile, name, value)
    profile.save()


def _customers(bank: SampleBank) -> dict[str, Customer]:
    people = {
        c.reference: create_person(email=c.email, password=c.password, login_name=c.login_name)
        for c in bank.customers
        if c.email
    }
    made = Customer.objects.bulk_create(
        Customer(
            reference=c.reference,
            user=people.get(c.reference),
            full_name=c.full_name,
            age_bracket=c.age_bracket,
            location=c.location,
            employment_status=c.employment_status,
            branch=c.branch,
            created_at=datetime.combine(c.created_on, time(9), UTC),
        )
        for c in bank.customers
    )
    return {c.reference: c for c in made}


def _accounts(bank: SampleBank, customers: dict[str, Customer]) -> dict[str, BankAccount]:
    made = BankAccount.objects.bulk_create(
        BankAccount(name=a.label, kind=a.kind, currency=a.currency, masked_number=a.masked_number)
        for a in bank.accounts
    )
    accounts = {a.key: m for a, m in zip(bank.accounts, made, strict=True)}
    AccountHolder.objects.bulk_create(
        AccountHolder(account=accounts[a.key], customer=customers[h.customer], role=h.role)
        for a in bank.accounts
        for h in a.holders
    )
    BalanceStatement.objects.bulk_create(
        BalanceStatement(account=accounts[a.key], day=day, amount=amount, source=source)
        for a in bank.accounts
        for day, amount, source in (
            (a.opened_on, a.opening_balance, "opening"),
            (a.stated_on, a.stated_balance, "bank"),
        )
    )
    return accounts


def _lines(bank: SampleBank) -> Iterator[Line]:
    for number, t in enumerate(bank.transactions, start=1):
        yield Line(
            line=number,
            booked_on=t.booked_on,
            value_on=t.value_on,
            amount=t.amount,
            text=t.raw_text,
            counterparty=t.counterparty,
            reference="",
            category=t.source_category or "",
            account=t.account,
            currency="",
            balance=None,
            provider_id="",
            status="pending" if t.pending else "posted",
        )


def _budgets(bank: SampleBank, customers: dict[str, Customer]) -> None:
    categories = {c.code: c for c in Category.objects.of_bank()}
    Budget.objects.bulk_create(
        Budget(
            customer=customers[b.customer],
            category=categories[b.category],
            month=b.month,
            amount=b.amount,
            currency=b.currency,
        )
        for b in bank.budgets
    )
