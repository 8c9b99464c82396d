"""The pages of regular payments: what they show, whose they are, and a person's word without JavaScript."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.audit.models import AuditEntry
from accounts.customers.models import Customer
from accounts.models import Role
from analytics.regulars import search
from analytics.regulars.models import RegularPayment
from tests import factories
from tests.config.ledger_case import TODAY, make_cleo, page
from transactions.ids import encode_one
from transactions.models import BankAccount, Transaction

URL = "/regulars/"


def monthly(name: str, amounts: list[str], day: int) -> list[dict[str, object]]:
    """One payment a month, the last in June 2026."""
    rows: list[dict[str, object]] = []
    for back, amount in enumerate(reversed(amounts)):
        number = 2026 * 12 + 5 - back
        rows.append(
            {"amount": amount, "booked_on": date(number // 12, number % 12 + 1, day),
             "clean_text": name, "counterparty": name}
        )  # fmt: skip
    return rows


@pytest.fixture
def cleo(north: str) -> Customer:
    return make_cleo()


@pytest.fixture
def account(cleo: Customer) -> BankAccount:
    made = factories.make_account(customer=cleo, name="Everyday")
    rows = [
        *monthly("Streamline", ["-12.99"] * 6 + ["-14.99"] * 2, 18),
        *monthly("Harbour Works", ["2400"] * 8, 1),
        *monthly("Cloudbox", ["-2.99"] * 3, 10),
    ]
    factories.make_transactions(made, rows)
    search.search_customers([cleo.pk], through=TODAY)
    return made


@pytest.fixture
def client(north_client: Client, cleo: Customer) -> Client:
    assert cleo.user
    north_client.force_login(cleo.user)
    return north_client


def row(name: str) -> RegularPayment:
    return RegularPayment.objects.get(name=name)


def test_without_any_the_page_says_how_one_comes_to_be(client: Client) -> None:
    assert "No regular payment found yet" in page(client, URL)[1]


def test_sums_of_what_is_due_lead_to_their_payments(client: Client, account: BankAccount) -> None:
    found, body = page(client, URL)
    sums = {f.metric: f for f in found.figures if f.metric.startswith("regulars_due")}
    assert Decimal(sums["regulars_due_out"].value) == Decimal("17.98")
    assert Decimal(sums["regulars_due_in"].value) == Decimal("2400")
    for figure in sums.values():
        behind, text = page(client, figure.trace)
        assert any(f.value == figure.value for f in behind.figures)
        amounts = crawl_amounts(text)
        assert abs(sum(amounts)) == Decimal(figure.value)
    assert not found.bare and not found.untraced
    assert "Changed prices" in body and "−€24.00" in body and 'class="strip"' in body


def crawl_amounts(body: str) -> list[Decimal]:
    """The amounts of the list of a page of what is due."""
    part = body[body.index('<ul class="flows') : body.index("</ul>")]
    texts = [bit.split("</span>")[0] for bit in part.split("data-cell>")[1:]]
    return [
        Decimal(t.replace("€", "").replace("−", "-").replace("+", "").replace(",", ""))
        for t in texts
    ]


def test_one_payment_shows_the_lines_it_is_made_of(client: Client, account: BankAccount) -> None:
    found, body = page(client, f"{URL}{row('Streamline').public_id}/")
    assert body.count('data-label="Expected"') == 8
    assert "You know better?" in body and not found.bare
    line = Transaction.objects.filter(counterparty="Streamline").first()
    assert line and f"/transactions/{encode_one(line.pk)}/" in body
    assert (
        "It belongs to a regular payment"
        in page(client, f"/transactions/{encode_one(line.pk)}/")[1]
    )


@pytest.mark.parametrize("word", ["confirmed", "rejected", "removed"])
def test_a_word_is_kept_and_recorded(client: Client, account: BankAccount, word: str) -> None:
    one = row("Streamline")
    response = client.post(
        f"{URL}{one.public_id}/word/", {"word": word, "version": one.version, "next": URL}
    )
    assert (response.status_code, response.headers["Location"]) == (302, URL)
    one.refresh_from_db()
    assert one.word == word
    assert AuditEntry.objects.filter(act="regular.said", customer_id=one.customer_id).count() == 1
    body = page(client, URL)[1]
    assert ("Not regular, you said" in body) == (word == "rejected")
    if word == "removed":
        page(client, f"{URL}{one.public_id}/", status=404)


def test_a_word_on_an_older_version_is_refused(client: Client, account: BankAccount) -> None:
    one = row("Streamline")
    response = client.post(f"{URL}{one.public_id}/word/", {"word": "confirmed", "version": 9})
    assert response.status_code == 409 and "changed meanwhile" in response.content.decode()
    response = client.post(f"{URL}{one.public_id}/word/", {"word": "perhaps", "version": 1})
    assert response.status_code == 400


def test_a_correction_is_kept_and_bad_input_is_told(client: Client, account: BankAccount) -> None:
    one = row("Cloudbox")
    address = f"{URL}{one.public_id}/correct/"
    given = {"name": "Cloud", "amount": "3.49", "cadence": "quarterly", "next_on": "2026-08-10"}
    response = client.post(address, given | {"amount": "much", "next_on": "soon"})
    body = response.content.decode()
    assert response.status_code == 400
    assert "This is no amount" in body and "Write the day as in" in body
    for amount, day in (
        ("-3", "2026-08-10"),
        ("0", "2026-08-10"),
        ("3", "2020-01-01"),
        ("3", "2099-01-01"),
    ):
        assert client.post(address, given | {"amount": amount, "next_on": day}).status_code == 400
    assert client.post(address, given | {"version": one.version}).status_code == 302
    body = page(client, f"{URL}{one.public_id}/")[1]
    assert "<h1>Cloud</h1>" in body and "every 3 months" in body and "€3.49" in body


def test_one_is_made_from_a_line(client: Client, account: BankAccount) -> None:
    line = factories.make_transaction(
        account=account,
        amount="-50",
        booked_on=date(2026, 6, 3),
        clean_text="Choir",
        counterparty="Choir",
    )
    address = f"{URL}new/{encode_one(line.pk)}/"
    assert 'value="2026-07-03"' in page(client, address)[1]
    response = client.post(address, {"cadence": "monthly", "next_on": "2026-07-03"})
    assert response.status_code == 302
    assert "Choir" in page(client, response.headers["Location"])[1]
    assert client.post(address, {"cadence": "monthly", "next_on": "2026-07-03"}).status_code == 302
    assert RegularPayment.objects.filter(name="Choir").count() == 1
    assert AuditEntry.objects.filter(act="regular.made").count() == 1


def test_staff_read_under_a_purpose_and_change_nothing(
    north_client: Client, account: BankAccount, cleo: Customer
) -> None:
    analyst = factories.make_person(role=Role.ANALYST)
    north_client.force_login(analyst)
    address = f"{URL}?customer={cleo.public_id}"
    assert north_client.get(address).status_code in (302, 403)
    factories.make_grant(staff=analyst, customer=cleo)
    body = page(north_client, address)[1]
    assert "Streamline" in body and "Not regular" not in body
    one = row("Streamline")
    one_address = f"{URL}{one.public_id}/?customer={cleo.public_id}"
    assert "You know better?" not in page(north_client, one_address)[1]
    for act in ("word", "correct"):
        assert north_client.post(f"{URL}{one.public_id}/{act}/", {}).status_code == 403


def test_another_customers_are_as_missing_as_none(
    north_client: Client, account: BankAccount
) -> None:
    other = factories.make_customer(with_sign_in=True)
    assert other.user
    north_client.force_login(other.user)
    one = row("Streamline")
    assert north_client.get(f"{URL}{one.public_id}/").status_code == 404
    assert north_client.post(f"{URL}{one.public_id}/word/", {"word": "removed"}).status_code == 404
    assert north_client.get(f"{URL}due/?direction=out&currency=EUR").status_code == 404
    assert "Streamline" not in page(north_client, URL)[1]


def test_the_list_takes_as_many_queries_for_many(
    client: Client, account: BankAccount, cleo: Customer
) -> None:
    client.get(URL)
    with CaptureQueriesContext(connection) as few:
        client.get(URL)
    for n in range(6):
        name = "Club " + "abcdef"[n]
        factories.make_transactions(account, monthly(name, ["-8"] * 6, 3 + n))
    search.search_customers([cleo.pk], through=TODAY)
    with CaptureQueriesContext(connection) as many:
        assert "Club f" in client.get(URL).content.decode()
    assert len(many) == len(few) <= 20


def test_the_api_lists_them_and_takes_a_word(client: Client, account: BankAccount) -> None:
    items = client.get("/api/v1/regulars").json()["items"]
    found = {item["name"]: item for item in items}
    one = found["Streamline"]
    assert (one["amount"], one["next_on"], one["state"]) == ("-14.99", "2026-07-18", "found")
    assert one["price_change"] == {
        "before": "-12.99", "after": "-14.99", "since": "2026-05-18", "yearly": "-24.00",
    }  # fmt: skip
    address = f"/api/v1/regulars/{one['id']}"
    told = client.patch(
        address, {"state": "not_regular", "version": 1}, content_type="application/json"
    )
    assert told.status_code == 200 and told.json()["state"] == "not_regular"
    stale = client.patch(
        address, {"state": "confirmed", "version": 1}, content_type="application/json"
    )
    assert stale.status_code == 412
    bad = client.patch(address, {"state": "perhaps"}, content_type="application/json")
    assert bad.status_code == 400
    assert (
        client.patch("/api/v1/regulars/none", {}, content_type="application/json").status_code
        == 404
    )
