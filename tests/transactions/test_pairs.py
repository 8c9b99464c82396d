"""What pairs do to figures, and how a person's word on them lasts."""

import io
from decimal import Decimal
from typing import Any

import pytest
from django.db.models import Sum

from accounts.jobs import services as jobs
from accounts.jobs.models import Job
from tests import factories
from transactions import ledger
from transactions.audit import audit_ledger
from transactions.ids import encode_one
from transactions.imports import services as imports
from transactions.models import (
    BankAccount,
    Category,
    ImportBatch,
    MonthTotal,
    RowPair,
    Transaction,
)
from transactions.pairs import services, steps

HEAD = "Date,Description,Amount\n"
CURRENT = HEAD + (
    "2026-05-01,Salary Harbour Works,3040.00\n"
    "2026-05-04,Standing order 12,-500.00\n"
    "2026-05-06,IKEA 0331 Berlin,-120.00\n"
    "2026-05-20,IKEA 0331 Berlin refund,45.00\n"
)
SAVINGS = HEAD + "2026-05-05,Transfer from current account,500.00\n"


@pytest.fixture
def held(north: str) -> tuple[BankAccount, BankAccount]:
    customer = factories.make_customer(with_sign_in=True)
    return (
        factories.make_account(customer=customer, name="Everyday", masked_number="··4821"),
        factories.make_account(
            customer=customer, name="Rainy day", masked_number="··7733", kind="savings"
        ),
    )


def bring(account: BankAccount, text: str) -> ImportBatch:
    batch = imports.receive(
        stream=io.BytesIO(text.encode()), name="export.csv", customer=account.holders.get().customer,
        account=account, limit=1_000_000,
    )  # fmt: skip
    batch = imports.plan(batch)
    return imports.commit(batch, plan_hash=batch.plan_hash).batch


def bring_and_look(account: BankAccount, text: str) -> ImportBatch:
    batch = bring(account, text)
    jobs.run_due(limit=10)
    batch.refresh_from_db()
    return batch


def both(held: tuple[BankAccount, BankAccount]) -> tuple[ImportBatch, ImportBatch]:
    return bring_and_look(held[0], CURRENT), bring_and_look(held[1], SAVINGS)


def by_kind() -> dict[str, tuple[Decimal, Decimal]]:
    kinds = dict(Category.objects.values_list("pk", "kind"))
    found: dict[str, tuple[Decimal, Decimal]] = {}
    for category, into, out in MonthTotal.objects.exclude(n=0).values_list(
        "category_id", "money_in", "money_out"
    ):
        was = found.get(kinds.get(category, "none"), (Decimal(0), Decimal(0)))
        found[kinds.get(category, "none")] = (was[0] + into, was[1] + out)
    return found


def image() -> list[Any]:
    return [
        list(MonthTotal.objects.exclude(n=0).order_by("account", "month", "category_id").values_list(
            "account", "month", "category_id", "money_in", "money_out", "n"
        )),
        list(Transaction.objects.order_by("account", "fingerprint").values_list(
            "account", "fingerprint", "category", "category_origin", "confidence"
        )),
    ]  # fmt: skip


def line(text: str) -> Transaction:
    return Transaction.objects.get(raw_text__icontains=text)


def test_a_transfer_leaves_income_and_spending(held):
    both(held)
    pair = RowPair.objects.get(kind="transfer")
    assert (pair.first_id, pair.second_id) == (line("Standing").pk, line("Transfer from").pk)
    out = line("Standing")
    assert (
        out.category and out.category.code == "savings_transfer" and out.category_origin == "pair"
    )
    assert by_kind()["transfer"] == (500, -500)
    assert by_kind()["income"] == (Decimal("3040"), 0)
    assert not audit_ledger()


def test_money_back_lowers_the_category_of_the_payment(held):
    both(held)
    payment, back = Transaction.objects.get(amount=-120), line("refund")
    assert payment.category_id and back.category_id == payment.category_id
    cell = MonthTotal.objects.get(category_id=payment.category_id, account=held[0])
    assert (cell.money_in, cell.money_out) == (45, -120)
    assert not audit_ledger()


def test_a_persons_own_category_stays_above_a_pair(held):
    bring_and_look(held[0], CURRENT)
    gift = Category.objects.get(code="rent")
    ledger.recategorise([line("Standing")], category=gift)
    bring_and_look(held[1], SAVINGS)
    assert line("Standing").category == gift
    assert not RowPair.objects.standing().filter(kind="transfer").exists()


def test_a_no_gives_every_line_its_own_category_back_and_is_not_found_again(held):
    both(held)
    pair = RowPair.objects.get(kind="transfer")
    had = pair.before[str(pair.first_id)]
    services.decide(pair, together=False)
    row = line("Standing")
    assert [row.category_id, row.category_origin, row.confidence] == had
    services.find_in(ImportBatch.objects.latest("pk"))
    assert not RowPair.objects.standing().filter(kind="transfer").exists()
    assert not audit_ledger()


def test_money_back_follows_its_payment_when_a_person_moves_it(held):
    both(held)
    hobby = Category.objects.get(code="gifts")
    ledger.recategorise([Transaction.objects.get(amount=-120)], category=hobby)
    assert line("refund").category == hobby
    assert not audit_ledger()


def test_saying_that_a_line_is_no_transfer_ends_the_pair(held):
    both(held)
    ledger.recategorise([line("Standing")], category=Category.objects.get(code="rent"))
    assert RowPair.objects.get(kind="transfer").state == RowPair.State.REJECTED
    assert not audit_ledger()


def test_an_undo_leaves_the_other_side_as_it_was(held):
    bring_and_look(held[0], CURRENT)
    before = image()
    batch = bring_and_look(held[1], SAVINGS)
    assert image() != before
    imports.undo(batch)
    assert image() == before
    assert not RowPair.objects.filter(kind="transfer").exists()


def test_a_persons_no_comes_back_with_the_line(held):
    _, batch = both(held)
    services.decide(RowPair.objects.get(kind="transfer"), together=False)
    imports.undo(batch)
    bring_and_look(held[1], SAVINGS)
    pair = RowPair.objects.get(kind="transfer")
    assert (pair.state, pair.second_id) == (RowPair.State.REJECTED, line("Transfer from").pk)


def test_a_persons_yes_comes_back_with_the_line(held):
    _, batch = both(held)
    services.decide(RowPair.objects.get(kind="transfer"), together=True)
    imports.undo(batch)
    assert line("Standing").category_origin != "pair"
    bring_and_look(held[1], SAVINGS)
    assert line("Standing").category_origin == "pair"
    assert RowPair.objects.get(kind="transfer").state == RowPair.State.CONFIRMED
    assert not audit_ledger()


def test_looking_twice_changes_nothing(held):
    _, batch = both(held)
    before = image(), list(RowPair.objects.values_list("kind", "state", "first_id", "second_id"))
    services.find_in(batch)
    assert before == (
        image(),
        list(RowPair.objects.values_list("kind", "state", "first_id", "second_id")),
    )


def test_accounts_of_two_people_are_never_paired(north):
    one, other = factories.make_account(), factories.make_account()
    bring_and_look(one, HEAD + "2026-05-04,Transfer to savings,-500.00\n")
    bring_and_look(other, SAVINGS)
    assert not RowPair.objects.exists()


def test_the_night_looks_at_what_came_for_many(held):
    batch = bring(held[0], CURRENT)
    bring(held[1], SAVINGS)
    Job.objects.all().delete()
    assert steps.find_open() == 2
    batch.refresh_from_db()
    assert batch.paired_at
    assert steps.find_open() == 0


def test_pages_ask_and_take_the_answer(north_client, held):
    customer = held[0].holders.get().customer
    assert customer.user
    north_client.force_login(customer.user)
    both(held)
    pair = RowPair.objects.get(kind="transfer")
    page = north_client.get(f"/transactions/{encode_one(pair.first_id)}/").content.decode()
    assert "Its other side" in page and encode_one(pair.second_id) in page
    answer = north_client.post(f"/transactions/pairs/{pair.public_id}/", {"answer": "no"})
    assert answer.status_code == 302
    pair.refresh_from_db()
    assert pair.state == RowPair.State.REJECTED
    RowPair.objects.update(state=RowPair.State.ASKED)
    asked = north_client.get("/transactions/pairs/").content.decode()
    assert "Is it?" in asked and str(pair.public_id) in asked
    north_client.post(f"/transactions/pairs/{pair.public_id}/", {"answer": "yes"})
    assert by_kind()["transfer"] == (500, -500)


def test_a_strangers_pair_is_missing(north_client, held):
    both(held)
    pair = RowPair.objects.get(kind="transfer")
    stranger = factories.make_customer(with_sign_in=True)
    assert stranger.user
    north_client.force_login(stranger.user)
    assert (
        north_client.post(f"/transactions/pairs/{pair.public_id}/", {"answer": "no"}).status_code
        == 404
    )


def test_totals_stay_right_over_all_of_it(held):
    both(held)
    total = Transaction.objects.aggregate(s=Sum("amount"))["s"]
    assert total == sum((into + out for into, out in by_kind().values()), Decimal(0))


def test_both_lines_tell_what_they_became(held):
    from transactions.reach import Reach
    from transactions.rows import history

    both(held)
    customer = held[0].holders.get().customer
    services.decide(RowPair.objects.get(kind="transfer"), together=False)

    def told(row: Transaction) -> list[tuple[str, str]]:
        found = history.history(row, customer, Reach(customer), own=True)
        return [(event.who, event.what) for event in found[:-1]]

    assert [what for _who, what in told(line("Standing"))] == [
        "is no transfer with “Transfer from current account” any more",
        "became one transfer with “Transfer from current account”",
    ]
    assert told(line("refund")) == [("the product", "is money back for “Ikea”")]


def test_a_pending_row_is_in_no_sum_no_pair_and_no_regular_payment(held):
    from datetime import date

    from analytics.regulars import search
    from analytics.regulars.models import RegularPayment
    from transactions.adapters import Line
    from transactions.imports.lines import import_lines

    def moved(status: str) -> Line:
        return Line(1, date(2026, 5, 4), None, Decimal("-500"), "Standing order 12", "", "", "", "x",
                    "", None, "id-1", status)  # fmt: skip

    def monthly(month: int) -> Line:
        return Line(month, date(2026, month, 2), None, Decimal("-20"), "City Gym", "", "", "", "x", "",
                    None, f"gym-{month}", "pending")  # fmt: skip

    rows = [moved("pending"), *(monthly(month) for month in range(1, 6))]
    import_lines(rows, accounts={"x": held[0]}, source="bank")
    bring_and_look(held[1], SAVINGS)
    steps.find_open()
    search.search_accounts([held[0].pk])
    assert not RowPair.objects.exists() and not RegularPayment.objects.exists()
    assert not MonthTotal.objects.filter(account=held[0]).exists()
    before = image()
    posted = import_lines([moved("posted")], accounts={"x": held[0]}, source="bank").batch
    steps.find_open()
    services.find_in(ImportBatch.objects.get(account=held[1]))
    pair = RowPair.objects.standing().get()
    services.decide(pair, together=True)
    imports.undo(posted)
    assert image() == before and not RowPair.objects.standing().exists()
    services.find_in(ImportBatch.objects.get(account=held[1]))
    assert not RowPair.objects.standing().exists() and not audit_ledger()
    import_lines([moved("posted")], accounts={"x": held[0]}, source="bank")
    services.find_in(ImportBatch.objects.get(account=held[1]))
    assert RowPair.objects.standing().get().state == "yes" and not audit_ledger()
