"""Rules as rows arrive: shown in the plan as they are committed, and never above a person's choice."""

import io
from decimal import Decimal

import pytest

from accounts.customers.models import Customer
from tests import factories
from transactions import ledger
from transactions.audit import audit_ledger
from transactions.imports import plan as planning
from transactions.imports import services
from transactions.models import BankAccount, CategoryRule, ImportBatch, Transaction
from transactions.rules import learning
from transactions.rules import services as rules
from transactions.rules.conditions import Conditions, Word

BODY = """Date,Description,Amount
2026-05-01,Salary Harbour Works,3040.00
2026-05-02,CORNER BAKERY 12,-4.20
2026-05-03,CORNER BAKERY 12,-40.00
2026-05-04,ZXQ 4711,-12.00
2026-05-05,ZXQ 4712,-13.00
"""


@pytest.fixture
def account(north: str) -> BankAccount:
    return factories.make_account()


@pytest.fixture
def owner(account: BankAccount) -> Customer:
    return account.holders.get().customer


def make_rule(
    owner: Customer | None, text: str, category: str = "gifts", **more: object
) -> CategoryRule:
    rename = str(more.pop("rename_to", ""))
    asked = Conditions(words=(Word("text", "contains", text),), **more)  # type: ignore[arg-type]
    return rules.save_rule(
        customer=owner, name=text, conditions=asked, rename_to=rename,
        category=factories.category(category) if category else None,
    )  # fmt: skip


def planned(account: BankAccount, body: str = BODY) -> ImportBatch:
    batch = services.receive(
        stream=io.BytesIO(body.encode()), name="export.csv", limit=1_000_000, account=account,
        customer=account.holders.get().customer,
    )  # fmt: skip
    return services.plan(batch)


def committed(account: BankAccount, body: str = BODY) -> ImportBatch:
    batch = planned(account, body)
    return services.commit(batch, plan_hash=batch.plan_hash).batch


def codes(account: BankAccount) -> dict[str, tuple[str | None, str]]:
    rows = Transaction.objects.filter(account=account).select_related("category")
    return {
        f"{r.raw_text} {r.amount:f}": (r.category.code if r.category else None, r.category_origin)
        for r in rows
    }


def test_the_persons_rule_stands_above_the_banks_and_both_above_the_keywords(
    account: BankAccount, owner: Customer
) -> None:
    banks = make_rule(None, "zxq", "gifts")
    own = make_rule(owner, "zxq 4712", "savings")
    make_rule(None, "corner", "gifts")
    committed(account)
    found = codes(account)
    assert found["ZXQ 4711 -12.0000"] == ("gifts", "rule")
    assert found["ZXQ 4712 -13.0000"] == ("savings", "rule")
    row = Transaction.objects.get(raw_text="ZXQ 4712")
    assert row.decision == {"rule": own.pk, "base": [None, "none", 0]} and row.confidence == 100
    assert Transaction.objects.get(raw_text="ZXQ 4711").decision["rule"] == banks.pk  # type: ignore[index]
    assert found["CORNER BAKERY 12 -4.2000"] == ("gifts", "rule")
    assert audit_ledger() == []


def test_a_rule_that_asks_amount_or_day_decides_row_by_row(
    account: BankAccount, owner: Customer
) -> None:
    make_rule(owner, "corner", "gifts", least=Decimal(10))
    make_rule(owner, "zxq", "gifts", days=(5, 5))
    committed(account)
    found = codes(account)
    assert found["CORNER BAKERY 12 -40.0000"] == ("gifts", "rule")
    assert found["CORNER BAKERY 12 -4.2000"][1] != "rule"
    assert found["ZXQ 4712 -13.0000"] == ("gifts", "rule")
    assert found["ZXQ 4711 -12.0000"] == (None, "none")


def test_the_plans_sums_are_those_of_the_rules(account: BankAccount, owner: Customer) -> None:
    before = planned(account)
    make_rule(owner, "zxq", "savings")
    after = planned(account)
    assert after.sums["EUR"]["transfer"] == {"in": "0.0000", "out": "25.0000", "rows": 2}
    assert "transfer" not in before.sums["EUR"]
    assert before.plan_hash != after.plan_hash and before.code_version != after.code_version


def test_a_draft_says_when_rules_changed_since(account: BankAccount, owner: Customer) -> None:
    batch = planned(account)
    assert not planning.is_stale(batch)
    rule = make_rule(owner, "zxq")
    assert planning.is_stale(batch)
    rules.switch_rule(rule, is_on=False)
    assert not planning.is_stale(batch)
    make_rule(factories.make_customer(), "zxq")
    assert not planning.is_stale(batch)


def test_a_name_is_shown_and_the_text_as_received_stays(
    account: BankAccount, owner: Customer
) -> None:
    rule = make_rule(owner, "corner", category="", rename_to="The\tcorner \\ bakery")
    committed(account)
    row = Transaction.objects.get(raw_text="CORNER BAKERY 12", amount=-40)
    assert row.clean_text == "The\tcorner \\ bakery"
    assert row.decision and row.decision["named"] == rule.pk
    assert row.category_origin in ("keyword", "none")


def test_another_persons_rules_and_those_of_one_other_account_say_nothing(
    account: BankAccount, owner: Customer
) -> None:
    second = factories.make_account(customer=owner)
    make_rule(factories.make_customer(), "zxq")
    make_rule(owner, "corner", accounts=(second.pk,))
    committed(account)
    assert {origin for _, origin in codes(account).values()} <= {"keyword", "none", "source"}
    committed(second)
    assert codes(second)["CORNER BAKERY 12 -4.2000"] == ("gifts", "rule")


def test_a_choice_that_comes_back_with_its_row_stays_the_persons(
    account: BankAccount, owner: Customer
) -> None:
    batch = committed(account)
    row = Transaction.objects.get(raw_text="ZXQ 4711")
    ledger.recategorise([row], category=factories.category("books"))
    services.undo(batch)
    make_rule(owner, "zxq", "gifts")
    committed(account)
    assert codes(account)["ZXQ 4711 -12.0000"] == ("books", "person")
    assert codes(account)["ZXQ 4712 -13.0000"] == ("gifts", "rule")


def test_what_was_learned_counts_below_rules_and_above_the_keywords(
    account: BankAccount, owner: Customer
) -> None:
    row = factories.make_transaction(account=account, raw_text="CORNER BAKERY 99", amount="-1")
    merchant, _ = learning.always(owner, row, factories.category("books"))
    make_rule(owner, "corner", "gifts", least=Decimal(10))
    committed(account)
    found = codes(account)
    assert found["CORNER BAKERY 12 -40.0000"] == ("gifts", "rule")
    assert found["CORNER BAKERY 12 -4.2000"] == ("books", "learned")
    late = Transaction.objects.get(raw_text="CORNER BAKERY 12", amount="-4.20")
    assert late.decision and late.decision["learned"] == merchant.pk and late.confidence == 97


def test_the_counterpartys_name_is_asked_where_a_file_has_one(
    account: BankAccount, owner: Customer
) -> None:
    asked = Conditions(words=(Word("party", "contains", "zum bären"),))
    rules.save_rule(
        customer=owner, name="x", conditions=asked, category=factories.category("gifts")
    )
    body = (
        "Date,Description,Counterparty,Amount\n"
        "2026-05-01,Thanks,Café Zum Bären,-5.00\n2026-05-02,Thanks,Other,-6.00\n"
    )
    committed(account, body)
    found = codes(account)
    assert found["Thanks -5.0000"] == ("gifts", "rule")
    assert found["Thanks -6.0000"][1] == "none"
