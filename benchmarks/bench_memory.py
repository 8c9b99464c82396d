"""P26: the memory of an import of a million rows above that of 20,000, of one customer and of many.

Run: `python -m benchmarks memory`. Each import runs from receiving to commit in a child of its own, whose
highest resident memory counts; the database's own processes are not in it.
"""

import json
import multiprocessing
import random
import sys
import time
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.figures import Figure, sized
from benchmarks.own_bank import SCHEMA, import_file, make_customers, own_bank
from benchmarks.own_database import INSIDE, measured_inside

FEW, MANY = 20_000, sized(1_000_000, 100_000)
CUSTOMERS = sized(5_000, 500)
GOAL_MB = 100


def made_file(rows: int, *, customers: int) -> bytes:
    """Rows day after day; with customers, mixed among them, else all of one account."""
    rng = random.Random(26)
    start = date(2023, 1, 1)
    head = "Customer,Date,Description,Amount" if customers else "Date,Description,Amount"
    lines = [head]
    for n in range(rows):
        day = start + timedelta(days=n * 1000 // rows)
        who = f"B{rng.randrange(customers):06}," if customers else ""
        text = f"SHOP {int(rng.random() ** 2 * 22_000):05} PORTLAND OR"
        lines.append(f"{who}{day},{text},{-rng.randint(100, 20_000) / 100:.2f}")
    return ("\n".join(lines) + "\n").encode()


def _measure() -> dict[str, Any]:
    found: dict[str, Any] = {}
    with own_bank():
        make_customers(CUSTOMERS)
        for kind, customers in (("one", 0), ("many", CUSTOMERS)):
            for rows in (FEW, MANY):
                with TemporaryDirectory() as folder:
                    path = Path(folder) / "rows.csv"
                    path.write_bytes(made_file(rows, customers=customers))
                    found[f"{kind} {rows}"] = _in_child(path, many=bool(customers))
    return found


def _in_child(path: Path, *, many: bool) -> dict[str, float]:
    from django.db import connection

    connection.close()
    context = multiprocessing.get_context("fork")
    said = context.Queue()
    child = context.Process(target=_work, args=(path, many, said))
    child.start()
    found: dict[str, float] = said.get()
    child.join()
    return found


def _work(path: Path, many: bool, said: Any) -> None:
    from accounts.banks.tenancy import in_bank
    from accounts.customers.models import Customer
    from transactions.imports import services
    from transactions.imports.bulk.services import receive_bulk

    with in_bank(SCHEMA):
        import_file(b"Date,Description,Amount\n2022-01-01,Warm,-1.00\n", *_somebody(Customer))
        before, began = resident_mb("VmRSS"), time.perf_counter()
        Path("/proc/self/clear_refs").write_text("5")
        with path.open("rb") as stream:
            if many:
                batch = receive_bulk(stream=stream, name="m.csv", user=None, limit=2**31)
            else:
                customer, account = _somebody(Customer)
                batch = services.receive(
                    stream=stream, name="m.csv", customer=customer, account=account, limit=2**31
                )
        kept = resident_mb("VmHWM")
        batch = services.plan(batch)
        planned = resident_mb("VmHWM")
        services.commit(batch, plan_hash=batch.plan_hash)
        said.put({
            "receive": kept - before, "plan": planned - before, "peak": resident_mb("VmHWM") - before,
            "seconds": time.perf_counter() - began, "rows": batch.counts["new"],
        })  # fmt: skip


def _somebody(customers: Any) -> tuple[Any, Any]:
    from transactions.models import BankAccount

    customer = customers.objects.order_by("pk").first()
    return customer, BankAccount.objects.filter(holders__customer=customer).first()


def resident_mb(name: str) -> float:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(name + ":"):
            return int(line.split()[1]) / 1024
    return 0.0


def main() -> list[Figure]:
    found = measured_inside("benchmarks.bench_memory")
    print(
        f"{'MB above the start':<24}{'received':>10}{'planned':>10}{'committed':>10}{'seconds':>10}{'rows':>12}"
    )
    for name, one in found.items():
        print(
            f"{name:<24}{one['receive']:10.0f}{one['plan']:10.0f}{one['peak']:10.0f}{one['seconds']:10.1f}{one['rows']:12,.0f}"
        )
    figures = []
    for kind in ("one", "many"):
        more = found[f"{kind} {MANY}"]["peak"] - found[f"{kind} {FEW}"]["peak"]
        what = f"memory of {MANY:,} rows above {FEW:,}, {kind} customer{'s' * (kind == 'many')}, MB"
        figures.append(Figure("P26", what, more, GOAL_MB, at_most=True))
        rate = (found[f"{kind} {MANY}"]["seconds"] / MANY) / (
            found[f"{kind} {FEW}"]["seconds"] / FEW
        )
        figures.append(
            Figure("P26", f"  time a row, {MANY:,} / {FEW:,}, {kind}", rate, 1.1, at_most=True)
        )
    return figures


if __name__ == "__main__":
    if INSIDE in sys.argv:
        print(json.dumps(_measure()))
    else:
        for figure in main():
            print(figure.line())
