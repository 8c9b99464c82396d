"""A customer's overview: seven figures that follow one filter, and every state a card can be in."""

import re
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.customers.models import BankProfile, Customer
from accounts.models import Role
from analytics.nights.models import Run
from analytics.segments.models import Membership, Segment, SegmentProfile
from config.pages import overview_cards
from tests import factories
from tests.query_count import counted
from tests.sweep import crawl

TODAY = date(2026, 6, 21)
URL = "/overview/"


@pytest.fixture(autouse=True)
def day(north: str) -> None:
    BankProfile.objects.filter(pk=1).update(business_day=TODAY, currency="EUR", locale="en")


@pytest.fixture
def customer(day: None) -> Customer:
    return factories.make_customer(with_sign_in=True, full_name="Cleo Customer")


@pytest.fixture
def client(north_client: Client, customer: Customer) -> Client:
    north_client.force_login(customer.user)  # type: ignore[arg-type]
    return north_client


def fill(customer: Customer, times: int = 1) -> Any:
    """June and May of one account, each line `times` times."""
    account = factories.make_account(customer=customer)
    june = [
        {"amount": "3000", "category": "wages", "booked_on": date(2026, 6, 1)},
        {"amount": "-900", "category": "rent", "booked_on": date(2026, 6, 3)},
        {"amount": "-120", "category": "supermarket", "booked_on": date(2026, 6, 10)},
        {"amount": "-500", "category": "own_transfer", "booked_on": date(2026, 6, 11)},
    ]
    may = [
        {"amount": "3000", "category": "wages", "booked_on": date(2026, 5, 1)},
        {"amount": "-1000", "category": "rent", "booked_on": date(2026, 5, 3)},
        {"amount": "-77", "category": "coffee", "booked_on": date(2026, 5, 30)},
    ]
    factories.make_transactions(account, (june + may) * times)
    return account


def page(client: Client, url: str = URL, status: int = 200) -> tuple[crawl.Page, str]:
    response = client.get(url)
    assert response.status_code == status, response.content[:300]
    body = response.content.decode()
    return crawl.read(body), body


def first(found: crawl.Page, metric: str) -> str:
    return next(f.value for f in found.figures if f.metric == metric)


def kpi_notes(body: str) -> list[str]:
    notes = re.findall(r'<p class="delta">(.*?)</p>', body, re.S)
    return [" ".join(re.sub(r"<[^>]+>", "", note).split()) for note in notes]


def words_of(body: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", "", body).split())


def months_note(body: str) -> str:
    """What the card of the months says under its answer."""
    card = body[body.index('id="trend"') :]
    found = re.search(r'<p class="meta">(.*?)</p>', card[: card.index("</figcaption>")], re.S)
    return words_of(found[1]) if found else ""


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


def night(day: date = TODAY, hours_ago: float = 1) -> Run:
    return Run.objects.create(
        business_day=day,
        inputs_hash="ab12cd34" + "0" * 56,
        code_version="1",
        computed_through=date(2026, 5, 31),
        started_at=timezone.now(),
        state=Run.State.PUBLISHED,
        published_at=timezone.now() - timedelta(hours=hours_ago),
    )


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
    assert lines[12].startswith("May 2026,3000.0000,1077.0000,1923.0000")
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
