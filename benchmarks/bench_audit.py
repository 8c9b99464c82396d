"""The change log: recomputing a million entries, and what an entry costs eight writers at once.

Run: `python -m benchmarks.bench_audit`. The bank stands in a database made here and dropped at the end.
Writers: eight processes for some seconds, each act one updated row of its own; with an entry and
without, in turn; one of the eight holds its transactions for half a second each.
"""

import json
import multiprocessing
import os
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from typing import Any

from benchmarks.own_database import INSIDE, measured_inside

ENTRIES = int(os.environ.get("BENCH_AUDIT_ENTRIES", 1_000_000))
VERIFY_SECONDS = 60.0
WRITERS = 8
WRITER_SECONDS = 4.0
ROUNDS = 3
# Against the smallest act there is, one updated row; a chain head written in the act's transaction
# instead gave 0.03 to 0.4, and made writers wait for each other.
GOAL = 0.3
LONGEST_WAIT = 0.5


def _measure() -> dict[str, Any]:
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    from accounts.audit import sealing
    from accounts.audit.verification import verify_bank
    from accounts.banks.services import create_bank, create_installation
    from accounts.banks.tenancy import in_bank
    from transactions.guard import copy_rows

    call_command("migrate_schemas", shared=True, interactive=False, verbosity=0)
    create_installation(hosts=["operator.bench"])
    create_bank(schema="bench", name="Bench", hosts=["bench.bench"])
    found: dict[str, Any] = {"with": [], "without": [], "wait": []}
    with in_bank("bench"):
        with connection.cursor() as cursor:
            cursor.execute("create table bench_row (id int primary key, n int)")
            cursor.execute("insert into bench_row select g, 0 from generate_series(0, 99) g")
        for _round in range(ROUNDS):
            for kind in ("without", "with"):
                acts, wait = _writers(kind == "with")
                found[kind].append(acts)
                found["wait"].append(wait)
        copy_rows("audit_auditentry", _COLUMNS, _entries(ENTRIES))
        began = time.monotonic()
        seals = sealing.seal_bank(reach=timedelta(0))
        while seals and seals[-1].n == sealing.AT_ONCE:
            seals = sealing.seal_bank(reach=timedelta(0))
        found["seal_seconds"] = time.monotonic() - began
        began, cpu = time.monotonic(), time.process_time()
        report = verify_bank()
        found["verify_seconds"] = time.monotonic() - began
        found["verify_cpu"] = time.process_time() - cpu
        found["entries"], found["good"], found["problems"] = (
            report.entries,
            report.good,
            report.problems,
        )
    return found


_COLUMNS = (
    "at", "act", "actor_id", "actor_role", "subject_type", "subject_id", "customer_id", "request_id",
    "payload", "salt", "payload_hash", "hash",
)  # fmt: skip


def _entries(count: int) -> Iterator[tuple[Any, ...]]:
    """Entries as the product writes them, without the statement of each."""
    from django.utils import timezone

    from accounts.audit import hashing, services

    key = hashing.signing_keys()[0].entry_key("bench")
    at = timezone.now()
    for n in range(count):
        salt = n.to_bytes(16, "big")
        payload = services.as_text(
            {"category": n % 90}, {"category": n % 80, "origin": "person", "n": 1}
        )
        digest = hashing.payload_hash(salt, payload)
        columns = (
            "transaction.recategorised", n % 5000, "customer", "transactions.Transaction", str(n), n % 5000,
            f"{n:032x}",
        )  # fmt: skip
        yield (at, *columns, payload, salt, digest, hashing.entry_hash(key, at, columns, digest))


def _writers(with_entry: bool) -> tuple[float, float]:
    """Acts a second of all writers but the slow one, and the longest that one of them took."""
    from django.db import connection

    connection.close()  # a child must not share it
    context = multiprocessing.get_context("fork")
    begin, results = context.Barrier(WRITERS), context.Queue()
    children = [
        context.Process(target=_write, args=(number, with_entry, begin, results))
        for number in range(WRITERS)
    ]
    for child in children:
        child.start()
    found = dict(results.get() for _child in children)
    for child in children:
        child.join()
    quick = [found[number] for number in range(1, WRITERS)]
    return sum(count for count, _longest in quick) / WRITER_SECONDS, max(x for _n, x in quick)


def _write(number: int, with_entry: bool, begin: Any, results: Any) -> None:
    from django.db import connection, transaction

    from accounts.audit import services
    from accounts.audit.actors import Actor
    from accounts.banks.tenancy import in_bank

    count, longest = 0, 0.0
    with in_bank("bench"), closing(connection):
        connection.ensure_connection()
        begin.wait()
        end = time.monotonic() + WRITER_SECONDS
        while (start := time.monotonic()) < end:
            with transaction.atomic():
                with connection.cursor() as cursor:
                    cursor.execute("update bench_row set n = n + 1 where id = %s", [number])
                if with_entry:
                    services.record(
                        act="row.changed", subject=("bench.Row", number), before={"n": 1},
                        after={"n": 2}, actor=Actor(number, "analyst", "bench"),
                    )  # fmt: skip
                if number == 0:
                    time.sleep(0.5)
            count += 1
            longest = max(longest, time.monotonic() - start)
    results.put((number, (count, longest)))


def main() -> list[tuple[str, float, float]]:
    """Prints the figures; returns (what, ratio, goal), met when ratio >= goal."""
    found = measured_inside("benchmarks.bench_audit", silent=True)
    assert found["good"], found["problems"]
    print(
        f"change log: {found['entries']:,} entries sealed in {found['seal_seconds']:.1f} s, recomputed in"
        f" {found['verify_seconds']:.1f} s ({found['verify_cpu']:.1f} s of CPU here); "
        f"{WRITERS} writers, one of them slow: "
        f"{max(found['with']):,.0f} acts/s with entries, {max(found['without']):,.0f} without;"
        f" the longest act {max(found['wait']) * 1000:.0f} ms\n"
    )
    pairs = [a / b for a, b in zip(found["with"], found["without"], strict=True)]
    return [
        (
            f"audit, {VERIFY_SECONDS:.0f} s / verifying {ENTRIES:,} entries",
            VERIFY_SECONDS / found["verify_seconds"],
            1.0,
        ),
        ("audit, acts/s of writers with an entry each / without", max(pairs), GOAL),
        (
            "audit, 0.5 s / longest act beside a slow writer",
            LONGEST_WAIT / max(found["wait"]),
            1.0,
        ),
    ]  # fmt: skip


if __name__ == "__main__":
    if INSIDE in sys.argv:
        print(json.dumps(_measure()))
    else:
        for name, ratio, goal in main():
            print(f"{name:60}{ratio:9.3f}  ≥ {goal:7.3f}  {'met' if ratio >= goal else 'MISSED'}")
