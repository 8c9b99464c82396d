"""Naming merchants: for oneself, on all rows, joined, taken back; the bank's own; the filter."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from accounts.audit.models import AuditEntry
from accounts.customers.models import Customer
from tests.factories import category, make_account, make_customer, make_transactions
from transactions.categories.categorise import Categoriser
from transactions.ids import encode_one
from transactions.merchants import queries, services
from transactions.models import Merchant, MerchantAlias, Transaction

LINES = ("TESCO STORES 3297", "TESCO EXPRESS 12", "STARBUCKS #4455 TORONTO ON", "TESCO STORES 1111")


@pytest.fixture
def cleo(north: Any) -> Customer:
    return make_customer(with_sign_in=True)


def lines(customer: Customer, *texts: str) -> list[Transaction]:
    account = make_account(customer=customer)
    rows = [
        {
            "amount": "-10",
            "raw_text": text,
            "clean_text": text.title(),
            "booked_on": date(2026, 6, 1),
        }
        for text in texts
    ]
    make_transactions(account, rows)
    return list(Transaction.objects.filter(account=account).order_by("id"))


def names(customer: Customer) -> list[str]:
    named = queries.named(customer.pk, LINES)
    return [named[text].name for text in LINES]


def test_a_name_stands_on_all_its_lines_and_is_taken_back(cleo: Customer) -> None:
    before = names(cleo)
    services.name_merchant(customer=cleo, key="tesco", name="  The big   shop ")
    assert names(cleo) == ["The big shop", before[1], before[2], "The big shop"]
    assert services.forget_name(customer=cleo, key="tesco")
    assert names(cleo) == before
    assert not services.forget_name(customer=cleo, key="tesco")
    acts = AuditEntry.objects.filter(act__startswith="merchant.").values_list("act", flat=True)
    assert sorted(acts) == ["merchant.named", "merchant.unnamed"]


def test_the_name_of_another_shop_joins_the_two(cleo: Customer) -> None:
    services.name_merchant(customer=cleo, key="tesco express", name="Tesco")
    assert queries.keys_with(cleo.pk, "tesco") == {"tesco", "tesco express"}
    assert names(cleo)[:2] == ["Tesco", "Tesco"]
    # Named again, they keep together.
    services.name_merchant(customer=cleo, key="tesco", name="Groceries place")
    assert names(cleo)[:2] == ["Groceries place"] * 2
    assert Merchant.objects.filter(customer=cleo).count() == 1


def test_one_persons_names_are_nobody_elses(cleo: Customer) -> None:
    other = make_customer()
    services.name_merchant(customer=cleo, key="tesco", name="Mine")
    assert names(other)[0] == "Tesco"
    services.name_merchant(customer=other, key="tesco", name="Theirs")
    assert names(cleo)[0] == "Mine"


def test_the_bank_names_for_everyone_below_a_persons_own(cleo: Customer) -> None:
    bank = Merchant.objects.create(name="Tesco plc", category=category("supermarket"))
    services.set_keys(bank, {"tesco", "tesco express"})
    assert names(cleo)[:2] == ["Tesco plc"] * 2
    # What the bank calls the same keeps together under a person's own name.
    services.name_merchant(customer=cleo, key="tesco", name="My shop")
    assert names(cleo)[:2] == ["My shop"] * 2
    services.set_keys(bank, {"tesco"})
    assert set(bank.aliases.values_list("key", flat=True)) == {"tesco"}


def test_the_banks_category_stands_below_the_source_and_above_keywords(north: Any) -> None:
    bank = Merchant.objects.create(name="Corner", category=category("coffee"))
    services.set_keys(bank, {"shell oil"})
    categoriser = Categoriser(merchants=queries.codes_by_key())
    text = "SHELL OIL 57444 SAN JOSE CA"
    assert categoriser.decide(text, "", -1).code == "coffee"
    assert categoriser.decide(text, "Travel", -1).code == "travel"
    assert categoriser.decide(text, "", 1).code is None


@pytest.mark.parametrize("name", ["", "   ", "x" * 81])
def test_a_name_that_cannot_be_is_refused(cleo: Customer, name: str) -> None:
    with pytest.raises(services.NameRefused):
        services.name_merchant(customer=cleo, key="tesco", name=name)
    assert not MerchantAlias.objects.exists()


def test_the_filter_takes_exactly_the_lines_of_a_merchant(cleo: Customer) -> None:
    lines(cleo, *LINES, "TESCOTT 1", "Market")
    ref = queries.merchant_ref(cleo.pk, "tesco")
    assert set(ref.texts) == {LINES[0], LINES[3]}
    services.name_merchant(customer=cleo, key="tesco express", name="Tesco")
    joined = queries.merchant_ref(cleo.pk, "tesco")
    assert set(joined.texts) == {LINES[0], LINES[1], LINES[3]}
    assert joined.name == "Tesco"
    assert queries.merchant_ref(cleo.pk, "nowhere").texts == ()


def test_the_list_and_its_sums_keep_to_the_merchant(cleo: Customer, north_client: Client) -> None:
    rows = lines(cleo, *LINES)
    client = north_client
    client.force_login(cleo.user)  # type: ignore[arg-type]
    page = client.get("/transactions/?merchant=tesco").content.decode()
    assert page.count('class="tx choosable"') == 2
    assert "metric=expenses" in page
    assert "merchant=tesco" in page
    assert client.get(f"/transactions/?merchant={'x' * 81}").status_code == 400
    assert sum((row.amount for row in rows), Decimal(0)) == Decimal(-40)


def test_a_person_names_a_shop_on_the_page_of_a_line(cleo: Customer, north_client: Client) -> None:
    rows = lines(cleo, *LINES)
    client = north_client
    client.force_login(cleo.user)  # type: ignore[arg-type]
    url = f"/transactions/{encode_one(rows[0].pk)}/"
    answer = client.post(f"{url}merchant/", {"name": "Weekly shop"}, follow=True)
    text = answer.content.decode()
    assert "All its payments are called “Weekly shop” now." in text
    assert "Take my name back" in text
    assert client.get("/transactions/").content.decode().count("Weekly shop") >= 2
    refused = client.post(f"{url}merchant/", {"name": ""}, follow=True).content.decode()
    assert "Write the name that these payments shall have." in refused
    client.post(f"{url}merchant/", {"act": "forget"})
    assert "Weekly shop" not in client.get(url).content.decode()


def test_another_customers_line_is_as_missing_as_nothing(
    cleo: Customer, north_client: Client
) -> None:
    (row, *_) = lines(make_customer(), "TESCO STORES 3297")
    client = north_client
    client.force_login(cleo.user)  # type: ignore[arg-type]
    url = f"/transactions/{encode_one(row.pk)}/merchant/"
    assert client.post(url, {"name": "Mine"}).status_code == 404
    assert not Merchant.objects.exists()
