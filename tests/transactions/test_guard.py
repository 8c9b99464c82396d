"""Nothing else writes the ledger: each way of `ledger_ways.py`, with the hook and without it."""

import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest
from django.db import connection, transaction

from accounts.banks.tenancy import in_bank
from tests.factories import category, make_account, make_transactions
from tests.transactions.ledger_ways import DAY, DRIVERS, ORM, SQL, WAYS, Seed, T, Way, run
from transactions import guard
from transactions.guard import LedgerWriteRefused, writing
from transactions.models import BankAccount, Category, KeptEdit, MonthTotal, Transaction

POSSIBLE = [way for way in WAYS if way.possible]


@pytest.fixture
def seed(north: str) -> Seed:
    account = make_account()
    rows = [
        {"booked_on": DAY, "category": "groceries", "amount": n} for n in ("-12.50", "-9", "40")
    ]
    lines = make_transactions(account, rows)
    with writing():
        KeptEdit.objects.create(account=account, fingerprint=lines[0].fingerprint, payload={"n": 1})
    run("set constraints all immediate")
    return Seed(account, lines[0], category("groceries"))


def ledger() -> list[tuple[Any, ...]]:
    """Everything in the ledger, as text; None for a table that is gone."""
    found = []
    with connection.cursor() as cursor:
        for table in guard.OWNED:
            cursor.execute("select to_regclass(%s)", [table])
            if cursor.fetchone()[0] is None:
                found.append((table, None))
                continue
            cursor.execute(f"select string_agg(t::text, '|' order by t::text) from {table} t")
            found.append((table, cursor.fetchone()[0]))
    return found


@contextmanager
def hook_removed() -> Iterator[None]:
    """This connection as it would be without the hook."""
    wrappers, raw = connection.execute_wrappers, connection.connection
    factories = raw.cursor_factory, raw.server_cursor_factory
    wrappers.remove(guard._guard)
    raw.cursor_factory, raw.server_cursor_factory = (
        next(c for c in factory.__mro__[1:] if c is not guard._AskingCursor)
        for factory in factories
    )
    try:
        yield
    finally:
        wrappers.append(guard._guard)
        raw.cursor_factory, raw.server_cursor_factory = factories


def named(way: Way) -> str:
    return way.name


@pytest.mark.parametrize("way", WAYS, ids=named)
def test_each_way_is_refused(seed: Seed, way: Way) -> None:
    before = ledger()
    with pytest.raises(LedgerWriteRefused):
        way.act(seed)
    # Nothing reached the server: its transaction still answers and holds what it held.
    transaction.set_rollback(False)
    assert ledger() == before


@pytest.mark.parametrize("way", POSSIBLE, ids=named)
def test_each_goes_through_without_the_hook(seed: Seed, way: Way) -> None:
    before = ledger()
    with hook_removed(), transaction.atomic():
        way.act(seed)
        assert ledger() != before
        transaction.set_rollback(True)
    assert ledger() == before


def test_there_are_enough_ways() -> None:
    assert len({way.name for way in WAYS}) == len(WAYS)
    assert len(POSSIBLE) >= 80 and min(map(len, (ORM, SQL, DRIVERS))) >= 15


@pytest.mark.parametrize("way", POSSIBLE, ids=named)
def test_each_works_inside_writing(seed: Seed, way: Way) -> None:
    before = ledger()
    with writing(), transaction.atomic():
        way.act(seed)
        assert ledger() != before
        transaction.set_rollback(True)


@pytest.mark.parametrize(
    "statement",
    [
        f"select * from {T} for update",
        f"select count(*) from {T} -- delete from {T}",
        f"select 1 /* update {T} */",
        f"update transactions_bankaccount set name = 'x' where id in (select account_id from {T})",
        f"delete from transactions_importissue where transaction_id in (select id from {T})",
        f"create temp table {T}_copy as select * from {T}",
        f"explain select * from {T}",
        f"analyze {T}",
        "select 'insert' \"into\"",
        "insert into transactions_importissue (batch_id, line, verdict, code, \"column\", value, reason,"
        f" fix, raw) select 1, 1, '', '', '', '', '', '', '' from {T} where false",
    ],
)  # fmt: skip
def test_reading_and_other_tables_stay_free(seed: Seed, statement: str) -> None:
    before = ledger()
    run(statement)
    assert ledger() == before


def test_copy_out_stays_free(seed: Seed) -> None:
    for columns in ("", '(id, "line")'):
        with connection.cursor() as cursor, cursor.copy(f"copy {T}{columns} to stdout") as copy:
            assert len(list(copy.rows())) == 3


def test_writing_closes_behind_itself(seed: Seed) -> None:
    with pytest.raises(ZeroDivisionError), writing():
        assert Transaction.objects.filter(pk=seed.line.pk).update(line=5) == 1
        1 / 0  # noqa: B018
    with pytest.raises(LedgerWriteRefused), transaction.atomic():
        Transaction.objects.filter(pk=seed.line.pk).update(line=6)
    with writing():
        with writing():
            pass
        assert Transaction.objects.filter(pk=seed.line.pk).update(line=7) == 1


def in_thread(bank: str) -> list[str]:
    """What a new thread, on its own new connection, is told about each driver's way."""
    told: list[str] = []
    seed = Seed(BankAccount(pk=1), Transaction(pk=1), Category(pk=1))

    def act() -> None:
        with in_bank(bank), closing(connection):
            for way in (*DRIVERS, *SQL):
                try:
                    with transaction.atomic():
                        way.act(seed)
                except LedgerWriteRefused:
                    told.append(way.name)

    thread = threading.Thread(target=act)
    thread.start()
    thread.join()
    return told


def test_new_threads_are_hooked_also_inside_writing(north: str) -> None:
    wanted = [way.name for way in (*DRIVERS, *SQL)]
    assert in_thread(north) == wanted
    with writing():
        assert in_thread(north) == wanted


def test_a_new_connection_is_hooked(north: str) -> None:
    told = []

    def act() -> None:
        with in_bank(north), closing(connection):
            for _again in range(2):
                try:
                    MonthTotal.objects.update(n=0)
                except LedgerWriteRefused:
                    told.append(id(connection.connection))
                connection.close()
                assert connection.execute_wrappers.count(guard._guard) <= 1

    thread = threading.Thread(target=act)
    thread.start()
    thread.join()
    assert len(told) == 2


def test_migrations_change_tables_and_no_rows(seed: Seed) -> None:
    before = ledger()
    with connection.schema_editor(atomic=False) as editor:
        editor.execute(f"alter table {T} alter column line set default 0")
        with pytest.raises(LedgerWriteRefused):
            editor.execute(f"delete from {T}")
    with pytest.raises(LedgerWriteRefused):
        run(f"alter table {T} alter column line drop default")
    assert ledger() == before
