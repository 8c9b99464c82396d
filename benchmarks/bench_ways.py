"""The same rows in other ways: merged from staging, by bulk_create, by django-import-export; again; a large table.

Run: `python -m benchmarks ways`. All fill the same tables with all their indexes and keys, in turn, by one
process over one connection; of each the quickest of the rounds counts. The import goes a person's way, from
receiving the file to the durable commit with its totals; the others get their rows ready-made.
"""

import json
import sys
import time
from typing import Any

from benchmarks.bench_import import _COPIED, _DIFFERENT, ACCOUNTS, make_file
from benchmarks.figures import Figure, sized
from benchmarks.own_bank import import_file, make_customers, own_bank, received
from benchmarks.own_database import INSIDE, measured_inside

ROWS = sized(200_000, 10_000)
ROUNDS = sized(3, 1)
EXCHANGED = sized(20_000, 500)
BEFORE = sized(2_000_000, 50_000)  # rows of the large table
OTHERS = 5_000  # accounts they are in
DELIVERIES = (sized(20_000, 2_000), 500)
DELIVERY_ROUNDS = sized(5, 2)

_STAGE = "create temp table bench_stage (like transactions_transaction) on commit drop"
_LOOSEN = "alter table bench_stage alter column id drop not null"
_FILL = """
insert into transactions_transaction ({columns})
select a.id, date '2022-01-01' + (g * 730 / {each})::int, null, round((random() * -200)::numeric, 2),
       'OTHER SHOP ' || (random() * 22000)::int, 'Other Shop', '', '', null, 'none', 0, 'posted', '',
       gen_random_uuid(), 0, null, g, 1, false
from transactions_bankaccount a, generate_series(1, {each}) g where a.name = 'Other'
order by a.id, g
"""
_FILL_TOTALS = """
insert into transactions_monthtotal (account_id, month, category_id, money_in, money_out, n)
select account_id, date_trunc('month', booked_on)::date, 0, 0, sum(amount), count(*)
from transactions_transaction where status = 'posted' group by 1, 2
"""


def _clear() -> None:
    from django.db import connection

    from transactions import guard

    with guard.writing(), connection.cursor() as cursor:
        cursor.execute("truncate transactions_transaction, transactions_monthtotal")
        cursor.execute("truncate transactions_importbatch, jobs_storedfile cascade")
        cursor.execute("vacuum analyze transactions_bankaccount")


def _took(act: Any) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def _measure() -> dict[str, Any]:
    found: dict[str, Any] = {
        "import": [], "again": [], "merge": [], "copy": [], "bulk_create": [], "use_bulk": [], "row by row": [],
    }  # fmt: skip
    with own_bank():
        customer, _accounts = make_customers(1, accounts_each=ACCOUNTS)[0]
        _others()
        body = make_file(ROWS)
        for _round in range(ROUNDS):
            _clear()
            found["import"].append(_took(lambda: import_file(body, customer)))
            found["again"].append(_took(lambda: import_file(body, customer)))
            rows = _rows()
            text = _text()
            for name, act in (
                ("merge", lambda text=text: _merge(text)),
                ("copy", lambda text=text: _copy(text)),
            ):
                _clear()
                found[name].append(_took(act))
        for _round in range(ROUNDS):
            _clear()
            made = _objects(rows)
            found["bulk_create"].append(_took(lambda made=made: _bulk_create(made)))
            del made
        some = rows[:EXCHANGED]
        for name, at_once in (("use_bulk", True), ("row by row", False)):
            _clear()
            found[name].append(_took(lambda at_once=at_once: _exchange(some, at_once)))
        _clear()
        found["deliveries"] = _deliveries()
    return found


def _others() -> None:
    from transactions.models import BankAccount

    BankAccount.objects.bulk_create(
        BankAccount(name="Other", currency="USD") for _n in range(OTHERS)
    )


def _rows() -> list[tuple[Any, ...]]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(f"select {_COPIED} from transactions_transaction order by line")
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        cursor.execute(_DIFFERENT)
        if len(rows) != ROWS or cursor.fetchone()[0]:
            raise RuntimeError("the import is not whole")
    return rows


def _text() -> list[bytes]:
    from django.db import connection

    statement = f"copy (select {_COPIED} from transactions_transaction order by line) to stdout"
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        data = b"".join(map(bytes, copy))
    return [data[at : at + 2**18] for at in range(0, len(data), 2**18)]


def _merge(blocks: list[bytes]) -> None:
    """Rows that are parsed already: COPY to staging, merged with the totals, in one transaction."""
    from django.db import connection, transaction

    from transactions import guard, totals

    with transaction.atomic(), guard.writing():
        with connection.cursor() as cursor:
            cursor.execute(_STAGE)
            cursor.execute(_LOOSEN)
        guard.copy_text("bench_stage", _COPIED.split(", "), blocks)
        merged = totals.apply_change(
            f"insert into transactions_transaction ({_COPIED}) select {_COPIED} from bench_stage "
            "order by account_id, booked_on on conflict (account_id, fingerprint, occurrence) do nothing "
            f"returning {totals.INSERTED}",
            {},
        )
    if merged != ROWS:
        raise RuntimeError("the merge is not whole")


def _copy(blocks: list[bytes]) -> None:
    from django.db import transaction

    from transactions import guard

    with transaction.atomic(), guard.writing():
        guard.copy_text("transactions_transaction", _COPIED.split(", "), blocks)


def _objects(rows: list[tuple[Any, ...]]) -> list[Any]:
    from transactions.models import Transaction

    names = _COPIED.split(", ")
    return [Transaction(**dict(zip(names, row, strict=True))) for row in rows]


def _bulk_create(made: list[Any]) -> None:
    from django.db import transaction

    from transactions import guard
    from transactions.models import Transaction

    with transaction.atomic(), guard.writing():
        Transaction.objects.bulk_create(made, batch_size=5_000, ignore_conflicts=True)


def _exchange(rows: list[tuple[Any, ...]], at_once: bool) -> None:
    """django-import-export as its manual shows it: known rows by their unique columns."""
    import tablib  # type: ignore[import-untyped]
    from django.db import transaction
    from import_export import resources

    from transactions import guard
    from transactions.models import Transaction

    names = [name.removesuffix("_id") if name in ("account_id", "category_id") else name
             for name in _COPIED.split(", ")]  # fmt: skip

    class Exchanged(resources.ModelResource):  # type: ignore[misc]
        class Meta:
            model = Transaction
            fields = tuple(names)
            import_id_fields = ("account", "fingerprint", "occurrence")
            use_bulk = at_once
            batch_size = 1_000
            skip_diff = True
            skip_html_diff = True

    data = tablib.Dataset(*rows, headers=names)
    with transaction.atomic(), guard.writing():
        result = Exchanged().import_data(data, dry_run=False, raise_errors=True)
    if result.totals["new"] != len(rows):
        raise RuntimeError("import-export is not whole")


def _deliveries() -> dict[str, list[float]]:
    """Small files into an empty table, then into a large one: new accounts each time."""
    from django.db import connection

    from transactions import guard

    found: dict[str, list[float]] = {}
    people = iter(
        make_customers(2 * DELIVERY_ROUNDS * len(DELIVERIES), accounts_each=ACCOUNTS, prefix="D")
    )
    for table in ("empty", "large"):
        if table == "large":
            _clear()
            with guard.writing(), connection.cursor() as cursor:
                cursor.execute(_FILL.format(columns=_COPIED, each=BEFORE // OTHERS))
                cursor.execute(_FILL_TOTALS)
                cursor.execute("vacuum analyze transactions_transaction")
                cursor.execute("vacuum analyze transactions_monthtotal")
        for rows in DELIVERIES:
            body = make_file(rows)
            for _round in range(DELIVERY_ROUNDS):
                if table == "empty":
                    _clear()
                customer = next(people)[0]
                batch = received(body, customer)
                found.setdefault(f"{table} {rows}", []).append(
                    _took(lambda batch=batch: _plan_commit(batch))
                )
    return found


def _plan_commit(batch: Any) -> None:
    from transactions.imports import services

    batch = services.plan(batch)
    services.commit(batch, plan_hash=batch.plan_hash)


def main() -> list[Figure]:
    found = measured_inside("benchmarks.bench_ways")
    deliveries = found.pop("deliveries")
    print(f"{f'{ROWS:,} rows, quickest of {ROUNDS}':<44}{'seconds':>9}{'all rounds':>40}")
    quick = {name: min(took) for name, took in found.items()}
    for name, took in found.items():
        part = f" ({EXCHANGED:,} rows)" if name in ("use_bulk", "row by row") else ""
        rounds = " ".join(f"{one:.2f}" for one in took)
        print(f"{name + part:<44}{min(took):9.2f}{rounds:>40}")
    for name, took in deliveries.items():
        rounds = " ".join(f"{one:.2f}" for one in took)
        print(f"{'into the ' + name:<44}{min(took):9.3f}{rounds:>40}")
    each = quick["import"] / ROWS
    first, second = DELIVERIES
    large = {
        rows: min(deliveries[f"large {rows}"]) / min(deliveries[f"empty {rows}"])
        for rows in DELIVERIES
    }
    return [
        Figure(
            "P1",
            "import / the same rows parsed: staging, merge, totals",
            quick["import"] / quick["merge"],
            1.30,
            at_most=True,
        ),
        Figure(
            "P2",
            "import / COPY of the finished rows",
            quick["import"] / quick["copy"],
            1.75,
            at_most=True,
        ),
        Figure(
            "P3",
            "bulk_create(ignore_conflicts) / import",
            quick["bulk_create"] / quick["import"],
            3.0,
        ),
        Figure(
            "P4",
            "import-export with use_bulk / import, per row",
            quick["use_bulk"] / EXCHANGED / each,
            15.0,
        ),
        Figure(
            "P4",
            "import-export row by row / import, per row",
            quick["row by row"] / EXCHANGED / each,
            80.0,
        ),
        Figure(
            "P7",
            "the same file again / its first import",
            quick["again"] / quick["import"],
            0.45,
            at_most=True,
        ),
        Figure(
            "P8",
            f"{first:,} rows into {BEFORE:,} / into an empty table",
            large[first],
            1.7,
            at_most=True,
        ),
        Figure(
            "P8",
            f"{second:,} rows into {BEFORE:,} / into an empty table",
            large[second],
            1.3,
            at_most=True,
        ),
    ]  # fmt: skip


if __name__ == "__main__":
    if INSIDE in sys.argv:
        print(json.dumps(_measure()))
    else:
        for figure in main():
            print(figure.line())
