"""Runs inside a stack: a rule goes over many lines of one account while its owner edits some of them.

Prints what happened as JSON. The run is a job as in life, with its lease and heartbeat; each editor has a
thread and a connection of its own.
"""

import json
import os
import random
import threading
import time
from contextlib import closing
from typing import Any

from django.db import connection

from accounts.banks.tenancy import in_bank
from accounts.jobs import services as jobs
from tests import factories
from transactions import ledger, totals
from transactions.audit import audit_ledger
from transactions.ledger import AccountBusy, VersionConflict
from transactions.models import Category, Transaction
from transactions.rules import runs
from transactions.rules import services as rules
from transactions.rules.conditions import Conditions, Word

# Two texts in turn: the rule fits one of them.
_FILL = f"""
insert into transactions_transaction (account_id, booked_on, amount, raw_text, clean_text, counterparty,
  reference, category_id, category_origin, confidence, status, provider_id, fingerprint, occurrence, line,
  version, is_split)
select %(account)s, date '2025-01-01' + n %% 500, -(n %% 97) - 0.25,
  case when n %% 2 = 0 then 'CORNER BAKERY ' else 'HARBOUR FUEL ' end || n %% 50, 'made', '', '',
  %(category)s, 'keyword', 90, 'posted', '', gen_random_uuid(), 0, n, 1, false
from generate_series(1, %(rows)s) n
returning {totals.INSERTED}
"""


class Editor:
    """Chooses for lines one after the other; tries again where the account is being written."""

    def __init__(self, seed: int, lines: list[int], category: Category) -> None:
        self.rng, self.lines, self.category = random.Random(seed), lines, category
        self.done: list[int] = []
        self.busy = self.conflicts = 0
        self.errors: list[str] = []
        self.stopped = threading.Event()

    def run(self) -> None:
        try:
            with in_bank("north"), closing(connection):
                for pk in self.lines:
                    self._edit(pk)
                    if self.stopped.is_set():
                        return
        except Exception as error:
            self.errors.append(repr(error))

    def _edit(self, pk: int) -> None:
        row = Transaction.objects.get(pk=pk)
        for _ in range(2_000):
            try:
                ledger.recategorise([row], category=self.category, expected_version=row.version)
            except AccountBusy:
                self.busy += 1
                time.sleep(self.rng.uniform(0.001, 0.01))
            except VersionConflict:
                # Told that it changed; looked again, and chosen all the same.
                self.conflicts += 1
                row.refresh_from_db()
            else:
                self.done.append(pk)
                return


def race(n: int, seed: int) -> dict[str, Any]:
    rng = random.Random(seed)
    with in_bank("north"):
        account = factories.make_account()
        customer = account.holders.get().customer
        books, gifts = factories.category("books"), factories.category("gifts")
        params = {"account": account.pk, "category": factories.category("coffee").pk, "rows": n}
        with ledger.writing_accounts([account.pk], wait=True):
            totals.apply_change(_FILL, params)
        keys = list(Transaction.objects.filter(account=account).values_list("pk", flat=True))
        before = sum(Transaction.objects.filter(account=account).values_list("amount", flat=True))
        asked = Conditions(words=(Word("text", "contains", "corner"),))
        rule = rules.save_rule(customer=customer, name="Corner", conditions=asked, category=gifts)
        run = rules.run_rule(rule)
        assert run.job is not None, "so many lines are a job's work"
        editors = [Editor(seed + k, rng.sample(keys, 60), books) for k in range(3)]
        threads = [threading.Thread(target=editor.run) for editor in editors]
        for thread in threads:
            thread.start()
        begun = time.monotonic()
        jobs.run_job(run.job.pk)
        seconds = time.monotonic() - begun
        during = sum(len(editor.done) for editor in editors)
        for editor in editors:
            editor.stopped.set()
        for thread in threads:
            thread.join()
        run.refresh_from_db()
        chosen = {pk for editor in editors for pk in editor.done}
        rows = Transaction.objects.filter(account=account)
        found = {
            "state": run.state,
            "seconds": round(seconds, 2),
            "rows": rows.count(),
            "edits": len(chosen),
            "edits_during": during,
            "told_busy": sum(editor.busy for editor in editors),
            "told_changed": sum(editor.conflicts for editor in editors),
            "errors": [error for editor in editors for error in editor.errors],
            "edits_lost": rows.filter(pk__in=chosen).exclude(category=books, category_origin="person").count(),
            "not_ruled": rows.filter(raw_text__startswith="CORNER").exclude(pk__in=chosen)
            .exclude(category=gifts, category_origin="rule").count(),
            "wrongly_ruled": rows.filter(raw_text__startswith="HARBOUR", category_origin="rule").count(),
            "sum_kept": sum(rows.values_list("amount", flat=True)) == before,
            "audit": [str(difference) for difference in audit_ledger()],
        }  # fmt: skip
        # And back again: all but what people chose is as it was.
        run = runs.undo(run)
        assert run.job is not None
        jobs.run_job(run.job.pk)
        run.refresh_from_db()
        found |= {
            "undone": run.state,
            "left_ruled": rows.filter(category_origin="rule").count(),
            "edits_lost_by_undo": rows.filter(pk__in=chosen)
            .exclude(category=books, category_origin="person")
            .count(),
            "audit_after_undo": [str(difference) for difference in audit_ledger()],
        }
    return found


def main() -> None:
    print("raced " + json.dumps(race(int(os.environ["RACE_ROWS"]), int(os.environ["RACE_SEED"]))))
