"""Payments in parts: amounts to the cent, totals, refusals, joining again, and files that come after."""

from decimal import Decimal

import pytest

from tests import factories
from tests.transactions.test_import_commit import cells, committed, planned
from transactions import ledger
from transactions.audit import audit_ledger
from transactions.imports import services
from transactions.models import Category, MonthTotal, Note, RowChange, Transaction, TransactionTag
from transactions.rows import notes, splits, tags
from transactions.rows.errors import RowRefused
from transactions.rows.splits import Part

HEADER = "Date,Description,Amount,Reference\n"
BODY = HEADER + (
    "2026-05-01,Salary Harbour Works,3040.00,May\n"
    "2026-05-02,Corner Market,-60.00,A1\n"
    "2026-05-03,Fuel Point,-48.25,\n"
)


def category(code: str) -> Category:
    return Category.objects.get(code=code)


def two(whole: str = "-60.00", first: str = "-45.50") -> list[Part]:
    codes = Category.objects.filter(customer=None, parent__isnull=False, kind="expense")[:2]
    rest = Decimal(whole) - Decimal(first)
    return [Part(Decimal(first), codes[0], "Food"), Part(rest, codes[1])]


@pytest.fixture
def account(north):
    made = factories.make_account()
    committed(made, BODY)
    return made


def market(account) -> Transaction:
    return Transaction.objects.get(account=account, reference="A1", parent=None)


def test_parts_count_in_the_place_of_the_whole(account):
    row = market(account)
    before = cells(account)
    made = splits.split(row, two())
    assert [part.amount for part in made] == [Decimal("-45.50"), Decimal("-14.50")]
    assert made[0].clean_text == "Food" and made[1].clean_text == row.clean_text
    row.refresh_from_db()
    assert row.is_split and row.version == 2
    assert sum(m.money_out for m in MonthTotal.objects.filter(account=account)) == Decimal(
        "-108.25"
    )
    assert not Transaction.objects.lines().filter(pk=row.pk).exists()
    assert audit_ledger() == []
    joined = splits.join(row, expected_version=2)
    assert not joined.is_split and not splits.parts_of(joined)
    assert [c for c in cells(account) if c[4]] == before
    assert [c.act for c in RowChange.objects.all()] == ["joined", "split"]


def test_a_split_can_be_made_anew_and_has_mixed_signs_when_it_adds_up(account):
    row = market(account)
    splits.split(row, two())
    made = splits.split(
        row, [Part(Decimal(-70), None), Part(Decimal("7.5"), None), Part(Decimal("2.5"), None)]
    )
    assert len(made) == 3 == Transaction.objects.filter(parent_id=row.pk).count()
    assert audit_ledger() == []


@pytest.mark.parametrize(
    ("amounts", "code"),
    [
        (["-60"], "part_count"),
        (["-3"] * 20 + ["0"], "part_count"),
        (["-60", "0"], "part_empty"),
        (["-30", "-30.01"], "parts_differ"),
        (["-30", "-30.00001"], "part_amount"),
    ],
)
def test_what_is_no_split_is_refused_and_nothing_changes(account, amounts, code):
    row, before = market(account), cells(account)
    with pytest.raises(RowRefused) as refused:
        splits.split(row, [Part(Decimal(a), None) for a in amounts])
    assert refused.value.code == code
    assert cells(account) == before and not splits.parts_of(row)


def test_a_part_is_not_split_further_and_a_seen_version_counts(account):
    row = market(account)
    part = splits.split(row, two(), expected_version=1)[0]
    with pytest.raises(RowRefused) as refused:
        splits.split(part, two("-45.50", "-40"))
    assert refused.value.code == "is_part"
    with pytest.raises(ledger.VersionConflict):
        splits.join(row, expected_version=1)


def test_tags_go_down_to_parts_and_come_up_again(account):
    customer = account.holders.get().customer
    row = market(account)
    trip, home = tags.named(customer, "Trip"), tags.named(customer, "Home")
    tags.put(trip, [row])
    first, second = splits.split(row, two())
    tags.put(home, [second])
    notes.write([first], customer, "for the party")
    found = TransactionTag.objects.values_list("transaction_id", "tag__name")
    assert set(found) == {
        (row.pk, "Trip"), (first.pk, "Trip"), (second.pk, "Trip"), (second.pk, "Home"),
    }  # fmt: skip
    splits.join(row)
    assert set(TransactionTag.objects.values_list("transaction_id", "tag__name")) == {
        (row.pk, "Trip"), (row.pk, "Home"),
    }  # fmt: skip
    assert not Note.objects.exists()


def test_a_file_with_another_amount_for_a_split_payment_is_told_to_join_it(account):
    from transactions.adapters import Line
    from transactions.imports.lines import import_lines

    del Line, import_lines  # the way by provider id is in test_rows_undo
    splits.split(market(account), two())
    again = planned(account, BODY)
    assert again.counts["same"] == 3 and again.counts["rejected"] == 0


def test_undo_takes_a_split_along_and_names_one_edited_row(account):
    from transactions.models import ImportBatch

    batch = ImportBatch.objects.get(account=account)
    splits.split(market(account), two())
    shown = services.undo_preview(batch)
    assert (shown.rows, shown.edited, shown.refusal) == (3, 1, "")
    done = services.undo(batch, confirm_edits=1)
    assert (done.removed, done.edits_kept) == (3, 1)
    assert not Transaction.objects.filter(account=account).exists()
    assert cells(account) == []
