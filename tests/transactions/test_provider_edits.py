"""What people said of a connection's rows stays with them: posted, taken back, told again."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from analytics.regulars.models import RegularPayment, RegularPaymentDate
from tests.factories import category
from tests.transactions.provider_case import (
    Provider,
    accounts_of,
    connected,
    provider,
    put,
    run,
    transaction,
)
from transactions.audit import audit_ledger
from transactions.ledger import recategorise
from transactions.models import (
    KeptEdit,
    Note,
    PairVerdict,
    ProviderLink,
    RowChange,
    Transaction,
    TransactionTag,
)
from transactions.rows import duplicates, notes, splits, tags
from transactions.rows.splits import Part

__all__ = ["provider"]


def of(link: ProviderLink, key: str) -> Transaction:
    return Transaction.objects.get(account__in=accounts_of(link).values(), provider_id=key)


def edit(link: ProviderLink, row: Transaction) -> None:
    recategorise([row], category=category("gifts"))
    tags.put(tags.named(link.customer, "Trip"), [row])
    notes.write([row], link.customer, "for Ann")


def said_of(row: Transaction) -> tuple[Any, ...]:
    put_on = TransactionTag.objects.filter(transaction=row).values_list("tag__name", flat=True)
    return (
        row.category_id, row.category_origin, sorted(put_on),
        [note.text for note in Note.objects.filter(transaction=row)],
        [(p.amount, p.clean_text, p.category_id) for p in splits.parts_of(row)],
    )  # fmt: skip


def test_a_pending_row_keeps_all_that_was_said_when_it_is_posted(provider: Provider) -> None:
    link, item = connected(provider)
    put(item, [transaction("p", item, pending=True)])
    run(link)
    edit(link, of(link, "p"))
    said = said_of(of(link, "p"))
    put(item, [transaction("x", item, pending_transaction_id="p", date="2026-11-22")])
    item.put("p", None)
    run(link)
    row = of(link, "x")
    assert said_of(row) == said and row.status == "posted"
    known = RowChange.objects.filter(account_id=row.account_id, fingerprint=row.fingerprint)
    assert {change.act for change in known} == {"category", "tagged", "noted"}


@pytest.mark.parametrize("later", ["told again", "posted"])
def test_a_row_that_is_taken_back_and_returns_has_its_edits_again(
    provider: Provider, later: str
) -> None:
    link, item = connected(provider)
    put(item, [transaction("a", item, "12.00", pending=later == "posted")])
    run(link)
    edit(link, of(link, "a"))
    parts = splits.split(
        of(link, "a"), [Part(Decimal(-8), category("rent"), "Mine"), Part(Decimal(-4), None)]
    )
    notes.write([parts[1]], link.customer, "on a part")
    said = said_of(of(link, "a"))
    item.put("a", None)
    run(link)
    assert not Transaction.objects.exists() and KeptEdit.objects.count() == 1
    assert not Note.objects.exists() and not TransactionTag.objects.exists()
    assert audit_ledger() == []
    key = "a" if later == "told again" else "b"
    more = {"name": "Shop a"} | ({} if key == "a" else {"pending_transaction_id": "a"})
    put(item, [transaction(key, item, "12.00", **more)])
    run(link)
    row = of(link, key)
    assert said_of(row) == said and not KeptEdit.objects.exists()
    texts = {note.text for note in Note.objects.filter(transaction__parent=row)}
    assert texts == {"on a part"} and audit_ledger() == []


def test_parts_that_no_longer_add_up_give_their_tags_back(provider: Provider) -> None:
    link, item = connected(provider)
    put(item, [transaction("p", item, "12.00", pending=True)])
    run(link)
    parts = splits.split(of(link, "p"), [Part(Decimal(-8), None), Part(Decimal(-4), None)])
    tags.put(tags.named(link.customer, "Trip"), [parts[0]])
    notes.write([parts[0]], link.customer, "on a part")
    put(item, [transaction("x", item, "14.00", pending_transaction_id="p")])
    item.put("p", None)
    run(link)
    row = of(link, "x")
    assert not row.is_split and said_of(row)[2] == ["Trip"]
    assert TransactionTag.objects.count() == 1 and not Note.objects.exists()
    assert audit_ledger() == []


def test_a_merged_row_counts_again_when_the_one_that_counts_is_taken_back(
    provider: Provider,
) -> None:
    from tests.transactions.test_import_commit import committed

    link, item = connected(provider)
    account = accounts_of(link)[item.accounts[0]["account_id"]]
    put(item, [transaction("a", item, "12.00", date="2026-11-20")])
    run(link)
    committed(account, "Date,Description,Amount,Reference\n2026-11-21,Shop A,-12.00,F\n")
    other = Transaction.objects.get(account=account, reference="F")
    duplicates.merge(of(link, "a"), other)
    item.put("a", None)
    run(link)
    other.refresh_from_db()
    assert (other.status, other.is_split) == ("posted", False) and audit_ledger() == []
    put(item, [transaction("a", item, "12.00", date="2026-11-20")])
    run(link)
    other.refresh_from_db()
    assert other.status == "merged" and audit_ledger() == []
    put(item, [transaction("a", item, "13.00", date="2026-11-20")])
    run(link)
    other.refresh_from_db()
    assert other.status == "posted" and audit_ledger() == []
    assert PairVerdict.objects.count() == 1


def test_a_pending_payment_is_nobodys_duplicate_yet(provider: Provider) -> None:
    from tests.transactions.test_import_commit import committed

    link, item = connected(provider)
    account = accounts_of(link)[item.accounts[0]["account_id"]]
    put(item, [transaction("a", item, "12.00", pending=True)])
    run(link)
    committed(account, "Date,Description,Amount,Reference\n2026-11-21,Shop A,-12.00,F\n")
    other = Transaction.objects.get(account=account, reference="F")
    assert duplicates.pairs(link.customer, date(2026, 11, 25)) == []
    with pytest.raises(ValueError, match="pending"):
        duplicates.merge(of(link, "a"), other)


def test_a_row_that_is_taken_back_is_in_no_regular_payment(provider: Provider) -> None:
    link, item = connected(provider)
    put(item, [transaction(key, item, "12.00") for key in "ab"])
    run(link)
    regular = RegularPayment.objects.create(
        customer=link.customer, account=of(link, "a").account, key="shop", direction="out",
        currency="EUR", name="Shop", cadence="monthly", amount_low=12, amount_typical=12,
        amount_high=12, word="confirmed",
    )  # fmt: skip
    for key in "ab":
        RegularPaymentDate.objects.create(
            regular=regular, transaction_id=of(link, key).pk, expected_on=date(2026, 11, 20)
        )
    stays = of(link, "b").pk
    item.put("a", None)
    run(link)
    assert [one.transaction_id for one in RegularPaymentDate.objects.all()] == [stays]
