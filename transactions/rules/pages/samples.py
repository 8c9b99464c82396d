"""What a preview and a run show of single lines: as they stand, and as they would."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.urls import reverse

from transactions import ids
from transactions.models import RuleChange, RuleRun, Transaction
from transactions.reach import Reach
from transactions.rules.history import Change, Counts


@dataclass(frozen=True, slots=True)
class Sample:
    """One line: what is read, and the category (and name) before and after."""

    url: str
    day: date
    name: str
    amount: Decimal
    currency: str
    before: str
    after: str
    new_name: str = ""


def of_preview(reach: Reach, counts: Counts) -> list[Sample]:
    currencies = {a.pk: a.currency for a in reach.accounts}
    return [_of_change(reach, currencies, change) for change in counts.last]


def _of_change(reach: Reach, currencies: dict[int, str], change: Change) -> Sample:
    line, after = change.line, change.after
    return Sample(
        url=_url(line.pk),
        day=line.booked_on,
        name=line.counterparty or line.clean_text,
        amount=line.amount,
        currency=currencies.get(line.account_id, ""),
        before=reach.ref(line.category_id).name,
        after=reach.ref(after.category_id).name,
        new_name=after.text if after.text != line.clean_text else "",
    )


def of_run(reach: Reach, run: RuleRun, n: int = 50) -> list[Sample]:
    """The first lines that a run changed, as far as they are there."""
    changes = list(RuleChange.objects.filter(run=run).order_by("-pk")[:n])
    rows = Transaction.objects.in_bulk([c.transaction_id for c in changes])
    currencies = {a.pk: a.currency for a in reach.accounts}
    return [
        _of_row(reach, currencies, rows[c.transaction_id], c.before, c.after)
        for c in changes
        if c.transaction_id in rows and c.account_id in currencies
    ]


def _of_row(
    reach: Reach,
    currencies: dict[int, str],
    row: Transaction,
    before: dict[str, Any],
    after: dict[str, Any],
) -> Sample:
    return Sample(
        url=_url(row.pk),
        day=row.booked_on,
        name=row.counterparty or row.clean_text,
        amount=row.amount,
        currency=currencies[row.account_id],
        before=reach.ref(before["category"]).name,
        after=reach.ref(after["category"]).name,
        new_name=after["text"] if after["text"] != before["text"] else "",
    )


def _url(pk: int) -> str:
    return reverse("transactions:detail", args=[ids.encode_one(pk)])
