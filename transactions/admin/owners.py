"""Whose an account is, as the admin's lists, pages and choices ask it."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib.admin import display
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.customers.admin import COVERED, MaskedAdmin, cell, opened_customers
from accounts.customers.models import Customer
from transactions.models import AccountHolder, BankAccount
from transactions.plain_money import plain_amount


def owners_of(account_ids: Iterable[int | None]) -> dict[int, Customer]:
    """The owner of each account, in one query."""
    wanted = {pk for pk in account_ids if pk}
    if not wanted:
        return {}
    holders = AccountHolder.objects.filter(account__in=wanted, role=AccountHolder.Role.OWNER)
    return {holder.account_id: holder.customer for holder in holders.select_related("customer")}


def account_label(account: BankAccount | None) -> str:
    """An account without the name its owner gave it."""
    if account is None:
        return "—"
    return " ".join(
        filter(None, (account.get_kind_display(), account.masked_number, account.currency))
    )


class OfAccountAdmin(MaskedAdmin):
    """Rows of an account: the customer they are about is the account's owner."""

    open_lookups: tuple[str, ...] = ("account__id__exact",)

    def customer_of(self, obj: Any) -> Customer | None:
        return owners_of([obj.account_id]).get(obj.account_id)

    def owners(self, rows: list[Any]) -> dict[int, Customer | None]:
        found = owners_of(row.account_id for row in rows)
        return {row.pk: found.get(row.account_id) for row in rows}

    @display(description=_("account"))
    def account_shown(self, row: Any) -> str:
        return account_label(row.account)

    @display(description=_("amount"))
    def amount_shown(self, row: Any) -> str:
        return cell(plain_amount(row.amount, row.account.currency)) if row.is_open else COVERED


def opened_accounts(request: HttpRequest) -> "QuerySet[BankAccount]":
    """Accounts whose owner this person may see now."""
    return (
        BankAccount.objects.standing()
        .filter(
            holders__role=AccountHolder.Role.OWNER,
            holders__customer__in=opened_customers(request),
        )
        .prefetch_related("holders__customer")
        .order_by("id")
    )


class OpenedAccountField(forms.ModelChoiceField[BankAccount]):
    """An account of a customer whom this person has opened."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("queryset", BankAccount.objects.none())
        kwargs.setdefault("label", _("Account"))
        kwargs["help_text"] = kwargs.get("help_text") or _(
            "Accounts of customers whom you have opened, from the list of customers."
        )
        super().__init__(*args, **kwargs)

    def label_from_instance(self, account: Any) -> str:
        owner = next(
            (h.customer for h in account.holders.all() if h.role == AccountHolder.Role.OWNER), None
        )
        return f"{owner} · {account.name} · {account_label(account)}"
