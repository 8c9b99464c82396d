"""Runs inside the stack: acts on one account that meet, each in a thread with its own connection.

Whatever comes first, the ledger is what one order of the two acts gives, its totals are its lines, and the act
that could not do what was shown says so in a sentence.
"""

import csv
import io
import json
import random
import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

from django.db import connection

from accounts.banks.tenancy import in_bank
from tests import factories
from tests.stack import NORTH
from tests.transactions.kill9_files import Row, body_of, make_rows
from transactions import ledger
from transactions.audit import audit_ledger
from transactions.imports import booking, services
from transactions.imports.bulk.services import receive_bulk
from transactions.imports.errors import PlanChanged, UndoRefused
from transactions.models import BankAccount, ImportBatch, Transaction

Outcome = Any  # what the act returned, or the refusal it raised


def together(works: list[Callable[[], Any]], rng: random.Random) -> list[Outcome]:
    """Starts all at the same moment, give or take some milliseconds, and waits for their ends."""
    start = threading.Barrier(len(works))
    ends: list[Outcome] = [None] * len(works)
    late = [rng.choice((0.0, 0.0, rng.random() * 0.03)) for _work in works]

    def do(at: int) -> None:
        try:
            with in_bank(NORTH):
                connection.ensure_connection()
                start.wait(60)
                if late[at]:
                    threading.Event().wait(late[at])
                ends[at] = works[at]()
        except BaseException as error:
            ends[at] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=do, args=(at,)) for at in range(len(works))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
        assert not thread.is_alive(), "two acts wait for each other"
    return ends


def planned(account: BankAccount, rows: list[Row]) -> ImportBatch:
    batch = services.receive(
        stream=io.BytesIO(body_of(rows)), name="rows.csv", customer=account.holders.get().customer,
        account=account, limit=10**8,
    )  # fmt: skip
    return services.plan(batch)


def commit(batch: ImportBatch) -> Any:
    return services.commit(batch, plan_hash=batch.plan_hash)


def lines(account: BankAccount) -> "Counter[Row]":
    found = Transaction.objects.filter(account=account)
    return Counter(found.values_list("booked_on", "amount", "raw_text"))


def told(end: Outcome, *kinds: type[Exception]) -> bool:
    """Whether this act was refused, in words."""
    if not isinstance(end, BaseException):
        return False
    assert isinstance(end, kinds), repr(end)
    sentence = getattr(end, "sentence", str(end))
    assert sentence.endswith(".") and len(sentence) > 20, sentence
    return True


def two_plans(seed: str, rows: int, rng: random.Random) -> str:
    """Two files with half their rows in common, both planned on an empty account."""
    account = factories.make_account()
    made = make_rows(seed, rows)
    a, b = made[: rows * 3 // 4], made[rows // 4 :]
    batches = [planned(account, a), planned(account, b)]
    ends = together([lambda batch=batch: commit(batch) for batch in batches], rng)  # type: ignore[misc]
    losers = [n for n, end in enumerate(ends) if told(end, PlanChanged)]
    assert len(losers) == 1, ends
    assert ends[losers[0]].rows, "it says which rows differ"
    assert lines(account) == Counter((b, a)[losers[0]])
    again = services.plan(batches[losers[0]])
    commit(again)
    assert lines(account) == Counter(made)
    return f"plan {'ba'[losers[0]]} first"


def two_plans_apart(seed: str, rows: int, rng: random.Random) -> str:
    """Two files that share no row: nothing that was shown becomes untrue, so both go in."""
    account = factories.make_account()
    made = make_rows(seed, rows)
    a, b = made[: rows // 2], made[rows // 2 :]
    if {row[0] for row in a} & {row[0] for row in b}:
        b = [row for row in b if row[0] > a[-1][0]]
    batches = [planned(account, a), planned(account, b)]
    ends = together([lambda batch=batch: commit(batch) for batch in batches], rng)  # type: ignore[misc]
    assert not any(isinstance(end, BaseException) for end in ends), ends
    assert lines(account) == Counter(a) + Counter(b)
    return "both"


def undo_during_import(seed: str, rows: int, rng: random.Random) -> str:
    """A file is taken back while another that has half its rows is committed."""
    account = factories.make_account()
    made = make_rows(seed, rows)
    a, b = made[: rows * 3 // 4], made[rows // 4 :]
    first = planned(account, a)
    commit(first)
    second = planned(account, b)
    ends = together([lambda: services.undo(first), lambda: commit(second)], rng)
    assert not isinstance(ends[0], BaseException), ends
    if told(ends[1], PlanChanged):
        # Taken back first: rows that were the same would be new now.
        assert lines(account) == Counter()
        commit(services.plan(second))
        assert lines(account) == Counter(b)
        return "undo first"
    # Rows that both files had came with the first, and went with it; they are offered again.
    assert lines(account) == Counter(made) - Counter(a)
    offers = services.reimport_offers(ImportBatch.objects.get(pk=first.pk))
    assert [later.batch.pk for later in offers] == [second.pk]
    return "import first"


def undo_of_the_import_itself(seed: str, rows: int, rng: random.Random) -> str:
    account = factories.make_account()
    made = make_rows(seed, rows)
    batch = planned(account, made)
    ends = together([lambda: commit(batch), lambda: services.undo(batch)], rng)
    assert not isinstance(ends[0], BaseException), ends
    if told(ends[1], UndoRefused):
        assert lines(account) == Counter(made)
        return "undo refused"
    assert lines(account) == Counter()
    return "undone"


def edit_during_import(seed: str, rows: int, rng: random.Random) -> str:
    """A person's own act doesn't wait for a file: it is done, or said to be busy."""
    account = factories.make_account()
    made = make_rows(seed, rows)
    commit(planned(account, made[: rows // 2]))
    second = planned(account, made)
    row = Transaction.objects.filter(account=account).order_by("pk")[0]
    shopping = factories.category("shopping")
    ends = together(
        [lambda: commit(second), lambda: ledger.recategorise([row], category=shopping)], rng
    )
    assert not isinstance(ends[0], BaseException), ends
    row.refresh_from_db()
    if told(ends[1], ledger.AccountBusy):
        assert row.category_id != shopping.pk
        end = "busy"
    else:
        assert row.category_id == shopping.pk
        end = "edited"
    assert lines(account) == Counter(made)
    return end


def booked_during_import(seed: str, rows: int, rng: random.Random) -> str:
    """A program books while a file with the same rows goes in: each row once, whoever comes first."""
    account = factories.make_account()
    made = make_rows(seed, rows)
    batch = planned(account, made)
    said = [
        {"account_id": str(account.public_id), "booked_on": str(day), "amount": str(amount), "description": text}
        for day, amount, text in made[:20]
    ]  # fmt: skip
    customer = account.holders.get().customer
    ends = together(
        [lambda: commit(batch), lambda: booking.book(said, customer=customer, user=None)], rng
    )
    if told(ends[0], PlanChanged):
        assert lines(account) == Counter(made[:20])
        commit(services.plan(batch))
        end = "booked first"
    elif told(ends[1], ledger.AccountBusy):
        end = "busy"
    else:
        assert {answer.verdict for answer in ends[1].rows} == {"same"}, ends[1]
        end = "file first"
    assert lines(account) == Counter(made)
    return end


def two_files_for_many(seed: str, rows: int, rng: random.Random) -> str:
    """The same accounts in other orders: locked in one order, so neither waits for the other for good."""
    accounts = [factories.make_account() for _n in range(6)]
    owners = [account.holders.get().customer.reference for account in accounts]
    # Without its equal rows: one in each file, they would count as one payment.
    made = list(dict.fromkeys(make_rows(seed, rows)))
    batches = []
    for half in (made[::2], made[1::2]):
        rng.shuffle(owners)
        text = io.StringIO(newline="")
        writer = csv.writer(text)
        writer.writerow(["Customer", "Date", "Description", "Amount"])
        writer.writerows(
            (owners[n % len(owners)], day, words, amount)
            for n, (day, amount, words) in enumerate(half)
        )
        batch = receive_bulk(
            stream=io.BytesIO(text.getvalue().encode()), name="m.csv", user=None, limit=10**8
        )
        batches.append(services.plan(batch))
    ends = together([lambda batch=batch: commit(batch) for batch in batches], rng)  # type: ignore[misc]
    refused = [n for n, end in enumerate(ends) if told(end, PlanChanged)]
    assert len(refused) < 2, ends
    for n in refused:
        commit(services.plan(batches[n]))
    found = Transaction.objects.filter(account__in=accounts).values_list(
        "booked_on", "amount", "raw_text"
    )
    assert Counter(found) == Counter(made)
    return "both" if not refused else "one anew"


CASES = (
    two_plans, two_plans_apart, undo_during_import, undo_of_the_import_itself, edit_during_import,
    booked_during_import, two_files_for_many,
)  # fmt: skip


def run(seed: str, rows: int, rounds: int) -> None:
    """Each case so many times; prints how often it ended how."""
    rng = random.Random(seed)
    found: dict[str, Counter[str]] = {}
    with in_bank(NORTH):
        for turn in range(rounds):
            for case in CASES:
                size = rng.randint(rows // 2, rows) // 4 * 4
                end = case(f"{seed} {case.__name__} {turn}", size, rng)
                found.setdefault(case.__name__, Counter())[end] += 1
            differences = audit_ledger()
            assert differences == [], differences
    print("found " + json.dumps(found))
