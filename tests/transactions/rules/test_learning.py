"""Learning from a person's own choices: twice alike teaches, one against unteaches, all of it for them alone."""

import csv
from collections import Counter
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest

from accounts.customers.models import Customer
from tests import factories
from transactions import ledger
from transactions.adapters import Line
from transactions.audit import audit_ledger
from transactions.imports.lines import import_lines
from transactions.models import (
    BankAccount,
    Category,
    Correction,
    LearnedMerchant,
    RuleRun,
    Transaction,
)
from transactions.rules import learning
from transactions.rules.matching import learned_key


@pytest.fixture
def account(north: str) -> BankAccount:
    return factories.make_account()


@pytest.fixture
def owner(account: BankAccount) -> Customer:
    return account.holders.get().customer


def choose(owner: Customer, row: Transaction, code: str | None) -> list[learning.Lesson]:
    category = factories.category(code) if code else None
    ledger.recategorise([row], category=category)
    return learning.note_choices(owner, [row], category)


def visits(account: BankAccount, n: int, **more: object) -> list[Transaction]:
    rows = [{"raw_text": f"CORNER CAFE 77{i}", "amount": "-3", **more} for i in range(n)]
    return factories.make_transactions(account, rows)


def test_two_choices_alike_teach_and_one_does_not(account: BankAccount, owner: Customer) -> None:
    first, second, third = visits(account, 3)
    assert choose(owner, first, "books") == []
    assert choose(owner, first, "books") == []  # the same line said again is no second one
    (lesson,) = choose(owner, second, "books")
    assert lesson.is_new and lesson.merchant.how == "repeated"
    third.refresh_from_db()
    assert third.category_origin == "none"  # what is there stays until the person says so
    assert LearnedMerchant.objects.get().category.code == "books"


def test_a_choice_against_keeps_from_learning_and_unteaches(
    account: BankAccount, owner: Customer
) -> None:
    first, second, third, fourth = visits(account, 4)
    choose(owner, first, "books")
    assert choose(owner, second, "gifts") == []
    assert choose(owner, third, "books") == []
    (lesson,) = choose(owner, second, "books")
    assert lesson.is_new
    (lesson,) = choose(owner, fourth, "gifts")
    assert not lesson.is_new and not LearnedMerchant.objects.exists()


def test_what_was_said_for_always_stays_against_one_other_choice(
    account: BankAccount, owner: Customer
) -> None:
    first, second = visits(account, 2)
    learning.always(owner, first, factories.category("books"))
    assert choose(owner, second, "gifts") == []
    assert LearnedMerchant.objects.get().category.code == "books"


def test_money_in_and_out_are_learned_apart(account: BankAccount, owner: Customer) -> None:
    out = visits(account, 2)
    back = visits(account, 2, amount="3")
    for row in out:
        choose(owner, row, "books")
    for row in back:
        choose(owner, row, "other_income")
    found = {(m.sign, m.category.code) for m in LearnedMerchant.objects.select_related("category")}
    assert found == {(-1, "books"), (1, "other_income")}


def test_always_puts_history_right_and_forgetting_puts_it_back(
    account: BankAccount, owner: Customer
) -> None:
    rows = visits(account, 5, category="coffee")
    ledger.recategorise([rows[4]], category=factories.category("gifts"))
    seen = learning.preview_always(owner, rows[0], factories.category("books"))
    assert (seen.fits, seen.changes, seen.stays) == (5, 4, 1)
    merchant, run = learning.always(owner, rows[0], factories.category("books"))
    assert run and run.changed == 4
    found = [(t.category.code, t.category_origin) for t in Transaction.objects.order_by("pk")]  # type: ignore[union-attr]
    assert found == [("books", "learned")] * 4 + [("gifts", "person")]
    run = learning.forget(merchant)
    assert run.changed == 4 and not LearnedMerchant.objects.exists()
    found = [(t.category.code, t.category_origin) for t in Transaction.objects.order_by("pk")]  # type: ignore[union-attr]
    assert found == [("coffee", "source")] * 4 + [("gifts", "person")]
    assert not Correction.objects.exists()
    assert audit_ledger() == []
    assert RuleRun.objects.count() == 2


def test_nothing_is_learned_on_an_account_of_somebody_else(
    account: BankAccount, owner: Customer
) -> None:
    user = factories.make_customer()
    factories.add_holder(account, user)
    for row in visits(account, 2):
        assert choose(user, row, "books") == []
    assert not Correction.objects.exists()


def test_one_persons_lessons_say_nothing_to_another(account: BankAccount, owner: Customer) -> None:
    for row in visits(account, 2):
        choose(owner, row, "books")
    other = factories.make_account()
    line = Line(
        1,
        datetime(2026, 5, 1).date(),
        None,
        Decimal(-3),
        "CORNER CAFE 9",
        "",
        "",
        "",
        "x",
        "EUR",
        None,
        "",
        "posted",
    )
    import_lines([line], accounts={"x": other}, source="api")
    assert Transaction.objects.get(account=other).category_origin != "learned"
    import_lines([line], accounts={"x": account}, source="api")
    assert Transaction.objects.get(account=account, category_origin="learned")


def _household(data: Path) -> list[tuple[Line, str]]:
    found = []
    with (data / "ledgers" / "us_household_2018_2019.csv").open() as file:
        for n, row in enumerate(csv.DictReader(file), 1):
            amount = Decimal(row["Amount"]) * (1 if row["Transaction Type"] == "credit" else -1)
            day = datetime.strptime(row["Date"], "%m/%d/%Y").date()
            line = Line(
                n, day, None, amount, row["Description"], "", "", "", "x", "EUR", None, "", "posted"
            )
            found.append((line, row["Category"]))
    return found


def test_after_twenty_corrections_a_households_shops_are_right(
    account: BankAccount, owner: Customer, data: Path
) -> None:
    """The first half of a real ledger teaches its twenty most frequent merchants, one correction each; all
    later rows of theirs are counted, those that the person filed otherwise at times included."""
    lines = _household(data)
    half = len(lines) // 2
    parent = {
        kind: factories.make_category(kind=kind) for kind in ("income", "expense", "transfer")
    }
    kinds = {"Paycheck": "income", "Credit Card Payment": "transfer"}
    own = {
        name: factories.make_category(
            name=name, kind=kinds.get(name, "expense"), customer=owner,
            parent=parent[kinds.get(name, "expense")],
        )
        for name in {label for _, label in lines}
    }  # fmt: skip
    import_lines([line for line, _ in lines[:half]], accounts={"x": account}, source="first")

    def merchant(line: Line) -> tuple[str, bool]:
        return learned_key(line.text, ""), line.amount > 0

    often = [key for key, _ in Counter(merchant(line) for line, _ in lines[:half]).most_common(20)]
    for key in often:
        labels = Counter(label for line, label in lines[:half] if merchant(line) == key)
        text = next(line.text for line, _ in lines if merchant(line) == key)
        row = next(
            t
            for t in Transaction.objects.filter(account=account, raw_text=text)
            if (t.amount > 0) == key[1]
        )
        learning.always(owner, row, own[labels.most_common(1)[0][0]])
    import_lines([line for line, _ in lines[half:]], accounts={"x": account}, source="second")
    later = {n: label for n, (_, label) in enumerate(lines, 1) if n > half}
    asked = [n for n, (line, _) in enumerate(lines, 1) if n > half and merchant(line) in often]
    rows = Transaction.objects.filter(account=account, line__in=asked).select_related("category")
    right = sum(row.category is not None and row.category.name == later[row.line] for row in rows)
    assert len(asked) == len(rows) == 230
    assert right / len(asked) >= 0.98
    assert Category.objects.filter(customer=owner).count() == len(own)
    assert audit_ledger() == []
