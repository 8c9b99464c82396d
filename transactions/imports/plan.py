"""The plan: one verdict per row, what would be written, one hash over both. The ledger stays as it is."""

import hashlib
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from accounts.cards import cut_card_numbers
from accounts.jobs.context import JobContext
from transactions import totals
from transactions.adapters import RawRows, Refused, Row
from transactions.categories.categorise import Categoriser, rules_version
from transactions.categories.textmodel import store as textmodels
from transactions.guard import copy_text
from transactions.imports import balances, reading, tables, verdict_codes, verdicts
from transactions.imports.accounts import AccountFinder, accounts_open_to
from transactions.imports.bulk.finder import BulkFinder
from transactions.imports.errors import AccountNeeded, PlanMissing
from transactions.imports.receive import OPEN_STATES, forget_plan, refuse
from transactions.imports.staging import REJECT_COLUMNS, Staging
from transactions.merchants.queries import codes_by_key
from transactions.models import BankAccount, Category, ImportBatch
from transactions.rules.books import Shelf

CODE_VERSION = "3"
DOUBTFUL_SHOWN = 2000

# Changed rows carry both images, for the preview and for the undo; doubtful ones the row they look like.
_IMAGES = ", ".join(f"'{name}', {{side}}.{name}::text" for name in verdicts.SOURCE_COLUMNS)
_ISSUES = f"""
insert into transactions_importissue
  (batch_id, line, verdict, code, "column", value, reason, fix, raw, transaction_id, before, after)
select %(batch)s, s.line, case k.verdict when 'c' then 'changed' else 'doubtful' end, '', '', '', '', '', '',
       t.id, jsonb_build_object({_IMAGES.format(side="t")}), jsonb_build_object({_IMAGES.format(side="s")})
from import_known k join import_stage s on s.n = k.n join transactions_transaction t on t.id = k.transaction_id
where k.verdict = 'c' or (k.verdict = 'q' and k.n in (
  select n from import_known where verdict = 'q' order by n limit {DOUBTFUL_SHOWN}))
order by s.n
"""
_REPEATED = """
insert into transactions_importissue
  (batch_id, line, verdict, code, "column", value, reason, fix, raw)
select %(batch)s, s.line, 'rejected', 'id_repeated', '', left(s.provider_id, 200),
       'Another row of this file has the same id and says something else.',
       'Leave one of the two out of the file.', left(s.raw_text, 2000)
from import_known k join import_stage s on s.n = k.n
where k.verdict = 'r' and k.transaction_id is null order by s.n
"""
_IN_PARTS = """
insert into transactions_importissue
  (batch_id, line, verdict, code, "column", value, reason, fix, raw, transaction_id)
select %(batch)s, s.line, 'rejected', 'row_split', '', trim_scale(s.amount)::text,
       'You split this payment into parts, and the file now says another amount.',
       'Join its parts again, then bring the file in once more.', left(s.raw_text, 2000), k.transaction_id
from import_known k join import_stage s on s.n = k.n
where k.verdict = 'r' and k.transaction_id is not null order by s.n
"""
_COUNTED = """
select account_id, booked_on, category_id, amount from import_stage
where get_byte(%(verdicts)s::bytea, n) = 110 and status = 'posted'
"""
_SUMS = """
select a.currency, coalesce(c.kind, ''), sum(s.money_in), -sum(s.money_out), sum(s.n)
from import_cells s join transactions_bankaccount a on a.id = s.account_id
left join transactions_category c on c.id = s.category_id
group by 1, 2 order by 1, 2
"""
# Files run up or down. The balances themselves say which (each is the one before plus its own amount);
# where they can't, the days do.
_BALANCES = """
with stated as (
  select n, account_id, booked_on, amount, balance, lead(balance) over w next_balance,
         lead(amount) over w next_amount
  from import_stage where balance is not null and status = 'posted'
  window w as (partition by account_id order by n)),
 ways as (
  select account_id, count(*) filter (where next_balance = balance + next_amount) rises,
         count(*) filter (where balance = next_balance + amount) falls,
         (array_agg(booked_on order by n))[1] > (array_agg(booked_on order by n desc))[1] days_fall
  from stated group by account_id)
select distinct on (s.account_id) s.account_id, s.booked_on, s.balance
from stated s join ways w on w.account_id = s.account_id
order by s.account_id, s.booked_on desc,
         case when w.falls = w.rises and w.days_fall or w.falls > w.rises then s.n else -s.n end
"""
_SAME_OF = """
select t.batch_id, count(*) from import_known k join transactions_transaction t on t.id = k.transaction_id
where k.verdict = 's' and t.batch_id is not null group by 1
"""


def plan(batch: ImportBatch, context: JobContext | None = None) -> ImportBatch:
    """Plans a received batch and returns it in state PLANNED, EMPTY (nothing to apply) or REFUSED.

    Raises PlanMissing for a batch beyond planning or without a mapping, AccountNeeded when no row can be
    placed because the person must first say which account the file belongs to.
    """
    with transaction.atomic():
        batch = ImportBatch.objects.select_for_update().get(pk=batch.pk)
        if batch.state not in OPEN_STATES:
            raise PlanMissing("This import is finished; bring the file in again to plan it anew.")
        forget_plan(batch)
        try:
            rows, progress = reading.open_quick(batch)

            def told(done: int) -> None:
                if context:
                    context.progress(done, progress.rows_expected(done))
                    context.raise_if_cancelled()

            finder: AccountFinder = (
                BulkFinder(batch)
                if batch.is_bulk
                else AccountFinder(accounts_open_to(batch), batch)
            )
            staged = stage(
                batch, rows, finder, layout=reading.layout_of(batch), told=told, stream=progress
            )
        except Refused as refused:
            refuse(batch, refused)
        else:
            if isinstance(finder, BulkFinder):
                batch.choices["bulk"] = finder.said(staged.staging.named.values())
            elif not staged.staging.account_ids and staged.staging.named:
                raise AccountNeeded("Say which of your accounts this file belongs to.")
            cells = keep_plan(batch, staged)
            if batch.state == ImportBatch.State.PLANNED:
                tables.keep(batch, staged.staging, staged.occurrences, cells)
        if context:
            context.finish({"batch": str(batch.public_id), "url": batch.page("preview")})
    return batch


@dataclass(frozen=True, slots=True)
class Staged:
    """A file in the staging table, decided."""

    staging: Staging
    verdicts: verdicts.Verdicts
    revisions: dict[str, int]
    occurrences: dict[int, int]  # row and number of those that equal an earlier row


def stage(
    batch: ImportBatch,
    rows: Iterable[Row] | RawRows,
    finder: AccountFinder,
    *,
    layout: Any = None,
    told: Callable[[int], None] = lambda done: None,
    stream: reading.Progress | None = None,
) -> Staged:
    """Reads all rows into the staging table and decides what would happen to each.

    Parameters: `stream` is what `rows` are read from, where that is a kept file.
    """
    codes = Category.objects.ids_by_code()
    staging = Staging(
        batch_id=batch.pk,
        finder=finder,
        categoriser=Categoriser(merchants=codes_by_key(), model=textmodels.current_model()),
        category_ids=dict(codes),
        layout=layout,
        shelf=Shelf(),
    )
    tables.make()
    if stream is None:
        # Read first, copy then: whatever makes the rows may use this connection, and a COPY that waits
        # for rows would wait for itself.
        for _block in staging.blocks(rows, told):
            pass
        tables.load(map(zlib.decompress, staging.chunks))
    else:
        _load_while_reading(staging, rows, told, stream)
    # Read before the verdicts: what others commit in between makes the plan look older, never newer.
    revisions = revisions_of(staging.account_ids)
    occurrences = {} if staging.is_numbered else tables.number()
    found = decide(
        batch, bytes(staging.verdicts), sorted(staging.account_ids), has_ids=staging.has_ids
    )
    return Staged(staging, found, revisions, occurrences)


def _load_while_reading(
    staging: Staging,
    rows: Iterable[Row] | RawRows,
    told: Callable[[int], None],
    stream: reading.Progress,
) -> None:
    """The server takes rows in while the next are read; it stops for each piece of the file."""
    loader = tables.Loader()

    def pause() -> None:
        loader.close()
        told(len(staging.verdicts))

    stream.before = pause
    try:
        for block in staging.blocks(rows, lambda done: None):
            loader.write(block)
    finally:
        # Also after a refusal, which is written down in this transaction.
        loader.close()
    told(len(staging.verdicts))


def decide(
    batch: ImportBatch, staged: bytes, account_ids: list[int], *, has_ids: bool
) -> verdicts.Verdicts:
    return verdicts.decide(
        staged,
        account_ids=account_ids,
        has_ids=has_ids,
        source_key=batch.source_key,
        choices=batch.choices,
    )


def keep_plan(batch: ImportBatch, staged: Staged) -> bytes:
    """Writes the decided plan onto the batch: verdicts, counts, sums, hash, basis, issues.

    Returns the month totals of the new rows, for tables.keep.
    """
    found, staging = staged.verdicts, staged.staging
    content = staging.digest.hexdigest()
    batch.verdicts = reading.packed(found.codes)
    batch.counts = verdict_codes.count(found.codes)
    batch.basis = {
        "accounts": staged.revisions,
        "content": content,
        "has_ids": staging.has_ids,
        "has_balances": staging.has_balances,
        "falls": staging.falls,
    }
    batch.plan_hash = plan_hash(content, found)
    batch.code_version = version_of(staging.account_ids, staging.shelf)
    batch.planned_at = timezone.now()
    batch.choices["names"] = [
        {"name": cut_card_numbers(named.name), "currency": named.currency, "rows": named.rows,
         "account": named.account.pk if named.account else None}
        for named in staging.named.values()
        if (named.name or named.account is None) and not batch.is_bulk
    ]  # fmt: skip
    copy_text("transactions_importissue", REJECT_COLUMNS, staging.reject_blocks())
    with connection.cursor() as cursor:
        params: dict[str, Any] = {"batch": batch.pk, "verdicts": found.codes}
        cursor.execute(_ISSUES, params)
        cursor.execute(_REPEATED, params)
        cursor.execute(_IN_PARTS, params)
        cells = totals.sum_cells(_COUNTED, params)
        cursor.execute(_SUMS)
        batch.sums = {}
        for currency, kind, money_in, money_out, n in cursor:
            of_kind = {"in": f"{money_in:f}", "out": f"{money_out:f}", "rows": n}
            batch.sums.setdefault(currency, {})[kind] = of_kind
        batch.counts |= {"first_day": str(found.first or ""), "last_day": str(found.last or "")}
        batch.choices["balances"] = _balances(cursor) if staging.has_balances else []
        batch.choices.pop("stated", None)
        if stated := staging.stated_of():
            batch.choices["balances"] += balances.closings(stated)
            batch.choices["stated"] = balances.between(stated, cursor)
        cursor.execute(_SAME_OF)
        batch.counts["same_of"] = {str(pk): n for pk, n in cursor.fetchall()}
    applies = batch.counts["new"] + batch.counts["changed"]
    batch.state = ImportBatch.State.PLANNED if applies else ImportBatch.State.EMPTY
    batch.save()
    return cells


def _balances(cursor: Any) -> list[dict[str, Any]]:
    """What the file states at the end of its last day, per account."""
    cursor.execute(_BALANCES)
    return [
        {"account": account, "day": str(day), "amount": f"{balance:f}"}
        for account, day, balance in cursor.fetchall()
    ]


def plan_hash(content: str, found: verdicts.Verdicts) -> str:
    """One hash over the rows as they would be written and every verdict on them."""
    said = repr(
        (content, found.codes, [tuple(c) for c in found.changed], [tuple(k) for k in found.kept])
    )
    return hashlib.sha256(said.encode()).hexdigest()


def version_of(account_ids: Iterable[int], shelf: Shelf | None = None) -> str:
    """What a plan rests on besides the file: the program, its keywords, and these accounts' rules."""
    own = (shelf or Shelf()).version(account_ids)
    parts = (CODE_VERSION, f"{rules_version()}{textmodels.version()}", own)
    return ".".join(part for part in parts if part)[:40]


def is_stale(batch: ImportBatch) -> bool:
    """Whether the accounts were written since this draft was planned (by an undo, another file, an edit), one
    of them is gone, or its rules changed: a plan made now could say otherwise."""
    if not batch.planned_at:
        return False
    kept = batch.basis.get("accounts", {})
    return revisions_of(kept) != kept or version_of(map(int, kept)) != batch.code_version


def revisions_of(account_ids: Iterable[int]) -> dict[str, int]:
    """The accounts' revisions now: what the plan was made against."""
    now = BankAccount.objects.filter(pk__in=list(account_ids)).values_list("pk", "revision")
    return {str(pk): revision for pk, revision in now}
