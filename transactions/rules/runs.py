"""Rules over history: what a run changes is written down line by line, and can be taken back.

A small run is one transaction that refuses when an account is being written. A large one is a job that
goes piece by piece, waits for its turn at each account and may be stopped and resumed: a line that stands
right is left alone, so nothing is done twice. A person who edits meanwhile keeps what they chose, for it is
read under the account's lock.
"""

import json
import time
from collections.abc import Callable, Iterable

from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from accounts.audit import services as audit
from accounts.customers.models import Customer
from accounts.jobs import services as jobs
from accounts.jobs.context import JobContext
from accounts.jobs.models import Job
from accounts.models import User
from transactions import totals
from transactions.ledger import writing_accounts
from transactions.models import (
    AccountHolder,
    BankAccount,
    RuleChange,
    RuleRun,
    Transaction,
)
from transactions.rows import changes as history
from transactions.rules import acting
from transactions.rules.books import Shelf
from transactions.rules.history import (
    FIRST,
    PIECE,
    Change,
    Counts,
    Judge,
    Scope,
    Standing,
    pieces,
    read,
)

# More lines than this to look at, and the run is a job.
AT_ONCE = 2_000
# Between pieces the account is free for a moment, so that a person's edit gets in.
PAUSE = 0.02

_REMEMBER = """
insert into transactions_rulechange (run_id, account_id, transaction_id, before, after)
select %(run)s, %(account)s, c.id, c.before::jsonb, c.after::jsonb
from unnest(%(ids)s::bigint[], %(before)s::text[], %(after)s::text[]) c (id, before, after)
on conflict (run_id, transaction_id) do update set after = excluded.after
"""
_APPLY = f"""
update transactions_transaction
set category_id = c.category, category_origin = c.origin, confidence = c.sure, decision = c.why::jsonb,
    clean_text = c.words, version = transactions_transaction.version + 1
from unnest(%(ids)s::bigint[], %(categories)s::bigint[], %(origins)s::text[], %(sure)s::int[],
            %(why)s::text[], %(words)s::text[]) c (id, category, origin, sure, why, words)
where transactions_transaction.id = c.id and transactions_transaction.account_id = %(account)s
returning {totals.UPDATED}
"""
# Lines that anybody or anything changed since stay as they are. A category merged since leads on.
_TAKE_BACK = f"""
update transactions_transaction
set category_id = c.category, category_origin = c.before->>'origin',
    confidence = (c.before->>'confidence')::int, decision = nullif(c.before->'decision', 'null'),
    clean_text = c.before->>'text', version = transactions_transaction.version + 1
from (select r.*, coalesce(k.merged_into_id, (r.before->>'category')::bigint) category
      from transactions_rulechange r
      left join transactions_category k on k.id = (r.before->>'category')::bigint
      where r.id = any(%(changes)s)) c
where transactions_transaction.id = c.transaction_id
  and transactions_transaction.account_id = %(account)s
  and transactions_transaction.category_id is not distinct from (c.after->>'category')::bigint
  and transactions_transaction.category_origin = c.after->>'origin'
  and transactions_transaction.decision is not distinct from nullif(c.after->'decision', 'null')
  and transactions_transaction.clean_text = c.after->>'text'
returning {totals.UPDATED}
"""


class RunRefused(ValueError):
    """This run can't be started or taken back; the text says why, in the person's words."""


def accounts_of(customer: Customer | None) -> list[int]:
    """The accounts that a person's rules count on: those they own. None: all of the bank."""
    found = BankAccount.objects.standing()
    if customer is not None:
        held = AccountHolder.objects.filter(customer=customer, role=AccountHolder.Role.OWNER)
        found = found.filter(pk__in=held.values("account"))
    return sorted(found.values_list("pk", flat=True))


def is_large(account_ids: Iterable[int]) -> bool:
    """Whether there are more lines than a page waits for."""
    rows = Transaction.objects.filter(account__in=list(account_ids))
    return len(rows.values_list("pk", flat=True)[: AT_ONCE + 1]) > AT_ONCE


def start(
    *,
    customer: Customer | None,
    scope: Scope,
    title: str,
    user: User | None = None,
    is_part: bool = False,
) -> RuleRun:
    """Runs the rules as they stand over all lines of the person (None: of the bank), at once or as a job.

    Parameters: `scope` says whose say is put right; `is_part` where it belongs to another act, whose entry
    in the change log names it. Raises AccountBusy when it is done at once and one of
    the accounts is being written.
    """
    accounts = accounts_of(customer)
    lane = f"rules:{customer.pk if customer else 'bank'}"
    large = customer is None or is_large(accounts)
    with transaction.atomic():
        run = RuleRun.objects.create(
            customer=customer, title=title[:160], scope=scope.as_json(), started_by=user
        )
        if not is_part:
            audit.record(
                act="rules.run",
                subject=run,
                after={"scope": run.scope},
                customer_id=customer.pk if customer else None,
            )
        if large:
            run.job = jobs.enqueue(
                kind="rule_run", arguments={"run": run.pk}, started_by=user, lane=lane
            )
            run.save(update_fields=["job"])
        else:
            with writing_accounts(accounts, wait=False):
                judge = Judge(Shelf(), scope, acting.doer_of(scope, run))
                for account in accounts:
                    _all_pieces(run, account, judge)
                _finish(run, judge.counts)
    return run


def work(run: RuleRun, context: JobContext) -> None:
    """The job's part of a large run."""
    if run.state not in (RuleRun.State.WAITING, RuleRun.State.RUNNING):
        return
    RuleRun.objects.filter(pk=run.pk).update(state=RuleRun.State.RUNNING)
    scope = Scope.of(run.scope)
    accounts = accounts_of(run.customer)
    expected = Transaction.objects.filter(account__in=accounts).count()
    judge = Judge(Shelf(), scope, acting.doer_of(scope, run))

    def told(counts: Counts) -> None:
        context.progress(min(counts.rows, expected), expected)
        context.raise_if_cancelled()

    for account in accounts:
        run_account(run, account, judge, told, context.hold)
    with transaction.atomic():
        _finish(run, judge.counts)
        context.finish({"url": page_of(run)})


def run_account(
    run: RuleRun,
    account_id: int,
    judge: Judge,
    told: Callable[[Counts], None] = lambda counts: None,
    hold: Callable[[], None] = lambda: None,
) -> None:
    """One account piece by piece, each its own transaction. Pieces with nothing to change lock nothing.

    Parameters: `told` hears after each piece how far it is; `hold` ends each transaction.
    """
    after = FIRST
    while lines := read(account_id, after):
        start, after = after, (lines[-1].booked_on, lines[-1].pk)
        changes = judge.changes(lines)
        wanted = judge.doer.take() if judge.doer else None
        if changes or (wanted and wanted.lines):
            with writing_accounts([account_id], wait=True):
                # Again under the lock: a person may have edited, an import brought more.
                again = read(account_id, start, None, after)
                write(run, account_id, judge.changes(again, Counts()))
                _act(run, judge)
                hold()
            time.sleep(PAUSE)
        told(judge.counts)


def _all_pieces(run: RuleRun, account_id: int, judge: Judge) -> None:
    for lines in pieces(account_id):
        write(run, account_id, judge.changes(lines))
        _act(run, judge)


def _act(run: RuleRun, judge: Judge) -> None:
    """What the rules want beside categories and names; asked after these are written."""
    if judge.doer is not None:
        acted = judge.doer.do(judge.doer.take())
        RuleRun.objects.filter(pk=run.pk).update(acted=F("acted") + acted)


def write(run: RuleRun, account_id: int, changes: list[Change]) -> int:
    """Writes changes to lines of one account, which is locked, and what they were before."""
    if not changes:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(
            _REMEMBER,
            {
                "run": run.pk,
                "account": account_id,
                "ids": [c.line.pk for c in changes],
                "before": [_image(c.before) for c in changes],
                "after": [_image(c.after) for c in changes],
            },
        )
    changed = totals.apply_change(
        _APPLY,
        {
            "account": account_id,
            "ids": [c.line.pk for c in changes],
            "categories": [c.after.category_id for c in changes],
            "origins": [c.after.origin for c in changes],
            "sure": [c.after.confidence for c in changes],
            "why": [None if c.after.decision is None else json.dumps(c.after.decision) for c in changes],
            "words": [c.after.text for c in changes],
        },
    )  # fmt: skip
    if run.customer_id is not None:
        note_changes(run, changes)
    RuleRun.objects.filter(pk=run.pk).update(changed=F("changed") + changed)
    return changed


def note_changes(run: RuleRun, changes: list[Change]) -> None:
    """In the lines' history. The bank's runs over everybody's lines stand in the run alone."""
    history.note(
        history.RULED,
        (
            history.Change(
                c.line.pk,
                {"category_id": c.before.category_id, "origin": c.before.origin, "text": c.before.text},
                {"category_id": c.after.category_id, "origin": c.after.origin, "text": c.after.text,
                 "run": run.pk, "title": run.title},
            )
            for c in changes
        ),
        customer_id=run.customer_id,
    )  # fmt: skip


def _image(standing: Standing) -> str:
    return json.dumps(
        {
            "category": standing.category_id,
            "origin": standing.origin,
            "confidence": standing.confidence,
            "decision": standing.decision,
            "text": standing.text,
        }
    )


def _finish(run: RuleRun, counts: Counts) -> None:
    RuleRun.objects.filter(pk=run.pk).update(
        state=RuleRun.State.DONE,
        rows=counts.rows,
        stayed=counts.stays,
        finished_at=timezone.now(),
    )
    run.refresh_from_db()


def may_undo(run: RuleRun) -> bool:
    """Whether it can be taken back: it is done, or stopped on its way."""
    if run.state == RuleRun.State.DONE:
        return True
    stopped = run.job is not None and run.job.state in (Job.State.CANCELLED, Job.State.PARKED)
    return run.state in (RuleRun.State.WAITING, RuleRun.State.RUNNING) and stopped


def undo(run: RuleRun, *, user: User | None = None) -> RuleRun:
    """Takes a run back, at once or as a job: lines that were not changed since are as they were before it.

    Raises RunRefused, and AccountBusy when it is done at once and an account is being written.
    """
    with transaction.atomic():
        run = RuleRun.objects.select_for_update().get(pk=run.pk)
        if not may_undo(run):
            raise RunRefused(
                "Only a run that is done and was not taken back yet can be taken back."
            )
        audit.record(
            act="rules.run_undone",
            subject=run,
            before={"changed": run.changed},
            customer_id=run.customer_id,
        )
        run.state = RuleRun.State.UNDOING
        lane = f"rules:{run.customer_id or 'bank'}"
        large = run.changed + run.acted > AT_ONCE
        if large:
            run.job = jobs.enqueue(
                kind="rule_run_undo", arguments={"run": run.pk}, started_by=user, lane=lane
            )
        run.save(update_fields=["state", "job"])
        if not large:
            accounts = sorted(set(run.changes.values_list("account_id", flat=True)))
            acted_on = accounts_of(run.customer) if run.acted else []
            with writing_accounts({*accounts, *acted_on}, wait=False):
                _part_and_untag(run, acted_on)
                for account in accounts:
                    _take_back(run, account, _numbers(run, account))
            _undone(run)
    return run


def take_back(run: RuleRun, context: JobContext) -> None:
    """The job's part of a large undo."""
    if run.state != RuleRun.State.UNDOING:
        return
    done = 0
    for account in accounts_of(run.customer) if run.acted else []:
        with writing_accounts([account], wait=True):
            _part_and_untag(run, [account])
            context.hold()
    accounts = sorted(set(run.changes.values_list("account_id", flat=True)))
    for account in accounts:
        numbers = _numbers(run, account)
        for at in range(0, len(numbers), PIECE):
            piece = numbers[at : at + PIECE]
            with writing_accounts([account], wait=True):
                _take_back(run, account, piece)
                context.hold()
            done += len(piece)
            context.progress(done, run.changed)
            time.sleep(PAUSE)
    with transaction.atomic():
        _undone(run)
        context.finish({"url": page_of(run)})


def _part_and_untag(run: RuleRun, accounts: list[int]) -> None:
    if accounts:
        acting.take_back(run, accounts)


def _numbers(run: RuleRun, account_id: int) -> list[int]:
    mine = RuleChange.objects.filter(run=run, account_id=account_id)
    return list(mine.order_by("pk").values_list("pk", flat=True))


def _take_back(run: RuleRun, account_id: int, numbers: list[int]) -> None:
    restored = totals.apply_change(_TAKE_BACK, {"changes": numbers, "account": account_id})
    RuleRun.objects.filter(pk=run.pk).update(restored=F("restored") + restored)


def _undone(run: RuleRun) -> None:
    RuleRun.objects.filter(pk=run.pk).update(state=RuleRun.State.UNDONE, undone_at=timezone.now())
    run.refresh_from_db()


def page_of(run: RuleRun) -> str:
    """The address of the run's page; the bank's runs stand in the admin."""
    from django.conf import settings
    from django.urls import reverse

    if run.customer_id is None:
        return reverse("admin:transactions_rulerun_changelist", urlconf=settings.ROOT_URLCONF)
    return reverse("rules:run", args=[run.public_id], urlconf=settings.ROOT_URLCONF)
