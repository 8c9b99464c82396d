"""What the tests of a customer's overview share: a filled account, the page read, its words."""

import re
from datetime import date, timedelta
from typing import Any

from django.test import Client
from django.utils import timezone

from accounts.customers.models import Customer
from analytics.nights.models import Run
from tests import factories
from tests.sweep import crawl

TODAY = date(2026, 6, 21)
URL = "/overview/"


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
