"""A customer's transactions: the list and its sums, categories in place, one line, the file."""

import csv
import io
import re
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client

from accounts.customers.models import BankProfile, Customer
from accounts.models import Role
from tests import factories
from tests.query_count import counted
from tests.sweep import crawl
from transactions import ledger as books
from transactions.ids import encode_one
from transactions.models import BankAccount, ImportBatch, MonthTotal, Transaction

TODAY = date(2026, 6, 21)
URL = "/transactions/"
JUNE = f"{URL}?period=2026-06"


@pytest.fixture
def customer(north: str) -> Customer:
    BankProfile.objects.filter(pk=1).update(business_day=TODAY, currency="EUR", locale="en")
    return factories.make_customer(with_sign_in=True, full_name="Cleo Customer")


@pytest.fixture
def client(north_client: Client, customer: Customer) -> Client:
    north_client.force_login(customer.user)  # type: ignore[arg-type]
    return north_client


@pytest.fixture
def account(customer: Customer) -> BankAccount:
    made = factories.make_account(customer=customer, name="Everyday")
    factories.make_transactions(
        made,
        [
            {"amount": "3000", "category": "wages", "booked_on": date(2026, 6, 1), "clean_text": "Harbour Works"},
            {"amount": "-900", "category": "rent", "booked_on": date(2026, 6, 3), "clean_text": "Oak Street"},
            {"amount": "-40", "category": "supermarket", "booked_on": date(2026, 6, 3),
             "clean_text": "Corner Shop"},
            {"amount": "15", "category": "supermarket", "booked_on": date(2026, 6, 9), "clean_text": "Refund"},
            {"amount": "-500", "category": "own_transfer", "booked_on": date(2026, 6, 10), "clean_text": "Moved"},
            {"amount": "-8", "booked_on": date(2026, 6, 12), "clean_text": "Who knows"},
            {"amount": "-6", "category": "coffee", "booked_on": date(2026, 6, 20), "clean_text": "Blue Door",
             "status": "pending"},
            {"amount": "-30", "category": "fuel", "booked_on": date(2026, 5, 30), "clean_text": "Fuel Point"},
        ],
    )  # fmt: skip
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


# -- the list ------------------------------------------------------------------------------------


def test_lines_newest_first_with_the_sums_of_the_filter(
    client: Client, account: BankAccount
) -> None:
    found, body = page(client)
    assert shown(body) == [
        "Blue Door", "Who knows", "Moved", "Refund", "Corner Shop", "Oak Street", "Harbour Works",
    ]  # fmt: skip
    of = sums(found)
    assert (of["count"], of["income"], of["expenses"]) == ("6", "3000.0000", "933.0000")
    assert (of["net"], of["money_in"], of["money_out"]) == ("2067.0000", "3015.0000", "1448.0000")
    assert "Transfers are not counted" in body
    assert not found.bare and not found.untraced


def test_pending_lines_stand_apart_and_are_in_no_sum(client: Client, account: BankAccount) -> None:
    _, body = page(client)
    assert body.index("Pending: not posted yet") < body.index("Blue Door") < body.index('id="rows"')
    found, body = page(client, f"{JUNE}&status=pending")
    assert shown(body) == ["Blue Door"] and not found.figures
    assert "never summed" in body


def test_each_day_has_its_figure(client: Client, account: BankAccount) -> None:
    found, body = page(client)
    days = {
        re.search(r"start_date=([0-9-]+)&end_date=\1", f.trace).group(1): f.value  # type: ignore[union-attr]
        for f in found.figures
        if f.metric == "net" and re.search(r"start_date=([0-9-]+)&end_date=\1", f.trace)
    }
    assert days == {
        "2026-06-12": "-8.0000", "2026-06-10": "0", "2026-06-09": "15.0000",
        "2026-06-03": "-940.0000", "2026-06-01": "3000.0000",
    }  # fmt: skip
    assert "Wednesday 3 June 2026" in body


def test_a_figure_opens_exactly_the_rows_it_promised(client: Client, account: BankAccount) -> None:
    promised = next(
        f for f in page(client, "/overview/")[0].figures
        if f.metric == "expenses" and "start_date=2026-06-01" in f.trace
    )  # fmt: skip
    found, body = page(client, promised.trace)
    assert sums(found)["expenses"] == promised.value == "933.0000"
    assert sums(found)["expense_count"] == "4"
    assert shown(body) == ["Who knows", "Refund", "Corner Shop", "Oak Street"]
    assert "Exactly the rows that this figure is the sum of." in body
    assert "Behind: Expenses" in body
    # The same promise kept by every metric that rows can stand behind.
    for metric in ("income", "money_in", "money_out", "count"):
        found, body = page(client, f"{JUNE}&metric={metric}")
        amounts = [r.amount for r in Transaction.objects.filter(clean_text__in=shown(body))]
        total = len(amounts) if metric == "count" else abs(sum(amounts))
        assert abs(float(sums(found)[metric])) == float(total), metric


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("q=corner", ["Corner Shop"]),
        ("start_date=2026-06-10&end_date=2026-06-12", ["Who knows", "Moved"]),
        ("period=2026-05", ["Fuel Point"]),
        ("period=2026-06&categories=none", ["Who knows"]),
        ("period=2026-06&status=posted&q=o", ["Who knows", "Moved", "Corner Shop", "Oak Street",
                                              "Harbour Works"]),
        ("q=nothing+like+this", []),
    ],
)  # fmt: skip
def test_filters(client: Client, account: BankAccount, query: str, names: list[str]) -> None:
    _, body = page(client, f"{URL}?{query}")
    assert shown(body) == names
    assert names or "No payment fits" in body


def test_a_first_level_takes_what_lies_below_it(client: Client, account: BankAccount) -> None:
    groceries, market = (
        factories.category(code).public_id for code in ("groceries", "supermarket")
    )
    first_level = shown(page(client, f"{JUNE}&categories={groceries}")[1])
    assert (
        first_level
        == shown(page(client, f"{JUNE}&categories={market}")[1])
        == ["Refund", "Corner Shop"]
    )


def test_chips_name_the_filter_and_lead_out_of_it(client: Client, account: BankAccount) -> None:
    url = f"{JUNE}&account={account.public_id}&q=corner&metric=expenses"
    _, body = page(client, url)
    chips = re.findall(r'<a class="chip" href="([^"]*)">([^<]*)', body)
    assert [name for _, name in chips] == [
        "June 2026",
        "Everyday ··4821",
        "“corner”",
        "Behind: Expenses",
    ]
    for address, name in chips:
        rest = address.replace("&amp;", "&")
        assert len(re.findall('class="chip"', page(client, URL + rest)[1])) == 3, name
    # Days that are a month are that month, so that the list of periods can show it.
    _, body = page(client, f"{URL}?start_date=2026-05-01&end_date=2026-05-31")
    assert '<option value="2026-05" selected>May 2026</option>' in body


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("metric=savings_rate", "There are no rows behind"),
        ("status=lost", "Choose posted or pending"),
        ("start_date=2026-02-31", "isn&#x27;t a day"),
        ("period=2026-13", "There is no such period"),
        ("cursor=abc", "This page mark isn&#x27;t from here"),
        ("month_start=40", "must be a whole number from 1 to 28"),
        ("q=" + "x" * 101, "at most 100 characters"),
    ],
)
def test_what_cannot_be_read_is_said(
    client: Client, account: BankAccount, query: str, said: str
) -> None:
    _, body = page(client, f"{URL}?{query}", status=400)
    assert said in body and not shown(body)


def test_older_pages_hold_every_line_once(client: Client, customer: Customer) -> None:
    made = factories.make_account(customer=customer)
    days = [date(2026, 1, 1) + timedelta(days=n % 40) for n in range(120)]
    factories.make_transactions(made, [{"amount": "-1", "booked_on": day} for day in days])
    seen: list[str] = []
    url = URL
    while url:
        _, body = page(client, url)
        seen += re.findall(r'<div class="tx" id="t([0-9a-f]{32})"', body)
        older = re.search(r'<a href="([^"]*)" rel="next"', body)
        url = URL + older.group(1).replace("&amp;", "&") if older else ""
    assert len(seen) == len(set(seen)) == 120
    rows = Transaction.objects.order_by("-booked_on", "-id").values_list("id", flat=True)
    assert seen == [encode_one(pk) for pk in rows]
    assert "Back to the newest" in body


def test_empty(client: Client, customer: Customer) -> None:
    assert "No payments yet" in page(client, URL)[1]


def test_text_of_a_bank_is_only_text(client: Client, customer: Customer) -> None:
    made = factories.make_account(customer=customer)
    bad = '<script>alert("x")</script>'
    row = factories.make_transaction(account=made, clean_text=bad, raw_text=bad)
    for url in (URL, f"{URL}{encode_one(row.pk)}/", f"{URL}?q=%3Cscript%3E"):
        assert "<script>alert" not in page(client, url)[1]


def test_at_most_twelve_queries_and_the_same_at_ten_times_the_rows(
    client: Client, customer: Customer, account: BankAccount
) -> None:
    category = factories.category("groceries").public_id
    urls = [URL, JUNE, f"{JUNE}&metric=expenses", f"{URL}?q=o", f"{URL}?account={account.public_id}"
            f"&categories={category}", f"{URL}{id_of('Corner Shop')}/"]  # fmt: skip
    seen = []
    for _ in range(2):
        for url in urls:
            with counted() as queries:
                page(client, url)
            seen.append(len(queries))
        rows = [{"amount": "-1", "category": "coffee", "booked_on": date(2026, 6, 4)}] * 80
        factories.make_transactions(account, rows)
    assert max(seen) <= 12, seen
    assert seen[: len(urls)] == seen[len(urls) :]


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
    assert MonthTotal.objects.get(account=account, category_id=row.category_id).money_out == -508
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
    assert "A file is being brought into this account now." in response.content.decode()


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


# -- the file ------------------------------------------------------------------------------------


def download(client: Client, url: str) -> list[dict[str, str]]:
    response = client.get(url)
    assert response.status_code == 200 and response["Content-Type"].startswith("text/csv")
    text = b"".join(response).decode("utf-8-sig")  # type: ignore[arg-type]
    return list(csv.DictReader(io.StringIO(text)))


def test_the_file_holds_the_lines_of_the_filter(client: Client, account: BankAccount) -> None:
    rows = download(client, f"{URL}export.csv?period=2026-06")
    assert [r["text"] for r in rows] == [
        "Blue Door", "Who knows", "Moved", "Refund", "Corner Shop", "Oak Street", "Harbour Works",
    ]  # fmt: skip
    assert rows[5] | {} == {
        "date": "2026-06-03", "value_date": "", "amount": "-900.0000", "currency": "EUR",
        "text": "Oak Street", "counterparty": "", "reference": "", "category": "Housing",
        "subcategory": "Rent", "category_from": "source", "status": "posted",
        "account": "Everyday ··4821", "text_as_received": "Oak Street", "id": id_of("Oak Street"),
    }  # fmt: skip
    spent = download(client, f"{URL}export.csv?period=2026-06&metric=expenses")
    assert sum(float(r["amount"]) for r in spent) == -933


@pytest.mark.parametrize("text", ["=cmd|'/C calc'!A0", "+1", "-1+1", "@SUM(A1)", "\tx", "\rx"])
def test_what_looks_like_a_formula_is_made_harmless(
    client: Client, customer: Customer, text: str
) -> None:
    made = factories.make_account(customer=customer, name="=Account")
    factories.make_transaction(account=made, amount="-5", clean_text=text, raw_text=text)
    (row,) = download(client, f"{URL}export.csv")
    assert row["text"] == f"'{text}" and row["text_as_received"] == f"'{text}"
    assert row["account"].startswith("'=") and row["amount"] == "-5.0000"


def test_a_file_of_a_filter_that_cannot_be_read_is_none(
    client: Client, account: BankAccount
) -> None:
    assert client.get(f"{URL}export.csv?period=never").status_code == 400
