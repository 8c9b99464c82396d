"""One import, edits of every kind on its rows, undo, the same file again: nothing lost, nothing twice."""

from decimal import Decimal
from typing import Any

import pytest

from accounts.jobs import services as jobs
from analytics.regulars import services as regulars
from analytics.regulars.models import RegularPayment
from tests import factories
from tests.transactions.test_import_commit import committed, planned
from transactions import ledger
from transactions.audit import audit_ledger
from transactions.categories.clean import merchant_key
from transactions.imports import services
from transactions.merchants import queries as merchants
from transactions.merchants import services as naming
from transactions.models import (
    AccountHolder,
    BankAccount,
    KeptEdit,
    MonthTotal,
    Note,
    RowPair,
    Transaction,
    TransactionTag,
)
from transactions.pairs import services as pairs
from transactions.rows import bulk, duplicates, notes, splits, tags
from transactions.rows.splits import Part
from transactions.rules import learning
from transactions.rules import services as rules
from transactions.rules.actions import Actions
from transactions.rules.conditions import Conditions, Word

HEAD = "Date,Description,Amount,Reference\n"
# Another source's word of one of the payments, and the other side of the transfer.
OLD = HEAD + "2026-05-09,Market Hall,-60.00,OLD\n2026-04-02,Old Shop,-5.00,\n"
SAVINGS = HEAD + "2026-05-05,Transfer from current account,500.00,\n"
FILE = HEAD + (
    "2026-05-08,Market,-60.00,TWICE\n"
    "2026-05-04,Standing order 12,-500.00,MOVED\n"
    "2026-05-06,IKEA 0331 Berlin,-120.00,BOUGHT\n"
    "2026-05-20,IKEA 0331 Berlin refund,45.00,BACK\n"
    "2026-05-10,Corner Cafe 1,-3.00,C1\n"
    "2026-05-11,Corner Cafe 2,-3.00,C2\n"
    "2026-05-12,Harbour Tours,-70.00,SPLIT\n"
    "2026-05-13,Fuel Point,-48.25,NOTED\n"
    + "".join(f"2026-{m:02}-15,City Gym,-29.90,GYM{m}\n" for m in range(1, 7))
)


def image(*, edits: bool) -> dict[str, Any]:
    """Figures and lines by what they say, not by their keys; with what hangs on them where asked."""
    lines = []
    for t in Transaction.objects.order_by("account", "fingerprint", "occurrence"):
        said: list[Any] = [
            t.account_id, t.fingerprint, t.occurrence, t.booked_on, t.value_on, t.amount, t.raw_text,
            t.clean_text, t.counterparty, t.reference, t.category_id, t.category_origin, t.confidence,
            t.status, t.is_split,
        ]  # fmt: skip
        if edits:
            put = TransactionTag.objects.filter(transaction=t).values_list("tag__name", flat=True)
            said += [sorted(put), [n.text for n in Note.objects.filter(transaction=t)]]
        lines.append(said)
    found = {
        "lines": lines,
        "totals": list(
            MonthTotal.objects.exclude(n=0).order_by("account", "month", "category_id").values_list(
                "account", "month", "category_id", "money_in", "money_out", "n"
            )
        ),
    }  # fmt: skip
    if edits:
        found["pairs"] = sorted(
            RowPair.objects.values_list(
                "kind", "state", "first_fingerprint", "second_fingerprint"
            ).exclude(state=RowPair.State.ASKED)
        )
        found["regulars"] = sorted(
            RegularPayment.objects.values_list("key", "cadence", "word", "payments", "own_name")
        )
    return found


def row(reference: str) -> Transaction:
    return Transaction.objects.get(reference=reference, parent=None)


@pytest.fixture
def held(north: str) -> tuple[BankAccount, BankAccount]:
    customer = factories.make_customer(with_sign_in=True)
    account = factories.make_account(customer=customer, name="Everyday", masked_number="··4821")
    savings = factories.make_account(
        customer=customer, name="Rainy day", masked_number="··7733", kind="savings"
    )
    old = committed(account, OLD)
    # As if it came from another source: then it may be the same payment as one of the file.
    type(old).objects.filter(pk=old.pk).update(source_key="another")
    committed(savings, SAVINGS)
    jobs.run_due(limit=20)
    return account, savings


def edit_everything(account: BankAccount) -> None:
    customer = AccountHolder.objects.get(account=account).customer
    rent, gifts = factories.category("rent"), factories.category("gifts")
    ledger.recategorise([row("BOUGHT")], category=gifts)
    learning.note_choices(customer, [row("BOUGHT")], gifts)
    bulk.apply(
        customer,
        {row("C1").pk: None, row("C2").pk: None},
        bulk.BulkChange("category", category=gifts),
    )
    tags.put(tags.named(customer, "Trip"), [row("SPLIT"), row("NOTED")])
    notes.write([row("NOTED")], customer, "for Ann")
    parts = splits.split(row("SPLIT"), [Part(Decimal(-50), rent, "Mine"), Part(Decimal(-20), None)])
    notes.write([parts[1]], customer, "hers")
    duplicates.merge(row("TWICE"), row("OLD"))
    pairs.decide(RowPair.objects.get(kind="transfer"), together=True)
    refund = RowPair.objects.get(kind="refund")
    pairs.decide(refund, together=False)
    cafe = row("C1")
    key = merchant_key(cafe.counterparty or cafe.raw_text)
    naming.name_merchant(customer=customer, key=key, name="The corner")
    regulars.say(RegularPayment.objects.get(), word="confirmed")


def test_edits_of_every_kind_outlive_an_undo(held: tuple[BankAccount, BankAccount]) -> None:
    account, _savings = held
    customer = AccountHolder.objects.get(account=account).customer
    sport = Conditions(words=(Word("text", "contains", "fuel"),))
    rules.save_rule(
        customer=customer, name="Fuel", conditions=sport, category=factories.category("books"),
        actions=Actions(tags.named(customer, "Car").pk),
    )  # fmt: skip
    before = image(edits=False)
    batch = committed(account, FILE)
    jobs.run_due(limit=20)
    edit_everything(account)
    jobs.run_due(limit=20)
    edited = image(edits=True)
    assert audit_ledger() == []
    assert row("NOTED").category_origin == "rule" and row("OLD").status == "merged"

    services.undo(batch)
    jobs.run_due(limit=20)
    assert image(edits=False) == before and audit_ledger() == []
    assert not TransactionTag.objects.exists() and not Note.objects.exists()

    again = planned(account, FILE)
    services.commit(again, plan_hash=again.plan_hash)
    jobs.run_due(limit=20)
    assert image(edits=True) == edited and audit_ledger() == []
    assert not KeptEdit.objects.exists()
    cafe = row("C1")
    text = merchants.text_of(cafe.raw_text, cafe.counterparty)
    assert merchants.named(customer.pk, [text])[text].name == "The corner"

    replay = planned(account, FILE)
    jobs.run_due(limit=20)
    assert replay.state == "empty" and image(edits=True) == edited
