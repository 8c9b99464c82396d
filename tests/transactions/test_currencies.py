"""Currencies without decimals and with three: the same digits typed, read, shown, told, counted and exported."""

import csv
import io
from datetime import date
from decimal import Decimal

import pytest
from django.test import Client

from accounts.customers.models import BankProfile, Customer
from analytics import formats
from analytics.metrics.registry import figure
from tests import factories
from tests.factories import make_account, make_transactions
from transactions.amounts import AmountError
from transactions.balances.forms import typed_amount
from transactions.imports import services as imports
from transactions.models import BankAccount, Transaction
from transactions.plain_money import decimals_of, plain_amount
from transactions.slices import CustomerRef, Slice

TODAY = date(2026, 6, 21)
# currency, amount as stored, in plain digits, on a page (en), the average of it and two such
TABLE = [
    ("EUR", "-1234.5", "-1234.50", "−€1,234.50"),
    ("EUR", "-0.0125", "-0.0125", "−€0.0125"),
    ("JPY", "-1500", "-1500", "−¥1,500"),
    ("JPY", "-1500.5", "-1500.5", "−¥1,500.5"),
    ("ISK", "-98000", "-98000", "−ISK\u00a098,000"),
    ("KRW", "-1", "-1", "−₩1"),
    ("KWD", "-1.25", "-1.250", "−KWD\u00a01.250"),
    ("BHD", "-0.005", "-0.005", "−BHD\u00a00.005"),
    ("TND", "-10", "-10.000", "−TND\u00a010.000"),
    ("IQD", "-2.5", "-2.500", "−IQD\u00a02.500"),
    ("CLF", "-1.5", "-1.5000", "−CLF\u00a01.5000"),
    ("RSD", "-1234.5", "-1234.50", "−RSD\u00a01,234.50"),
]


@pytest.fixture
def cleo(north: str) -> Customer:
    BankProfile.objects.update_or_create(
        pk=1, defaults={"name": "North", "currency": "EUR", "business_day": TODAY, "locale": "en"}
    )
    return factories.make_customer(with_sign_in=True)


@pytest.mark.parametrize(
    ("currency", "decimals"),
    [("JPY", 0), ("KRW", 0), ("ISK", 0), ("CLP", 0), ("EUR", 2), ("HUF", 2), ("RSD", 2), ("IQD", 3),
     ("KWD", 3), ("BHD", 3), ("OMR", 3), ("TND", 3), ("JOD", 3), ("CLF", 4)],
)  # fmt: skip
def test_decimals_are_those_banks_book_with(currency: str, decimals: int) -> None:
    assert decimals_of(currency) == decimals


@pytest.mark.parametrize(("currency", "amount", "plain", "shown"), TABLE)
def test_an_amount_has_its_currencys_decimals_everywhere(
    cleo: Customer, north_client: Client, currency: str, amount: str, plain: str, shown: str
) -> None:
    account = make_account(customer=cleo, currency=currency)
    make_transactions(
        account, [{"booked_on": date(2026, 6, 2), "amount": amount, "category": "groceries"}]
    )
    stored = Transaction.objects.get().amount
    assert plain_amount(stored, currency) == plain
    assert formats.money(stored, currency) == shown
    ref = CustomerRef(cleo.pk, cleo.public_id)
    june = Slice(currency, ref, date(2026, 6, 1), date(2026, 7, 1))
    assert figure(june, "moved").value == Decimal(plain)
    north_client.force_login(cleo.user)
    page = north_client.get("/transactions/?metric=moved").content.decode()
    assert shown in page
    api = north_client.get("/api/v1/transactions?metric=moved").json()
    assert (api["items"][0]["amount"], api["sum"]) == (plain, plain)
    sent = b"".join(north_client.get("/transactions/export.csv").streaming_content)  # type: ignore[attr-defined]
    (row,) = csv.DictReader(io.StringIO(sent.decode("utf-8-sig")))
    assert (row["amount"], row["currency"]) == (plain, currency)


@pytest.mark.parametrize(
    ("currency", "amounts", "average"),
    [("JPY", ("-10", "-11"), "11"), ("KWD", ("-0.001", "-0.002"), "0.002"), ("EUR", ("-0.01", "-0.02"), "0.02")],
)  # fmt: skip
def test_an_average_is_rounded_to_the_currencys_decimals(
    cleo: Customer, currency: str, amounts: tuple[str, ...], average: str
) -> None:
    account = make_account(customer=cleo, currency=currency)
    make_transactions(
        account,
        [{"booked_on": date(2026, 6, 2), "amount": a, "category": "groceries"} for a in amounts],
    )
    june = Slice(currency, CustomerRef(cleo.pk, cleo.public_id), date(2026, 6, 1), date(2026, 7, 1))
    assert str(figure(june, "average_transaction").value) == average


@pytest.mark.parametrize(
    ("currency", "text", "amounts"),
    [
        ("JPY", "Date,Description,Amount\n2026-05-01,Market,-1250\n2026-05-02,Salary,150000\n",
         ["-1250", "150000"]),
        ("KWD", "Date,Description,Amount\n2026-05-01,Market,-1.250\n2026-05-02,Salary,1500.005\n",
         ["-1.25", "1500.005"]),
    ],
)  # fmt: skip
def test_a_file_of_such_a_currency_comes_in_as_it_says(
    cleo: Customer, currency: str, text: str, amounts: list[str]
) -> None:
    account = make_account(customer=cleo, currency=currency)
    batch = imports.receive(
        stream=io.BytesIO(text.encode()),
        name="may.csv",
        customer=cleo,
        account=account,
        limit=10**6,
    )
    batch = imports.plan(batch)
    imports.commit(batch, plan_hash=batch.plan_hash, user=cleo.user)
    found = Transaction.objects.filter(account=account).order_by("booked_on")
    assert [row.amount for row in found] == [Decimal(a) for a in amounts]


@pytest.mark.parametrize(
    ("text", "locale", "amount"),
    [
        ("1250", "en", "1250"), ("1,250", "en", "1250"), ("1,250", "de", "1.25"), ("1.250", "de", "1250"),
        ("1.250", "en", "1.25"), ("1.250,75", "en", "1250.75"), ("1,250.75", "de", "1250.75"),
        ("12,5", "en", "12.5"), ("-0,005", "de", "-0.005"), ("−3.50", "en", "-3.5"), ("1,234,567", "en", "1234567"),
    ],
)  # fmt: skip
def test_a_typed_amount_is_read_as_people_there_write_it(
    text: str, locale: str, amount: str
) -> None:
    assert typed_amount(text, locale) == Decimal(amount)


@pytest.mark.parametrize("text", ["", "12.34567", "1e5", "much", "12.3.4,5"])
def test_what_is_no_amount_is_told(text: str) -> None:
    with pytest.raises(AmountError):
        typed_amount(text, "en")


def test_a_balance_in_yen_is_typed_kept_and_shown_without_decimals(
    cleo: Customer, north_client: Client
) -> None:
    account: BankAccount = make_account(customer=cleo, currency="JPY")
    north_client.force_login(cleo.user)
    where = f"/bank-accounts/{account.public_id}/"
    answer = north_client.post(f"{where}balance/", {"day": "2026-06-01", "amount": "120,000"})
    assert answer.status_code == 302
    assert "¥120,000<" in north_client.get(where).content.decode()
