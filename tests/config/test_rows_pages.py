"""The pages of work on rows: split, tags, notes, bulk changes, saved filters, duplicates, history."""

from datetime import date
from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client

from accounts.customers.models import Customer
from accounts.models import Role
from tests import factories
from tests.config.ledger_case import JUNE, URL, fill, id_of, line, make_cleo, page, shown
from tests.config.test_ledger import download
from tests.query_count import counted
from transactions.audit import audit_ledger
from transactions.ids import encode_one
from transactions.models import BalanceStatement, BankAccount, Note, SavedFilter, Tag, Transaction
from transactions.rows import splits, tags
from transactions.rows.notes import mark_of


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


def post(client: Client, url: str, status: int = 302, **fields: Any) -> str:
    response = client.post(url, fields)
    assert response.status_code == status, response.content.decode()[:2000]
    return response.content.decode()


def key(code: str) -> str:
    return str(factories.category(code).public_id)


def test_a_payment_is_split_by_a_form_that_grows_and_joined_again(
    client: Client, account: BankAccount
) -> None:
    url = f"{URL}{id_of('Corner Shop')}/split/"
    body = page(client, url)[1]
    assert body.count('name="amount"') == 2
    cells = {"amount": ["30,50", "9.50"], "category": [key("supermarket"), key("rent")]}
    more = post(client, url, 200, act="add", text=["", "Shelf"], **cells)
    assert more.count('name="amount"') == 3 and 'value="30,50"' in more
    wrong = post(client, url, 400, act="split", text=["", ""], **(cells | {"amount": ["30", "9"]}))
    assert "left over" in wrong and 'value="30"' in wrong
    bad = post(client, url, 400, act="split", text=["", ""], **(cells | {"amount": ["x", "9"]}))
    assert "isn&#x27;t an amount" in bad
    post(client, url, act="split", version="1", text=["", "Shelf"], **cells)
    whole = Transaction.objects.get(is_split=True)
    assert [p.amount for p in splits.parts_of(whole)] == [-30.5, -9.5]
    _, listed = page(client)
    assert shown(listed).count("Shelf") == 1 and "part of a payment" in listed
    _, detail = page(client, f"{URL}{encode_one(whole.pk)}/")
    assert "Its parts" in detail and "split it into 2 parts" in detail
    part = splits.parts_of(whole)[1]
    assert "A part of a payment" in page(client, f"{URL}{encode_one(part.pk)}/")[1]
    said = client.get(f"/api/v1/transactions/{encode_one(whole.pk)}").json()
    assert len(said["part_ids"]) == 2
    assert audit_ledger() == []
    post(client, url, act="join", version=str(whole.version))
    assert not Transaction.objects.filter(is_split=True).exists()
    assert audit_ledger() == []


def test_tags_and_notes_on_a_line_filter_find_and_go_into_the_file(
    client: Client, account: BankAccount
) -> None:
    one = f"{URL}{id_of('Corner Shop')}/"
    post(client, f"{one}tags/", name=" Holiday ")
    post(client, f"{one}note/", note="for the <party>")
    tag = Tag.objects.get()
    assert tag.name == "Holiday"
    _, body = page(client, f"{URL}?tag={tag.public_id}")
    assert shown(body) == ["Corner Shop"] and "Holiday" in body and "&lt;party&gt;" in body
    for words in ("holiday", "party", '"the <party>"'):
        assert shown(page(client, f"{URL}?q={quote(words)}")[1]) == ["Corner Shop"], words
    rows = {r["text"]: r for r in download(client, f"{URL}export.csv")}
    assert (rows["Corner Shop"]["tags"], rows["Corner Shop"]["note"]) == (
        "Holiday", "for the <party>",
    )  # fmt: skip
    item = client.get(f"/api/v1/transactions?tag={tag.public_id}").json()["items"][0]
    assert (item["tags"], item["note"]) == (["Holiday"], "for the <party>")
    body = page(client, one)[1]
    assert "put the tag “Holiday” on it" in body and "wrote a note" in body
    post(client, f"{one}tags/", take=str(tag.public_id))
    post(client, f"{one}note/", note="")
    assert page(client, f"{URL}?tag={tag.public_id}")[1].count('class="tx') == 0
    foreign = tags.named(factories.make_customer(), "Theirs")
    assert "There is no tag" in page(client, f"{URL}?tag={foreign.public_id}", status=400)[1]


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ("corner shop", ["Corner Shop"]),
        ("CÓRNER", ["Corner Shop"]),
        ("shop corner", ["Corner Shop"]),
        ('"shop corner"', []),
        ("point -door", ["Fuel Point"]),
        ("o -corner -point -oak -works -who -door -moved", []),
        ("40", ["Corner Shop"]),
        ("40.00", ["Corner Shop"]),
        ("-40,00", ["Corner Shop"]),
        ("3,000", ["Harbour Works"]),
        ("-", None),
        ('"', None),
        ("(*[\\", []),
        ("\\", []),
        ("%", []),
    ],
)
def test_the_search(
    client: Client, account: BankAccount, words: str, names: list[str] | None
) -> None:
    _, body = page(client, f"{URL}?q={quote(words)}")
    if names is not None:
        assert shown(body) == names


def test_accents_meet_plain_letters(client: Client, customer: Customer) -> None:
    made = factories.make_account(customer=customer)
    factories.make_transaction(account=made, clean_text="Café Łódź Straße", raw_text="x")
    for words in ("cafe", "lodz", "STRASSE", "straße", "CAFÉ lódz"):
        assert shown(page(client, f"{URL}?q={quote(words)}")[1]) == ["Café Łódź Straße"], words


def test_many_lines_are_changed_at_once(client: Client, account: BankAccount) -> None:
    rows = [line("Corner Shop"), line("Oak Street")]
    ticked = [f"{encode_one(r.pk)}:{r.version}" for r in rows]
    url = f"{URL}bulk/"
    post(client, url, row=ticked, action="category", category=key("fuel"))
    assert {line(r.clean_text).category.code for r in rows} == {"fuel"}  # type: ignore[union-attr]
    answer = client.post(url, {"row": ticked, "action": "tag", "tag": "Trip"}, follow=True)
    assert "left as they are: " in answer.content.decode()
    fitting = {"all": "1", "query": "period=2026-06", "fitting": "6"}
    post(client, url, action="tag", tag="June", **fitting)
    assert Tag.objects.get(name="June").placed.count() == 6
    answer = client.post(
        url, {"action": "untag", "tag": "June", **fitting, "fitting": "5"}, follow=True
    )
    assert "6 lines fit now, not 5" in answer.content.decode()
    for fields in ({}, {"action": "tag", "tag": "x"}, {"row": "zz:1", "action": "note"}):
        assert client.post(url, fields).status_code == 302
    assert audit_ledger() == []


def test_lines_of_others_are_as_missing_as_none(client: Client, account: BankAccount) -> None:
    theirs = factories.make_transaction(raw_text="Somebody's secret", amount="-9.00")
    for action in ("note", "tag", "category"):
        said = []
        for public_id in (encode_one(theirs.pk), encode_one(theirs.pk + 10_000)):
            fields = {"row": f"{public_id}:1", "action": action, "note": "x", "tag": "Trip"}
            fields["category"] = key("fuel")
            said.append(client.post(f"{URL}bulk/", fields, follow=True).content.decode())
        assert "secret" not in said[0] and "No line is ticked" in said[0]
        assert [text.count("No line is ticked") for text in said] == [1, 1]
    # Beside an own one it changes nothing and is not counted.
    mine = line("Corner Shop")
    both = [f"{encode_one(theirs.pk)}:1", f"{encode_one(mine.pk)}:{mine.version}"]
    fields = {"row": both, "action": "note", "note": "mine"}
    page = client.post(f"{URL}bulk/", fields, follow=True).content.decode()
    assert "1 line is changed" in page and "secret" not in page and "left as" not in page


def test_a_note_changed_in_another_window_is_not_lost(client: Client, account: BankAccount) -> None:
    mine = line("Corner Shop")
    url = f"{URL}{encode_one(mine.pk)}/note/"
    shown = mark_of("")
    client.post(url, {"note": "first", "seen": shown})
    page = client.post(url, {"note": "second", "seen": shown}, follow=True).content.decode()
    assert "changed meanwhile" in page and "second" in page
    assert Note.objects.get(transaction=mine).text == "first"
    client.post(url, {"note": "third", "seen": mark_of("first")})
    assert Note.objects.get(transaction=mine).text == "third"


def test_filters_are_saved_opened_renamed_and_removed(
    client: Client, account: BankAccount, customer: Customer
) -> None:
    url = f"{URL}filters/"
    post(client, url, act="save", name="Food", query="q=shop&cursor=x&evil=1", next=JUNE)
    saved = SavedFilter.objects.get()
    assert saved.query == "q=shop"
    assert 'href="?q=shop">Food' in page(client, URL)[1]
    post(client, url, act="rename", name="Shops", filter=str(saved.public_id))
    assert "Shops" in page(client, url)[1]
    answer = client.post(url, {"act": "save", "name": "x", "query": ""}, follow=True)
    assert "Nothing is filtered" in answer.content.decode()
    post(client, url, act="remove", filter=str(saved.public_id))
    assert not SavedFilter.objects.exists()
    post(client, url, act="remove", filter="nonsense")


def test_tags_are_managed(client: Client, account: BankAccount) -> None:
    url = f"{URL}tags/"
    for fields in ({"act": "add", "name": "A"}, {"act": "add", "name": "B"}, {"act": "add"}):
        post(client, url, **fields)
    one = Tag.objects.get(name="A")
    answer = client.post(
        url, {"act": "rename", "name": "b", "tag": str(one.public_id)}, follow=True
    )
    assert "already" in answer.content.decode()
    post(client, url, act="rename", name="C", tag=str(one.public_id))
    post(client, url, act="remove", tag=str(one.public_id))
    assert [t.name for t in Tag.objects.all()] == ["B"]


def test_the_balance_after_each_line(client: Client, account: BankAccount) -> None:
    _, body = page(client, URL)
    assert "no file or statement says" in body
    BalanceStatement.objects.create(
        account=account, day=date(2026, 6, 5), amount="2000", source="bank"
    )
    _, body = page(client, URL)
    assert "counted from the statement of" in body
    # 2000 on 5 June, +15, −500, −8; before it −40, −900, +3000.
    for after in (
        "€1,507.00",
        "€1,515.00",
        "€2,015.00",
        "€2,000.00",
        "€2,040.00",
        "€2,940.00",
        "-€60.00",
    ):
        assert after in body.replace("−", "-"), after
    assert "balance after it" not in page(client, f"{URL}?q=shop")[1]
    with counted() as queries:
        page(client, URL)
    assert len(queries) <= 12


def test_pending_lines_stand_apart_at_the_top(client: Client, account: BankAccount) -> None:
    factories.make_transaction(
        account=account, booked_on=date(2020, 1, 1), clean_text="Long ago", status="pending"
    )
    rows = [{"amount": "-1", "booked_on": date(2026, 6, 2)}] * 60
    factories.make_transactions(account, rows)
    assert shown(page(client, URL)[1])[:2] == ["Blue Door", "Long ago"]


def test_staff_read_and_change_nothing(
    north_client: Client, account: BankAccount, customer: Customer
) -> None:
    tags.put(tags.named(customer, "Trip"), [line("Corner Shop")])
    ada = factories.make_person(role=Role.ANALYST)

    north_client.force_login(ada)
    named = f"?customer={customer.public_id}"
    one = f"{URL}{id_of('Corner Shop')}/"
    for url in (f"{one}tags/", f"{one}note/", f"{one}split/", f"{one}put-back/", f"{URL}bulk/",
                f"{URL}tags/", f"{URL}filters/", f"{URL}duplicates/"):  # fmt: skip
        assert north_client.post(url + named).status_code == 403, url


def test_duplicates_page(client: Client, account: BankAccount) -> None:
    assert "Nothing is here twice" in page(client, f"{URL}duplicates/")[1]
    from tests.transactions.rows.test_rows_undo import twice

    first, second = twice(account)
    _, body = page(client, f"{URL}duplicates/")
    assert "Both are real" in body
    pair = {"first": encode_one(first.pk), "second": encode_one(second.pk)}
    post(
        client,
        f"{URL}duplicates/",
        act="keep-second",
        first_version="1",
        second_version="1",
        **pair,
    )
    first.refresh_from_db()
    assert first.status == "merged"
    detail = f"{URL}{pair['second']}/"
    assert "Came twice" in page(client, detail)[1]
    assert client.get(f"{URL}{pair['first']}/").status_code == 404
    post(client, f"{detail}put-back/", apart=pair["first"])
    first.refresh_from_db()
    assert first.status == "posted" and audit_ledger() == []


def test_a_choice_is_put_back_from_the_history(client: Client, account: BankAccount) -> None:
    one = f"{URL}{id_of('Corner Shop')}/"
    post(client, f"{one}category/", category=key("rent"))
    _, body = page(client, one)
    assert "Put the earlier category back" in body and "<b>You</b>" in body
    change = body.split('name="change" value="')[1].split('"')[0]
    post(client, f"{one}put-back/", change=change)
    assert line("Corner Shop").category == factories.category("supermarket")
    assert "put the earlier category back" in page(client, one)[1]
