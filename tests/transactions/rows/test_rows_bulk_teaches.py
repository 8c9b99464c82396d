"""A choice of category for many lines teaches and moves pairs as a choice for one does; one taken back doesn't."""

from tests import factories
from tests.transactions.test_pairs import both, held
from transactions import ledger
from transactions.audit import audit_ledger
from transactions.models import Correction, LearnedMerchant, RowChange, RowPair, Transaction
from transactions.rows import bulk, history
from transactions.rules import learning

__all__ = ["held"]


def test_many_lines_teach_at_once(north):
    account = factories.make_account()
    customer = account.holders.get().customer
    rows = factories.make_transactions(
        account,
        [{"raw_text": f"CORNER CAFE 77{n}", "amount": "-3"} for n in range(3)]
        + [{"raw_text": "HARBOUR FUEL", "amount": "-40"}],
    )
    result = bulk.apply(
        customer,
        {row.pk: row.version for row in rows},
        bulk.BulkChange("category", category=factories.category("books")),
    )
    assert result.changed == 4 and [lesson.is_new for lesson in result.lessons] == [True]
    assert LearnedMerchant.objects.get().category.code == "books"
    assert Correction.objects.count() == 4
    # Said for some of them otherwise, it is unlearned.
    result = bulk.apply(
        customer,
        {rows[0].pk: None},
        bulk.BulkChange("category", category=factories.category("gifts")),
    )
    assert [lesson.is_new for lesson in result.lessons] == [False]
    assert not LearnedMerchant.objects.exists() and audit_ledger() == []


def test_pairs_follow_a_change_of_many_lines(held):
    both(held)
    customer = held[0].holders.get().customer
    transfer = RowPair.objects.get(kind="transfer")
    payment = Transaction.objects.get(raw_text__startswith="IKEA", amount__lt=0)
    back = Transaction.objects.get(raw_text__startswith="IKEA", amount__gt=0)
    gifts = factories.category("gifts")
    bulk.apply(
        customer,
        {payment.pk: None, transfer.first_id: None},
        bulk.BulkChange("category", category=gifts),
    )
    transfer.refresh_from_db()
    back.refresh_from_db()
    assert transfer.state == "no"
    assert (back.category, back.category_origin) == (gifts, "pair") and audit_ledger() == []


def test_a_choice_that_is_taken_back_teaches_nothing(north):
    account = factories.make_account()
    customer = account.holders.get().customer
    row = factories.make_transactions(account, [{"raw_text": "CAFE", "amount": "-3"}])[0]
    books = factories.category("books")
    ledger.recategorise([row], category=books)
    learning.note_choices(customer, [row], books)
    history.put_back(row, RowChange.objects.get().pk)
    assert not Correction.objects.exists()
