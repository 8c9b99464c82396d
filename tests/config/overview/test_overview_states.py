"""Every state a card of the overview can be in, and what it says of what stays out."""

import re
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client

from accounts.customers.models import Customer
from analytics.segments.models import Membership, Segment, SegmentProfile
from config.pages import overview_cards
from tests import factories
from tests.config.overview.case import (
    TODAY,
    URL,
    fill,
    first,
    months_note,
    night,
    page,
    words_of,
)
from tests.query_count import counted

# -- states --------------------------------------------------------------------------------------


def test_without_any_line_one_card_says_what_to_do(client: Client, customer: Customer) -> None:
    found, body = page(client)
    assert "No payments yet" in body and not found.figures
    factories.make_account(customer=customer)
    assert "No payments yet" in page(client)[1]


def test_with_lines_long_ago_the_way_to_them_is_shown(client: Client, customer: Customer) -> None:
    account = factories.make_account(customer=customer)
    factories.make_transactions(
        account, [{"amount": "-5", "category": "coffee", "booked_on": date(2024, 2, 9)}]
    )
    _, body = page(client)
    assert "The last payment of all is of 9 February 2024." in body
    assert 'href="?period=2024-02"' in body
    assert first(page(client, f"{URL}?period=2024-02")[0], "expenses") == "5.0000"


def test_the_last_month_of_an_account_is_shown_under_its_filter(
    client: Client, customer: Customer
) -> None:
    fill(customer)
    old = factories.make_account(customer=customer)
    row = {"amount": "-5", "category": "coffee", "booked_on": date(2019, 2, 9)}
    pending = row | {"booked_on": date(2026, 6, 9), "status": "pending"}
    factories.make_transactions(old, [row, pending])
    _, body = page(client, f"{URL}?account={old.public_id}")
    assert "The last payment that fits this filter is of 9 February 2019." in body
    address = f"?account={old.public_id}&period=2019-02"
    assert f'href="{address.replace("&", "&amp;")}"' in body
    found, body = page(client, URL + address)
    assert first(found, "expenses") == "5.0000"
    assert re.search(r'<option value="2019-02" selected[^>]*>\s*February 2019', body)


def test_a_filter_that_no_line_ever_fits_can_be_cleared(client: Client, customer: Customer) -> None:
    fill(customer)
    new = factories.make_account(customer=customer)
    _, body = page(client, f"{URL}?account={new.public_id}")
    assert "No payment fits this filter" in body and "No payments yet" not in body
    assert re.search(rf'<a class="btn" href="{URL}">\s*Clear the filter', body)


def test_only_transfers(client: Client, customer: Customer) -> None:
    account = factories.make_account(customer=customer)
    factories.make_transactions(
        account, [{"amount": "-500", "category": "own_transfer", "booked_on": date(2026, 6, 3)}]
    )
    found, body = page(client)
    assert "Only transfers between own accounts in June 2026" in body
    assert "Nothing was spent in June 2026" in body
    assert first(found, "expenses") == "0"
    assert first(found, "savings_rate") == ""


def test_one_line(client: Client, customer: Customer) -> None:
    account = factories.make_account(customer=customer)
    factories.make_transactions(
        account, [{"amount": "-12.50", "category": "coffee", "booked_on": date(2026, 6, 3)}]
    )
    found, body = page(client)
    assert first(found, "expenses") == "12.5000"
    assert "There is no savings rate without income." in body
    assert "in 1 line of spending, " in words_of(body)
    assert not found.bare and not found.untraced


@pytest.mark.parametrize("name", ["kpis", "trend", "spending", "categories", "budgets", "excluded"])
def test_one_card_that_fails_leaves_the_others(
    client: Client, customer: Customer, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    def broken(*args: Any) -> None:
        raise RuntimeError("on purpose")

    fill(customer)
    monkeypatch.setattr(overview_cards, name, broken)
    found, body = page(client)
    assert "1020.0000" in [f.value for f in found.figures if f.metric == "expenses"]
    assert ("This card could not be made." in body) == (name != "excluded")
    assert "on purpose" not in body


@pytest.mark.parametrize(
    ("day_of_run", "hours_ago", "stale"),
    [
        (TODAY - timedelta(days=1), 27, True),
        (TODAY - timedelta(days=1), 25, False),
        (TODAY, 500, False),
    ],
)
def test_the_as_of_line_turns_after_26_hours(
    client: Client, customer: Customer, day_of_run: date, hours_ago: float, stale: bool
) -> None:
    fill(customer)
    night(day_of_run, hours_ago)
    _, body = page(client)
    assert ('class="asof stale"' in body) == stale
    assert "As of Sunday 21 June 2026" in body


def test_another_currency_is_named_and_not_added(client: Client, customer: Customer) -> None:
    fill(customer)
    dollars = factories.make_account(customer=customer, currency="USD")
    factories.make_transactions(
        dollars, [{"amount": "-45", "category": "coffee", "booked_on": date(2026, 6, 4)}]
    )
    found, body = page(client)
    assert first(found, "expenses") == "1020.0000"
    assert "1 line in USD is not included, −$45.00." in words_of(body)
    listed = client.get("/transactions/?period=2026-06&currency=EUR").content.decode()
    assert "1 line in USD is not in these sums, −$45.00." in words_of(listed)
    assert "-45.0000" in [f.value for f in found.figures if f.metric == "net"]


def test_the_months_name_what_they_leave_out_where_the_month_has_nothing_to_name(
    client: Client, customer: Customer
) -> None:
    fill(customer)
    dollars = factories.make_account(customer=customer, currency="USD")
    row = {"amount": "-45", "category": "coffee", "booked_on": date(2026, 5, 4)}
    factories.make_transactions(dollars, [row, row, row | {"amount": "-1"}])
    _, body = page(client)
    said = "3 lines in USD are not included, together −$91.00."
    assert f"Within these 12 months: {said}" in months_note(body)
    assert body.count("in USD") == 1
    for period in ("2026-05", "12m"):
        assert said in words_of(page(client, f"{URL}?period={period}")[1])
    body = page(client, f"{URL}?period=12m")[1]
    assert body.count("in USD") == 1 and "in USD" not in months_note(body)


def test_months_of_another_currency_alone_are_named(client: Client, customer: Customer) -> None:
    factories.make_account(customer=customer)
    dollars = factories.make_account(customer=customer, currency="USD")
    factories.make_transactions(
        dollars, [{"amount": "-45", "category": "coffee", "booked_on": date(2026, 5, 4)}]
    )
    said = words_of(page(client)[1])
    assert "No income and no spending in these months" in said
    assert "Within these 12 months: 1 line in USD is not included, −$45.00." in said


def test_other_currencies_cost_no_more_than_twelve_queries(
    client: Client, customer: Customer
) -> None:
    fill(customer)
    night()
    factories.make_budget(customer=customer, category="housing", month=date(2026, 6, 1))
    dollars = factories.make_account(customer=customer, currency="USD")
    row = {"amount": "-45", "category": "coffee", "booked_on": date(2026, 5, 4)}
    factories.make_transactions(dollars, [row, row | {"category": None}])
    page(client)
    with counted() as queries:
        _, body = page(client)
    assert len(queries) <= 12, queries
    # Month totals count the uncategorised of both signs together: the sum is exact, a count is not.
    assert "Within these 12 months: Lines in USD are not included, together −$90.00." in (
        months_note(body)
    )


def test_the_spending_card_says_which_lines_it_counts(client: Client, customer: Customer) -> None:
    fill(customer)
    said = words_of(page(client)[1])
    assert "in 2 lines of spending, " in said
    assert re.search("Lines of income and spending ?3", said)
    assert "Lines counted" not in said


def test_the_group_of_the_last_night(client: Client, customer: Customer) -> None:
    fill(customer)
    assert "First groups tonight" in page(client)[1]
    run = night()
    assert "No group yet" in page(client)[1]
    segment = Segment.objects.create(position=1, first_run=run)
    SegmentProfile.objects.create(
        run=run, segment=segment, name="Quiet savers", description="They spend little.",
        customers=30, centre={},
    )  # fmt: skip
    Membership.objects.create(run=run, customer=customer, segment=segment, x=0, y=0)
    _, body = page(client)
    assert "Quiet savers" in body and "They spend little." in body
