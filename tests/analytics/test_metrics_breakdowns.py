"""Shares, months, budgets, what other currencies keep out, and the parts behind derived figures."""

from datetime import date
from decimal import Decimal

import pytest
from django.http import QueryDict

from accounts.customers.models import Customer
from analytics.metrics.breakdowns import (
    budget_vs_actual,
    expense_categories,
    not_included,
    top_categories,
    trend,
)
from analytics.metrics.figures import Figure
from analytics.metrics.registry import METRICS, figure
from analytics.metrics.slices import API, Slice, read_slice, slice_of
from analytics.metrics.trace import rows_for, trace
from tests.factories import (
    category,
    make_account,
    make_budget,
    make_category,
    make_customer,
    make_transaction,
    make_transactions,
)
from tests.query_count import counted

JUNE = (date(2026, 6, 1), date(2026, 7, 1))


@pytest.fixture
def customer(north: str) -> Customer:
    return make_customer()


def june(customer: Customer) -> Slice:
    return slice_of(customer, start=JUNE[0], end=JUNE[1])


def spend(customer: Customer, **by_code: str) -> None:
    account = make_account(customer=customer)
    make_transactions(account, [{"amount": a, "category": code} for code, a in by_code.items()])


def test_shares_are_of_the_categories_above_zero(customer: Customer) -> None:
    spend(customer, coffee="-60", rent="-20", clothing="25", salary="900", own_transfer="-99")
    make_transaction(account=make_account(customer=customer), amount="-40")
    rows = expense_categories(june(customer))
    assert [(r.category.name, r.spent.value, r.share.value) for r in rows] == [
        ("Dining", 60, Decimal("50.0")),
        ("Uncategorised", 40, Decimal("33.3")),
        ("Housing", 20, Decimal("16.7")),
        ("Shopping", -25, None),
    ]
    assert rows[3].share.note
    assert [r.category.name for r in top_categories(june(customer), 2)] == [
        "Dining",
        "Uncategorised",
    ]
    assert len(top_categories(june(customer))) == 3


def test_a_persons_own_category_counts_in_the_banks(customer: Customer) -> None:
    own = make_category(name="Beans", customer=customer, parent=category("coffee"))
    make_transaction(account=make_account(customer=customer), amount="-4", category=own)
    assert [r.category.name for r in expense_categories(june(customer))] == ["Dining"]


def test_a_customer_without_rows_has_no_categories_and_quiet_months(customer: Customer) -> None:
    assert expense_categories(june(customer)) == []
    rows = trend(slice_of(customer, start=date(2025, 7, 1), end=JUNE[1]))
    assert len(rows) == 12
    assert all(row["net"].value == 0 and row["savings_rate"].value is None for row in rows)
    assert trend(slice_of(customer)) == []


def test_each_budget_meets_what_lies_below_it(customer: Customer) -> None:
    own = make_category(name="Beans", customer=customer, parent=category("coffee"))
    account = make_account(customer=customer)
    spend(customer, coffee="-30", restaurants="-50", rent="-700", supermarket="-5")
    make_transaction(account=account, amount="-20", category=own)
    for code, amount in (("dining", "90"), ("coffee", "40"), ("rent", "800"), ("salary", "1")):
        make_budget(customer=customer, category=code, month=JUNE[0], amount=amount)
    make_budget(customer=customer, category="dining", month=date(2026, 5, 1), amount="1")
    make_budget(customer=customer, category="fuel", month=JUNE[0], amount="50", currency="USD")
    lines, total = budget_vs_actual(june(customer))
    told = {
        line.category.name: (line.budget.value, line.actual.value, line.variance.value)
        for line in lines
        if line.category
    }
    assert told == {"Dining": (90, 100, 10), "Rent": (800, 700, -100)}
    assert total and (total.budget.value, total.actual.value, total.variance.value) == (
        890,
        800,
        -90,
    )
    assert total.used.value == Decimal("89.9")


def test_without_a_budget_there_is_nothing_to_compare(customer: Customer) -> None:
    assert budget_vs_actual(june(customer)) == ([], None)
    assert figure(june(customer), "variance").note == "There is no budget for this period."


def test_other_currencies_are_listed_not_added(customer: Customer) -> None:
    make_transaction(account=make_account(customer=customer), amount="-5")
    dollars = make_account(customer=customer, currency="USD")
    make_transactions(
        dollars,
        [
            {"amount": "-7", "category": "coffee"},
            {"amount": "-3"},
            {"amount": "9"},
            {"amount": "-100", "category": "own_transfer"},
            {"amount": "0"},
        ],
    )
    make_transaction(
        account=make_account(customer=customer, currency="CHF"), category="own_transfer"
    )

    def told(metric: str) -> list[tuple[str, object, object]]:
        found = not_included(june(customer), metric)
        return [(e.currency, e.count.value, e.amount.value) for e in found]

    assert told("net") == [("USD", 3, -1)]
    assert told("expenses") == [("USD", 2, 10)]
    assert told("income") == [("USD", 1, 9)]
    amount = not_included(june(customer))[0].amount
    assert (amount.currency, amount.trace) == ("USD", june_in_dollars(customer))


def june_in_dollars(customer: Customer) -> str:
    return "/trace/net/?start_date=2026-06-01&end_date=2026-06-30&currency=USD"


def followed(figure: Figure, customer: Customer, depth: int = 0) -> int:
    """Follows a trace down to rows and checks that they add up; returns how many lists it met."""
    assert figure.trace, figure
    path, _, query = figure.trace.partition("?")
    params = QueryDict(query)
    slice = read_slice(params, customer, door=API, others={"customer_id", "metric"})
    if path == "/api/v1/transactions":
        metric = METRICS[figure.metric]
        assert metric.flow and params["metric"] == metric.flow.name
        amounts = [a for (a,) in rows_for(slice, figure.metric).values_list("amount")]
        total = len(amounts) if metric.counted else metric.flow.sign * sum(amounts, Decimal(0))
        assert figure.value == total
        return 1
    assert path == f"/api/v1/trace/{figure.metric}"
    made = trace(slice, figure.metric, door=API)
    assert made.figure == figure
    values = [part.figure.value for part in made.parts]
    if figure.metric in ("budget", "spent_above_zero"):
        assert sum(v or 0 for v in values) == (figure.value or 0)
    elif figure.value is not None:
        combine = METRICS[figure.metric].combine
        assert combine and combine(*values, slice.currency) == figure.value
    met = 0
    for part in made.parts:
        if part.figure.trace is None:
            assert (part.metric.name, len(made.parts)) == ("budget", 1)
        else:
            met += followed(part.figure, customer, depth + 1)
    return met


def test_every_metric_leads_to_its_rows(customer: Customer) -> None:
    spend(customer, coffee="-60", rent="-20", clothing="25", salary="900", own_transfer="-99")
    make_transaction(account=make_account(customer=customer), amount="-7")
    for code in ("dining", "rent"):
        for month in (JUNE[0], date(2026, 5, 1)):
            make_budget(customer=customer, category=code, month=month, amount="50")
    for slice in (
        june(customer),
        slice_of(customer, start=date(2026, 5, 3), end=date(2026, 6, 20)),
    ):
        for name in METRICS:
            followed(figure(slice, name, door=API), customer)
    rows = expense_categories(june(customer), door=API)
    # The share of each category leads to its own lines and to those of all above zero.
    assert [followed(row.share, customer) for row in rows] == [4] * len(rows)
    lines, total = budget_vs_actual(june(customer), door=API)
    assert total
    for line in [*lines, total]:
        for found in (line.budget, line.actual, line.variance, line.used):
            followed(found, customer)


def test_a_share_of_a_filtered_choice_is_of_that_choice(customer: Customer) -> None:
    spend(customer, coffee="-60", rent="-20", clothing="-20")
    whole = read_slice(
        QueryDict(
            f"categories={category('dining').public_id},{category('rent').public_id}"
            "&start_date=2026-06-01&end_date=2026-06-30"
        ),
        customer,
        door=API,
    )
    rows = expense_categories(whole, door=API)
    assert [row.share.value for row in rows] == [75, 25]
    for row in rows:
        followed(row.share, customer)


def test_a_derived_figure_has_no_rows_of_its_own(customer: Customer) -> None:
    with pytest.raises(ValueError, match="made of parts"):
        rows_for(june(customer), "net")


def test_figures_of_a_page_take_few_queries(customer: Customer) -> None:
    spend(customer, coffee="-60", rent="-20")
    make_budget(customer=customer, category="rent", month=JUNE[0])
    slice = june(customer)
    with counted() as sent:
        expense_categories(slice)
        trend(slice)
        budget_vs_actual(slice)
        not_included(slice)
    assert len(sent) == 6
