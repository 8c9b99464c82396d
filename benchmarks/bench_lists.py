"""P14 and P15: a page deep in a long list, and a search in an ordinary customer's rows.

Run: `python -m benchmarks lists`. The pages go the product's way (`transactions.queries`): P14 the rows of a
page by keyset at row 500,000 of one account against the first page; P15 `list_page` with a text against without
it, for a customer of 400 rows, with everything a page asks for besides.
"""

import json
import sys
import time
from collections.abc import Callable
from datetime import date
from typing import Any

from benchmarks.bench_import import _COPIED
from benchmarks.figures import Figure, sized
from benchmarks.own_bank import make_customers, own_bank
from benchmarks.own_database import INSIDE, measured_inside

LONG = sized(600_000, 20_000)
DEEP = sized(500_000, 15_000)
ORDINARY, CUSTOMERS = 400, sized(2_000, 50)
TIMES, ROUNDS = sized(200, 20), 5

_FILL = """
insert into transactions_transaction ({columns})
select {account}, date '2024-01-01' + (g * 730 / {rows})::int, null, round((random() * -200)::numeric, 2),
       'SHOP ' || (random() * 22000)::int || ' PORTLAND', 'Shop ' || (random() * 22000)::int, '', '', null,
       'none', 0, 'posted', '', gen_random_uuid(), 0, null, g, 1, false
from {source} generate_series(1, {rows}) g order by 1, g
"""


def _measure() -> dict[str, Any]:
    with own_bank():
        from django.db import connection

        from transactions import guard

        people = make_customers(CUSTOMERS)
        longest = make_customers(1, prefix="L")[0]
        with guard.writing(), connection.cursor() as cursor:
            one = _FILL.format(columns=_COPIED, account=longest[1][0].pk, rows=LONG, source="")
            cursor.execute(one)
            others = f"(select id from transactions_bankaccount where id <> {longest[1][0].pk}) a,"
            cursor.execute(
                _FILL.format(columns=_COPIED, account="a.id", rows=ORDINARY, source=others)
            )
            cursor.execute("vacuum analyze transactions_transaction")
        first, deep = _pages(longest[0])
        plain, search, miss = _searches(people[len(people) // 2][0])
        return {
            "first page": _each(first), f"page at row {DEEP:,}": _each(deep), "page 1 of 400 rows": _each(plain),
            "search, many hits": _each(search), "search, no hit": _each(miss),
        }  # fmt: skip


def _slice(customer: Any, text: str = "") -> Any:
    from transactions.slices import CustomerRef, Slice

    return Slice(
        start=date(2024, 1, 1), end=date(2026, 1, 1), customer=CustomerRef(customer.pk, customer.public_id),
        text=text, currency="USD",
    )  # fmt: skip


def _pages(customer: Any) -> tuple[Callable[[], Any], Callable[[], Any]]:
    from transactions import ids, queries
    from transactions.models import BankAccount, Transaction

    slice = _slice(customer)
    accounts = BankAccount.objects.filter(holders__customer=customer).in_bulk()
    rows = Transaction.objects.filter(account__in=accounts).order_by("-booked_on", "-pk")
    at = rows[DEEP - 1]
    cursor = queries.make_cursor(at.booked_on, ids.encode_one(at.pk))

    def page(cursor: str) -> Any:
        found, _next = queries.rows_of_page(slice, accounts=accounts, cursor=cursor)
        if len(found) != 50:
            raise RuntimeError("no whole page")
        return found

    return lambda: page(""), lambda: page(cursor)


def _searches(customer: Any) -> tuple[Callable[[], Any], Callable[[], Any], Callable[[], Any]]:
    from transactions import queries

    def page(text: str) -> Any:
        return queries.list_page(_slice(customer, text))

    return lambda: page(""), lambda: page("portland"), lambda: page("nowhere at all")


def _each(act: Callable[[], Any]) -> float:
    """Milliseconds of one, of the quickest of the rounds."""
    act()
    best = float("inf")
    for _round in range(ROUNDS):
        began = time.perf_counter()
        for _time in range(TIMES):
            act()
        best = min(best, (time.perf_counter() - began) / TIMES)
    return best * 1000


def main() -> list[Figure]:
    found = measured_inside("benchmarks.bench_lists", silent=True)
    for name, took in found.items():
        print(f"{name:<44}{took:9.3f} ms")
    deep = found[f"page at row {DEEP:,}"] / found["first page"]
    search = max(found["search, many hits"], found["search, no hit"]) / found["page 1 of 400 rows"]
    return [
        Figure("P14", f"list page at row {DEEP:,} / page 1", deep, 1.2, at_most=True),
        Figure("P15", "text search in 400 rows / page 1", search, 4.0, at_most=True),
    ]


if __name__ == "__main__":
    if INSIDE in sys.argv:
        print(json.dumps(_measure()))
    else:
        for figure in main():
            print(figure.line())
