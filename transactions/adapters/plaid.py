"""Plaid's transactions as raw ledger lines.

Its amounts are signed from the bank's side: what is positive left the account. The day is the one on which
the payment was authorised, where that is known, and the day it was posted stands beside it.
"""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from transactions.adapters.base import Line, Reject
from transactions.categories.plaid import PLAID_DETAILED

NAME = "PLAID"
# What its counterparties may be besides the shop itself: those who only carried the payment.
_CARRIERS = ("marketplace", "payment_app", "payment_terminal", "financial_institution")


def line_of(n: int, said: Mapping[str, Any], account: str) -> Line | Reject:
    """One transaction as it came, for the ledger account of this name. Amounts must be Decimal or int."""
    text = _text(said.get("original_description")) or _text(said.get("name"))
    posted_on, authorised_on = _day(said.get("date")), _day(said.get("authorized_date"))
    if posted_on is None:
        return _reject(n, text, "date", said.get("date"), "date_missing", "It comes without a day.")
    amount = said.get("amount")
    if isinstance(amount, bool) or not isinstance(amount, Decimal | int):
        return _reject(n, text, "amount", amount, "amount_format", "It comes without an amount.")
    currency = _text(said.get("iso_currency_code"))
    if not currency:
        unofficial = _text(said.get("unofficial_currency_code"))
        return _reject(
            n, text, "iso_currency_code", unofficial, "currency_unknown",
            "Its currency has no official code, so it can't be added to others.",
        )  # fmt: skip
    return Line(
        line=n,
        booked_on=authorised_on or posted_on,
        value_on=posted_on,
        amount=-Decimal(amount) if amount else Decimal(0),
        text=text or _text(said.get("merchant_name")) or "-",
        counterparty=_counterparty(said),
        reference=_reference(said),
        category=_category(said.get("personal_finance_category")),
        account=account,
        currency=currency,
        balance=None,
        provider_id=_text(said.get("transaction_id")),
        status="pending" if said.get("pending") is True else "posted",
    )


def _counterparty(said: Mapping[str, Any]) -> str:
    """The shop or person paid, rather than who carried the payment."""
    if name := _text(said.get("merchant_name")):
        return name
    found = said.get("counterparties")
    parties = [p for p in found if isinstance(p, Mapping)] if isinstance(found, list) else []
    parties.sort(key=lambda party: party.get("type") in _CARRIERS)
    return _text(parties[0].get("name")) if parties else ""


def _reference(said: Mapping[str, Any]) -> str:
    meta = said.get("payment_meta")
    number = _text(meta.get("reference_number")) if isinstance(meta, Mapping) else ""
    return number or _text(said.get("check_number"))


def _category(found: Any) -> str:
    """The finer category where Plaid is sure of it and we know it, else the coarse one."""
    if not isinstance(found, Mapping):
        return ""
    detailed = _text(found.get("detailed")).upper()
    unsure = found.get("confidence_level") in ("LOW", "UNKNOWN")
    return detailed if detailed in PLAID_DETAILED and not unsure else _text(found.get("primary"))


def _text(found: Any) -> str:
    return found.strip() if isinstance(found, str) else ""


def _day(found: Any) -> date | None:
    try:
        return date.fromisoformat(found) if isinstance(found, str) else None
    except ValueError:
        return None


def _reject(n: int, text: str, column: str, value: Any, code: str, reason: str) -> Reject:
    fix = "It stays left out; the rest of the account is complete."
    return Reject(n, column, str(value if value is not None else "")[:200], code, reason, fix, text)
