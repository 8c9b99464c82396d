"""The rows of a plan that need a person, a page at a time: rejected, changed, perhaps the same."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from transactions.models import ImportBatch, ImportIssue, Transaction

SHOWN = 50


@dataclass(frozen=True, slots=True)
class Page:
    """Some issues of one verdict; `more` is the id to go on after, 0 at the end."""

    rows: Sequence[Any]
    total: int
    first: int
    more: int

    @property
    def last(self) -> int:
        return self.first + len(self.rows) - 1


@dataclass(frozen=True, slots=True)
class Difference:
    """One value of a changed row: what it was and becomes."""

    name: str | Promise
    was: str | Decimal | date | None
    becomes: str | Decimal | date | None
    kind: str  # "amount", "day", "text"


@dataclass(frozen=True, slots=True)
class RowChanged:
    line: int
    text: str
    day: date | None
    currency: str
    differences: Sequence[Difference]


@dataclass(frozen=True, slots=True)
class RowDoubtful:
    """A row beside the one it looks like."""

    line: int
    day: date | None
    text: str
    amount: Decimal | None
    currency: str
    like_day: date | None
    like_text: str


def page_of(batch: ImportBatch, verdict: str, after: int = 0) -> tuple[list[ImportIssue], Page]:
    """At most SHOWN issues of one verdict in the file's order, after the issue with this id."""
    if not batch.counts.get(verdict):
        return [], Page([], 0, 1, 0)
    wanted = batch.issues.filter(verdict=verdict).order_by("line", "id")
    total = wanted.count()
    before = 0
    if after:
        mark = wanted.filter(pk=after).first()
        if mark is not None:
            later = wanted.filter(line__gt=mark.line) | wanted.filter(
                line=mark.line, pk__gt=mark.pk
            )
            before = total - later.count()
            wanted = later.order_by("line", "id")
    found = list(wanted[: SHOWN + 1])
    more = found[SHOWN - 1].pk if len(found) > SHOWN else 0
    return found[:SHOWN], Page(found[:SHOWN], total, before + 1, more)


def rejected(batch: ImportBatch, after: int = 0) -> Page:
    return page_of(batch, "rejected", after)[1]


_FIELDS: Mapping[str, tuple[str | Promise, str]] = {
    "status": (gettext_lazy("state"), "text"),
    "booked_on": (gettext_lazy("day"), "day"),
    "value_on": (gettext_lazy("value day"), "day"),
    "amount": (gettext_lazy("amount"), "amount"),
    "raw_text": (gettext_lazy("text"), "text"),
    "counterparty": (gettext_lazy("other party"), "text"),
    "reference": (gettext_lazy("reference"), "text"),
}


def changed(batch: ImportBatch, after: int = 0) -> Page:
    """Rows that would change one in the ledger, with what differs and nothing else."""
    issues, page = page_of(batch, "changed", after)
    currency = _currency_of_targets(issues)
    rows = []
    for issue in issues:
        before, becomes = issue.before or {}, issue.after or {}
        differences = [
            Difference(name, _value(before.get(key), kind), _value(becomes.get(key), kind), kind)
            for key, (name, kind) in _FIELDS.items()
            # A value day that the file leaves out stays as it is.
            if before.get(key) != becomes.get(key)
            and not (key == "value_on" and not becomes.get(key))
        ]
        rows.append(
            RowChanged(
                line=issue.line,
                text=str(becomes.get("clean_text") or before.get("clean_text") or ""),
                day=_day(becomes.get("booked_on")),
                currency=currency.get(issue.transaction_id or 0, ""),
                differences=differences,
            )
        )
    return Page(rows, page.total, page.first, page.more)


def doubtful(batch: ImportBatch, after: int = 0) -> Page:
    """Rows that look like some from another source, beside what they look like."""
    issues, page = page_of(batch, "doubtful", after)
    currency = _currency_of_targets(issues)
    rows = []
    for issue in issues:
        here, there = issue.after or {}, issue.before or {}
        rows.append(
            RowDoubtful(
                line=issue.line,
                day=_day(here.get("booked_on")),
                text=str(here.get("clean_text") or here.get("raw_text") or ""),
                amount=_amount(here.get("amount")),
                currency=currency.get(issue.transaction_id or 0, ""),
                like_day=_day(there.get("booked_on")),
                like_text=str(there.get("clean_text") or there.get("raw_text") or ""),
            )
        )
    return Page(rows, page.total, page.first, page.more)


def _currency_of_targets(issues: Sequence[ImportIssue]) -> dict[int, str]:
    ids = [i.transaction_id for i in issues if i.transaction_id]
    found = Transaction.objects.filter(pk__in=ids) if ids else Transaction.objects.none()
    return dict(found.values_list("pk", "account__currency"))


def _value(value: Any, kind: str) -> str | Decimal | date | None:
    if kind == "amount":
        return _amount(value)
    if kind == "day":
        return _day(value)
    text = str(value or "")
    return {"pending": _("pending"), "posted": _("posted")}.get(text, text)


def _amount(value: Any) -> Decimal | None:
    return None if value in (None, "") else Decimal(str(value))


def _day(value: Any) -> date | None:
    return date.fromisoformat(str(value)) if value else None
