"""The page of a line that has everything: each card once, in order, and few questions to the database."""

import re
from typing import Any

from django.test import Client

from tests.conftest import HOSTS, NORTH
from tests.query_count import counted
from tests.transactions.rows.test_rows_undo_of_everything import FILE, held, row
from tests.transactions.test_import_commit import committed
from transactions import ids, ledger
from transactions.models import AccountHolder
from transactions.rows import notes, tags

__all__ = ["held"]
CARDS = ["Category", "Shop or payee", "Tags and note", "Split", "Money came back", "Does it come again?",
         "Where it counts"]  # fmt: skip


def test_each_card_stands_once_and_in_order(held: Any) -> None:
    from accounts.jobs import services as jobs
    from tests import factories

    account, _savings = held
    customer = AccountHolder.objects.get(account=account).customer
    committed(account, FILE)
    jobs.run_due(limit=20)
    bought = row("BOUGHT")
    ledger.recategorise([bought], category=factories.category("gifts"))
    tags.put(tags.named(customer, "Trip"), [bought])
    notes.write([bought], customer, "for Ann")
    client = Client(HTTP_HOST=HOSTS[NORTH])
    assert customer.user
    client.force_login(customer.user)
    address = f"/transactions/{ids.encode_one(bought.pk)}/"
    client.get(address)
    with counted() as queries:
        page = client.get(address).content.decode()
    heads = re.findall(r'<h2 id="[^"]+">([^<]+)</h2>', page)
    assert heads[: len(CARDS)] == CARDS and set(heads[len(CARDS) :]) <= {"Keys"}
    assert len(re.findall(r'id="category"', page)) == 1
    names = re.findall(r'\sid="([^"]+)"', page)
    assert len(names) == len(set(names))
    # Who asks, and where, is asked for every page.
    always = (
        "banks_domain",
        "customers_bankprofile",
        "django_session",
        "accounts_user",
        "customers_customer",
    )
    own = [sql for sql in queries if not re.search(rf'from "({"|".join(always)})"', sql, re.I)]
    assert len(own) <= 12, own


def test_the_list_has_three_ways_beside_it(held: Any) -> None:
    account, _savings = held
    customer = AccountHolder.objects.get(account=account).customer
    client = Client(HTTP_HOST=HOSTS[NORTH])
    assert customer.user
    client.force_login(customer.user)
    page = client.get("/transactions/").content.decode()
    head = page.split("<h1>Transactions</h1>")[1].split("<form")[0]
    assert head.count('class="btn"') == 3
    for way in ("pairs", "duplicates", "tags", "filters"):
        assert head.count(f'href="/transactions/{way}/"') == 1
