"""The plain objects a sample bank is made of: frozen, without ids, ready for any loader.

Money is Decimal and signed from the owner's side. Accounts are named by `key` and customers by
`reference`; both are unique in their bank.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

AccountKind = Literal["current", "savings", "card", "loan"]
HolderRole = Literal["owner", "user"]


@dataclass(frozen=True, slots=True)
class SampleCustomer:
    """A person; those with an e-mail may sign in."""

    reference: str
    full_name: str
    age_bracket: str
    location: str
    employment_status: str
    branch: str
    created_on: date
    email: str | None = None
    login_name: str | None = None
    password: str | None = None


@dataclass(frozen=True, slots=True)
class SampleHolder:
    """Who holds an account; exactly one holder of each account is its owner."""

    customer: str
    role: HolderRole


@dataclass(frozen=True, slots=True)
class SampleAccount:
    """An account; opening balance + posted lines = stated balance at the end of `stated_on`."""

    key: str
    holders: tuple[SampleHolder, ...]
    kind: AccountKind
    currency: str
    masked_number: str
    label: str
    opened_on: date
    opening_balance: Decimal
    stated_on: date
    stated_balance: Decimal

    @property
    def owner(self) -> str:
        """The owner's reference."""
        return next(holder.customer for holder in self.holders if holder.role == "owner")


@dataclass(frozen=True, slots=True)
class SampleTransaction:
    """A line as the bank has it, and in `category` the truth that a categoriser should find.

    `category` is empty where nobody knows it; `counterparty_account` where there is none.
    """

    account: str
    booked_on: date
    value_on: date
    amount: Decimal
    raw_text: str
    counterparty: str
    source_category: str | None
    category: str
    pending: bool = False
    counterparty_account: str = ""


@dataclass(frozen=True, slots=True)
class SampleBudget:
    """What a person means to spend in a category in one month (its first day)."""

    customer: str
    category: str
    month: date
    amount: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class SampleProduct:
    """Something the bank offers; written to a folder's products.csv."""

    code: str
    name: str
    kind: str
    description: str


@dataclass(frozen=True, slots=True)
class SampleBank:
    """A whole bank. Transactions stand by account, then by day, in the order they happened."""

    name: str
    country: str
    time_zone: str
    currency: str
    locale: str
    business_day: date
    branches: tuple[str, ...]
    customers: tuple[SampleCustomer, ...]
    accounts: tuple[SampleAccount, ...]
    transactions: tuple[SampleTransaction, ...]
    budgets: tuple[SampleBudget, ...] = ()
    products: tuple[SampleProduct, ...] = ()
