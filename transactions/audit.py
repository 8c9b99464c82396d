"""Recomputes what the ledger keeps added up, by a second and plainer way, and lists every difference.

Row by row in Python with Decimal, sharing no SQL with the services it checks.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from transactions.models import BankAccount, Category, ImportBatch, MonthTotal, Transaction

# How often an account that is written meanwhile is read again.
ATTEMPTS = 5
_PARTS = ("month's money in", "month's money out", "month's number of lines")


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that isn't as the rows say: where, what is kept, what it should be."""

    what: str
    where: str
    kept: str
    should_be: str


@dataclass(frozen=True, slots=True)
class Compared:
    """How much an audit of the current bank has to compare."""

    accounts: int
    lines: int
    month_totals: int


def compared() -> Compared:
    return Compared(
        BankAccount.objects.count(), Transaction.objects.count(), MonthTotal.objects.count()
    )


def audit_ledger() -> list[Difference]:
    """Every difference of the current bank's books; empty = they add up.

    Checks month totals against lines, the parts of splits against their parents, and the ids that have
    no database constraint (category, batch, parent).
    """
    found: list[Difference] = []
    categories, batches = _known()
    for account in BankAccount.objects.order_by("pk").values_list("pk", flat=True).iterator():
        differences = _account(account, categories, batches)
        found += _settled(account, differences) if differences else []
    return found


def _known() -> tuple[set[int], set[int]]:
    return (
        set(Category.objects.values_list("pk", flat=True)),
        set(ImportBatch.objects.values_list("pk", flat=True)),
    )


def _settled(account: int, differences: list[Difference]) -> list[Difference]:
    """The differences that stay when the account is read while nobody writes it.

    Lines and totals are read by separate statements: an import committed in between makes them
    differ although they never did.
    """
    for _attempt in range(ATTEMPTS):
        before = _revision(account)
        differences = _account(account, *_known())
        if not differences or _revision(account) == before:
            break
    return differences


def _revision(account: int) -> int | None:
    return BankAccount.objects.filter(pk=account).values_list("revision", flat=True).first()


def _account(account: int, categories: set[int], batches: set[int]) -> list[Difference]:
    found: list[Difference] = []
    sums: dict[tuple[date, int], list[Decimal | int]] = defaultdict(
        lambda: [Decimal(0), Decimal(0), 0]
    )
    parents: dict[int, Decimal] = {}
    parts: dict[int, Decimal] = defaultdict(Decimal)
    rows = Transaction.objects.filter(account_id=account).values_list(
        "pk", "booked_on", "amount", "category_id", "status", "is_split", "parent_id", "batch_id"
    )
    for pk, day, amount, category, status, is_split, parent, batch in rows.iterator(
        chunk_size=5000
    ):
        if category is not None and category not in categories:
            found.append(
                Difference("category", f"transaction {pk}", str(category), "one that exists")
            )
        if batch is not None and batch not in batches:
            found.append(Difference("batch", f"transaction {pk}", str(batch), "one that exists"))
        if is_split and status != Transaction.Status.MERGED:
            parents[pk] = amount
        if parent is not None:
            parts[parent] += amount
        if status != Transaction.Status.POSTED or is_split:
            continue
        cell = sums[day.replace(day=1), category or 0]
        cell[0 if amount > 0 else 1] += amount
        cell[2] += 1
    for parent in parents.keys() | parts.keys():
        if parents.get(parent) != parts.get(parent):
            found.append(
                Difference(
                    "split",
                    f"transaction {parent}",
                    str(parts.get(parent)),
                    str(parents.get(parent)),
                )
            )
    kept = {
        (month, category): [money_in, money_out, n]
        for month, category, money_in, money_out, n in MonthTotal.objects.filter(
            account_id=account
        ).values_list("month", "category_id", "money_in", "money_out", "n")
    }
    nothing: list[Decimal | int] = [Decimal(0), Decimal(0), 0]
    for key in sorted(kept.keys() | sums.keys()):
        is_kept, should_be = kept.get(key, nothing), list(sums.get(key, nothing))
        if is_kept != should_be:
            where = f"account {account}, {key[0]:%Y-%m}, category {key[1]}"
            for name, a, b in zip(_PARTS, is_kept, should_be, strict=True):
                if a != b:
                    found.append(Difference(name, where, str(a), str(b)))
    return found
