"""P25: eight imports at once into one bank, each into accounts of its own.

Run: `python -m benchmarks at_once`. Eight processes, each its own file received beforehand, planned and committed,
against the same eight files one after the other in one process; beside it, in the same run, what two COPYs of the
same rows into two unrelated tables gain at once, which is what this machine can give. Then whether anybody waits:
one import holds its commit open for seconds, and the others must be done before it lets go.
"""

import json
import multiprocessing
import sys
import time
from collections.abc import Callable
from typing import Any

from benchmarks.bench_import import _COPIED, ACCOUNTS, make_file
from benchmarks.bench_ways import _clear
from benchmarks.figures import Figure, sized
from benchmarks.own_bank import SCHEMA, import_file, make_customers, own_bank, received
from benchmarks.own_database import INSIDE, measured_inside

WORKERS = 8
ROWS = sized(40_000, 2_000)
ROUNDS = sized(3, 1)
HELD_SECONDS = sized(20, 6)


def _measure() -> dict[str, Any]:
    found: dict[str, Any] = {
        "after another": [],
        "at once": [],
        "copy after another": [],
        "copy at once": [],
    }
    with own_bank():
        people = [
            customer for customer, _accounts in make_customers(WORKERS, accounts_each=ACCOUNTS)
        ]
        bodies = [make_file(ROWS, seed=n) for n in range(WORKERS)]
        for _round in range(ROUNDS):
            _clear()
            batches = [received(body, who) for body, who in zip(bodies, people, strict=True)]
            found["after another"].append(_together([[batch.pk for batch in batches]]))
            _clear()
            batches = [received(body, who) for body, who in zip(bodies, people, strict=True)]
            found["at once"].append(_together([[batch.pk] for batch in batches]))
            _audit()
        blocks = _tables()
        for _round in range(ROUNDS):
            _empty_tables()
            found["copy after another"].append(_copies([[0, 1]], blocks))
            _empty_tables()
            found["copy at once"].append(_copies([[0], [1]], blocks))
        _clear()
        found["waited"] = _waiting(bodies, people)
    return found


def _audit() -> None:
    from transactions.audit import audit_ledger

    if differences := audit_ledger():
        raise RuntimeError(f"totals differ: {differences[:2]}")


def _fork(works: list[Callable[[Any], Any]]) -> tuple[float, list[Any]]:
    """Children, one for each, that begin together; seconds until the last is done, and what each said."""
    from django.db import connection

    connection.close()
    context = multiprocessing.get_context("fork")
    begin, said = context.Barrier(len(works) + 1), context.Queue()

    def run(at: int) -> None:
        from accounts.banks.tenancy import in_bank

        with in_bank(SCHEMA):
            connection.ensure_connection()
            begin.wait()
            said.put((at, works[at](begin)))

    children = [context.Process(target=run, args=(at,)) for at in range(len(works))]
    for child in children:
        child.start()
    begin.wait()
    began = time.perf_counter()
    ends = dict(said.get() for _child in children)
    took = time.perf_counter() - began
    for child in children:
        child.join()
    return took, [ends[at] for at in range(len(works))]


def _together(groups: list[list[int]]) -> float:
    return _fork([lambda _begin, pks=pks: [_import(pk) for pk in pks] for pks in groups])[0]  # type: ignore[misc]


def _import(pk: int) -> float:
    from transactions.imports import services
    from transactions.models import ImportBatch

    batch = services.plan(ImportBatch.objects.get(pk=pk))
    services.commit(batch, plan_hash=batch.plan_hash)
    return time.monotonic()


def _tables() -> list[bytes]:
    """The ledger's rows as COPY text, and two tables like it."""
    from django.db import connection

    with connection.cursor() as cursor:
        with cursor.copy(
            f"copy (select {_COPIED} from transactions_transaction order by id) to stdout"
        ) as copy:
            data = b"".join(map(bytes, copy))
        for n in (0, 1):
            cursor.execute(
                f"create table bench_copy_{n} (like transactions_transaction including all)"
            )
            cursor.execute(
                f"alter table bench_copy_{n} add foreign key (account_id) references transactions_bankaccount"
            )
    return [data[at : at + 2**18] for at in range(0, len(data), 2**18)]


def _empty_tables() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("truncate bench_copy_0, bench_copy_1")


def _copies(groups: list[list[int]], blocks: list[bytes]) -> float:
    from transactions import guard

    def copy(tables: list[int]) -> None:
        for n in tables:
            guard.copy_text(f"bench_copy_{n}", _COPIED.split(", "), blocks)

    return _fork([lambda _begin, tables=tables: copy(tables) for tables in groups])[0]  # type: ignore[misc]


def _waiting(bodies: list[bytes], people: list[Any]) -> dict[str, float]:
    """How long before the held commit lets go the last of the others was done; below 0 they waited."""
    from django.db import transaction

    def held(_begin: Any) -> float:
        with transaction.atomic():
            import_file(bodies[0], people[0])
            time.sleep(HELD_SECONDS)
            return time.monotonic()

    def free(at: int) -> Callable[[Any], float]:
        def work(_begin: Any) -> float:
            import_file(bodies[at][: len(bodies[at]) // 8].rpartition(b"\n")[0], people[at])
            return time.monotonic()

        return work

    _took, ends = _fork([held, *(free(at) for at in range(1, WORKERS))])
    return {"before": ends[0] - max(ends[1:])}


def main() -> list[Figure]:
    found = measured_inside("benchmarks.bench_at_once", silent=True)
    waited = found.pop("waited")["before"]
    for name, took in found.items():
        print(f"{name:<44}{min(took):9.2f} s  {' '.join(f'{one:.2f}' for one in took)}")
    print(f"{'others done before the held commit let go':<44}{waited:9.2f} s")
    ours = min(found["after another"]) / min(found["at once"])
    copies = min(found["copy after another"]) / min(found["copy at once"])
    return [
        Figure("P25", f"rows/s of {WORKERS} imports at once / one after the other", ours, 1.2),
        Figure(
            "P25",
            f"  that gain / the gain of two COPYs at once ({copies:.2f})",
            ours / copies,
            0.85,
        ),
        Figure("P25", "  seconds the others were done before a held commit let go", waited, 0.0),
    ]


if __name__ == "__main__":
    if INSIDE in sys.argv:
        print(json.dumps(_measure()))
    else:
        for figure in main():
            print(figure.line())
