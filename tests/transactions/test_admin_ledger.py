"""The ledger in the admin: changed through its services alone, shown under a purpose."""

import csv
import io
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from accounts.customers.models import AccessGrant, AccessRecord, Customer
from accounts.models import Role, User
from analytics.budgets.models import Budget
from tests.factories import (
    add_holder,
    category,
    make_account,
    make_budget,
    make_category,
    make_customer,
    make_grant,
    make_person,
    make_transaction,
    make_transactions,
)
from tests.query_count import counted
from transactions import ids
from transactions.audit import audit_ledger
from transactions.categories.merging import MergeRefused, merge_category
from transactions.models import (
    AccountHolder,
    BalanceStatement,
    BankAccount,
    Category,
    ImportBatch,
    ImportProfile,
    MonthTotal,
    Transaction,
)

LIST = "/admin/transactions/transaction/"


@pytest.fixture
def ada(north: str) -> User:
    return make_person(email="ada@example.com", role=Role.ADMIN)


@pytest.fixture
def client(north_client: Client, ada: User) -> Client:
    north_client.force_login(ada)
    return north_client


@pytest.fixture
def opened(ada: User) -> Customer:
    """A customer whom Ada has opened."""
    customer = make_customer()
    make_grant(staff=ada, customer=customer)
    return customer


def text(response: Any) -> str:
    return str(response.content.decode())


def change(name: str, key: int) -> str:
    return reverse(f"admin:transactions_{name}_change", args=[key])


# -- lists ---------------------------------------------------------------------------------------


def test_the_list_shows_texts_of_opened_customers_only(client: Client, opened: Customer) -> None:
    mine = make_transaction(
        account=make_account(customer=opened, name="Holiday pot"),
        amount="-17.35",
        raw_text="Toy shop",
    )
    other = make_transaction(amount="-98.76", raw_text="Secret shop")
    page = text(client.get(LIST))
    assert "Toy shop" in page and "-17.35" in page
    assert "Secret shop" not in page and "98.76" not in page and "Holiday pot" not in page
    assert ids.encode_one(mine.pk) in page and ids.encode_one(other.pk) in page
    looks = AccessRecord.objects.filter(what="admin: list of Transaction")
    assert [look.grant.customer_id for look in looks] == [opened.pk]


def test_the_list_costs_the_same_at_ten_times_the_rows(client: Client, opened: Customer) -> None:
    def cost() -> int:
        with counted() as queries:
            assert client.get(LIST).status_code == 200
        return len(queries)

    for _ in range(2):
        make_transaction(account=make_account(customer=opened))
    few = cost()
    for _ in range(20):
        make_transaction(account=make_account())
    assert cost() == few <= 12


def test_the_list_is_searched_by_id_and_owner(client: Client, opened: Customer) -> None:
    row = make_transaction(account=make_account(customer=opened), raw_text="Alpha")
    other = make_transaction(raw_text="Beta")
    found = text(client.get(LIST, {"q": ids.encode_one(row.pk)}))
    assert "1 transaction" in found and ids.encode_one(other.pk) not in found
    assert ids.encode_one(row.pk) in text(client.get(LIST, {"q": opened.reference}))
    assert "0 transactions" in text(client.get(LIST, {"q": "Alpha"}))


def test_a_persons_own_category_is_shown_as_the_banks(client: Client) -> None:
    account = make_account()
    owner = account.holders.get().customer
    own = make_category(name="Surprise for Ida", customer=owner, parent=category("gifts"))
    make_transaction(account=account, category=own)
    page = text(client.get(LIST))
    assert "Surprise for Ida" not in page and "Gifts" in page
    assert "Surprise for Ida" not in text(client.get("/admin/transactions/category/?q=Ida"))


# -- one line ------------------------------------------------------------------------------------


def test_only_the_category_changes_and_totals_follow(client: Client, opened: Customer) -> None:
    row = make_transaction(
        account=make_account(customer=opened), category="groceries", amount="-12.00"
    )
    rent = category("rent")
    url = change("transaction", row.pk)
    assert 'name="amount"' not in text(client.get(url))
    sent = {"category": rent.pk, "seen_version": 1, "amount": "999", "raw_text": "forged"}
    assert client.post(url, sent).status_code == 302
    row.refresh_from_db()
    assert (row.category_id, row.category_origin, row.amount) == (rent.pk, "person", Decimal("-12"))
    assert row.raw_text != "forged"
    assert MonthTotal.objects.get(category_id=rent.pk, n=1).money_out == Decimal("-12")
    assert not audit_ledger()


def test_a_line_that_changed_meanwhile_is_not_written(client: Client, opened: Customer) -> None:
    row = make_transaction(account=make_account(customer=opened), category="groceries")
    url = change("transaction", row.pk)
    client.post(url, {"category": category("rent").pk, "seen_version": 1})
    answer = client.post(url, {"category": category("fuel").pk, "seen_version": 1}, follow=True)
    assert "This payment was changed meanwhile" in text(answer)
    row.refresh_from_db()
    assert row.category == category("rent")


def test_a_strangers_own_category_is_no_choice(client: Client, opened: Customer) -> None:
    row = make_transaction(account=make_account(customer=opened))
    own = make_category(customer=make_customer(), parent=category("gifts"))
    answer = client.post(change("transaction", row.pk), {"category": own.pk, "seen_version": 1})
    assert answer.status_code == 200 and "Select a valid choice" in text(answer)


def test_a_line_is_neither_added_nor_deleted_nor_seen_without_purpose(client: Client) -> None:
    row = make_transaction()
    assert client.get(f"{LIST}add/").status_code == 403
    for page in ("change", "delete", "history"):
        answer = client.post(
            f"{LIST}{row.pk}/{page}/", {"post": "yes", "category": "", "seen_version": 1}
        )
        assert answer.status_code == 302 and "/open/" in answer["Location"]
    client.post(LIST, {"action": "delete_selected", "_selected_action": row.pk, "post": "yes"})
    assert Transaction.objects.filter(pk=row.pk, version=1).exists()
    AccessGrant.objects.all().delete()


# -- accounts ------------------------------------------------------------------------------------


def holders(rows: list[dict[str, Any]], initial: int = 0) -> dict[str, Any]:
    form: dict[str, Any] = {
        "holders-TOTAL_FORMS": len(rows), "holders-INITIAL_FORMS": initial,
        "holders-MIN_NUM_FORMS": 1, "holders-MAX_NUM_FORMS": 1000,
    }  # fmt: skip
    for n, row in enumerate(rows):
        form |= {f"holders-{n}-{name}": value for name, value in row.items()}
    return form


def account_form(**fields: Any) -> dict[str, Any]:
    return {
        "name": "Everyday",
        "kind": "current",
        "currency": "eur",
        "masked_number": "··4821",
    } | fields


def test_an_account_is_added_with_one_owner(client: Client, opened: Customer) -> None:
    url = reverse("admin:transactions_bankaccount_add")
    second = make_customer()
    two = [{"customer": c.pk, "role": "owner"} for c in (opened, second)]
    assert "exactly one owner" in text(client.post(url, account_form() | holders(two)))
    assert "exactly one owner" in text(client.post(url, account_form() | holders([])))
    two[1]["role"] = "user"
    assert client.post(url, account_form() | holders(two)).status_code == 302
    account = BankAccount.objects.get()
    assert account.currency == "EUR"
    assert {h.customer_id: h.role for h in account.holders.all()} == {
        opened.pk: "owner",
        second.pk: "user",
    }


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("currency", "ABC", "A currency is three letters"),
        ("masked_number", "DE12 3456 7890", "Only the last four digits are kept"),
    ],
)
def test_a_bad_account_is_refused(
    client: Client, opened: Customer, field: str, value: str, sentence: str
) -> None:
    url = reverse("admin:transactions_bankaccount_add")
    rows = holders([{"customer": opened.pk, "role": "owner"}])
    assert sentence in text(client.post(url, account_form(**{field: value}) | rows))
    assert not BankAccount.objects.exists()


def test_the_owner_changes_in_one_step_the_currency_never(client: Client, opened: Customer) -> None:
    account = make_account(customer=opened)
    first = account.holders.get()
    second = add_holder(account, make_customer())
    rows = holders(
        [
            {
                "id": second.pk,
                "account": account.pk,
                "customer": second.customer_id,
                "role": "owner",
            },
            {"id": first.pk, "account": account.pk, "customer": first.customer_id, "role": "user"},
        ],
        initial=2,
    )
    url = change("bankaccount", account.pk)
    assert client.post(url, account_form(currency="USD", name="New name") | rows).status_code == 302
    account.refresh_from_db()
    assert (account.name, account.currency) == ("New name", "EUR")
    owner = account.holders.get(role=AccountHolder.Role.OWNER)
    assert owner.pk == second.pk


def test_a_balance_is_stated_once_a_day(client: Client, opened: Customer) -> None:
    account = make_account(customer=opened)
    url = reverse("admin:transactions_balancestatement_add")
    form = {"account": account.pk, "day": "2026-06-01", "amount": "120.50"}
    assert client.post(url, form).status_code == 302
    assert BalanceStatement.objects.get().source == "admin"
    assert "is there already" in text(client.post(url, form))
    stranger = make_account()
    assert "Select a valid choice" in text(client.post(url, form | {"account": stranger.pk}))


# -- categories ----------------------------------------------------------------------------------


def category_form(**fields: Any) -> dict[str, Any]:
    return {"name": "Bees", "parent": "", "kind": "expense", "pfc": "", "position": 3} | fields


def test_a_category_gets_a_code_and_its_parents_kind(client: Client) -> None:
    url = reverse("admin:transactions_category_add")
    assert client.post(url, category_form()).status_code == 302
    assert client.post(url, category_form()).status_code == 302
    bees = list(Category.objects.filter(name="Bees").order_by("id"))
    assert [c.code for c in bees] == ["bees", "bees_2"]
    form = category_form(name="Honey", parent=category("salary").pk, kind="")
    assert client.post(url, form).status_code == 302
    honey = Category.objects.get(name="Honey")
    assert honey.kind == "income"
    nested = client.post(url, category_form(name="Third", parent=honey.pk))
    assert "Select a valid choice" in text(nested)
    missing = client.post(url, category_form(name="Kindless", kind=""))
    assert "Say whether it is income" in text(missing)


def test_a_category_in_use_is_not_deleted_and_not_put_below_another(client: Client) -> None:
    groceries = category("groceries")
    assert client.post(f"/admin/transactions/category/{groceries.pk}/delete/").status_code == 403
    form = category_form(name="Groceries", parent=category("dining").pk)
    answer = client.post(change("category", groceries.pk), form)
    assert "there are two levels only" in text(answer)


def test_categories_are_hidden_and_shown(client: Client) -> None:
    url = reverse("admin:transactions_category_changelist")
    pets = category("pets")
    for action, hidden in (("hide", True), ("show", False)):
        client.post(url, {"action": action, "_selected_action": [pets.pk]})
        assert category("pets").is_hidden is hidden


def test_a_merge_moves_lines_edits_budgets_and_what_comes_later(client: Client) -> None:
    account = make_account()
    owner = account.holders.get().customer
    source, into = category("coffee"), category("restaurants")
    make_transactions(account, [{"amount": "-3.00", "category": "coffee"}] * 3)
    make_transactions(account, [{"amount": "-30.00", "category": "restaurants"}])
    own = make_category(customer=owner, parent=source)
    june, july = date(2026, 6, 1), date(2026, 7, 1)
    for month, of in ((june, source), (june, into), (july, source)):
        make_budget(customer=owner, category=of, month=month, amount="10.00")

    url = reverse("admin:transactions_category_merge", args=[source.pk])
    assert "Restaurants" in text(client.get(url))
    answer = client.post(url, {"into": into.pk}, follow=True)
    assert "3 lines moved" in text(answer)

    assert Transaction.objects.filter(category=into).count() == 4
    total = MonthTotal.objects.get(account=account, category_id=into.pk)
    assert (total.n, total.money_out) == (4, Decimal("-39"))
    assert not audit_ledger()
    assert {(b.month, b.category_id, b.amount) for b in Budget.objects.all()} == {
        (june, into.pk, Decimal(20)), (july, into.pk, Decimal(10)),
    }  # fmt: skip
    own.refresh_from_db(), source.refresh_from_db()
    assert own.parent_id == into.pk
    assert source.is_hidden and source.merged_into_id == into.pk
    assert Category.objects.ids_by_code()["coffee"] == into.pk
    assert client.post(url, {"into": into.pk}).status_code == 403


@pytest.mark.parametrize(
    ("source", "into", "sentence"),
    [
        ("coffee", "coffee", "into itself"),
        ("coffee", "salary", "of one kind"),
        ("dining", "coffee", "one below it"),
        ("dining", "fuel", "has categories below it"),
    ],
)
def test_a_merge_that_would_change_what_figures_mean_is_refused(
    north: str, source: str, into: str, sentence: str
) -> None:
    with pytest.raises(MergeRefused, match=sentence):
        merge_category(source=category(source), into=category(into))
    assert not category(source).is_hidden


def test_merged_twice_the_first_code_leads_to_the_end(north: str) -> None:
    merge_category(source=category("bars"), into=category("coffee"))
    merge_category(source=category("coffee"), into=category("restaurants"))
    by_code = Category.objects.ids_by_code()
    assert by_code["bars"] == by_code["coffee"] == category("restaurants").pk


# -- saved mappings ------------------------------------------------------------------------------


def test_a_mapping_that_reads_nothing_is_refused(client: Client) -> None:
    url = reverse("admin:transactions_importprofile_add")
    layout = (
        '{"adapter": "generic_csv", "header": ["Day", "Amount"], "columns": {"booked_on": [0], %s}}'
    )
    bad = client.post(url, {"name": "Ours", "layout": layout % '"text": [1]'})
    assert "no column holds the amount" in text(bad)
    good = {"name": "Ours", "layout": layout % '"amount": [1]'}
    assert client.post(url, good).status_code == 302
    profile = ImportProfile.objects.get()
    assert len(profile.signature) == 64
    assert "a mapping for files of this kind already" in text(client.post(url, good))
    delete = f"/admin/transactions/importprofile/{profile.pk}/delete/"
    assert client.post(delete, {"post": "yes"}).status_code == 302
    assert not ImportProfile.objects.exists()


# -- import --------------------------------------------------------------------------------------

IMPORT = f"{LIST}import/"
FILE = """Date,Description,Amount
2026-06-01,Bakery,-3.20
2026-06-02,Salary June,2500.00
2026-06-31,Nonsense,-1.00
2026-06-03,Rent,-900.00
"""


def upload(client: Client, account: BankAccount, content: str | bytes = FILE) -> Any:
    body = content.encode() if isinstance(content, str) else content
    file = SimpleUploadedFile("june.csv", body, content_type="text/csv")
    return client.post(IMPORT, {"account": account.pk, "import_file": file})


def confirmation(response: Any) -> dict[str, str]:
    form = response.context["confirm_form"]
    return {"batch": str(form.initial["batch"]), "plan_hash": form.initial["plan_hash"]}


def test_a_dry_run_shows_a_verdict_per_row_and_writes_nothing(
    client: Client, opened: Customer
) -> None:
    account = make_account(customer=opened)
    page = upload(client, account)
    rows = page.context["result"].rows
    assert [(r.line, r.verdict) for r in rows] == [
        (2, "new"), (3, "new"), (4, "rejected"), (5, "new"),
    ]  # fmt: skip
    assert "Bakery" in text(page) and "2026-06-31" in text(page)
    assert not Transaction.objects.exists() and not LogEntry.objects.exists()
    assert ImportBatch.objects.get().file.name == "june.csv"


def test_applying_commits_that_plan_and_the_same_file_again_brings_nothing(
    client: Client, opened: Customer
) -> None:
    account = make_account(customer=opened)
    confirm = confirmation(upload(client, account))
    answer = client.post(f"{LIST}process_import/", confirm, follow=True)
    assert "3 transactions were brought in." in text(answer)
    assert sum(t.amount for t in Transaction.objects.all()) == Decimal("1596.80")
    assert not audit_ledger()
    again = upload(client, account)
    assert again.context["confirm_form"] is None and "nothing to bring in" in text(again)
    twice = client.post(f"{LIST}process_import/", confirm, follow=True)
    assert "no longer there" in text(twice) and Transaction.objects.count() == 3


def test_a_plan_that_changed_meanwhile_is_refused(client: Client, opened: Customer) -> None:
    account = make_account(customer=opened)
    old = confirmation(upload(client, account))
    first = confirmation(upload(client, account))
    client.post(f"{LIST}process_import/", first)
    answer = client.post(f"{LIST}process_import/", old, follow=True)
    assert "Nothing was written" in text(answer) and Transaction.objects.count() == 3
    forged = confirmation(upload(client, account, FILE + "2026-06-09,Late,-1.00\n"))
    answer = client.post(f"{LIST}process_import/", forged | {"plan_hash": "0" * 64}, follow=True)
    assert "made anew since you saw it" in text(answer) and Transaction.objects.count() == 3


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "file is empty"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", ""),
        (b"hello", ""),
        (b"Date,Description,Amount\n", ""),
    ],
)
def test_a_file_that_cannot_be_read_gets_a_sentence(
    client: Client, opened: Customer, content: bytes, sentence: str
) -> None:
    page = upload(client, make_account(customer=opened), content)
    assert page.status_code == 200
    errors = page.context["form"].errors.get("import_file", [])
    assert errors or page.context["confirm_form"] is None
    assert sentence in " ".join(errors) and not Transaction.objects.exists()


def test_a_long_file_is_sent_the_wizards_way(
    client: Client, opened: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("transactions.admin.exchange.IMPORT_LIMIT", 10)
    assert "Bring it in under Imports" in text(upload(client, make_account(customer=opened)))


def test_a_stranger_and_another_persons_plan_are_refused(
    client: Client, opened: Customer, ada: User
) -> None:
    assert "Select a valid choice" in text(upload(client, make_account()))
    confirm = confirmation(upload(client, make_account(customer=opened)))
    assert "no customer open" not in text(client.get(IMPORT))
    grants = AccessGrant.objects.filter(staff=ada)
    grants.update(expires_at=grants.get().opened_at)
    gate = client.post(f"{LIST}process_import/", confirm)
    assert gate.status_code == 302 and "/open/" in gate["Location"]
    client.force_login(make_person(role=Role.ADMIN))
    assert "no customer open" in text(client.get(IMPORT))
    answer = client.post(f"{LIST}process_import/", confirm, follow=True)
    assert "no longer there" in text(answer) and not Transaction.objects.exists()


def test_an_import_is_looked_at_under_a_purpose(client: Client, opened: Customer) -> None:
    upload(client, make_account(customer=opened))
    batch = ImportBatch.objects.get()
    issue = batch.issues.get()
    assert "Nonsense" in text(client.get(change("importissue", issue.pk)))
    assert "3 new, 1 rejected" in text(client.get("/admin/transactions/importbatch/"))
    listed = client.get(f"/admin/transactions/importissue/?batch__id__exact={batch.pk}")
    assert "1 import issue" in text(listed) and "Nonsense" not in text(listed)
    ImportBatch.objects.update(customer=None)
    assert "Nonsense" not in text(client.get(change("importissue", issue.pk)))


# -- export --------------------------------------------------------------------------------------

EXPORT = f"{LIST}export/"


def rows_of(response: Any) -> list[dict[str, str]]:
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    return list(csv.DictReader(io.StringIO(response.content.decode("utf-8-sig"))))


def test_an_opened_account_is_exported_whole_and_formulas_are_harmless(
    client: Client, opened: Customer
) -> None:
    account = make_account(customer=opened)
    for words in ("=HYPERLINK(1)", "+49 30 1", "@cmd", "-2+3"):
        make_transaction(account=account, amount="-5.00", raw_text=words)
    make_transaction(raw_text="Of somebody else")
    rows = rows_of(client.post(EXPORT, {"account": account.pk}))
    assert {r["text"] for r in rows} == {"'=HYPERLINK(1)", "'+49 30 1", "'@cmd", "'-2+3"}
    assert {(r["amount"], r["currency"]) for r in rows} == {("-5.00", "EUR")}
    assert AccessRecord.objects.filter(what="admin: export").count() == 1


def test_without_an_account_the_export_is_masked_and_keeps_the_filter(client: Client) -> None:
    make_transaction(raw_text="Secret shop", status="pending")
    make_transaction(raw_text="Secret bar")
    answer = client.post(EXPORT, {"account": ""})
    assert "Secret" not in text(answer) and "120" not in text(answer)
    assert list(rows_of(answer)[0]) == ["id", "account", "booked_on", "category", "status"]
    filtered = rows_of(client.post(f"{EXPORT}?status__exact=pending", {"account": ""}))
    assert [r["status"] for r in filtered] == ["pending"]
    assert client.post(f"{EXPORT}?booked_on__gte=rubbish", {"account": ""}).status_code < 500


def test_a_strangers_account_is_not_exported(client: Client) -> None:
    account = make_account()
    answer = client.post(EXPORT, {"account": account.pk})
    assert answer.status_code == 200 and "Select a valid choice" in text(answer)


def test_too_many_rows_are_refused_in_a_sentence(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("transactions.admin.exchange.EXPORT_LIMIT", 1)
    make_transactions(make_account(), [{}, {}])
    assert "more than 1 rows" in text(client.post(EXPORT, {"account": ""}))
