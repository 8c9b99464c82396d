"""One payment in parts, and the parts joined again.

Parts are lines of the same table with `parent` set; the whole keeps its row, with `is_split`, and counts no
more. Amounts add up to the cent, under the account's lock; every reader uses `lines()`, which leaves the
whole out. A part has the whole's account, days, status, batch and line, so an undo takes it along.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from accounts.audit import services as audit
from transactions import totals
from transactions.ledger import VersionConflict, owner_of, writing_accounts
from transactions.models import Category, Transaction
from transactions.rows import changes
from transactions.rows.errors import RowRefused

MIN_PARTS, MAX_PARTS = 2, 20
MAX_TEXT = 200

# A part's fingerprint is made of the whole's and its place, so that it is the same whenever it returns.
PART_COLUMNS = (
    "account_id, booked_on, value_on, amount, raw_text, clean_text, counterparty, reference, category_id,"
    " category_origin, confidence, status, provider_id, fingerprint, occurrence, batch_id, line, version,"
    " is_split, parent_id"
)


def part_values(part: str, place: str, whole: str = "t") -> str:
    """SQL of a part's columns in the order of PART_COLUMNS.

    Parameters: names in the surrounding statement: a JSON object with amount, text, category_id, origin and
    confidence; its place from 1; the row of the whole.
    """
    return f"""
    {whole}.account_id, {whole}.booked_on, {whole}.value_on, ({part}->>'amount')::numeric, {whole}.raw_text,
    coalesce(nullif({part}->>'text', ''), {whole}.clean_text),
    case when coalesce({part}->>'text', '') = '' then {whole}.counterparty else '' end,
    {whole}.reference, ({part}->>'category_id')::bigint, {part}->>'origin', ({part}->>'confidence')::smallint,
    {whole}.status, '',
    encode(substring(sha256(convert_to(concat_ws(chr(31), 's', {whole}.fingerprint::text,
      {whole}.occurrence::text, {place}::text), 'UTF8')) from 1 for 16), 'hex')::uuid,
    0, {whole}.batch_id, {whole}.line, 1, false, {whole}.id"""


_INSERT = f"""
insert into transactions_transaction ({PART_COLUMNS})
select {part_values("e.part", "e.place")}
from transactions_transaction t,
     jsonb_array_elements(%(parts)s::jsonb) with ordinality e(part, place)
where t.id = %(pk)s order by e.place
returning {totals.INSERTED}
"""
_REMOVE = f"""
delete from transactions_transaction where parent_id = %(pk)s returning {totals.DELETED}
"""
_MARK = f"""
update transactions_transaction
set is_split = %(is_split)s, version = transactions_transaction.version + 1
where id = %(pk)s returning {totals.UPDATED}
"""
# What hangs on lines without a constraint: a part inherits the whole's tags, and gives its own back.
_TAGS_DOWN = """
insert into transactions_transactiontag (transaction_id, tag_id)
select p.id, g.tag_id from transactions_transaction p
join transactions_transactiontag g on g.transaction_id = p.parent_id
where p.parent_id = %(pk)s on conflict do nothing
"""
_TAGS_UP = """
insert into transactions_transactiontag (transaction_id, tag_id)
select distinct %(pk)s::bigint, g.tag_id from transactions_transaction p
join transactions_transactiontag g on g.transaction_id = p.id
where p.parent_id = %(pk)s on conflict do nothing
"""
_LOOSE = tuple(
    f"delete from transactions_{table} using transactions_transaction p "
    f"where p.parent_id = %(pk)s and transactions_{table}.transaction_id = p.id"
    for table in ("transactiontag", "note")
)
# A file may move the whole to another day or post it; its parts go with it.
_FOLLOW = f"""
update transactions_transaction
set booked_on = w.booked_on, value_on = w.value_on, status = w.status, reference = w.reference,
    raw_text = w.raw_text, version = transactions_transaction.version + 1
from transactions_transaction w
where transactions_transaction.parent_id = w.id and w.is_split and w.status <> 'merged'
  and w.account_id = any(%(accounts)s)
  and (transactions_transaction.booked_on, transactions_transaction.value_on,
       transactions_transaction.status, transactions_transaction.reference,
       transactions_transaction.raw_text)
      is distinct from (w.booked_on, w.value_on, w.status, w.reference, w.raw_text)
returning {totals.UPDATED}
"""


@dataclass(frozen=True, slots=True)
class Part:
    """What a part is to be; without a text it keeps the whole's."""

    amount: Decimal
    category: Category | None
    text: str = ""


def check(whole: Decimal, parts: Sequence[Part]) -> None:
    """Raises RowRefused with the sentence to show unless the parts are a split of this amount."""
    if not MIN_PARTS <= len(parts) <= MAX_PARTS:
        raise RowRefused(
            _("A payment is split into %(low)d to %(high)d parts; these are %(n)d.")
            % {"low": MIN_PARTS, "high": MAX_PARTS, "n": len(parts)},
            "part_count",
        )
    for n, part in enumerate(parts, 1):
        if not part.amount:
            raise RowRefused(
                _("Part %(n)d has no amount. Give it one, or leave the part out.") % {"n": n},
                "part_empty",
            )
        if part.amount != round(part.amount, 4) or abs(part.amount) >= Decimal(10) ** 15:
            raise RowRefused(
                _("The amount of part %(n)d can't be kept. Write fewer digits.") % {"n": n},
                "part_amount",
            )
        if len(part.text) > MAX_TEXT:
            raise RowRefused(
                _("The text of part %(n)d is too long. Use at most %(max)d characters.")
                % {"n": n, "max": MAX_TEXT},
                "part_text",
            )
    total = sum((part.amount for part in parts), Decimal(0))
    if total != whole:
        raise RowRefused(
            _("The parts come to %(sum)s, the payment is %(whole)s: %(rest)s is left over. "
              "Change an amount so that nothing is.")
            % {"sum": f"{total.normalize():f}", "whole": f"{whole.normalize():f}",
               "rest": f"{(whole - total).normalize():f}"},
            "parts_differ",
        )  # fmt: skip


def parts_of(row: Transaction) -> list[Transaction]:
    """The parts of a split payment, in their order."""
    return list(Transaction.objects.filter(parent_id=row.pk, is_split=False).order_by("id"))


def split(
    row: Transaction,
    parts: Sequence[Part],
    *,
    expected_version: int | None = None,
    origin: str = Transaction.Origin.PERSON,
    wait: bool = False,
) -> list[Transaction]:
    """Splits a payment, or splits it anew, and returns its parts.

    Parameters: `row` as read under the caller's own scope; `origin` who decided the parts' categories.
    Each part takes the payment's tags over. Raises RowRefused (amounts, a part of another payment,
    merged), VersionConflict, AccountBusy.
    """
    with writing_accounts([row.account_id], wait=wait):
        row = _fresh(row, expected_version)
        if row.parent_id:
            raise RowRefused(
                _("This is a part of a payment. Split the whole payment anew instead."), "is_part"
            )
        if row.status == Transaction.Status.MERGED:
            raise RowRefused(
                _("This payment counts as another one. Part the two first."), "is_merged"
            )
        check(row.amount, parts)
        before = _images(row)
        _take_apart(row)
        confidence = 100 if origin == Transaction.Origin.PERSON else 0
        said = [
            {
                "amount": f"{part.amount:f}", "text": part.text.replace("\0", "").strip(),
                "category_id": part.category.pk if part.category else None, "origin": origin,
                "confidence": confidence,
            }
            for part in parts
        ]  # fmt: skip
        totals.apply_change(_INSERT, {"pk": row.pk, "parts": json.dumps(said)})
        totals.apply_change(_MARK, {"pk": row.pk, "is_split": True})
        totals.drop_empty_cells([row.account_id])
        _run(_TAGS_DOWN, row)
        after = {"parts": said}
        changes.note(changes.SPLIT, [changes.Change(row.pk, {"parts": before}, after)])
        audit.record(
            act="transaction.split", subject=row, before={"parts": before}, after=after,
            customer_id=owner_of([row.account_id]),
        )  # fmt: skip
    return parts_of(row)


def join(row: Transaction, *, expected_version: int | None = None) -> Transaction:
    """Joins the parts again; the payment has the category it had, its tags and those of its parts.

    Raises RowRefused where it isn't split, VersionConflict, AccountBusy.
    """
    with writing_accounts([row.account_id], wait=False):
        row = _fresh(row, expected_version)
        if not row.is_split or row.status == Transaction.Status.MERGED:
            raise RowRefused(_("This payment isn't split."), "not_split")
        before = {"parts": _images(row)}
        _run(_TAGS_UP, row)
        _take_apart(row)
        totals.apply_change(_MARK, {"pk": row.pk, "is_split": False})
        totals.drop_empty_cells([row.account_id])
        changes.note(changes.JOINED, [changes.Change(row.pk, before, {"parts": []})])
        audit.record(
            act="transaction.joined", subject=row, before=before,
            customer_id=owner_of([row.account_id]),
        )  # fmt: skip
    row.refresh_from_db()
    return row


def follow(accounts: Sequence[int]) -> int:
    """Takes the parts of these accounts' splits to their wholes' days and status; the ledger is open."""
    return totals.apply_change(_FOLLOW, {"accounts": list(accounts)})


def _fresh(row: Transaction, expected_version: int | None) -> Transaction:
    """The row as it is under the lock."""
    now = Transaction.objects.filter(pk=row.pk).first()
    if now is None or (expected_version is not None and now.version != expected_version):
        raise VersionConflict(
            "This payment was changed meanwhile. Look again before you change it."
        )
    return now


def _take_apart(row: Transaction) -> None:
    for sql in _LOOSE:
        _run(sql, row)
    totals.apply_change(_REMOVE, {"pk": row.pk})


def _run(sql: str, row: Transaction) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, {"pk": row.pk})


def _images(row: Transaction) -> list[dict[str, Any]]:
    return [
        {
            "amount": f"{part.amount:f}", "text": part.clean_text, "category_id": part.category_id,
            "origin": part.category_origin, "confidence": part.confidence,
        }
        for part in parts_of(row)
    ]  # fmt: skip
