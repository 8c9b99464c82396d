"""Import of 200,000 rows, file to committed with totals, against COPY of the same finished rows.

Run: `python -m benchmarks.bench_import`. Both fill the same table with all its indexes and keys, emptied
before, in turn, by one process over one connection, each to its durable commit; of each step and of the
COPY the quickest of the rounds counts. The import goes the way a person's file goes: received and kept,
recognised, planned (hash and verdicts), then committed from the kept plan in a transaction of its own.
After each, lines and totals are compared. The bank stands in a database made here and dropped at the end.
"""

import json
import os
import random
import sys
import time
from collections.abc import Callable
from datetime import date, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

from benchmarks.own_database import INSIDE, measured_inside

ROWS = 200_000
ACCOUNTS = 40
OTHER_ACCOUNTS = 2_000
DAYS = 730
DISTINCT_TEXTS = 22_000
ROUNDS = 9
GOAL = 0.45
MEMORY_GOAL_MB = 200

_FIRST = (
    "CORNER", "HARBOUR", "NORTHSIDE", "BLUE", "OLD", "GREEN", "CITY", "CENTRAL", "RIVER", "SUNNY",
    "GRAND", "LITTLE",
)  # fmt: skip
_KIND = (
    "BAKERY", "PHARMACY", "GROCERY", "CAFE", "FUEL", "BOOKS", "HARDWARE", "CINEMA", "MARKET", "DINER",
    "SHOES", "TOYS", "GARDEN", "UTILITIES", "INSURANCE", "TAXI", "HOTEL", "PIZZA", "COFFEE",
    "SUPERMARKET",
)  # fmt: skip
_PLACE = ("PORTLAND OR", "SEATTLE WA", "AUSTIN TX", "BOSTON MA", "DENVER CO")
_COPIED = (
    "account_id, booked_on, value_on, amount, raw_text, clean_text, counterparty, reference, "
    "category_id, category_origin, confidence, status, provider_id, fingerprint, occurrence, "
    "batch_id, line, version, is_split"
)
# Cells of the totals that differ from the sums of the lines, either way.
_DIFFERENT = """
with summed as (
  select account_id, date_trunc('month', booked_on)::date as month, coalesce(category_id, 0) category_id,
         sum(greatest(amount, 0)) money_in, sum(least(amount, 0)) money_out, count(*)::int n
  from transactions_transaction where status = 'posted' and not is_split group by 1, 2, 3),
 kept as (select account_id, month, category_id, money_in, money_out, n from transactions_monthtotal)
select count(*) from ((table summed except table kept) union all (table kept except table summed)) d
"""
Timing = tuple[float, float]  # seconds by the clock, seconds of CPU here and in the database


def make_file(rows: int = ROWS, seed: int = 7) -> bytes:
    """A CSV of one customer's accounts, account after account, day after day: the same every time."""
    rng = random.Random(seed)
    texts = [
        f"{rng.choice(_FIRST)} {rng.choice(_KIND)} {n:05d} {rng.choice(_PLACE)}"
        for n in range(DISTINCT_TEXTS)
    ]
    lines = ["Date,Description,Amount,Account"]
    start = date(2024, 1, 1)
    each = rows // ACCOUNTS
    for account in range(ACCOUNTS):
        for n in range(each):
            day = start + timedelta(days=n * DAYS // each)
            cents = rng.randint(100, 20_000) * (1 if rng.random() < 0.06 else -1)
            text = texts[int(rng.random() ** 2 * DISTINCT_TEXTS)]
            lines.append(f"{day.isoformat()},{text},{cents / 100:.2f},Account {account:04d}")
    return ("\n".join(lines) + "\n").encode()


# -- inside the database of its own ----------------------------------------------------------------


def _measure() -> dict[str, Any]:
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection
    from django.utils import timezone

    from accounts.banks.services import create_bank, create_installation
    from accounts.banks.tenancy import in_bank
    from accounts.customers.models import BankProfile, Customer
    from transactions.imports.accounts import create_account

    call_command("migrate_schemas", shared=True, interactive=False, verbosity=0)
    create_installation(hosts=["operator.bench"])
    create_bank(schema="bench", name="Bench", hosts=["bench.bench"])
    body = make_file()
    found: dict[str, Any] = {"imports": [], "copies": []}
    with in_bank("bench"):
        BankProfile.objects.update_or_create(pk=1, defaults={"name": "Bench", "currency": "USD"})
        customer = Customer.objects.create(
            reference="B1", full_name="Bench", created_at=timezone.now()
        )
        for n in range(ACCOUNTS):
            create_account(
                customer=customer,
                name=f"Account {n:04d}",
                currency="USD",
                masked_number=f"··{n:04d}",
            )
        _other_accounts()
        before = _resident_mb("VmRSS")
        _forget_peak()
        for turn in range(ROUNDS):
            _clear(connection)
            found["imports"].append(_import(body, customer))
            if not turn:
                found["memory_mb"] = _resident_mb("VmHWM") - before
            _check(connection)
            found["copies"].append(_copy(connection))
    return found


def _other_accounts() -> None:
    """The rest of the bank: foreign keys are looked up in an index, as in any real one."""
    from django.utils import timezone

    from accounts.customers.models import Customer
    from transactions.models import AccountHolder, BankAccount

    others = Customer.objects.create(reference="B2", full_name="Rest", created_at=timezone.now())
    made = BankAccount.objects.bulk_create(
        BankAccount(name=f"Other {n}", currency="USD") for n in range(OTHER_ACCOUNTS)
    )
    AccountHolder.objects.bulk_create(
        AccountHolder(account=account, customer=others, role=AccountHolder.Role.OWNER)
        for account in made
    )


def _import(body: bytes, customer: Any) -> dict[str, Timing]:
    """What each step took."""
    from transactions.imports import services

    took: dict[str, Timing] = {}

    def timed(name: str, act: Callable[[], Any]) -> Any:
        result, took[name] = _timed(act)
        return result

    batch = timed(
        "receive",
        lambda: services.receive(
            stream=BytesIO(body), name="bench.csv", customer=customer, limit=2**30
        ),
    )
    batch = timed("plan", lambda: services.plan(batch))
    timed("commit", lambda: services.commit(batch, plan_hash=batch.plan_hash))
    return took


def _check(connection: Any) -> None:
    """All rows are there, and every total is the sum of its lines."""
    with connection.cursor() as cursor:
        cursor.execute("select count(*) from transactions_transaction")
        lines = cursor.fetchone()[0]
        cursor.execute(_DIFFERENT)
        different = cursor.fetchone()[0]
    if lines != ROWS or different:
        raise RuntimeError(f"{lines} of {ROWS} rows stand; {different} totals differ from them")


def _copy(connection: Any) -> Timing:
    """The rows that stand in the ledger, copied into the emptied table in the file's order."""
    from django.db import transaction

    from transactions import guard

    with connection.cursor() as cursor:
        statement = f"copy (select {_COPIED} from transactions_transaction order by line) to stdout"
        with cursor.copy(statement) as copy:
            data = b"".join(map(bytes, copy))
    blocks = [data[at : at + 2**18] for at in range(0, len(data), 2**18)]
    _clear(connection)

    def copied() -> None:
        with transaction.atomic(), guard.writing():
            guard.copy_text("transactions_transaction", _COPIED.split(", "), blocks)

    return _timed(copied)[1]


def _timed(act: Callable[[], Any]) -> tuple[Any, Timing]:
    cpu, began = _cpu_seconds(), time.perf_counter()
    result = act()
    return result, (time.perf_counter() - began, _cpu_seconds() - cpu)


def _cpu_seconds() -> float:
    """CPU used so far by this process and by its database connection, where that runs here too."""
    from django.db import connection

    connection.ensure_connection()
    served = Path(f"/proc/{connection.connection.info.backend_pid}/stat")
    ticks = 0
    if served.exists() and "postgres" in (fields := served.read_text()):
        ticks = sum(map(int, fields.rpartition(")")[2].split()[11:13]))
    return time.process_time() + ticks / os.sysconf("SC_CLK_TCK")


def _clear(connection: Any) -> None:
    from transactions import guard

    with guard.writing(), connection.cursor() as cursor:
        cursor.execute("truncate transactions_transaction, transactions_monthtotal")
        cursor.execute("truncate transactions_importbatch, jobs_storedfile cascade")
        # Each import leaves old versions of its accounts behind; every round starts without.
        cursor.execute("vacuum analyze transactions_bankaccount")


def _resident_mb(name: str) -> float:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(name + ":"):
            return int(line.split()[1]) / 1024
    return 0.0


def _forget_peak() -> None:
    Path("/proc/self/clear_refs").write_text("5")


# -- outside ---------------------------------------------------------------------------------------


def main() -> list[tuple[str, float, float]]:
    """Prints the table; returns (what, ratio, goal), met when ratio >= goal."""
    found = measured_inside("benchmarks.bench_import")
    # Each step on its own: they last as long as the COPY does, so chance favours neither.
    steps = {name: min(took[name] for took in found["imports"]) for name in found["imports"][0]}
    whole = [sum(part) for part in zip(*steps.values(), strict=True)]
    copied = min(found["copies"])
    print(f"{format(ROWS, ',') + ' rows, the quickest of ' + str(ROUNDS) + ' rounds':<44}", end="")
    print(f"{'seconds':>9}{'CPU':>8}{'rows/s':>10}")
    for name, (wall, cpu) in {
        "import, file to committed, totals right": whole,
        **{f"  {name}": took for name, took in steps.items()},
        "COPY of the finished rows": copied,
    }.items():
        print(f"{name:<44}{wall:9.2f}{cpu:8.2f}{ROWS / wall:10,.0f}")
    print(f"{'memory above the start, MB':<44}{found['memory_mb']:9.0f}\n")
    return [
        ("import, rows/s end to end / COPY into the same table", copied[0] / whole[0], GOAL),
        (
            f"import, {MEMORY_GOAL_MB} MB / memory above the start",
            MEMORY_GOAL_MB / max(found["memory_mb"], 1.0),
            1.0,
        ),
    ]


if __name__ == "__main__":
    if INSIDE in sys.argv:
        print(json.dumps(_measure()))
    else:
        for name, ratio, goal in main():
            print(f"{name:60}{ratio:9.3f}  ≥ {goal:7.3f}  {'met' if ratio >= goal else 'MISSED'}")
