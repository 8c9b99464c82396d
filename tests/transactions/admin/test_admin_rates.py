"""Exchange rates in the admin: by hand, by file, all or nothing; and the bank's own currency."""

import html

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from accounts.customers.models import BankProfile
from accounts.models import User
from tests.factories import make_account, make_rate, make_transaction
from tests.seen import seen
from transactions.models import ExchangeRate


@pytest.fixture
def client(ada: User, north_client: Client) -> Client:
    north_client.force_login(ada)
    return north_client


def load(client: Client, text: str, **more: str) -> str:
    file = SimpleUploadedFile("rates.csv", text.encode(), content_type="text/csv")
    url = reverse("admin:transactions_exchangerate_load")
    answer = client.post(url, {"file": file, **more}, follow=True)
    return html.unescape(answer.content.decode())


def test_a_file_is_stored_whole_or_not_at_all(client: Client) -> None:
    assert "2 new rates, 0 the same" in load(client, "Date,USD,JPY,\n2026-11-03,1.0854,162.35,\n")
    assert "isn't a day" in load(client, "Date,USD,\n2026-11-04,1.09,\nyesterday,1.1,\n")
    assert ExchangeRate.objects.count() == 2
    other = "Date,USD,\n2026-11-03,1.2,\n"
    assert "differ from those stored" in load(client, other)
    assert "1 replaced" in load(client, other, replace="on")
    assert load(client, "\udcff".encode("utf-16", "surrogatepass").decode("latin-1")).count(
        "first line"
    )


def test_a_rate_by_hand_is_checked(client: Client) -> None:
    url = reverse("admin:transactions_exchangerate_add")
    good = {"base": "usd", "quote": "EUR", "day": "2026-11-03", "rate": "0.9213", "source": "desk"}
    for field, value, said in (
        ("quote", "USD", "no rate to itself"),
        ("rate", "0", "above zero"),
        ("base", "QQQ", "three letters"),
    ):
        page = html.unescape(client.post(url, good | {field: value}).content.decode())
        assert said in page
    assert client.post(url, good).status_code == 302
    rate = ExchangeRate.objects.get()
    assert (rate.base, rate.source) == ("USD", "desk")
    assert "already exists" in client.post(url, good).content.decode()


def test_the_list_shows_source_and_day(client: Client) -> None:
    make_rate("EUR", "USD", "2026-11-03", "1.0854")  # type: ignore[arg-type]
    page = client.get(reverse("admin:transactions_exchangerate_changelist")).content.decode()
    assert "1.0854" in page and "ECB" in page and "Bring in a file" in page


def settings(client: Client, currency: str) -> str:
    url = reverse("admin:customers_bankprofile_change", args=[1])
    profile = BankProfile.objects.get()
    form = {
        "name": profile.name, "country": profile.country, "time_zone": profile.time_zone,
        "currency": currency, "locale": profile.locale, "brand": "", "k": profile.k,
        "business_day": "", "heads_to": "",
    }  # fmt: skip
    answer = client.post(url, form | seen(client, url))
    return html.unescape(answer.content.decode()) if answer.status_code == 200 else ""


def test_the_banks_currency_stays_while_its_ledger_holds_lines_in_it(client: Client) -> None:
    line = make_transaction(account=make_account(currency="EUR"))
    said = settings(client, "USD")
    assert "The ledger holds payments in EUR" in said
    assert BankProfile.objects.get().currency == "EUR"
    assert settings(client, "EUR") == "" and line.pk


def test_a_bank_without_lines_in_its_currency_may_change_it(client: Client) -> None:
    make_transaction(account=make_account(currency="USD"))
    assert settings(client, "USD") == ""
    assert BankProfile.objects.get().currency == "USD"
