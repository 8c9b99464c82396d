"""Figures that count other currencies: by the rate of each line's day, to the minor unit, every row shown."""

import random
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

import pytest
from django.test import Client

from accounts.customers.models import BankProfile, Customer
from analytics.metrics import breakdowns
from analytics.metrics.cells import cells, cells_from_lines
from analytics.metrics.registry import figure, figures
from tests import factories
from tests.factories import make_account, make_customer, make_rate, make_transactions
from transactions import queries
from transactions.flows import FLOWS
from transactions.slices import CustomerRef, Slice

TODAY = date(2026, 6, 21)
JUNE = (date(2026, 6, 1), date(2026, 7, 1))


@pytest.fixture
def cleo(north: str) -> Customer:
    BankProfile.objects.update_or_create(
        pk=1, defaults={"name": "North", "currency": "EUR", "business_day": TODAY}
    )
    return make_customer(with_sign_in=True)


def june(customer: Customer, *, convert: bool = True, currency: str = "EUR") -> Slice:
    ref = CustomerRef(customer.pk, customer.public_id)
    return Slice(currency=currency, customer=ref, start=JUNE[0], end=JUNE[1], convert=convert)


def lines(customer: Customer, currency: str, *rows: tuple[int, str, str | None]) -> None:
    account = make_account(customer=customer, currency=currency)
    make_transactions(
        account,
        [
            {"booked_on": date(2026, 6, day), "amount": amount, "category": code}
            for day, amount, code in rows
        ],
    )


def test_one_currency_is_the_default_and_others_stay_apart(cleo: Customer) -> None:
    lines(cleo, "EUR", (3, "-10.00", "groceries"))
    lines(cleo, "USD", (3, "-120.00", "groceries"))
    make_rate("USD", "EUR", date(2026, 6, 3), "0.9213")
    slice = june(cleo, convert=False)
    assert figure(slice, "expenses").value == Decimal("10")
    assert [e.currency for e in breakdowns.not_included(slice)] == ["USD"]
    assert figure(june(cleo), "expenses").value == Decimal("120.56")
    assert breakdowns.not_included(june(cleo)) == []


def test_a_line_counts_by_the_rate_of_its_own_day_and_not_without_one(cleo: Customer) -> None:
    lines(cleo, "EUR", (3, "-10.00", "groceries"))
    lines(
        cleo, "USD", (3, "-100.00", "groceries"), (9, "-100.00", "groceries"), (20, "-7.00", "rent")
    )
    make_rate("USD", "EUR", date(2026, 6, 2), "0.9")
    make_rate("USD", "EUR", date(2026, 6, 9), "0.8")
    slice = june(cleo)
    assert figure(slice, "expenses").value == Decimal("180.00")
    (left,) = breakdowns.not_included(slice)
    assert (left.currency, left.count.value, left.amount.value) == ("USD", 1, Decimal("-7"))
    (inside,) = breakdowns.included(slice, "expenses")
    assert (inside.original.value, inside.converted.value) == (Decimal("200"), Decimal("170"))
    assert (inside.low.value, inside.high.value, inside.days) == (Decimal("0.8"), Decimal("0.9"), 2)


def test_each_line_is_rounded_so_that_rows_add_up(cleo: Customer) -> None:
    lines(cleo, "USD", *((3, "-0.01", "groceries") for _ in range(3)))
    make_rate("USD", "EUR", date(2026, 6, 3), "0.4")
    assert figure(june(cleo), "expenses").value == Decimal("0.00")
    make_rate("USD", "EUR", date(2026, 6, 4), "0.5")
    lines(cleo, "USD", *((4, "-0.01", "groceries") for _ in range(3)))
    assert figure(june(cleo), "expenses").value == Decimal("0.03")


DECIMALS = {"EUR": 2, "USD": 2, "JPY": 0, "KWD": 3, "ISK": 0, "BHD": 3}


@pytest.mark.parametrize("home", ["EUR", "JPY", "KWD"])
def test_three_currencies_at_random_agree_with_plain_arithmetic(
    cleo: Customer, home: str, request: pytest.FixtureRequest
) -> None:
    """Totals, months, categories and rows of a converting slice against a loop over the lines."""
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    dice = random.Random(seed)
    rates: dict[tuple[str, date], Decimal] = {}
    others = [c for c in ("USD", "JPY", "KWD", "EUR") if c != home][:3]
    for currency in others:
        for offset in range(70):
            day = date(2026, 4, 25) + timedelta(days=offset)
            if dice.random() < 0.5:
                rates[currency, day] = Decimal(dice.randrange(1, 10**7)) / 10**4
                make_rate(currency, home, day, rates[currency, day])

    def rate(currency: str, day: date) -> Decimal | None:
        if currency == home:
            return Decimal(1)
        for back in range(8):
            if found := rates.get((currency, day - timedelta(days=back))):
                return found
        return None

    truth = {"in": Decimal(0), "out": Decimal(0)}
    for currency in (home, *others):
        rows = []
        for _ in range(60):
            day = date(2026, 5, 1) + timedelta(days=dice.randrange(61))
            amount = Decimal(dice.randrange(-(10**7), 10**7)) / 10 ** DECIMALS[currency]
            code = dice.choice(["groceries", "salary", "own_transfer", None])
            status = dice.choice(["posted", "posted", "posted", "pending"])
            rows.append({"booked_on": day, "amount": amount, "category": code, "status": status})
            by = rate(currency, day)
            if status == "posted" and by is not None:
                value = amount * by
                if currency != home:
                    step = Decimal(1).scaleb(-DECIMALS[home])
                    value = value.quantize(step, ROUND_HALF_UP)
                truth["in" if value > 0 else "out"] += value
        make_transactions(make_account(customer=cleo, currency=currency), rows)
    ref = CustomerRef(cleo.pk, cleo.public_id)
    slice = Slice(home, ref, date(2026, 5, 1), date(2026, 7, 1), convert=True)
    assert figure(slice, "money_in").value == truth["in"]
    assert figure(slice, "money_out").value == -truth["out"]
    by_month = figures(slice, ["moved"], by="month")
    assert sum(row["moved"].value for row in by_month) == truth["in"] + truth["out"]
    for by_what in ((), ("month",), ("category",), ("month", "category")):
        key = lambda c: (c.currency, c.kind, c.month or date.min, c.category or 0)  # noqa: E731
        assert [(c.money_in, c.money_out, c.n) for c in sorted(cells(slice, by_what), key=key)] == [
            (c.money_in, c.money_out, c.n)
            for c in sorted(cells_from_lines(slice, by_what), key=key)
        ]
    for name in ("income", "expenses", "money_in", "money_out", "moved"):
        page = queries.list_page(slice, flow=FLOWS[name], limit=500)
        shown = sum(
            (row["converted"].amount if row["converted"] else row["amount"] for row in page.rows),
            Decimal(0),
        )
        assert page.sum == figure(slice, name).value == FLOWS[name].sign * shown


def test_the_api_shows_each_rows_original_its_rate_and_what_it_counts_as(
    cleo: Customer, north_client: Client
) -> None:
    lines(cleo, "EUR", (3, "-10.00", "groceries"))
    lines(cleo, "JPY", (4, "-1500", "groceries"))
    make_rate("EUR", "JPY", date(2026, 6, 2), "162.35")
    north_client.force_login(cleo.user)
    page = north_client.get("/api/v1/transactions?convert=1&metric=expenses&currency=EUR").json()
    assert page["sum"] == "19.24" and page["total"] == 2
    yen, euro = page["items"]
    assert yen["amount"] == "-1500" and yen["currency"] == "JPY"
    assert yen["converted"] == {
        "amount": "-9.24", "currency": "EUR",
        "rate": {"value": "0.006159531876", "day": "2026-06-02", "source": "ECB", "via": None,
                 "turned": True},
    }  # fmt: skip
    assert euro["converted"] is None
    assert "converted" not in north_client.get("/api/v1/transactions").json()["items"][0]


def test_pages_count_other_currencies_where_asked(cleo: Customer, north_client: Client) -> None:
    lines(cleo, "EUR", (3, "-10.00", "groceries"))
    lines(cleo, "USD", (3, "-120.00", "groceries"))
    make_rate("USD", "EUR", date(2026, 6, 3), "0.9213")
    north_client.force_login(cleo.user)
    for url in ("/overview/", "/transactions/"):
        plain = north_client.get(url).content.decode()
        assert 'data-value="10.0000"' in plain and "All currencies, in EUR" in plain
        counted = north_client.get(f"{url}?convert=1").content.decode()
        assert 'data-value="120.5600"' in counted, url
        assert "0.9213</span> (ECB, 3 Jun)" in counted
    rows = north_client.get("/transactions/?convert=1&metric=expenses").content.decode()
    assert "counts as" in rows and "−€110.56" in rows


def test_a_wrong_word_for_converting_is_told(cleo: Customer, north_client: Client) -> None:
    north_client.force_login(cleo.user)
    said = north_client.get("/api/v1/transactions?convert=yes&rated=euro")
    assert said.status_code == 400 and set(said.json()["fields"]) == {"convert", "rated"}


def test_figures_of_another_customer_stay_out(cleo: Customer) -> None:
    lines(factories.make_customer(), "USD", (3, "-120.00", "groceries"))
    make_rate("USD", "EUR", date(2026, 6, 3), "0.9213")
    assert figure(june(cleo), "expenses").value == 0
