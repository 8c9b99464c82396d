"""Edits of all kinds, undo, the same file again: figures byte-equal, edits all back, nothing twice."""

from decimal import Decimal
from typing import Any

import pytest

from tests import factories
from tests.transactions.test_import_commit import cells, committed, planned
from transactions import ledger
from transactions.adapters import Line
from transactions.audit import audit_ledger
from transactions.imports import services
from transactions.imports.errors import UndoRefused
from transactions.imports.lines import import_lines
from transactions.models import (
    Category,
    ImportBatch,
    ImportIssue,
    KeptEdit,
    Note,
    RowChange,
    Transaction,
    TransactionTag,
)
from transactions.rows import bulk, duplicates, history, notes, splits, tags
from transactions.rows.splits import Part

OLD = "Date,Description,Amount,Reference\n2026-04-01,Old Shop,-5.00,\n"
BODY = "Date,Description,Amount,Reference\n" + "".join(
    f"2026-05-{n:02},Shop {n},-{n}.50,R{n}\n" for n in range(1, 11)
)


@pytest.fixture
def account(north):
    made = factories.make_account()
    committed(made, OLD)
    return made


def row(account, reference: str) -> Transaction:
    return Transaction.objects.get(account=account, reference=reference, parent=None)


def state(account) -> list[tuple[Any, ...]]:
    """Everything a person did, by what the lines say and not by their keys."""
    found = []
    for line in Transaction.objects.filter(account=account).order_by("fingerprint", "occurrence"):
        put = TransactionTag.objects.filter(transaction=line).order_by("tag__name")
        found.append(
            (
                line.booked_on, line.amount, line.clean_text, line.counterparty, line.category_id,
                line.category_origin, line.confidence, line.status, line.is_split, line.fingerprint,
                [t.tag.name for t in put], [n.text for n in Note.objects.filter(transaction=line)],
            )
        )  # fmt: skip
    return found


def edit_all(account) -> None:
    customer = account.holders.get().customer
    rent = Category.objects.get(code="rent")
    ledger.recategorise([row(account, "R1")], category=rent)
    ledger.recategorise([row(account, "R2")], category=None)
    trip = tags.named(customer, "Trip")
    tags.put(trip, [row(account, "R3"), row(account, "R4"), row(account, "R1")])
    notes.write([row(account, "R4"), row(account, "R5")], customer, "two\nlines")
    parts = splits.split(
        row(account, "R6"), [Part(Decimal("-4"), rent, "Mine"), Part(Decimal("-2.5"), None)]
    )
    notes.write([parts[1]], customer, "on a part")
    tags.take(trip, [row(account, "R3")])
    tags.put(tags.named(customer, "Home"), [parts[0]])
    seen = {row(account, r).pk: None for r in ("R7", "R8")}
    bulk.apply(customer, seen, bulk.BulkChange("category", category=rent))


def test_undo_and_the_same_file_again_lose_nothing(account):
    figures = cells(account)
    batch = committed(account, BODY)
    edit_all(account)
    edited, totals = state(account), cells(account)
    assert audit_ledger() == []
    shown = services.undo_preview(batch)
    assert (shown.rows, shown.edited) == (10, 7)
    done = services.undo(batch, confirm_edits=7)
    assert (done.removed, done.edits_kept) == (10, 7)
    assert cells(account) == figures and audit_ledger() == []
    assert not TransactionTag.objects.exists() and not Note.objects.exists()
    again = planned(account, BODY)
    result = services.commit(again, plan_hash=again.plan_hash)
    assert (result.new, result.edits_returned) == (10, 7)
    assert state(account) == edited
    assert [c for c in cells(account) if c[4]] == [c for c in totals if c[4]]
    assert audit_ledger() == [] and not KeptEdit.objects.exists()
    replay = planned(account, BODY)
    assert (replay.state, replay.counts["same"]) == ("empty", 10)
    assert state(account) == edited


def test_history_outlives_the_undo(account):
    customer = account.holders.get().customer
    batch = committed(account, BODY)
    ledger.recategorise([row(account, "R1")], category=Category.objects.get(code="rent"))
    services.undo(batch)
    committed(account, BODY)
    from transactions.reach import Reach

    found = history.history(row(account, "R1"), customer, Reach(customer), own=True)
    assert {e.what for e in found} == {"chose a category", "came in with “export.csv”, line 2"}
    assert RowChange.objects.count() == 1


def test_one_choice_is_put_back(account):
    committed(account, BODY)
    before = row(account, "R1")
    ledger.recategorise([before], category=Category.objects.get(code="rent"))
    change = RowChange.objects.get()
    history.put_back(before, change.pk)
    now = row(account, "R1")
    assert (now.category_id, now.category_origin, now.confidence) == (
        before.category_id, before.category_origin, before.confidence,
    )  # fmt: skip
    assert audit_ledger() == []
    with pytest.raises(ValueError, match="newer"):
        history.put_back(before, change.pk)


def line(amount: str, day: int = 2, status: str = "posted") -> Line:
    from datetime import date

    return Line(1, date(2026, 6, day), None, Decimal(amount), "Market", "", "", "", "x", "", None,
                "id-1", status)  # fmt: skip


def test_a_source_may_move_a_split_payment_but_not_change_its_amount(account):
    import_lines([line("-60", status="pending")], accounts={"x": account}, source="bank")
    whole = Transaction.objects.get(provider_id="id-1")
    splits.split(whole, [Part(Decimal("-40"), None), Part(Decimal("-20"), None)])
    moved = import_lines([line("-60", day=5)], accounts={"x": account}, source="bank")
    assert moved.changed == 1
    parts = splits.parts_of(whole)
    assert {(p.booked_on.day, p.status) for p in parts} == {(5, "posted")}
    assert audit_ledger() == []
    import_lines([line("-61", day=5)], accounts={"x": account}, source="bank")
    issue = ImportIssue.objects.get(code="row_split")
    assert issue.transaction_id == whole.pk and "Join" in issue.fix
    whole.refresh_from_db()
    assert whole.amount == -60 and audit_ledger() == []
    services.undo(moved.batch)
    assert {(p.booked_on.day, p.status) for p in splits.parts_of(whole)} == {(2, "pending")}
    assert audit_ledger() == []


def test_an_import_that_changed_an_amount_stays_while_the_payment_is_split(account):
    import_lines([line("-60")], accounts={"x": account}, source="bank")
    changed = import_lines([line("-70")], accounts={"x": account}, source="bank")
    whole = Transaction.objects.get(provider_id="id-1")
    splits.split(whole, [Part(Decimal("-40"), None), Part(Decimal("-30"), None)])
    with pytest.raises(UndoRefused) as refused:
        services.undo(changed.batch)
    assert refused.value.code == "row_split"
    splits.join(whole)
    services.undo(changed.batch)
    whole.refresh_from_db()
    assert whole.amount == -60 and audit_ledger() == []


def twice(account) -> tuple[Transaction, Transaction]:
    """One payment from a file and, two days later, from the bank."""
    committed(account, "Date,Description,Amount,Reference\n2026-06-03,Market Hall,-60.00,F\n")
    import_lines([line("-60", day=5)], accounts={"x": account}, source="bank")
    return row(account, "F"), Transaction.objects.get(provider_id="id-1")


def test_duplicates_are_found_merged_and_parted_again(account):
    from datetime import date

    customer = account.holders.get().customer
    first, second = twice(account)
    found = duplicates.pairs(customer, date(2026, 6, 21))
    assert [(p.first, p.second, p.days_apart) for p in found] == [(first, second, 2)]
    rent = Category.objects.get(code="rent")
    ledger.recategorise([second], category=rent)
    tags.put(tags.named(customer, "Trip"), [second])
    notes.write([second], customer, "yes")
    before = cells(account)
    kept = duplicates.merge(first, second)
    assert (kept.category_id, kept.category_origin) == (rent.pk, "person")
    assert TransactionTag.objects.filter(transaction=kept).count() == 1
    assert Note.objects.get(transaction=kept).text == "yes"
    assert duplicates.pairs(customer, date(2026, 6, 21)) == []
    assert audit_ledger() == []
    assert Transaction.objects.lines().filter(account=account).count() == 2
    import_lines([line("-60", day=5)], accounts={"x": account}, source="bank")
    assert Transaction.objects.get(pk=second.pk).status == "merged"
    duplicates.unmerge(kept, second)
    assert [c for c in cells(account) if c[4]] == [c for c in before if c[4]]
    assert not TransactionTag.objects.filter(transaction=kept).exists()
    assert not Note.objects.filter(transaction=kept).exists()
    assert duplicates.pairs(customer, date(2026, 6, 21)) == [] and audit_ledger() == []


def test_two_payments_are_remembered_and_unlike_ones_refused(account):
    from datetime import date

    customer = account.holders.get().customer
    first, second = twice(account)
    duplicates.keep_apart(first, second)
    assert duplicates.pairs(customer, date(2026, 6, 21)) == []
    with pytest.raises(ValueError, match="one amount"):
        duplicates.merge(first, Transaction.objects.filter(account=account).exclude(amount=-60)[0])


def test_a_merged_line_counts_again_when_the_one_that_counts_is_taken_back(account):
    first, second = twice(account)
    batch = ImportBatch.objects.get(pk=first.batch_id)
    duplicates.merge(first, second)
    services.undo(batch)
    second.refresh_from_db()
    assert (second.status, second.is_split) == ("posted", False)
    assert audit_ledger() == []
    body = "Date,Description,Amount,Reference\n2026-06-03,Market Hall,-60.00,F\n"
    committed(account, body)
    second.refresh_from_db()
    assert second.status == "merged" and audit_ledger() == []


def test_bulk_leaves_what_was_changed_meanwhile_and_other_peoples(account):
    customer = account.holders.get().customer
    committed(account, BODY)
    other = factories.make_transaction()
    rent = Category.objects.get(code="rent")
    one, two = row(account, "R1"), row(account, "R2")
    ledger.recategorise([two], category=None)
    seen = {one.pk: one.version, two.pk: two.version, other.pk: other.version}
    result = bulk.apply(customer, seen, bulk.BulkChange("category", category=rent))
    # Another person's line is as missing as none: it is not even among those left.
    assert (result.changed, result.chosen, result.left) == (1, 2, (two.pk,))
    assert row(account, "R1").category == rent and row(account, "R2").category is None
    assert audit_ledger() == []
