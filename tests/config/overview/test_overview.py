"""A customer's overview: seven figures that follow one filter, for customer and staff."""

import re
from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from accounts.customers.models import (
    FIRST_BUSINESS_DAY,
    LAST_BUSINESS_DAY,
    BankProfile,
    Customer,
)
from accounts.models import Role
from tests import factories
from tests.config.overview.case import (
    URL,
    fill,
    first,
    kpi_notes,
    night,
    page,
)
from tests.query_count import counted

# -- the seven figures ---------------------------------------------------------------------------


def test_the_seven_figures_of_the_running_month(client: Client, customer: Customer) -> None:
    fill(customer)
    factories.make_budget(customer=customer, category="housing", month=date(2026, 6, 1), amount=950)
    found, body = page(client)
    assert first(found, "income") == "3000.0000"
    assert first(found, "expenses") == "1020.0000"
    assert first(found, "net") == "1980.0000"
    assert first(found, "savings_rate") == "66.0"
    assert [f.value for f in found.figures if f.metric == "share"][:2] == ["88.2", "11.8"]
    assert "12 months" in body and "Housing" in body
    assert first(found, "variance") == "-50.0000"
    assert first(found, "budget_used") == "94.7"
    assert first(found, "average_transaction") == "510.00"
    assert not found.bare and not found.untraced


def test_figures_are_compared_with_the_same_days_of_the_month_before(
    client: Client, customer: Customer
) -> None:
    fill(customer)
    _, body = page(client)
    assert kpi_notes(body) == [
        "The same as in 1–21 May 2026.",
        "More than in 1–21 May 2026: €1,000.00.",
        "Worse than in 1–21 May 2026: €2,000.00.",
        "Lower than in 1–21 May 2026: 66.7 %. 12 months: 65.1 %.",
    ]


def test_a_whole_month_is_compared_with_the_whole_month_before(
    client: Client, customer: Customer
) -> None:
    fill(customer)
    _, body = page(client, f"{URL}?period=2026-05")
    assert "Income, May 2026" in body
    assert kpi_notes(body)[0] == "Nothing in April 2026 to compare with."


def test_the_day_of_a_longer_month_has_an_end_in_a_shorter_one(
    client: Client, customer: Customer
) -> None:
    BankProfile.objects.filter(pk=1).update(business_day=date(2026, 3, 30))
    account = factories.make_account(customer=customer)
    factories.make_transactions(
        account,
        [
            {"amount": "-5", "category": "coffee", "booked_on": date(2026, 3, 2)},
            {"amount": "-4", "category": "coffee", "booked_on": date(2026, 2, 28)},
        ],
    )
    assert "More than in February 2026: €4.00." in kpi_notes(page(client)[1])[1]


# -- the filter ----------------------------------------------------------------------------------


def test_every_card_follows_the_filter(client: Client, customer: Customer) -> None:
    account = fill(customer)
    other = factories.make_account(customer=customer)
    factories.make_transactions(
        other, [{"amount": "-33", "category": "fuel", "booked_on": date(2026, 6, 4)}]
    )
    whole = first(page(client)[0], "expenses")
    found, body = page(client, f"{URL}?account={other.public_id}")
    assert (whole, first(found, "expenses")) == ("1053.0000", "33.0000")
    assert "Transport" in body and "Housing" not in re.sub(r"<option.*?</option>", "", body)
    housing = factories.category("housing")
    found, body = page(client, f"{URL}?account={account.public_id}&categories={housing.public_id}")
    assert first(found, "expenses") == "900.0000"
    assert all("categories=" in f.trace for f in found.figures if f.metric == "expenses")
    without = f'href="?period=2026-06&amp;account={account.public_id}"'
    assert without in body, "the chip leads to the filter without it"


def test_own_days_and_twelve_months(client: Client, customer: Customer) -> None:
    fill(customer)
    days = f"{URL}?period=days&start_date=2026-05-30&end_date=2026-06-03"
    assert first(page(client, days)[0], "expenses") == "977.0000"
    assert first(page(client, f"{URL}?period=12m")[0], "expenses") == "2097.0000"
    # Days alone, as another page may link them.
    assert first(page(client, days.replace("period=days&", ""))[0], "expenses") == "977.0000"
    # A named period wins over days left in the form.
    left = f"{URL}?period=2026-05&start_date=2026-06-01&end_date=2026-06-03"
    assert first(page(client, left)[0], "expenses") == "1077.0000"


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("period=soon", "There is no such period"),
        ("period=days&start_date=31.02.2026", "isn&#x27;t a day"),
        ("period=days&start_date=2026-06-09&end_date=2026-06-01", "lies before the first"),
        ("period=days&start_date=1950-01-01", "at most ten years"),
        ("account=00000000-0000-0000-0000-000000000001", "There is no account"),
        ("categories=x", "There is no category"),
    ],
)
def test_a_filter_that_cannot_be_read_says_why(
    client: Client, customer: Customer, query: str, said: str
) -> None:
    fill(customer)
    found, body = page(client, f"{URL}?{query}", status=400)
    assert said in body[body.index('id="results"') :], "where a change of the filter swaps"
    assert "Clear the filter" in body
    assert not found.figures


def test_an_account_of_somebody_else_is_as_unknown_as_none(
    client: Client, customer: Customer
) -> None:
    fill(customer)
    foreign = factories.make_account()
    _, one = page(client, f"{URL}?account={foreign.public_id}", status=400)
    missing = "0" * 8 + str(foreign.public_id)[8:]
    _, two = page(client, f"{URL}?account={missing}", status=400)

    def plain(body: str) -> str:
        for text in (str(foreign.public_id), missing):
            body = body.replace(text, "ID")
        return re.sub(r'(csrfmiddlewaretoken" value|X-CSRFToken)[^>]*', "", body)

    assert plain(one) == plain(two)


# -- staff, files, parts -------------------------------------------------------------------------


def test_staff_see_it_under_a_purpose_with_the_customer_on_every_link(
    client: Client, customer: Customer
) -> None:
    fill(customer)
    analyst = factories.make_person(role=Role.ANALYST)
    client.force_login(analyst)
    url = f"/staff/customers/{customer.public_id}/"
    assert client.get(url).status_code == 302
    factories.make_grant(staff=analyst, customer=customer)
    found, body = page(client, url)
    assert first(found, "expenses") == "1020.0000"
    named = f"customer={customer.public_id}"
    assert all(named in f.trace for f in found.figures if f.trace)
    assert all(named in link for link in found.links if "/overview/" in link and ".csv" in link)
    assert "The customer can see this look." in body and "Open until" in body
    for trace in {f.trace for f in found.figures if f.trace.startswith("/trace/")}:
        assert client.get(trace).status_code == 200
    viewer = factories.make_person(role=Role.VIEWER)
    client.force_login(viewer)
    assert client.get(URL).status_code == 403


def test_a_customer_who_names_somebody_else_finds_nothing(
    client: Client, customer: Customer
) -> None:
    other = factories.make_customer()
    assert client.get(f"{URL}?customer={other.public_id}").status_code == 404
    assert client.get(f"{URL}?customer={customer.public_id}").status_code == 200


def test_a_chart_as_a_file_holds_its_table_under_the_same_filter(
    client: Client, customer: Customer
) -> None:
    fill(customer)
    client.get(URL)
    response = client.get("/overview/trend.csv?period=2026-05")
    lines = b"".join(response).decode("utf-8-sig").splitlines()  # type: ignore[arg-type]
    assert lines[0] == "Month,In,Out,Kept,Savings rate"
    assert lines[12].startswith("May 2026,3000.00,1077.00,1923.00")
    assert len(lines) == 14
    assert client.get("/overview/budgets.csv").status_code == 404, "no budget, no table"
    assert client.get("/overview/nothing.csv").status_code == 404


def test_a_derived_figure_opens_its_parts(client: Client, customer: Customer) -> None:
    fill(customer)
    found, _ = page(client)
    trace = next(f.trace for f in found.figures if f.metric == "savings_rate")
    parts, body = page(client, trace)
    assert [(f.metric, f.value) for f in parts.figures] == [
        ("savings_rate", "66.0"), ("net", "1980.0000"), ("income", "3000.0000"),
    ]  # fmt: skip
    assert "Net cash flow divided by income." in body
    assert client.get("/trace/nothing/").status_code == 404
    assert page(client, "/trace/net/?start_date=x", status=400)[1].count("isn&#x27;t a day") == 1


# -- cost ----------------------------------------------------------------------------------------


def test_at_most_twelve_queries_and_the_same_at_ten_times_the_rows(
    client: Client, customer: Customer
) -> None:
    fill(customer)
    factories.make_budget(customer=customer, category="housing", month=date(2026, 6, 1))
    night()
    page(client)
    seen = []
    for _ in range(2):
        for query in ("", "?period=2026-05", "?period=12m", "?start_date=2026-05-30"):
            with counted() as queries:
                page(client, URL + query)
            seen.append(len(queries))
        fill(customer, times=10)
    assert max(seen) <= 12, seen
    assert seen[:4] == seen[4:]


@pytest.mark.parametrize("day", [FIRST_BUSINESS_DAY, LAST_BUSINESS_DAY])
def test_the_first_and_the_last_day_of_business_have_their_pages(
    client: Client, customer: Customer, day: date
) -> None:
    fill(customer)
    profile = BankProfile.objects.get()
    profile.business_day = day
    profile.save()
    for url in (URL, f"{URL}?period=12m", "/transactions/", "/profile/"):
        assert client.get(url).status_code == 200, url


def test_a_day_that_no_page_can_compute_with_is_never_saved(north: str) -> None:
    profile = BankProfile.objects.get()
    for day in (date(1, 1, 1), date(1900, 12, 31), date(2199, 1, 1), date(9999, 12, 31)):
        profile.business_day = day
        with pytest.raises(ValidationError, match="Choose a day from 1901-01-01 to 2198-12-31"):
            profile.save()
