"""The figures a second time, as plainly as they can be said: one loop over rows in Python.

Reads the ledger's rows with one query and knows nothing of totals, cells, flows or the registry.
"""

import unicodedata
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from transactions.models import AccountHolder, Category, Transaction
from transactions.slices import Slice

Key = tuple[date | None, str | None]


@dataclass(frozen=True)
class Line:
    account: int
    currency: str
    day: date
    amount: Decimal
    chain: tuple[int, ...]  # the category and those above it; () = none
    kind: str
    text: str


def all_lines() -> list[Line]:
    """Posted rows that aren't split parents."""
    categories = {c.pk: c for c in Category.objects.all()}
    found = []
    for t in Transaction.objects.select_related("account"):
        if t.is_split or t.status != "posted":
            continue
        chain: list[int] = []
        at = categories.get(t.category_id or 0)
        while at:
            chain.append(at.pk)
            at = categories.get(at.parent_id or 0)
        kind = categories[chain[0]].kind if chain else ""
        text = bare("\n".join((t.clean_text, t.raw_text, t.counterparty, t.reference)))
        found.append(
            Line(t.account_id, t.account.currency, t.booked_on, t.amount, tuple(chain), kind, text)
        )
    return found


def bare(text: str) -> str:
    """Small letters without accents: é is e, ß is ss."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in apart if not unicodedata.combining(letter))


def _says(line: Line, word: str) -> bool:
    """A word of a search: it is in the texts, or it is the amount."""
    amount = Decimal(word) if word.isdecimal() else None
    return bare(word) in line.text or abs(line.amount) == amount


def chosen(lines: list[Line], slice: Slice) -> list[Line]:
    """The lines of a slice, in its currency."""
    assert slice.customer
    held = set(
        AccountHolder.objects.filter(customer_id=slice.customer.pk).values_list(
            "account_id", flat=True
        )
    )
    named = {a.pk for a in slice.accounts} or held
    wanted = {c.pk for c in slice.categories}
    return [
        line
        for line in lines
        if line.account in held & named
        and line.currency == slice.currency
        and slice.start <= line.day < slice.end
        and all(_says(line, word) for word in slice.text.split())
        and (not wanted or wanted & set(line.chain or (0,)))
    ]


def key(line: Line, by: str | None, month_start: int) -> tuple[date | None, int | None]:
    month = category = None
    if by and "month" in by:
        back = line.day
        while back.day != month_start:
            back -= timedelta(days=1)
        month = back
    if by and "category" in by:
        category = line.chain[-1] if line.chain else 0
    return month, category


def values(lines: list[Line], names: list[str]) -> dict[str, Any]:
    income = [n for n in lines if n.kind == "income" or (not n.kind and n.amount > 0)]
    spending = [n for n in lines if n.kind == "expense" or (not n.kind and n.amount < 0)]
    came_in = sum((n.amount for n in income), Decimal(0))
    spent = -sum((n.amount for n in spending), Decimal(0))
    net = came_in - spent
    rate = None
    if came_in > 0:
        rate = (net * 100 / came_in).quantize(Decimal("0.1"), ROUND_HALF_UP)
    average = None
    if spending:
        average = (spent / len(spending)).quantize(Decimal("0.01"), ROUND_HALF_UP)
    every = {
        "income": came_in,
        "expenses": spent,
        "net": net,
        "savings_rate": rate,
        "money_in": sum((n.amount for n in lines if n.amount > 0), Decimal(0)),
        "money_out": -sum((n.amount for n in lines if n.amount < 0), Decimal(0)),
        "moved": sum((n.amount for n in lines), Decimal(0)),
        "count": len(lines),
        "income_count": len(income),
        "expense_count": len(spending),
        "net_count": len(income) + len(spending),
        "average_transaction": average,
    }
    return {name: every[name] for name in names}


def groups(
    lines: list[Line], slice: Slice, names: list[str], by: str | None
) -> dict[tuple[date | None, int | None], dict[str, Any]]:
    """Values of each group that has a line."""
    found = defaultdict(list)
    for line in chosen(lines, slice):
        found[key(line, by, slice.month_start)].append(line)
    if not by:
        return {(None, None): values(found[None, None], names)}
    return {k: values(group, names) for k, group in found.items()}
