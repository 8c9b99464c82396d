"""Which account of the customer a row belongs to, and acts on accounts."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from accounts.audit import services as audit
from accounts.cards import cut_card_numbers
from accounts.customers.models import Customer
from transactions.models import AccountHolder, BankAccount, ImportBatch

_DIGITS = re.compile(r"[0-9]+")


def create_account(
    *,
    customer: Customer,
    name: str,
    currency: str,
    kind: str = BankAccount.Kind.CURRENT,
    masked_number: str = "",
    users: Iterable[Customer] = (),
) -> BankAccount:
    """A new account owned by `customer`; `users` hold it too without owning it."""
    with transaction.atomic():
        account = BankAccount.objects.create(
            name=cut_card_numbers(name)[:80],
            currency=currency.upper(),
            kind=kind,
            masked_number=masked_number[:24],
        )
        AccountHolder.objects.create(
            account=account, customer=customer, role=AccountHolder.Role.OWNER
        )
        for user in users:
            AccountHolder.objects.create(
                account=account, customer=user, role=AccountHolder.Role.USER
            )
        audit.record(
            act="account.created",
            subject=account,
            after={"name": account.name, "kind": account.kind, "currency": account.currency},
            customer_id=customer.pk,
        )
    return account


@dataclass(frozen=True, slots=True)
class Misplaced:
    """Why a row fits no account: the parts of its rejection."""

    role: str  # the layout role of the column that is to blame
    value: str
    code: str
    reason: str
    fix: str


@dataclass(slots=True)
class NamedAccount:
    """A name in the file (with its currency), how many rows carry it, and where they go."""

    name: str
    currency: str
    account: BankAccount | None
    rows: int = 0


class AccountFinder:
    """Names in a file to accounts of its customer; asked once per distinct name and currency."""

    def __init__(self, accounts: Iterable[BankAccount], batch: ImportBatch) -> None:
        self.accounts = {account.pk: account for account in accounts}
        self.default = batch.account
        self.chosen = _chosen(batch.choices)
        self.default_name: str | None = None  # the file's own name for the default account

    def find(self, name: str, currency: str) -> BankAccount | Misplaced:
        """The account of rows with this name and currency, or why there is none."""
        account = self._account(name, currency)
        if account is None:
            if not name and self.default is None:
                return Misplaced(
                    "account",
                    "",
                    "account_missing",
                    "The row names no account.",
                    "Choose an account.",
                )
            return Misplaced(
                "account", mask(name), "account_unknown",
                "This is not an account of this customer.", "Choose an account for this name.",
            )  # fmt: skip
        if currency and currency != account.currency:
            return Misplaced(
                "currency", currency, "currency_mismatch",
                f"The row is in {currency}; the account is kept in {account.currency}.",
                f"Choose an account in {currency} for these rows.",
            )  # fmt: skip
        return account

    def shown(self, name: str) -> str:
        """What the file calls an account, as it may be kept with a rejected row."""
        return mask(name)

    def covered(self, text: str) -> str:
        """A text of a rejected row as it may be kept."""
        return text

    def _account(self, name: str, currency: str) -> BankAccount | None:
        chosen = self.chosen.get((cut_card_numbers(name), currency))
        if chosen is not None:
            return self.accounts.get(chosen)
        if not name:
            return self.default
        matching = [a for a in self.accounts.values() if names_account(name, a)]
        if len(matching) > 1:
            matching = [a for a in matching if not currency or a.currency == currency]
        if len(matching) == 1:
            if matching[0] == self.default and self.default_name is None:
                self.default_name = name  # so no other name is taken for it
            return matching[0]
        # The account that the person chose, by the name its bank gives it: only one name is that.
        if self.default is not None and not matching and self.default_name in (None, name):
            self.default_name = name
            return self.default
        return None


def names_account(name: str, account: BankAccount) -> bool:
    """Whether a text in a file means this account: by its name, or by the last four digits."""
    if name.casefold().strip() in (account.name.casefold(), str(account.public_id)):
        return True
    known, given = _digits(account.masked_number), _digits(name)
    return len(known) >= 4 and len(given) >= 4 and known[-4:] == given[-4:]


def mask(name: str) -> str:
    """A name from a file as it may be kept: of a long number only the last four digits."""
    digits = _digits(name)
    return name[:80] if len(digits) < 8 else f"··{digits[-4:]}"


def _digits(text: str) -> str:
    return "".join(_DIGITS.findall(text))


def _chosen(choices: Mapping[str, Any]) -> dict[tuple[str, str], int]:
    return {
        (entry["name"], entry["currency"]): entry["account"]
        for entry in choices.get("accounts", [])
    }


def accounts_open_to(batch: ImportBatch) -> list[BankAccount]:
    """Accounts that a file of this customer may write, the chosen one among them."""
    found = []
    if batch.customer:
        found = list(BankAccount.objects.for_file(batch.customer, batch.pk))
    if batch.account is not None and batch.account.pk not in {a.pk for a in found}:
        found.append(batch.account)
    return found
