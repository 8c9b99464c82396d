"""Rules that tag and split: as lines arrive, over history with the way back, once a line, in the form."""

from decimal import Decimal

import pytest
from django.test import Client

from accounts.customers.models import Customer
from tests import factories
from tests.transactions.rules.test_rules_pages import key, text
from tests.transactions.test_import_commit import committed, planned
from transactions.audit import audit_ledger
from transactions.imports import services as imports
from transactions.models import (
    BankAccount,
    CategoryRule,
    RowChange,
    RuleRun,
    Transaction,
    TransactionTag,
)
from transactions.rows import splits, tags
from transactions.rules import runs
from transactions.rules import services as rules
from transactions.rules.actions import Actions, Piece, amounts, value_of
from transactions.rules.conditions import Conditions, Word

FILE = "Date,Description,Amount\n2026-05-02,Corner Bakery,-10.01\n2026-05-03,Harbour Fuel,-20.00\n"


def make(
    cleo: Customer, *, tag: str = "Trip", pieces: tuple[Piece, ...] | None = None
) -> CategoryRule:
    if pieces is None:
        pieces = (Piece(Decimal(30), True, factories.category("gifts").pk),)
    made = tags.named(cleo, tag).pk if tag else None
    return rules.save_rule(
        customer=cleo, name="Corner", conditions=Conditions(words=(Word("text", "contains", "corner"),)),
        category=None, actions=Actions(made, pieces),
    )  # fmt: skip


def parts(row: Transaction) -> list[tuple[str, str | None]]:
    return [
        (f"{p.amount.normalize():f}", p.category.code if p.category else None)
        for p in splits.parts_of(row)
    ]


@pytest.mark.parametrize(
    ("whole", "sizes", "found"),
    [
        ("-10.01", [("30", True)], ["-3.00", "-7.01"]),
        ("10", [("2.50", False), ("50", True)], ["2.50", "5.00", "2.50"]),
        ("-10", [("10", False)], None),
        ("-10", [("12", False)], None),
        ("-0.01", [("1", True)], None),
        ("0", [("1", True)], None),
    ],
)
def test_parts_add_up_or_are_none(
    whole: str, sizes: list[tuple[str, bool]], found: list[str] | None
) -> None:
    pieces = [Piece(Decimal(value), share, 1) for value, share in sizes]
    got = amounts(Decimal(whole), "EUR", pieces)
    assert got == (None if found is None else [Decimal(value) for value in found])
    assert got is None or sum(got) == Decimal(whole)


def test_what_is_typed_as_a_size() -> None:
    assert value_of("30 %") == (Decimal(30), True) and value_of("12,50") == (
        Decimal("12.50"),
        False,
    )
    for typed in ("", "0", "-3", "30%%", "x", "1e3", "0 %"):
        assert value_of(typed) is None


def test_arriving_lines_are_tagged_and_split_once(
    cleo: Customer, cleos_account: BankAccount
) -> None:
    make(cleo)
    batch = committed(cleos_account, FILE)
    row = Transaction.objects.get(batch_id=batch.pk, is_split=True)
    own = Transaction.objects.get(pk=row.pk).category
    assert parts(row) == [("-3", "gifts"), ("-7.01", own.code if own else None)]
    tagged = TransactionTag.objects.filter(transaction__batch_id=batch.pk)
    assert tagged.count() == 3 and audit_ledger() == []
    assert {c.act for c in RowChange.objects.filter(fingerprint=row.fingerprint)} == {
        "tagged",
        "split",
    }
    # What a person takes off stays off, also through an undo and the same file again.
    splits.join(row)
    tags.take(tags.named(cleo, "Trip"), [row])
    imports.undo(batch)
    again = planned(cleos_account, FILE)
    imports.commit(again, plan_hash=again.plan_hash)
    assert not Transaction.objects.filter(batch_id=again.pk, is_split=True).exists()
    assert not TransactionTag.objects.filter(transaction__batch_id=again.pk).exists()
    assert audit_ledger() == []


def test_a_run_acts_and_is_taken_back(cleo: Customer, cleos_account: BankAccount) -> None:
    before = list(
        Transaction.objects.order_by("pk").values_list("pk", "amount", "category_id", "is_split")
    )
    rule = make(cleo)
    seen = rules.preview_rule(
        customer=cleo, conditions=Conditions(words=(Word("text", "contains", "corner"),)),
        category=None, rename_to="", actions=Actions(None, (Piece(Decimal(1), False, factories.category("gifts").pk),)),
        tag_name="New one",
    )  # fmt: skip
    assert (seen.changes, seen.tagged, seen.split) == (0, 3, 3)
    run = rules.run_rule(rule)
    assert (run.changed, run.acted) == (0, 3) and audit_ledger() == []
    assert Transaction.objects.filter(is_split=True).count() == 3
    assert rules.run_rule(rule).acted == 0  # nothing is done twice
    whole = Transaction.objects.filter(is_split=True).order_by("pk")[0]
    touched = splits.parts_of(whole)[0]
    from transactions import ledger

    ledger.recategorise([touched], category=factories.category("books"))
    runs.undo(run)
    assert [t.pk for t in Transaction.objects.filter(is_split=True)] == [whole.pk]
    assert not TransactionTag.objects.exists() and audit_ledger() == []
    splits.join(whole)
    now = list(
        Transaction.objects.order_by("pk").values_list("pk", "amount", "category_id", "is_split")
    )
    assert now == before
    assert rules.run_rule(rule).acted == 3  # taken back, it may be done again


def test_the_form_shows_first_and_keeps_what_was_typed(client_of_cleo: Client) -> None:
    said = {"place_0": "text", "way_0": "contains", "what_0": "corner", "tag": "Trip"}
    said |= {"size_0": "30 %", "part_0": key("gifts")}
    answer = client_of_cleo.post("/rules/new/", said | {"act": "preview"})
    assert "It would tag 3 payments. It would split 3 payments." in text(answer)
    assert not CategoryRule.objects.exists()
    answer = client_of_cleo.post("/rules/new/", said | {"act": "save_run"}, follow=True)
    assert "3 payments were tagged or split." in text(answer)
    listed = text(client_of_cleo.get("/rules/"))
    assert "tag “Trip”, 30 % split off to Gifts" in listed
    shown = client_of_cleo.get(f"/rules/{CategoryRule.objects.get().public_id}/").content.decode()
    assert 'value="30 %"' in shown and 'value="Trip"' in shown
    run = RuleRun.objects.get()
    answer = client_of_cleo.post(f"/rules/runs/{run.public_id}/undo/", follow=True)
    assert "taken back where nobody changed them" in text(answer)
    for bad, sentence in (
        ({"size_0": "x"}, "Write a share"),
        ({"part_0": ""}, "Choose the category of this part"),
        ({"size_0": "100 %"}, "must leave something over"),
        ({"tag": "a, b"}, "no comma"),
    ):
        answer = client_of_cleo.post("/rules/new/", said | bad | {"act": "save"})
        assert answer.status_code == 400 and sentence in text(answer), bad
