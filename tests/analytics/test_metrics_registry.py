"""What each metric means, by hand."""

from datetime import date
from decimal import Decimal

import pytest

from accounts.customers.models import Customer
from analytics.metrics.registry import METRICS, figure, figures
from analytics.metrics.slices import API, Slice, slice_of
from tests.factories import (
    make_account,
    make_budget,
    make_customer,
    make_transaction,
    make_transactions,
)

JUNE = {"start": date(2026, 6, 1), "end": date(2026, 7, 1)}


@pytest.fixture
def customer(north: str) -> Customer:
    return make_customer()


def june(customer: Customer, **fields: object) -> Slice:
    return slice_of(customer, **(JUNE | fields))  # type: ignore[arg-type]


def value(slice: Slice, name: str) -> object:
    return figure(slice, name).value


def test_income_and_expenses_of_a_month(customer: Customer) -> None:
    make_transactions(
        make_account(customer=customer),
        [
            {"amount": "2940.00", "category": "salary"},
            {"amount": "-120.50", "category": "supermarket"},
            {"amount": "-9.5", "category": "coffee", "booked_on": date(2026, 6, 30)},
            {"amount": "-1", "category": "coffee", "booked_on": date(2026, 7, 1)},
        ],
    )
    row = figures(june(customer), ["income", "expenses", "net", "savings_rate"])[0]
    assert row["income"].value == Decimal(2940)
    assert row["expenses"].value == Decimal(130)
    assert row["net"].value == Decimal(2810)
    assert row["savings_rate"].value == Decimal("95.6")
    assert str(row["expenses"].sentence) == "June 2026: €130.00 was spent."


def test_a_transfer_counts_in_neither(customer: Customer) -> None:
    account = make_account(customer=customer)
    make_transactions(
        account,
        [
            {"amount": "-500", "category": "own_transfer"},
            {"amount": "500", "category": "own_transfer"},
            {"amount": "-80", "category": "card_payment"},
        ],
    )
    row = figures(june(customer), ["income", "expenses", "net", "money_in", "money_out"])[0]
    assert [row[n].value for n in ("income", "expenses", "net")] == [0, 0, 0]
    assert [row[n].value for n in ("money_in", "money_out")] == [500, 580]


def test_a_refund_lowers_its_category(customer: Customer) -> None:
    account = make_account(customer=customer)
    make_transaction(account=account, amount="-80", category="clothing")
    make_transaction(account=account, amount="30", category="clothing")
    assert value(june(customer), "expenses") == 50
    assert value(june(customer), "income") == 0


def test_uncategorised_lines_count_by_sign(customer: Customer) -> None:
    account = make_account(customer=customer)
    make_transactions(
        account, [{"amount": "10"}, {"amount": "-4"}, {"amount": "0"}, {"amount": "-5"}]
    )
    row = figures(
        june(customer), ["income", "expenses", "expense_count", "count", "average_transaction"]
    )[0]
    assert [row[n].value for n in row.figures] == [10, 9, 2, 4, Decimal("4.50")]


def test_pending_lines_are_never_summed(customer: Customer) -> None:
    account = make_account(customer=customer)
    make_transaction(account=account, amount="-7", category="coffee", status="pending")
    assert value(june(customer), "expenses") == 0
    assert value(june(customer), "count") == 0
    assert value(june(customer, text="shop"), "count") == 0


def test_a_split_counts_by_its_parts(customer: Customer) -> None:
    account = make_account(customer=customer)
    whole = make_transaction(account=account, amount="-30", is_split=True)
    make_transaction(account=account, amount="-20", category="coffee", parent=whole)
    make_transaction(account=account, amount="-10", category="supermarket", parent=whole)
    for slice in (june(customer), june(customer, end=date(2026, 6, 30))):
        assert value(slice, "expenses") == 30
        assert value(slice, "expense_count") == 2


@pytest.mark.parametrize("income", ["0", "-233"])
def test_savings_rate_is_none_without_income(customer: Customer, income: str) -> None:
    account = make_account(customer=customer)
    make_transaction(account=account, amount=income, category="salary")
    make_transaction(account=account, amount="-682", category="rent")
    rate = figure(june(customer), "savings_rate")
    assert rate.value is None
    assert rate.note == "There is no savings rate without income."
    assert str(rate.sentence) == rate.note
    assert rate.trace


def test_two_currencies_are_never_added(customer: Customer) -> None:
    make_transaction(
        account=make_account(customer=customer, currency="USD"), amount="-7", category="coffee"
    )
    make_transaction(
        account=make_account(customer=customer, currency="EUR"), amount="-5", category="coffee"
    )
    assert june(customer).currency == "EUR"
    assert value(june(customer), "expenses") == 5
    assert figure(june(customer, currency="USD"), "expenses").currency == "USD"
    assert value(june(customer, currency="USD"), "expenses") == 7


def test_a_person_without_an_account_in_the_banks_currency_has_their_own(
    customer: Customer,
) -> None:
    make_account(customer=customer, currency="CHF")
    make_account(customer=customer, currency="USD")
    assert june(customer).currency == "CHF"


def test_accounts_of_others_never_count(customer: Customer) -> None:
    make_transaction(account=make_account(), amount="-7", category="coffee")
    make_account(customer=customer)
    assert value(june(customer), "expenses") == 0


def test_every_month_is_there_even_a_quiet_one(customer: Customer) -> None:
    account = make_account(customer=customer)
    make_transaction(account=account, amount="-7", category="coffee")
    rows = figures(june(customer, start=date(2025, 7, 1)), ["expenses"], by="month")
    assert [row.month for row in rows] == [
        date(2025 + (m > 12), (m - 1) % 12 + 1, 1) for m in range(7, 19)
    ]
    assert [row["expenses"].value for row in rows] == [0] * 11 + [7]


def test_months_may_start_late(customer: Customer) -> None:
    account = make_account(customer=customer)
    for day in (
        date(2026, 3, 5),
        date(2026, 2, 28),
        date(2026, 2, 27),
        date(2026, 3, 27),
        date(2026, 3, 28),
    ):
        make_transaction(account=account, amount="-1", category="coffee", booked_on=day)
    slice = june(customer, start=date(2026, 1, 28), end=date(2026, 4, 28), month_start=28)
    rows = figures(slice, ["expenses"], by="month")
    assert [(row.month, row["expenses"].value) for row in rows] == [
        (date(2026, 1, 28), 1), (date(2026, 2, 28), 3), (date(2026, 3, 28), 1),
    ]  # fmt: skip


def test_categories_are_told_by_their_first_level(customer: Customer) -> None:
    account = make_account(customer=customer)
    make_transactions(
        account,
        [
            {"amount": "-3", "category": "coffee"},
            {"amount": "-4", "category": "restaurants"},
            {"amount": "-1"},
            {"amount": "-9", "category": "groceries"},
        ],
    )
    rows = figures(june(customer), ["expenses"], by="category")
    assert [(row.category.name, row["expenses"].value) for row in rows if row.category] == [
        ("Dining", 7), ("Groceries", 9), ("Uncategorised", 1),
    ]  # fmt: skip


def test_a_budget_is_compared_with_what_was_spent(customer: Customer) -> None:
    make_transaction(account=make_account(customer=customer), amount="-130", category="coffee")
    make_budget(customer=customer, category="dining", month=date(2026, 6, 1), amount="100")
    make_budget(customer=customer, category="coffee", month=date(2026, 6, 1), amount="40")
    slice = june(customer)
    assert [value(slice, n) for n in ("budget", "variance", "budget_used")] == [
        100,
        30,
        Decimal("130.0"),
    ]
    assert value(june(customer, end=date(2026, 6, 1)), "budget") is None


def test_every_figure_names_where_its_rows_are(customer: Customer) -> None:
    make_account(customer=customer)
    for name, metric in METRICS.items():
        found = figure(june(customer), name, door=API)
        path = "/api/v1/transactions?" if metric.flow else f"/api/v1/trace/{name}?"
        assert (found.trace or "").startswith(path + f"customer_id={customer.public_id}")
        assert found.sentence
        assert (found.unit == "money") == (found.currency == "EUR")


def test_what_rests_on_budgets_is_not_told_in_groups(customer: Customer) -> None:
    with pytest.raises(ValueError, match="variance can't be told by month"):
        figures(june(customer), ["income", "variance"], by="month")
    with pytest.raises(KeyError):
        figure(june(customer), "profit")
