"""Two lines that may be one payment from two sources: found, said to be the same, or not.

Of a pair that is the same one line stays and counts; the other keeps its row (so that its file, brought in
again, finds it) with status `merged`, and counts no more. What was said is kept by fingerprint: a pair comes
apart when the counting line goes with its import, and together again when it returns.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from accounts.audit import services as audit
from accounts.customers.models import Customer
from transactions import totals
from transactions.enrichment import Delivery, Removal
from transactions.ledger import VersionConflict, owner_of, writing_accounts
from transactions.models import BankAccount, Note, PairVerdict, Transaction, TransactionTag
from transactions.rows import changes
from transactions.rows.errors import RowRefused

DAYS_APART = 3
SHOWN = 50
# How far back pairs are looked for: longer ago they are no longer worth a person's time.
LOOK_BACK = timedelta(days=400)

# Each line's look-alikes by the account's index of days; a pair from one source is two payments.
_PAIRS = f"""
with lines as materialized (
  select t.id, t.account_id, t.booked_on, t.amount, t.fingerprint, t.occurrence,
         coalesce(b.source_key, '') source
  from transactions_transaction t left join transactions_importbatch b on b.id = t.batch_id
  where t.account_id = any(%(accounts)s) and t.booked_on >= %(since)s
    and t.status = 'posted' and not t.is_split and t.parent_id is null),
several as (select account_id from lines group by 1 having count(distinct source) > 1)
select a.id, b.id, abs(a.booked_on - b.booked_on) apart
from lines a join several using (account_id)
cross join generate_series(-{DAYS_APART}, {DAYS_APART}) d
join lines b on b.account_id = a.account_id and b.amount = a.amount and b.booked_on = a.booked_on + d
where a.id < b.id and a.source <> b.source and a.amount <> 0
  and not exists (
    select from transactions_pairverdict v
    where v.account_id = a.account_id
      and ((v.fingerprint, v.occurrence, v.other_fingerprint, v.other_occurrence)
           = (a.fingerprint, a.occurrence, b.fingerprint, b.occurrence)
        or (v.fingerprint, v.occurrence, v.other_fingerprint, v.other_occurrence)
           = (b.fingerprint, b.occurrence, a.fingerprint, a.occurrence)))
order by apart, greatest(a.booked_on, b.booked_on) desc, a.id, b.id limit 2000
"""
_AWAY = f"""
update transactions_transaction
set is_split = true, status = 'merged', version = transactions_transaction.version + 1
where id = any(%(ids)s) and not is_split returning {totals.UPDATED}
"""
_BACK = f"""
update transactions_transaction
set is_split = false, status = s.status, version = transactions_transaction.version + 1
from (select (e->>'id')::bigint id, e->>'status' status from jsonb_array_elements(%(rows)s::jsonb) e) s
where transactions_transaction.id = s.id and transactions_transaction.status = 'merged'
returning {totals.UPDATED}
"""
_CATEGORY = f"""
update transactions_transaction
set category_id = %(category)s, category_origin = %(origin)s, confidence = %(confidence)s,
    version = transactions_transaction.version + 1
where id = %(pk)s returning {totals.UPDATED}
"""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two lines of equal account and amount, at most three days apart, from different sources."""

    first: Transaction
    second: Transaction
    days_apart: int


def pairs(customer: Customer, today: date) -> list[Pair]:
    """Possible duplicates among this person's lines of the last 400 days, the likeliest first.

    Each line stands in one pair at most. One statement, and one for the rows shown.
    """
    accounts = list(BankAccount.objects.held_by(customer).values_list("pk", flat=True))
    with connection.cursor() as cursor:
        cursor.execute(_PAIRS, {"accounts": accounts, "since": today - LOOK_BACK})
        found = cursor.fetchall()
    taken: set[int] = set()
    chosen: list[tuple[int, int, int]] = []
    for first, second, apart in found:
        if first not in taken and second not in taken and len(chosen) < SHOWN:
            chosen.append((first, second, apart))
            taken |= {first, second}
    rows = Transaction.objects.in_bulk(taken)
    return [Pair(rows[a], rows[b], apart) for a, b, apart in chosen]


def keep_apart(first: Transaction, second: Transaction) -> None:
    """Remembers that these are two payments. Raises RowRefused for lines that don't look alike."""
    _check_alike(first, second)
    one, other = sorted((first, second), key=_print)
    with writing_accounts([first.account_id], wait=False):
        PairVerdict.objects.update_or_create(
            **_names(one, other), defaults={"verdict": PairVerdict.Verdict.DIFFERENT}
        )
        audit.record(
            act="transaction.unmerged", subject=first, after={"other": second.pk},
            customer_id=owner_of([first.account_id]),
        )  # fmt: skip


def merge(
    kept: Transaction, other: Transaction, *, versions: tuple[int, int] | None = None
) -> Transaction:
    """Says that two lines are one payment: `kept` counts on, with the person's choices of both.

    A category that the person chose wins over one they didn't; tags are put together, notes stand below each
    other. Parameters: `versions` seen of both. Raises RowRefused, VersionConflict, AccountBusy.
    """
    with writing_accounts([kept.account_id], wait=False):
        kept, other = (
            _fresh(kept, versions and versions[0]),
            _fresh(other, versions and versions[1]),
        )
        _check_alike(kept, other)
        before: dict[str, Any] = {
            "category_id": kept.category_id, "origin": kept.category_origin,
            "confidence": kept.confidence, "status": other.status,
        }  # fmt: skip
        person = Transaction.Origin.PERSON
        if other.category_origin == person and kept.category_origin != person:
            before["taken"] = other.category_id
            _recategorise(kept, other.category_id, person, 100)
        before["tags"] = _take_tags(kept, other)
        before["notes"] = _take_notes(kept, other)
        totals.apply_change(_AWAY, {"ids": [other.pk]})
        totals.drop_empty_cells([kept.account_id])
        one, two = sorted((kept, other), key=_print)
        PairVerdict.objects.filter(**_names(one, two)).delete()
        PairVerdict.objects.update_or_create(
            **_names(kept, other),
            defaults={"verdict": PairVerdict.Verdict.MERGED, "before": before},
        )
        changes.note(
            changes.MERGED,
            [changes.Change(row.pk, {}, {"with": of.clean_text[:80]})
             for row, of in ((kept, other), (other, kept))],
        )  # fmt: skip
        audit.record(
            act="transaction.merged", subject=kept, before=before, after={"other": other.pk},
            customer_id=owner_of([kept.account_id]),
        )  # fmt: skip
    kept.refresh_from_db()
    return kept


def unmerge(kept: Transaction, other: Transaction) -> None:
    """Takes a merge back: both lines count, and the kept one has what it had where it wasn't changed since.

    The two are then known as two payments. Raises RowRefused, AccountBusy.
    """
    with writing_accounts([kept.account_id], wait=False):
        kept, other = _fresh(kept, None), _fresh(other, None)
        said = PairVerdict.objects.filter(
            **_names(kept, other), verdict=PairVerdict.Verdict.MERGED
        ).first()
        if said is None or other.status != Transaction.Status.MERGED:
            raise RowRefused(_("These two aren't merged."), "not_merged")
        before = said.before
        if "taken" in before and kept.category_id == before["taken"]:
            _recategorise(kept, before["category_id"], before["origin"], before["confidence"])
        TransactionTag.objects.filter(transaction=kept, tag__in=before.get("tags", [])).delete()
        for customer, old, new in before.get("notes", []):
            note = Note.objects.filter(transaction=kept, customer=customer, text=new)
            if old:
                note.update(text=old)
            else:
                note.delete()
        _bring_back([(other.pk, before.get("status", "posted"))])
        totals.drop_empty_cells([kept.account_id])
        said.delete()
        one, two = sorted((kept, other), key=_print)
        PairVerdict.objects.update_or_create(
            **_names(one, two), defaults={"verdict": PairVerdict.Verdict.DIFFERENT}
        )
        changes.note(
            changes.UNMERGED,
            [changes.Change(row.pk, {"with": of.clean_text[:80]}, {})
             for row, of in ((kept, other), (other, kept))],
        )  # fmt: skip
        audit.record(
            act="transaction.unmerged", subject=kept, after={"other": other.pk},
            customer_id=owner_of([kept.account_id]),
        )  # fmt: skip


# -- beside imports ---------------------------------------------------------------------------------


def part_before_removal(removal: Removal) -> None:
    """Lines that count as one of these count themselves again before that one goes."""
    going = set(removal.rows)
    back = []
    for verdict in _merged_in(removal.accounts):
        other, kept = _other_of(verdict), _kept_of(verdict)
        if other and kept and kept.pk in going and other.pk not in going:
            back.append((other.pk, verdict.before.get("status", "posted")))
    _bring_back(back)


def part_before_undo(delivery: Delivery) -> None:
    """Lines that count as one of this batch count themselves again before that one goes."""
    back = []
    for verdict in _merged_in(delivery.accounts):
        other, kept = _other_of(verdict), _kept_of(verdict)
        if other and kept and kept.batch_id == delivery.batch.pk != other.batch_id:
            back.append((other.pk, verdict.before.get("status", "posted")))
    _bring_back(back)


def merge_again(delivery: Delivery) -> None:
    """Pairs that were said to be the same and are both there again; those whose amounts now differ part."""
    away, back = [], []
    for verdict in _merged_in(delivery.accounts):
        other, kept = _other_of(verdict), _kept_of(verdict)
        if other is None or kept is None:
            continue
        if other.amount != kept.amount:
            back.append((other.pk, verdict.before.get("status", "posted")))
        elif not other.is_split and not kept.is_split:
            away.append(other.pk)
    _bring_back(back)
    if away:
        totals.apply_change(_AWAY, {"ids": away})


def _merged_in(accounts: Iterable[int]) -> list[PairVerdict]:
    return list(
        PairVerdict.objects.filter(account__in=accounts, verdict=PairVerdict.Verdict.MERGED)
    )


def _kept_of(verdict: PairVerdict) -> Transaction | None:
    return Transaction.objects.filter(
        account_id=verdict.account_id, fingerprint=verdict.fingerprint,
        occurrence=verdict.occurrence,
    ).first()  # fmt: skip


def _other_of(verdict: PairVerdict) -> Transaction | None:
    return Transaction.objects.filter(
        account_id=verdict.account_id, fingerprint=verdict.other_fingerprint,
        occurrence=verdict.other_occurrence,
    ).first()  # fmt: skip


def _bring_back(rows: list[tuple[int, str]]) -> None:
    if rows:
        said = json.dumps([{"id": pk, "status": status} for pk, status in rows])
        totals.apply_change(_BACK, {"rows": said})


def _recategorise(row: Transaction, category: int | None, origin: str, confidence: int) -> None:
    totals.apply_change(
        _CATEGORY,
        {"pk": row.pk, "category": category, "origin": origin, "confidence": confidence},
    )


def _take_tags(kept: Transaction, other: Transaction) -> list[int]:
    have = set(TransactionTag.objects.filter(transaction=kept).values_list("tag_id", flat=True))
    more = TransactionTag.objects.filter(transaction=other).exclude(tag__in=have)
    taken = sorted(more.values_list("tag_id", flat=True))
    TransactionTag.objects.bulk_create(TransactionTag(transaction=kept, tag_id=t) for t in taken)
    return taken


def _take_notes(kept: Transaction, other: Transaction) -> list[tuple[int, str, str]]:
    taken = []
    for note in Note.objects.filter(transaction=other):
        mine = Note.objects.filter(transaction=kept, customer=note.customer_id).first()
        if mine and mine.text == note.text:
            continue
        old = mine.text if mine else ""
        new = f"{old}\n{note.text}".strip()
        Note.objects.update_or_create(
            transaction=kept, customer_id=note.customer_id, defaults={"text": new}
        )
        taken.append((note.customer_id, old, new))
    return taken


def _check_alike(first: Transaction, second: Transaction) -> None:
    wrong = (
        first.pk == second.pk
        or first.account_id != second.account_id
        or first.amount != second.amount
    )
    if wrong:
        raise RowRefused(
            _("Only two payments of one account and one amount can be the same payment."),
            "not_alike",
        )
    if any(row.status == Transaction.Status.PENDING for row in (first, second)):
        raise RowRefused(
            _("One of the two is pending and counts nowhere yet. Wait until it is posted."),
            "pending",
        )
    if any(row.is_split or row.parent_id for row in (first, second)):
        raise RowRefused(
            _("One of the two is split or merged already. Join its parts first."), "is_split"
        )


def _fresh(row: Transaction, version: int | None) -> Transaction:
    now = Transaction.objects.filter(pk=row.pk).first()
    if now is None or (version is not None and now.version != version):
        raise VersionConflict("This payment was changed meanwhile. Look again.")
    return now


def _print(row: Transaction) -> tuple[str, int]:
    return str(row.fingerprint), row.occurrence


def _names(first: Transaction, second: Transaction) -> dict[str, Any]:
    return {
        "account_id": first.account_id,
        "fingerprint": first.fingerprint, "occurrence": first.occurrence,
        "other_fingerprint": second.fingerprint, "other_occurrence": second.occurrence,
    }  # fmt: skip
