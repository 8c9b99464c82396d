"""Rows for tests: functions with keyword overrides, in the bank the test stands in.

Transactions go through the ledger's own door, so month totals stay right.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import count
from typing import Any
from uuid import UUID

from django.db import connection

from accounts.customers.models import AccessGrant, Customer, Purpose
from accounts.models import Role, User
from accounts.services import create_person
from analytics.budgets.models import Budget
from transactions import ledger, totals
from transactions.fingerprints import fingerprint
from transactions.models import (
    AccountHolder,
    BalanceStatement,
    BankAccount,
    Category,
    ExchangeRate,
    Transaction,
)

PASSWORD = "a test's own password"
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
FAR = datetime(2099, 1, 1, tzinfo=UTC)
_number = count(1)


def make_person(
    *, email: str = "", role: str = Role.CUSTOMER, password: str = PASSWORD, **fields: Any
) -> User:
    """A sign-in whose e-mail is checked."""
    email = email or f"person{next(_number)}@example.com"
    return create_person(email=email, password=password, role=role, **fields)


def make_customer(
    *, user: User | None = None, with_sign_in: bool = False, **fields: Any
) -> Customer:
    """A customer, without a sign-in unless `user` is given or `with_sign_in` asks for one."""
    n = next(_number)
    if user is None and with_sign_in:
        user = make_person(email=f"customer{n}@example.com")
    values: dict[str, Any] = {
        "reference": f"C{n:06}", "full_name": f"Customer {n}", "branch": "Centre", "age_bracket": "25-34",
        "created_at": LONG_AGO, "user": user,
    }  # fmt: skip
    return Customer.objects.create(**(values | fields))


def make_account(
    *, customer: Customer | None = None, currency: str = "EUR", **fields: Any
) -> BankAccount:
    """A bank account owned by `customer` (a new one when not given)."""
    customer = customer or make_customer()
    account = BankAccount.objects.create(
        **(
            {"name": f"Everyday {next(_number)}", "currency": currency, "masked_number": "··4821"}
            | fields
        )
    )
    AccountHolder.objects.create(account=account, customer=customer)
    return account


def add_holder(
    account: BankAccount, customer: Customer, role: str = AccountHolder.Role.USER
) -> AccountHolder:
    return AccountHolder.objects.create(account=account, customer=customer, role=role)


def category(code: str) -> Category:
    """One of the bank's own categories, by its code."""
    return Category.objects.get(code=code)


def make_category(*, name: str = "", kind: str = "expense", **fields: Any) -> Category:
    """A category; `customer` and `parent` make it a person's own."""
    n = next(_number)
    code = None if fields.get("customer") else fields.pop("code", f"made_{n}")
    return Category.objects.create(name=name or f"Category {n}", kind=kind, code=code, **fields)


def make_transactions(account: BankAccount, rows: Sequence[dict[str, Any]]) -> list[Transaction]:
    """Many rows of one account in one statement; each a dict of Transaction's fields.

    `amount` may be text, `category` a Category, its code or None. Lines, order and ids follow `rows`.
    """
    if not rows:
        return []
    codes: dict[str, int] = {}
    values = [_row(account, row, codes) for row in rows]
    names = list(values[0])
    line = f"({', '.join(['%s'] * len(names))})"
    change = (
        f"insert into transactions_transaction ({', '.join(names)}) values "
        + ", ".join([line] * len(values))
        + f" returning id, {totals.INSERTED}"
    )
    with ledger.writing_accounts([account.pk], wait=True):
        with connection.cursor() as cursor:
            cursor.execute("select coalesce(max(id), 0) from transactions_transaction")
            before = cursor.fetchone()[0]
        totals.apply_change(change, [v for row in values for v in row.values()])  # type: ignore[arg-type]
    return list(
        Transaction.objects.filter(account=account, pk__gt=before)
        .select_related("category")
        .order_by("pk")
    )


def make_transaction(
    *, account: BankAccount | None = None, amount: Any = "-120.00", **fields: Any
) -> Transaction:
    """One row, through the ledger's own door."""
    account = account or make_account()
    return make_transactions(account, [{"amount": amount, **fields}])[0]


def _row(account: BankAccount, given: dict[str, Any], codes: dict[str, int]) -> dict[str, Any]:
    n = next(_number)
    row = dict(given)
    chosen = row.pop("category", None)
    if isinstance(chosen, str):
        if chosen not in codes:
            codes[chosen] = category(chosen).pk
        category_id = codes[chosen]
    else:
        category_id = chosen.pk if chosen else row.pop("category_id", None)
    parent = row.pop("parent", None)
    booked_on = row.get("booked_on") or date(2026, 6, 15)
    amount = Decimal(str(row.get("amount", "-120.00")))
    text = row.get("raw_text") or row.get("clean_text") or f"Shop {n}"
    values: dict[str, Any] = {
        "account_id": account.pk, "booked_on": booked_on, "value_on": None, "amount": amount,
        "raw_text": text, "clean_text": text, "counterparty": "", "reference": "",
        "category_id": category_id, "category_origin": "source" if category_id else "none",
        "confidence": 100 if category_id else 0, "status": "posted", "provider_id": "",
        "fingerprint": UUID(bytes=fingerprint(booked_on, amount, text)), "occurrence": n, "batch_id": None,
        "line": n, "version": 1, "is_split": False, "parent_id": parent.pk if parent else None,
    }  # fmt: skip
    unknown = set(row) - set(values)
    assert not unknown, f"no such field of a transaction: {sorted(unknown)}"
    return values | row | {"amount": amount, "booked_on": booked_on}


def make_budget(
    *,
    customer: Customer,
    category: Category | str,
    month: date,
    amount: Any = "100.00",
    currency: str = "EUR",
) -> Budget:
    found = Category.objects.get(code=category) if isinstance(category, str) else category
    return Budget.objects.create(
        customer=customer,
        category=found,
        month=month,
        amount=Decimal(str(amount)),
        currency=currency,
    )


def make_grant(*, staff: User, customer: Customer, **fields: Any) -> AccessGrant:
    """An open purpose under which `staff` may see `customer`."""
    values = {
        "purpose": Purpose.REQUEST,
        "note": "asked at the desk",
        "opened_at": LONG_AGO,
        "expires_at": FAR,
    }
    return AccessGrant.objects.create(staff=staff, customer=customer, **(values | fields))


def make_rate(base: str, quote: str, day: date, rate: Any, source: str = "ECB") -> ExchangeRate:
    """What one unit of `base` was in `quote` on this day."""
    return ExchangeRate.objects.create(
        base=base, quote=quote, day=day, rate=Decimal(str(rate)), source=source
    )


def make_statement(
    account: BankAccount, day: date, amount: Any, source: str = "bank"
) -> BalanceStatement:
    """A balance as the bank states it at the end of a day."""
    return BalanceStatement.objects.create(
        account=account, day=day, amount=Decimal(str(amount)), source=source
    )
