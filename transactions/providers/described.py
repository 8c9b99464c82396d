"""Accounts as the provider describes them, in our words."""

from collections.abc import Iterable, Mapping
from typing import Any

from transactions.imports.copytext import storable
from transactions.models import BankAccount, ProviderAccount, ProviderLink

_KINDS = {
    "credit": BankAccount.Kind.CARD,
    "loan": BankAccount.Kind.LOAN,
    "investment": BankAccount.Kind.SAVINGS,
    "brokerage": BankAccount.Kind.SAVINGS,
}
_SAVINGS = ("savings", "cd", "money market", "hsa")


def kind_of(said: Mapping[str, Any]) -> BankAccount.Kind:
    """What kind of account this is."""
    kind = _KINDS.get(str(said.get("type")))
    if kind is not None:
        return kind
    saves = str(said.get("subtype")) in _SAVINGS
    return BankAccount.Kind.SAVINGS if saves else BankAccount.Kind.CURRENT


def refresh(link: ProviderLink, accounts: Iterable[Mapping[str, Any]]) -> bool:
    """Keeps what is told of the connection's accounts; whether one is new after the first choice.

    What the person decided of them stays.
    """
    known = {row.external_id: row for row in link.accounts.all()}
    new: list[ProviderAccount] = []
    for said in accounts:
        key = said.get("account_id")
        if not isinstance(key, str) or not key or len(key) > 120:
            continue
        balances = said.get("balances")
        currency = balances.get("iso_currency_code") if isinstance(balances, Mapping) else ""
        mask = said.get("mask")
        values = {
            "name": _short(said.get("name") or said.get("official_name") or key[:8], 80),
            "masked_number": f"··{_short(mask, 10)}" if mask else "",
            "kind": kind_of(said),
            "currency": currency if isinstance(currency, str) and len(currency) == 3 else "",
        }
        row = known.get(key)
        if row is None:
            new.append(ProviderAccount(link=link, external_id=key, **values))
        elif any(getattr(row, name) != value for name, value in values.items()):
            ProviderAccount.objects.filter(pk=row.pk).update(**values)
    ProviderAccount.objects.bulk_create(new)
    return bool(new and known)


def _short(text: Any, length: int) -> str:
    return " ".join(storable(str(text)).split())[:length]
