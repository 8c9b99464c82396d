"""Finding pairs and deciding on them: a transfer leaves income and spending, money back lowers its category.

Each act locks the accounts of one owner in id order and changes lines with their totals, as any write of
the ledger. A person's own category, and a rule's, is never changed by a pair.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

from django.db.models import Max, Min, Q
from django.utils import timezone

from accounts.audit import services as audit
from transactions.ledger import writing_accounts
from transactions.models import (
    AccountHolder,
    BankAccount,
    Category,
    ImportBatch,
    RowPair,
    Transaction,
)
from transactions.pairs import effects, told, upkeep
from transactions.pairs.calc.entries import Entry, Found
from transactions.pairs.calc.refunds import DAYS, refunds
from transactions.pairs.calc.transfers import transfers
from transactions.pairs.evidence import OwnAccount, hints_of


@dataclass(frozen=True, slots=True)
class Report:
    """How many pairs were found, and how many are worth asking about."""

    transfers: int = 0
    refunds: int = 0
    asked: int = 0

    def __add__(self, other: "Report") -> "Report":
        return Report(
            self.transfers + other.transfers,
            self.refunds + other.refunds,
            self.asked + other.asked,
        )


def find_in(batch: ImportBatch) -> Report:
    """Looks for pairs among the rows that a batch brought and those around them, owner by owner.

    Each owner's pairs are one transaction. Safe to repeat: what stands stays, what a person said is kept.
    """
    accounts = [int(pk) for pk in batch.basis.get("accounts", {})]
    owners = AccountHolder.objects.filter(account__in=accounts, role=AccountHolder.Role.OWNER)
    found = Report()
    for customer_id in (
        owners.order_by("customer_id").values_list("customer_id", flat=True).distinct()
    ):
        found += _find_of(customer_id, batch, accounts)
    ImportBatch.objects.filter(pk=batch.pk).update(paired_at=timezone.now())
    return found


def open_batches() -> Iterable[ImportBatch]:
    """Batches in the ledger whose rows weren't looked at yet, oldest first."""
    return ImportBatch.objects.filter(state=ImportBatch.State.COMMITTED, paired_at=None).order_by(
        "pk"
    )


def _find_of(customer_id: int, batch: ImportBatch, accounts: Sequence[int]) -> Report:
    holdings = AccountHolder.objects.filter(customer_id=customer_id, role=AccountHolder.Role.OWNER)
    own = list(
        BankAccount.objects.standing().filter(pk__in=holdings.values("account_id")).order_by("pk")
    )
    mine = [account.pk for account in own]
    with writing_accounts(mine, wait=True):
        known = RowPair.objects.filter(customer_id=customer_id).exists()
        if known:
            upkeep.reunite(customer_id, mine)
            upkeep.dissolve_untrue(customer_id, mine)
        days = Transaction.objects.filter(
            account_id__in=[pk for pk in mine if pk in set(accounts)], batch_id=batch.pk
        ).aggregate(first=Min("booked_on"), last=Max("booked_on"))
        if days["first"] is None:
            return Report()
        if known:
            RowPair.objects.filter(customer_id=customer_id, state=RowPair.State.ASKED).delete()
        rows = _lines(
            mine, days["first"] - timedelta(days=DAYS), days["last"] + timedelta(days=DAYS)
        )
        report = Report()
        for currency in sorted({account.currency for account in own}):
            group = [account for account in own if account.currency == currency]
            report += _pair_up(customer_id, group, rows)
        if report.transfers or report.refunds:
            audit.record(
                act="pair.found",
                subject=batch,
                after={"transfers": report.transfers, "refunds": report.refunds},
                customer_id=customer_id,
            )
    return report


class _Line(NamedTuple):
    """Of a line what the search asks for; most are in no pair."""

    pk: int
    account_id: int
    booked_on: date
    amount: Decimal
    raw_text: str
    counterparty: str
    category_kind: str | None
    category_origin: str


def _lines(accounts: list[int], first: date, last: date) -> list[_Line]:
    found = (
        Transaction.objects.lines()
        .posted()
        .filter(account_id__in=accounts, booked_on__gte=first, booked_on__lte=last)
        .order_by("booked_on", "pk")
        .values_list(
            "pk", "account_id", "booked_on", "amount", "raw_text", "counterparty",
            "category__kind", "category_origin",
        )
    )  # fmt: skip
    return [_Line(*row) for row in found]


def _pair_up(customer_id: int, own: Sequence[BankAccount], rows: Sequence[_Line]) -> Report:
    known = {
        account.pk: OwnAccount.of(account.pk, account.masked_number, account.name)
        for account in own
    }
    here = {row.pk: row for row in rows if row.account_id in known}
    pairs = [
        pair
        for pair in RowPair.objects.filter(customer_id=customer_id)
        if pair.first_id in here or pair.second_id in here
    ]
    said_no = {
        (p.kind, p.first_id, p.second_id)
        for p in pairs
        if p.state == RowPair.State.REJECTED and p.first_id and p.second_id
    }
    standing = [p for p in pairs if p.state in RowPair.STANDING]
    moved = {
        pk for p in standing if p.kind == RowPair.Kind.TRANSFER for pk in (p.first_id, p.second_id)
    }
    returned: dict[int, Decimal] = defaultdict(Decimal)
    for p in standing:
        if p.kind == RowPair.Kind.REFUND and p.second_id in here and p.first_id is not None:
            returned[p.first_id] += here[p.second_id].amount
    back = {p.second_id for p in standing if p.kind == RowPair.Kind.REFUND}
    entries = [_entry(row, known) for row in here.values() if row.pk not in moved]
    found = [
        (RowPair.Kind.TRANSFER, one)
        for one in transfers(
            [e for e in entries if e.id not in back],
            never={(first, second) for kind, first, second in said_no if kind == "transfer"},
        )
    ] if len(own) > 1 else []  # fmt: skip
    moved |= {pk for _kind, one in found for pk in (one.first, one.second)}
    never = {(first, second) for kind, first, second in said_no if kind == "refund"}
    for account in own:
        mine = [
            e for e in entries if e.account == account.pk and e.id not in moved and e.id not in back
        ]
        found += [
            (RowPair.Kind.REFUND, one) for one in refunds(mine, never=never, returned=returned)
        ]
    return _keep(customer_id, own, found)


def _entry(row: _Line, known: Mapping[int, OwnAccount]) -> Entry:
    return Entry(
        row.pk,
        row.account_id,
        row.booked_on,
        row.amount,
        hints_of(
            row.raw_text,
            counterparty=row.counterparty,
            category_kind=row.category_kind or "",
            by_person=row.category_origin in effects.ABOVE,
            own=known.values(),
            account=row.account_id,
        ),
    )


def _keep(
    customer_id: int, own: Sequence[BankAccount], found: Sequence[tuple[str, Found]]
) -> Report:
    if not found:
        return Report()
    here = Transaction.objects.select_related("category").in_bulk(
        [pk for _kind, one in found for pk in (one.first, one.second)]
    )
    codes = Category.objects.ids_by_code()
    kinds = {account.pk: account.kind for account in own}
    pairs = []
    wanted: dict[int, int] = {}
    for kind, one in found:
        first, second = here[one.first], here[one.second]
        state = RowPair.State.FOUND if one.is_sure else RowPair.State.ASKED
        pair = _new_pair(customer_id, kind, state, first, second, one.score)
        if one.is_sure:
            meant = effects.meant(pair, first, second, kinds, codes)
            pair.before = effects.before(meant, first, second)
            wanted |= meant
        pairs.append(pair)
    effects.put_all(wanted, kinds)
    RowPair.objects.bulk_create(pairs)
    sure = [pair for pair in pairs if pair.state == RowPair.State.FOUND]
    told.note(sure, here, together=True)
    n_transfers = sum(pair.kind == RowPair.Kind.TRANSFER for pair in sure)
    return Report(n_transfers, len(sure) - n_transfers, len(pairs) - len(sure))


def _new_pair(
    customer_id: int, kind: str, state: str, first: Transaction, second: Transaction, score: int
) -> RowPair:
    return RowPair(
        customer_id=customer_id, kind=kind, state=state, score=score,
        first_id=first.pk, first_account_id=first.account_id,
        first_fingerprint=first.fingerprint, first_occurrence=first.occurrence,
        second_id=second.pk, second_account_id=second.account_id,
        second_fingerprint=second.fingerprint, second_occurrence=second.occurrence,
    )  # fmt: skip


# -- a person's word ------------------------------------------------------------------------------


def decide(pair: RowPair, *, together: bool) -> None:
    """A person says that two lines belong together, or that they don't; figures follow at once.

    Raises AccountBusy when one of the accounts is being written, and RowPair.DoesNotExist when the pair
    is no longer there.
    """
    accounts = {pair.first_account_id, pair.second_account_id}
    with writing_accounts(accounts, wait=False):
        pair = RowPair.objects.select_for_update().get(pk=pair.pk)
        was = pair.state
        if together and was not in RowPair.STANDING:
            first, second = effects.both_rows(pair)
            RowPair.objects.filter(
                Q(second_id=second.pk) | Q(first_id=first.pk, kind=RowPair.Kind.TRANSFER),
                state=RowPair.State.FOUND,
            ).exclude(pk=pair.pk).update(state=RowPair.State.REJECTED)
            kinds = dict(BankAccount.objects.filter(pk__in=accounts).values_list("pk", "kind"))
            pair.before = effects.apply(pair, first, second, kinds, Category.objects.ids_by_code())
            told.note([pair], {first.pk: first, second.pk: second}, together=True)
        elif not together and was in RowPair.STANDING:
            effects.take_back([pair])
            ids = [pk for pk in (pair.first_id, pair.second_id) if pk]
            told.note([pair], Transaction.objects.in_bulk(ids), together=False)
        pair.state = RowPair.State.CONFIRMED if together else RowPair.State.REJECTED
        pair.save(update_fields=["state", "before"])
        audit.record(
            act="pair.confirmed" if together else "pair.rejected",
            subject=pair,
            before={"state": was},
            after={"state": pair.state},
            customer_id=pair.customer_id,
        )
