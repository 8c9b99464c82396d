"""The list of a customer's transactions, its sums, and the same filter as a file."""

import csv
import io
import re
from datetime import date, timedelta

import pytest
from django.test import Client

from accounts.customers.models import Customer
from tests import factories
from tests.config.ledger_case import JUNE, URL, fill, id_of, make_cleo, page, shown, sums
from tests.query_count import counted
from transactions.ids import encode_one
from transactions.models import BankAccount, Transaction


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
    assert said in body[body.index('id="results"') :] and not shown(body)


def test_older_pages_hold_every_line_once(client: Client, customer: Customer) -> None:
    made = factories.make_account(customer=customer)
    days = [date(2026, 1, 1) + timedelta(days=n % 40) for n in range(120)]
    factories.make_transactions(made, [{"amount": "-1", "booked_on": day} for day in days])
    seen: list[str] = []
    url = URL
    while url:
        _, body = page(client, url)
        seen += re.findall(r'<div class="tx[^"]*" id="t([0-9a-f]{32})"', body)
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
    # One more where a balance stands beside each line, which takes an account alone; and a line's own page
    # asks for all that hangs on it.
    assert max(seen) <= 12, seen
    assert seen[: len(urls)] == seen[len(urls) :]


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
        "date": "2026-06-03", "value_date": "", "amount": "-900.00", "currency": "EUR",
        "text": "Oak Street", "counterparty": "", "reference": "", "category": "Housing",
        "subcategory": "Rent", "category_from": "source", "status": "posted",
        "account": "Everyday ··4821", "text_as_received": "Oak Street", "tags": "", "note": "",
        "part_of": "", "id": id_of("Oak Street"),
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
    assert row["account"].startswith("'=") and row["amount"] == "-5.00"


def test_a_file_of_a_filter_that_cannot_be_read_is_none(
    client: Client, account: BankAccount
) -> None:
    assert client.get(f"{URL}export.csv?period=never").status_code == 400
