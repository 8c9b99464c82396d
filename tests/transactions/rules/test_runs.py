"""Rules over history: counted before, written down, taken back; a person's choice stays throughout."""

from datetime import date
from typing import Any

import pytest

from accounts.customers.models import Customer
from accounts.jobs import services as jobs
from tests import factories
from transactions import ledger
from transactions.audit import audit_ledger
from transactions.models import BankAccount, CategoryRule, RuleRun, Transaction
from transactions.rules import runs
from transactions.rules import services as rules
from transactions.rules.conditions import Conditions, Word
from transactions.rules.history import Scope


@pytest.fixture
def account(north: str) -> BankAccount:
    account = factories.make_account()
    rows: list[dict[str, Any]] = [
        {"raw_text": "CORNER BAKERY", "amount": f"-{n}", "category": "coffee", "booked_on": date(2026, n % 12 + 1, 3)}
        for n in range(1, 41)
    ]  # fmt: skip
    rows += [
        {"raw_text": "ZXQ", "amount": "-7"},
        {"raw_text": "CORNER PENDING", "status": "pending"},
    ]
    factories.make_transactions(account, rows)
    return account


@pytest.fixture
def owner(account: BankAccount) -> Customer:
    return account.holders.get().customer


def corner(owner: Customer | None, category: str = "gifts", rename_to: str = "") -> CategoryRule:
    asked = Conditions(words=(Word("text", "contains", "corner"),))
    return rules.save_rule(
        customer=owner, name="Corner", conditions=asked, rename_to=rename_to,
        category=factories.category(category) if category else None,
    )  # fmt: skip


def standing() -> dict[int, tuple[Any, ...]]:
    rows = Transaction.objects.order_by("pk").values_list(
        "pk", "category_id", "category_origin", "confidence", "decision", "clean_text"
    )
    return {row[0]: (*row[1:4], str(row[4]), row[5]) for row in rows}


def choose(n: int, category: str = "books") -> list[Transaction]:
    rows = list(Transaction.objects.filter(raw_text="CORNER BAKERY").order_by("pk")[:n])
    for row in rows:
        ledger.recategorise([row], category=factories.category(category))
    return rows


def test_the_preview_counts_what_the_run_then_does(account: BankAccount, owner: Customer) -> None:
    choose(3)
    asked = Conditions(words=(Word("text", "contains", "corner"),))
    before = standing()
    seen = rules.preview_rule(
        customer=owner, conditions=asked, category=factories.category("gifts"), rename_to=""
    )
    assert (seen.rows, seen.fits, seen.changes, seen.stays) == (42, 41, 38, 3)
    assert len(seen.last) == 8 and seen.last[0].line.booked_on == date(2026, 12, 3)
    assert standing() == before
    run = rules.run_rule(corner(owner))
    assert (run.state, run.changed, run.stayed) == ("done", 38, 3)
    assert audit_ledger() == []


def test_a_persons_choice_stays_and_an_undo_brings_the_rest_back(
    account: BankAccount, owner: Customer
) -> None:
    chosen = choose(3)
    before = standing()
    run = rules.run_rule(corner(owner, rename_to="The corner"))
    after = standing()
    assert {after[row.pk][0] for row in chosen} == {factories.category("books").pk}
    assert {r[1] for pk, r in after.items() if r != before[pk] and r[1] != "person"} == {"rule"}
    assert Transaction.objects.filter(clean_text="The corner").count() == 41
    late = Transaction.objects.filter(category_origin="rule").first()
    assert late
    ledger.recategorise([late], category=factories.category("rent"))
    taken = runs.undo(run)
    assert (taken.state, taken.restored) == ("undone", 40)
    now = standing()
    assert now.pop(late.pk)[0] == factories.category("rent").pk
    before.pop(late.pk)
    assert now == before
    assert audit_ledger() == []
    with pytest.raises(runs.RunRefused):
        runs.undo(run)


def test_running_again_changes_nothing(account: BankAccount, owner: Customer) -> None:
    rule = corner(owner)
    assert rules.run_rule(rule).changed == 41
    assert rules.run_rule(rule).changed == 0
    seen = rules.preview_rule(
        customer=owner, conditions=Conditions(words=(Word("text", "contains", "corner"),)),
        category=rule.category, rename_to="", rule=rule,
    )  # fmt: skip
    assert (seen.fits, seen.changes, seen.already) == (41, 0, 41)


def test_a_rule_that_fits_less_lets_go_of_what_it_had(
    account: BankAccount, owner: Customer
) -> None:
    before = standing()
    rule = corner(owner)
    rules.run_rule(rule)
    rules.save_rule(
        customer=owner, rule=rule, name="Corner", category=rule.category,
        conditions=Conditions(words=(Word("text", "contains", "pending"),)),
    )  # fmt: skip
    assert rules.run_rule(rule).changed == 40
    changed = [pk for pk, row in standing().items() if row != before[pk]]
    assert [Transaction.objects.get(pk=pk).raw_text for pk in changed] == ["CORNER PENDING"]


def test_a_removed_rule_puts_its_lines_back(account: BankAccount, owner: Customer) -> None:
    before = standing()
    rule = corner(owner, rename_to="The corner")
    rules.run_rule(rule)
    run = rules.remove_rule(rule, put_back=True)
    assert run and run.changed == 41
    assert {pk: row[:4] for pk, row in standing().items()} == {
        pk: row[:4] for pk, row in before.items()
    }
    assert not Transaction.objects.filter(clean_text="The corner").exists()


def test_a_rule_before_it_keeps_its_lines(account: BankAccount, owner: Customer) -> None:
    first = corner(owner, "gifts")
    second = corner(owner, "rent")
    rules.run_rule(first)
    seen = rules.preview_rule(
        customer=owner, conditions=Conditions(words=(Word("text", "contains", "corner"),)),
        category=second.category, rename_to="", rule=second,
    )  # fmt: skip
    assert (seen.changes, seen.earlier) == (0, 41)
    rules.move_rule(second, up=True)
    assert rules.run_rule(second).changed == 41


def test_the_banks_rule_runs_as_a_job_over_everyones_accounts(
    account: BankAccount, owner: Customer, django_capture_on_commit_callbacks: Any
) -> None:
    other = factories.make_account()
    factories.make_transaction(account=other, raw_text="CORNER SHOP")
    corner(owner, "rent")
    run = rules.run_rule(corner(None))
    assert run.job and run.state == "waiting"
    jobs.run_job(run.job.pk)
    run.refresh_from_db()
    assert (run.state, run.changed) == ("done", 1)
    assert Transaction.objects.get(raw_text="CORNER SHOP").category_origin == "rule"
    assert run.job.kind == "rule_run"
    runs.undo(run)
    assert Transaction.objects.get(raw_text="CORNER SHOP").category_origin == "none"


def test_many_lines_are_a_job_and_so_is_taking_them_back(
    account: BankAccount, owner: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "AT_ONCE", 20)
    monkeypatch.setattr(runs, "PIECE", 7)
    before = standing()
    run = rules.run_rule(corner(owner))
    assert run.job
    jobs.run_job(run.job.pk)
    run.refresh_from_db()
    assert (run.state, run.changed, run.rows) == ("done", 41, 42)
    run = runs.undo(run)
    assert run.state == "undoing" and run.job
    jobs.run_job(run.job.pk)
    run.refresh_from_db()
    assert (run.state, run.restored) == ("undone", 41)
    assert standing() == before
    assert audit_ledger() == []


def test_everything_can_be_put_right_at_once(account: BankAccount, owner: Customer) -> None:
    corner(owner)
    run = runs.start(customer=owner, scope=Scope(), title="All")
    assert run.changed == 41
    assert RuleRun.objects.get().scope == {}


def test_another_persons_lines_are_never_touched(account: BankAccount, owner: Customer) -> None:
    stranger = factories.make_customer()
    factories.add_holder(account, stranger)
    before = standing()
    assert rules.run_rule(corner(stranger)).changed == 0
    assert standing() == before


def test_lines_split_into_parts_stay(account: BankAccount, owner: Customer) -> None:
    whole = factories.make_transaction(account=account, raw_text="CORNER SPLIT", is_split=True)
    factories.make_transaction(
        account=account, raw_text="CORNER SPLIT", parent=whole, amount="-120"
    )
    run = rules.run_rule(corner(owner))
    assert run.changed == 41
