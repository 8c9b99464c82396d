"""A customer with a few lines of June 2026, and how a page of theirs is read."""

import re
from datetime import date

from django.test import Client

from accounts.customers.models import BankProfile, Customer
from tests import factories
from tests.sweep import crawl
from transactions.ids import encode_one
from transactions.models import BankAccount, Transaction

TODAY = date(2026, 6, 21)
URL = "/transactions/"
JUNE = f"{URL}?period=2026-06"
LINES = (
    ("3000", "wages", date(2026, 6, 1), "Harbour Works", "posted"),
    ("-900", "rent", date(2026, 6, 3), "Oak Street", "posted"),
    ("-40", "supermarket", date(2026, 6, 3), "Corner Shop", "posted"),
    ("15", "supermarket", date(2026, 6, 9), "Refund", "posted"),
    ("-500", "own_transfer", date(2026, 6, 10), "Moved", "posted"),
    ("-8", None, date(2026, 6, 12), "Who knows", "posted"),
    ("-6", "coffee", date(2026, 6, 20), "Blue Door", "pending"),
    ("-30", "fuel", date(2026, 5, 30), "Fuel Point", "posted"),
)


def make_cleo() -> Customer:
    """Cleo, in a bank whose day is TODAY."""
    BankProfile.objects.filter(pk=1).update(business_day=TODAY, currency="EUR", locale="en")
    return factories.make_customer(with_sign_in=True, full_name="Cleo Customer")


def fill(customer: Customer) -> BankAccount:
    made = factories.make_account(customer=customer, name="Everyday")
    rows = [
        {"amount": amount, "category": code, "booked_on": day, "clean_text": text, "status": status}
        for amount, code, day, text, status in LINES
    ]
    factories.make_transactions(made, rows)
    return made


def page(client: Client, url: str = JUNE, status: int = 200) -> tuple[crawl.Page, str]:
    response = client.get(url)
    assert response.status_code == status, (url, response.status_code)
    body = response.content.decode()
    return crawl.read(body), body


def shown(body: str) -> list[str]:
    """Names of the lines, in the page's order."""
    return re.findall(r'<div class="name"><a [^>]*>([^<]*)</a>', body)


def sums(found: crawl.Page) -> dict[str, str]:
    named: dict[str, str] = {}
    for figure in found.figures:
        named.setdefault(figure.metric, figure.value)
    return named


def line(text: str) -> Transaction:
    return Transaction.objects.get(clean_text=text)


def id_of(text: str) -> str:
    return encode_one(line(text).pk)
