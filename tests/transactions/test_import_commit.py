"""The two roads of a commit end alike: the kept rows copied as they are, or decided again."""

import io
import zlib
from typing import Any

import pytest

from accounts.jobs import files
from tests import factories
from transactions import ledger
from transactions.audit import audit_ledger
from transactions.imports import commit as committing
from transactions.imports import plan as planning
from transactions.imports import services, staging, tables
from transactions.imports.errors import PlanMissing
from transactions.models import (
    BankAccount,
    ImportBatch,
    KeptEdit,
    MonthTotal,
    PlannedChunk,
    Transaction,
)

HEADER = "Date,Description,Amount,Balance,Reference\n"
# Equal rows far apart, a zero, four decimals, signs of COPY's own, a rejected row, a total, an umlaut.
BODY = HEADER + "".join(
    [
        "2026-05-01,Salary Harbour Works,3040.00,3040.00,May\n",
        "2026-05-02,Corner Bakery,-4.20,3035.80,\n",
        "2026-05-02,Fuel \\N Point,-48.2500,2987.55,a\\tb\n",
        "2026-05-31,31 February,abc,,\n",
        '2026-05-03,"Café ""Zum Bären"", Köln",-0.1250,2987.425,\n',
        "2026-05-03,Nothing moved,0.00,2987.425,\n",
        "Total,,2987.425,,\n",
        "2026-06-02,Corner Bakery,-4.20,2983.225,\n",
        "2026-05-02,Corner Bakery,-4.20,2979.025,\n",
        "2026-05-02,Corner Bakery,-4.20,2974.825,\n",
    ]
)
COLUMNS = (
    "booked_on", "value_on", "amount", "raw_text", "clean_text", "counterparty", "reference", "category_id",
    "category_origin", "confidence", "status", "provider_id", "fingerprint", "occurrence", "line", "version",
    "is_split",
)  # fmt: skip


def planned(account: BankAccount, body: str) -> ImportBatch:
    batch = services.receive(
        stream=io.BytesIO(body.encode()), name="export.csv", limit=10_000_000, account=account,
        customer=account.holders.get().customer,
    )  # fmt: skip
    return services.plan(batch)


def committed(account: BankAccount, body: str) -> ImportBatch:
    batch = planned(account, body)
    return services.commit(batch, plan_hash=batch.plan_hash).batch


def rows(account: BankAccount) -> list[tuple[Any, ...]]:
    found = Transaction.objects.filter(account=account)
    return sorted(found.values_list(*COLUMNS), key=repr)


def cells(account: BankAccount) -> list[tuple[Any, ...]]:
    found = MonthTotal.objects.filter(account=account)
    return sorted(found.values_list("month", "category_id", "money_in", "money_out", "n"))


def test_both_roads_write_the_same_rows_and_totals(north, monkeypatch):
    monkeypatch.setattr(staging, "BLOCK_ROWS", 2)
    monkeypatch.setattr(staging, "CHUNK_ROWS", 2)
    one, other = factories.make_account(), factories.make_account()
    committed(one, BODY)
    monkeypatch.setattr(committing, "_only_new", lambda planned, accounts: False)
    committed(other, BODY)
    assert len(rows(one)) == 8 and rows(one) == rows(other)
    assert cells(one) == cells(other) != []
    bakery = Transaction.objects.filter(account=one, raw_text="Corner Bakery")
    assert sorted(bakery.values_list("booked_on__month", "occurrence", "line")) == [
        (5, 0, 3), (5, 1, 10), (5, 2, 11), (6, 0, 9),
    ]  # fmt: skip
    assert not audit_ledger()


@pytest.mark.parametrize("days", [(3, 3, 2, 2, 1), (1, 2, 2, 3, 3), (2, 3, 2, 1, 3)])
def test_equal_rows_count_up_whatever_way_the_days_run(north, monkeypatch, days):
    if sorted(days) == list(days) or sorted(days, reverse=True) == list(days):
        monkeypatch.setattr(tables, "number", None)  # only files that go to and fro need it
    account = factories.make_account()
    committed(account, HEADER + "".join(f"2026-05-0{day},Tram,-2.40,,\n" for day in days))
    found = Transaction.objects.filter(account=account).order_by("line")
    seen: list[int] = []
    for day, occurrence in found.values_list("booked_on__day", "occurrence"):
        assert occurrence == seen.count(day)
        seen.append(day)
    assert tuple(seen) == days


def test_only_new_rows_are_copied(north, monkeypatch):
    account = factories.make_account()
    committed(account, HEADER + BODY.splitlines(keepends=True)[2])
    monkeypatch.setattr(committing, "apply", None)
    batch = committed(account, BODY)
    assert (batch.counts["new"], batch.counts["same"], batch.counts["rejected"]) == (7, 1, 1)
    assert len(rows(account)) == 8 and not audit_ledger()


def test_a_file_that_runs_backwards_is_written_in_the_order_of_its_days(north, monkeypatch):
    monkeypatch.setattr(staging, "BLOCK_ROWS", 2)
    monkeypatch.setattr(staging, "CHUNK_ROWS", 4)
    account = factories.make_account()
    days = [f"2026-05-{day:02d},Shop {day},-{day}.00,,\n" for day in range(20, 0, -1)]
    committed(account, HEADER + "".join(days))
    by_id = Transaction.objects.filter(account=account).order_by("id")
    assert [day.day for day in by_id.values_list("booked_on", flat=True)] == list(range(1, 21))


def test_a_file_of_many_pieces_is_staged_whole(north, monkeypatch):
    monkeypatch.setattr(files, "CHUNK_BYTES", 64)
    monkeypatch.setattr(staging, "BLOCK_ROWS", 1)
    account = factories.make_account()
    lines = [f"2026-05-{1 + n % 28:02d},Shop {n},-{n}.50,,\n" for n in range(1, 200)]
    batch = committed(account, HEADER + "".join(lines))
    assert batch.counts["new"] == Transaction.objects.filter(account=account).count() == 199
    assert not audit_ledger()


def test_lost_planned_rows_are_missed_and_nothing_is_written(north, monkeypatch):
    monkeypatch.setattr(staging, "BLOCK_ROWS", 2)
    monkeypatch.setattr(staging, "CHUNK_ROWS", 2)
    account = factories.make_account()
    batch = planned(account, BODY)
    assert PlannedChunk.objects.filter(batch=batch, no__gt=0).order_by("-no")[:1].get().delete()
    with pytest.raises(PlanMissing):
        services.commit(batch, plan_hash=batch.plan_hash)
    assert not rows(account) and not cells(account)


def test_a_plan_of_an_older_program_is_made_anew(north, monkeypatch):
    account = factories.make_account()
    batch = planned(account, BODY)
    monkeypatch.setattr(planning, "CODE_VERSION", "0")
    with pytest.raises(PlanMissing):
        services.commit(batch, plan_hash=batch.plan_hash)
    again = services.plan(batch)
    services.commit(again, plan_hash=again.plan_hash)
    assert len(rows(account)) == 8


def test_a_kept_edit_returns_by_the_longer_road(north):
    account = factories.make_account()
    batch = committed(account, BODY)
    edited = Transaction.objects.get(account=account, raw_text="Nothing moved")
    ledger.recategorise([edited], category=None)
    services.undo(batch)
    assert KeptEdit.objects.filter(account=account).count() == 1
    committed(account, BODY)
    back = Transaction.objects.get(account=account, fingerprint=edited.fingerprint)
    assert back.category_origin == "person" and not KeptEdit.objects.exists()
    assert not audit_ledger()


def test_the_totals_stand_with_the_first_kept_rows(north, monkeypatch):
    monkeypatch.setattr(staging, "BLOCK_ROWS", 2)
    monkeypatch.setattr(staging, "CHUNK_ROWS", 2)
    batch = planned(factories.make_account(), BODY)
    chunks = list(PlannedChunk.objects.filter(batch=batch).order_by("no"))
    summed = zlib.decompress(bytes(chunks[0].totals)).decode().splitlines()
    assert sum(int(line.split("\t")[-1]) for line in summed) == batch.counts["new"] == 8
    assert len(chunks) > 2 and not any(bytes(chunk.totals) for chunk in chunks[1:])
