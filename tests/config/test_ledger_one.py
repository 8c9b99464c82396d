"""One line: its category in place, its own page, and what staff may see of it."""

import re
from datetime import date
from typing import Any

import pytest
from django.test import Client

from accounts.customers.models import Customer
from accounts.models import Role
from tests import factories
from tests.config.ledger_case import JUNE, URL, fill, id_of, line, make_cleo, page, shown, sums
from tests.sweep import crawl
from transactions import ledger as books
from transactions.ids import encode_one
from transactions.models import BankAccount, ImportBatch, MonthTotal


@pytest.fixture
def customer(north: str) -> Customer:
    return make_cleo()


@pytest.fixture
def client(north_client: Client, customer: Customer) -> Client:
    north_client.force_login(customer.user)  # type: ignore[arg-type]
    return north_client


@pytest.fixture
def account(customer: Customer) -> BankAccount:
    return fill(customer)


# -- categories ----------------------------------------------------------------------------------


def choose(client: Client, text: str, code: str | None, *, htmx: bool = True, **more: Any) -> Any:
    row = line(text)
    key = str(factories.category(code).public_id) if code else "none"
    headers = {}
    if htmx:
        headers = {"HX-Request": "true", "HX-Current-URL": f"http://north.test{JUNE}"}
    fields = {"category": key, "version": str(row.version), "next": JUNE} | more
    return client.post(f"{URL}{encode_one(row.pk)}/category/", fields, headers=headers)


def test_a_category_chosen_in_the_row_moves_the_sums_beside_it(
    client: Client, account: BankAccount
) -> None:
    response = choose(client, "Who knows", "own_transfer")
    body = response.content.decode()
    assert response.status_code == 200
    found = crawl.read(body)
    assert sums(found)["expenses"] == "925.0000", "the sum line comes with the row"
    assert 'id="sums" hx-swap-oob="true"' in body and 'id="d2026-06-12" hx-swap-oob="true"' in body
    row = line("Who knows")
    assert (row.category_origin, row.confidence) == ("person", 100)
    assert row.category == factories.category("own_transfer")
    moved = MonthTotal.objects.get(account=account, category_id=row.category_id or 0)
    assert moved.money_out == -508
    choose(client, "Who knows", None)
    assert line("Who knows").category is None


def test_without_javascript_it_leads_back(client: Client, account: BankAccount) -> None:
    response = choose(client, "Who knows", "coffee", htmx=False)
    assert response.status_code == 302 and response["Location"] == JUNE
    assert "The category is changed." in page(client)[1]
    away = choose(client, "Who knows", "rent", htmx=False, next="https://elsewhere.example/")
    assert away["Location"] == URL


def test_a_line_changed_meanwhile_is_not_overwritten(client: Client, account: BankAccount) -> None:
    before = line("Corner Shop")
    response = choose(client, "Corner Shop", "coffee", version=str(before.version + 1))
    assert response.status_code == 409
    assert "This line was changed meanwhile." in response.content.decode()
    assert line("Corner Shop").category == before.category
    response = choose(client, "Corner Shop", "coffee", version="99", htmx=False)
    assert response.status_code == 302 and "changed meanwhile" in page(client)[1]


def test_an_account_being_written_is_said(
    client: Client, account: BankAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*args: Any, **kwargs: Any) -> None:
        raise books.AccountBusy("busy")

    monkeypatch.setattr(books, "recategorise", busy)
    response = choose(client, "Corner Shop", "coffee")
    assert response.status_code == 409
    assert "This account is being written now, by a file or by rules." in response.content.decode()


@pytest.mark.parametrize("key", ["", "x", "00000000-0000-0000-0000-000000000001"])
def test_an_unknown_category_changes_nothing(
    client: Client, account: BankAccount, key: str
) -> None:
    before = line("Corner Shop").category
    response = choose(client, "Corner Shop", None, category=key)
    assert response.status_code == 400
    assert "There is no such category." in response.content.decode()
    assert line("Corner Shop").category == before


def test_a_category_of_somebody_else_is_as_unknown(client: Client, account: BankAccount) -> None:
    other = factories.make_customer()
    parent = factories.category("dining")
    theirs = factories.make_category(name="Theirs", customer=other, parent=parent)
    mine = factories.make_category(
        name="Mine", customer=account.holders.get().customer, parent=parent
    )
    assert choose(client, "Corner Shop", None, category=str(theirs.public_id)).status_code == 400
    assert choose(client, "Corner Shop", None, category=str(mine.public_id)).status_code == 200
    assert line("Corner Shop").category == mine


# -- one line ------------------------------------------------------------------------------------


def test_one_line_says_where_it_comes_from_and_where_it_counts(
    client: Client, customer: Customer, account: BankAccount
) -> None:
    batch = ImportBatch.objects.create(customer=customer, account=account, source="demo")
    row = factories.make_transaction(
        account=account, amount="-20", category="coffee", booked_on=date(2026, 6, 5), batch_id=batch.pk,
        raw_text="KARTE 4821 BLUE DOOR EUR 20,00", clean_text="Blue Door Café",
    )  # fmt: skip
    found, body = page(client, f"{URL}{encode_one(row.pk)}/")
    assert "KARTE 4821 BLUE DOOR EUR 20,00" in body and "It came so from the bank." in body
    assert [f.value for f in found.figures] == ["953.0000", "20.0000"]
    assert "Dining, June 2026" in body
    assert "demo" in body[body.index("Came in with") :]
    assert not found.bare and not found.untraced


def test_what_does_not_count_says_so(client: Client, account: BankAccount) -> None:
    assert "neither income nor spending" in page(client, f"{URL}{id_of('Moved')}/")[1]
    assert "in no sum until it is posted" in page(client, f"{URL}{id_of('Blue Door')}/")[1]


def test_on_its_own_page_the_card_is_changed_in_place(client: Client, account: BankAccount) -> None:
    row = line("Corner Shop")
    response = client.post(
        f"{URL}{encode_one(row.pk)}/category/",
        {"category": str(factories.category("coffee").public_id), "version": str(row.version)},
        headers={
            "HX-Request": "true",
            "HX-Current-URL": f"http://north.test{URL}{encode_one(row.pk)}/",
        },
    )
    body = response.content.decode()
    assert body.lstrip().startswith('<section class="card" id="category"')
    assert "Coffee and bakery" in body and "You chose it." in body


def test_lines_of_others_are_missing_in_every_way(client: Client, account: BankAccount) -> None:
    foreign = encode_one(factories.make_transaction().pk)
    for key in (foreign, "0" * 32, "x", "f" * 33):
        assert client.get(f"{URL}{key}/").status_code == 404
        assert client.post(f"{URL}{key}/category/", {"category": "none"}).status_code == 404
    assert client.get(f"{URL}{id_of('Moved')}/category/").status_code == 405


# -- staff ---------------------------------------------------------------------------------------


def test_staff_read_under_a_purpose_and_change_nothing(
    client: Client, customer: Customer, account: BankAccount
) -> None:
    analyst = factories.make_person(role=Role.ANALYST)
    client.force_login(analyst)
    named = f"customer={customer.public_id}"
    assert client.get(URL)["Location"] == "/staff/customers/"
    assert "/open/" in client.get(f"{URL}?{named}")["Location"]
    factories.make_grant(staff=analyst, customer=customer)
    found, body = page(client, f"{JUNE}&{named}")
    assert "Corner Shop" in shown(body) and "hx-post" not in body
    assert all(named in f.trace for f in found.figures)
    links = [link for link in found.links if link.startswith((URL, "?"))]
    assert len(links) > 8 and all(named in link for link in links), links
    detail = next(link for link in links if re.search("[0-9a-f]{32}", link))
    assert page(client, detail)[1].count("<select") == 0
    assert choose(client, "Corner Shop", "coffee").status_code == 403
    assert b"".join(client.get(f"{URL}export.csv?{named}")).count(b"Corner Shop") > 0  # type: ignore[arg-type]
