"""From a file to the ledger and back: the dry run is the commit, and an undo leaves no trace."""

import io
from decimal import Decimal
from pathlib import Path

import pytest
from django.db.models import Sum

from tests import factories
from transactions import ledger
from transactions.audit import audit_ledger
from transactions.imports import services
from transactions.imports.errors import (
    AccountNeeded,
    ImportProblem,
    PlanChanged,
    PlanMissing,
    UndoRefused,
)
from transactions.models import BankAccount, ImportBatch, MonthTotal, Transaction

GENERIC = (
    b"Date,Description,Amount\n"
    b"2026-05-01,Salary Harbour Works,3040.00\n"
    b"2026-05-02,Corner Bakery,-4.20\n"
    b"2026-05-02,Corner Bakery,-4.20\n"
    b"2026-05-03,Fuel Point,-48.20\n"
)


def received(account: BankAccount, body: bytes, name: str = "export.csv") -> ImportBatch:
    return services.receive(
        stream=io.BytesIO(body), name=name, customer=account.holders.get().customer, account=account,
        limit=10_000_000,
    )  # fmt: skip


def planned(account: BankAccount, body: bytes) -> ImportBatch:
    return services.plan(received(account, body))


def brought_in(account: BankAccount, body: bytes) -> services.CommitResult:
    batch = planned(account, body)
    return services.commit(batch, plan_hash=batch.plan_hash)


def total(account: BankAccount) -> Decimal:
    return Transaction.objects.filter(account=account).aggregate(s=Sum("amount"))["s"] or Decimal(0)


def cells(account: BankAccount) -> list[tuple]:
    rows = MonthTotal.objects.filter(account=account).exclude(n=0)
    return sorted(rows.values_list("month", "category_id", "money_in", "money_out", "n"))


def test_a_plan_writes_nothing_and_its_commit_does_exactly_that(north):
    account = factories.make_account()
    batch = planned(account, GENERIC)
    assert batch.counts["new"] == 4 and batch.counts["rows"] == 4
    assert not Transaction.objects.filter(account=account).exists()
    result = services.commit(batch, plan_hash=batch.plan_hash)
    assert result.new == 4
    assert total(account) == Decimal("2983.40")
    assert audit_ledger() == []


def test_genuine_equal_rows_survive_and_a_second_file_changes_nothing(north):
    account = factories.make_account()
    brought_in(account, GENERIC)
    before = cells(account)
    shuffled = b"\n".join([GENERIC.splitlines()[0], *reversed(GENERIC.splitlines()[1:])]) + b"\n"
    for body in (GENERIC, shuffled, GENERIC.replace(b"\n", b"\r\n"), b"\xef\xbb\xbf" + GENERIC):
        again = planned(account, body)
        assert again.state == ImportBatch.State.EMPTY
        assert again.counts["same"] == 4 and again.counts["new"] == 0
    assert cells(account) == before


def test_undo_restores_every_total_and_keeps_the_edit_for_the_row(north):
    account = factories.make_account()
    factories.make_transactions(account, [{"amount": "-10.00", "category": "groceries"}])
    before = cells(account)
    result = brought_in(account, GENERIC)
    row = Transaction.objects.get(batch_id=result.batch.pk, amount=Decimal("-48.20"))
    ledger.recategorise([row], category=factories.category("shopping"))
    preview = services.undo_preview(result.batch)
    assert (preview.rows, preview.edited, preview.refusal) == (4, 1, "")
    undone = services.undo(result.batch)
    assert undone.removed == 4 and undone.edits_kept == 1
    assert cells(account) == before and audit_ledger() == []
    brought_in(account, GENERIC)
    row = Transaction.objects.get(account=account, amount=Decimal("-48.20"))
    assert row.category.code == "shopping" and row.category_origin == "person"
    assert audit_ledger() == []


def test_a_stale_plan_is_refused_with_the_rows_that_differ(north):
    account = factories.make_account()
    batch = planned(account, GENERIC)
    brought_in(account, GENERIC)
    with pytest.raises(PlanChanged) as refusal:
        services.commit(batch, plan_hash=batch.plan_hash)
    assert len(refusal.value.rows) == 4
    assert Transaction.objects.filter(account=account).count() == 4


def test_an_edit_elsewhere_does_not_spoil_a_plan(north):
    account = factories.make_account()
    row = factories.make_transaction(account=account, amount="-7.00")
    batch = planned(account, GENERIC)
    ledger.recategorise([row], category=factories.category("dining"))
    assert services.commit(batch, plan_hash=batch.plan_hash).new == 4


def test_a_plan_is_committed_once_and_only_as_shown(north):
    account = factories.make_account()
    batch = planned(account, GENERIC)
    with pytest.raises(PlanChanged):
        services.commit(batch, plan_hash="0" * 64)
    services.commit(batch, plan_hash=batch.plan_hash)
    with pytest.raises(PlanMissing):
        services.commit(batch, plan_hash=batch.plan_hash)
    services.undo(batch)
    with pytest.raises(UndoRefused):
        services.undo(batch)


def test_rows_that_look_like_another_sources_wait_for_the_person(north):
    account = factories.make_account()
    factories.make_transactions(
        account,
        [
            {
                "amount": "-48.20",
                "booked_on": __import__("datetime").date(2026, 5, 3),
                "raw_text": "FP",
            }
        ],
    )
    batch = planned(account, GENERIC)
    assert batch.counts["doubtful"] == 1 and batch.counts["new"] == 3
    batch = services.plan(services.choose(batch, bring_in="all"))
    assert batch.counts["doubtful"] == 0 and batch.counts["new"] == 4


def test_another_currency_is_rejected_row_by_row(north):
    account = factories.make_account(currency="EUR")
    body = (
        b"Date,Description,Amount,Currency\n2026-05-01,Tea,-3.00,EUR\n2026-05-02,Taxi,-30.00,USD\n"
        b"2026-05-04,Tea,-3.00,EUR\n"
    )
    batch = planned(account, body)
    assert batch.counts["new"] == 2 and batch.counts["rejected"] == 1
    issue = batch.issues.get(verdict="rejected")
    assert issue.code == "currency_mismatch" and issue.line == 3


def test_card_numbers_never_reach_the_ledger(north):
    account = factories.make_account()
    result = brought_in(account, GENERIC.replace(b"Fuel Point", b"Fuel 4111 1111 1111 1111"))
    row = Transaction.objects.get(batch_id=result.batch.pk, amount=Decimal("-48.20"))
    assert "4111" not in row.raw_text and row.raw_text.endswith("1111")


def test_without_an_account_the_person_is_asked(north):
    customer = factories.make_customer()
    batch = services.receive(
        stream=io.BytesIO(GENERIC), name="x.csv", customer=customer, limit=10_000
    )
    with pytest.raises(AccountNeeded):
        services.plan(batch)


def exports() -> list[Path]:
    from tests.conftest import DATA

    return sorted(
        p for p in (DATA / "exports").rglob("*") if p.parent.name.startswith(("csv_", "malformed"))
    )


@pytest.mark.parametrize("path", exports(), ids=lambda p: p.name)
def test_every_real_file_adds_up_or_is_refused_in_words(north, data, path):
    """Planned and committed without an exception; rows in = verdicts; nothing half-done."""
    account = factories.make_account(currency="EUR")
    batch = received(account, path.read_bytes(), path.name)
    if batch.state == ImportBatch.State.REFUSED:
        assert batch.refused_message.endswith(".") and batch.refused_code
        return
    try:
        batch = services.plan(batch)
    except ImportProblem as problem:
        assert problem.sentence
        return
    counts = batch.counts
    parts = ("new", "same", "doubtful", "changed", "rejected", "not_transactions")
    assert counts["rows"] == sum(counts[name] for name in parts)
    assert batch.issues.filter(verdict="rejected").count() == counts["rejected"]
    if batch.state == ImportBatch.State.PLANNED:
        result = services.commit(batch, plan_hash=batch.plan_hash)
        assert result.new == counts["new"]
        money = batch.sums.get("EUR", {}).values()
        expected = sum((Decimal(m["in"]) - Decimal(m["out"]) for m in money), Decimal(0))
        posted = Transaction.objects.filter(account=account, status="posted").aggregate(
            s=Sum("amount")
        )["s"]
        assert (posted or Decimal(0)) == expected
        assert audit_ledger() == []
        services.undo(batch)
    assert not Transaction.objects.filter(account=account).exists()
    assert cells(account) == []
