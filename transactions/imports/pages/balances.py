"""Whether the balances a file states agree with its payments, and with what is here already."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Any

from django.db.models import Sum

from transactions.imports import reading
from transactions.imports import verdict_codes as codes
from transactions.imports.pages.planned_rows import planned_rows
from transactions.imports.pages.summaries import LOOKED_THROUGH, counts_of
from transactions.models import BalanceStatement, BankAccount, ImportBatch, Transaction


@dataclass(frozen=True, slots=True)
class BalanceCheck:
    """One account: what the file states at the end of `day`, and what its payments leave unexplained.

    `within` is the difference inside the file: its first balance plus its payments less its last
    balance. Where the file states both as rows of their own, `opening` and `moved` are the balance it
    opens with and what its payments come to, and `closing` where they should lead. `since` compares
    with the balance known from before (of `known_on`) and the payments here and new; None where no
    earlier balance is known.
    """

    account: BankAccount
    day: date
    stated: Decimal
    within: Decimal
    since: Decimal | None = None
    known_on: date | None = None
    opening: Decimal | None = None
    moved: Decimal = Decimal(0)
    closing: Decimal = Decimal(0)
    is_compared: bool = True  # False where the file states one balance and none is known before it

    @property
    def agrees(self) -> bool:
        return not self.within and not self.since


def checks_of(batch: ImportBatch) -> list[BalanceCheck]:
    """One per account of a file that states balances; none for very long files."""
    stated = batch.choices.get("balances", [])
    counts = counts_of(batch)
    if not stated or not counts["rows"] or counts["rows"] > LOOKED_THROUGH:
        return []
    rows: dict[int, list[dict[str, Any]]] = {}
    for row in planned_rows(batch):
        if row["status"] == "posted":
            rows.setdefault(row["account_id"], []).append(row)
    verdicts = reading.verdicts_of(batch)
    # A statement format may state several days; the last is where the account stands.
    last = {s["account"]: s for s in sorted(stated, key=lambda s: s["day"])}
    accounts = BankAccount.objects.in_bulk(list(last))
    return [
        _check(batch, accounts[pk], s, rows.get(pk, []), verdicts)
        for pk, s in last.items()
        if pk in accounts
    ]


def _check(
    batch: ImportBatch,
    account: BankAccount,
    stated: dict[str, Any],
    rows: list[dict[str, Any]],
    verdicts: bytes,
) -> BalanceCheck:
    day, amount = date.fromisoformat(stated["day"]), Decimal(stated["amount"])
    new = [r for r in rows if verdicts[r["n"]] == ord(codes.NEW)]
    before = (
        BalanceStatement.objects.filter(account=account, day__lt=day)
        .exclude(batch_id=batch.pk)
        .order_by("-day", "-id")
        .first()
    )
    since: Decimal | None = None
    if before is not None:
        here = Transaction.objects.filter(
            account=account,
            status="posted",
            parent=None,
            booked_on__gt=before.day,
            booked_on__lte=day,
        ).aggregate(sum=Sum("amount"))["sum"]
        brought = sum((r["amount"] for r in new if before.day < r["booked_on"] <= day), Decimal(0))
        since = amount - before.amount - (here or Decimal(0)) - brought
    found = BalanceCheck(
        account=account,
        day=day,
        stated=amount,
        within=_unexplained(rows),
        since=since,
        known_on=before.day if before else None,
        is_compared=since is not None or any(r["balance"] is not None for r in rows),
    )
    for own in batch.choices.get("stated", []):
        if own["account"] == account.pk:
            opening, moved, closing = (Decimal(own[k]) for k in ("opening", "moved", "closing"))
            return replace(
                found,
                within=closing - opening - moved,
                is_compared=True,
                opening=opening if own["statements"] == 1 else None,
                moved=moved,
                closing=closing,
            )
    return found


def _unexplained(rows: Sequence[dict[str, Any]]) -> Decimal:
    """Last stated balance less the first and the payments between, in the order of days.

    Within a day files run up or down; the direction in which more of their steps add up is theirs.
    """
    rises = falls = 0
    for one, two in pairwise(r for r in rows if r["balance"] is not None):
        rises += two["balance"] == one["balance"] + two["amount"]
        falls += one["balance"] == two["balance"] + one["amount"]
    ordered = sorted(rows if rises >= falls else list(reversed(rows)), key=lambda r: r["booked_on"])
    stated = [n for n, row in enumerate(ordered) if row["balance"] is not None]
    if len(stated) < 2:
        return Decimal(0)
    first, last = stated[0], stated[-1]
    paid = sum((r["amount"] for r in ordered[first + 1 : last + 1]), Decimal(0))
    return Decimal(ordered[last]["balance"] - ordered[first]["balance"] - paid)
