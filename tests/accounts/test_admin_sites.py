"""The two admin sites: who sees which tables, every page of every table, masked lists, the gate."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.banks.models import Bank, Domain
from accounts.banks.tenancy import in_bank, in_public
from accounts.customers.models import AccessGrant, AccessRecord, BankProfile
from accounts.jobs.models import Job
from accounts.models import Role, User
from accounts.services import create_person
from accounts.sites import bank_site, operator_site
from tests import twins
from tests.factories import make_customer, make_grant
from tests.query_count import counted
from tests.seen import seen

MOST_QUERIES = 15
# What the content policy refuses: styles, handlers and scripts written into the page.
INLINE = re.compile(
    r"<[^>]*\s(?:style|on[a-z]+)=|<style|<script(?![^>]*\ssrc=)(?![^>]*application/json)", re.I
)


@pytest.fixture
def twin_a(twin_banks: None) -> Iterator[twins.Twin]:
    with in_bank(twins.A.schema):
        yield twins.A


def browser(twin: twins.Twin, key: int) -> Client:
    client = Client(HTTP_HOST=twin.host)
    with in_bank(twin.schema):
        client.force_login(User.objects.get(pk=key))
    return client


@pytest.fixture
def ada_client(north_client: Client, ada: User) -> Client:
    north_client.force_login(ada)
    return north_client


# -- two sites -----------------------------------------------------------------------------------


@pytest.mark.trap("one-admin-for-all")
def test_no_table_of_a_bank_is_at_the_operators_and_none_of_theirs_in_a_bank() -> None:
    assert set(operator_site._registry) == {Bank, User}
    assert not {Bank, Domain} & set(bank_site._registry)
    assert User in bank_site._registry and BankProfile in bank_site._registry


def test_the_operators_site_answers_in_public(twin_banks: None) -> None:
    with in_public():
        olaf = create_person(email="olaf@example.com", password="x" * 14, role=Role.OPERATOR)
        client = Client(HTTP_HOST="operator.test")
        client.force_login(olaf)
        index = client.get("/admin/").content.decode()
        bank = Bank.objects.exclude(schema_name="public").first()
    assert "/admin/banks/bank/" in index and "transactions" not in index
    pages = ["/admin/banks/bank/", f"/admin/banks/bank/{bank.pk}/change/", "/admin/accounts/user/",
             f"/admin/banks/bank/{bank.pk}/history/", "/admin/accounts/user/add/"]  # fmt: skip
    for page in pages:
        assert client.get(page).status_code == 200, page
    assert client.get("/admin/transactions/transaction/").status_code == 404
    assert client.get("/admin/banks/bank/add/").status_code == 403


# -- every page of every table -------------------------------------------------------------------


def addresses(name: str, key: Any) -> list[str]:
    found = [reverse(f"admin:{name}_changelist"), reverse(f"admin:{name}_add")]
    if name == "transactions_transaction":
        found += [reverse(f"admin:{name}_import"), reverse(f"admin:{name}_export")]
    for page in ("change", "delete", "history"):
        found.append(reverse(f"admin:{name}_{page}", args=[key]))
    return found


NAMES = sorted(f"{m._meta.app_label}_{m._meta.model_name}" for m in bank_site._registry)


@pytest.mark.parametrize("name", NAMES)
def test_every_page_of_every_table_answers_in_few_queries(twin_a: twins.Twin, name: str) -> None:
    """With and without an open purpose, GET and an empty POST: no 5xx, nothing of the other bank."""
    for key in (7, 4):
        if key == 7:
            AccessGrant.objects.create(
                staff_id=7, customer_id=1, purpose="request", note="x", opened_at=twins.NOW,
                expires_at=twins.FAR,
            )  # fmt: skip
        client = browser(twin_a, key)
        for url in addresses(name, 1):
            with counted() as queries:
                response = client.get(url)
            assert response.status_code in (200, 302, 403), f"{url}: {response.status_code}"
            assert len(queries) <= MOST_QUERIES, f"{url}: {len(queries)}\n" + "\n".join(queries)
            page = response.content.decode()
            assert twins.B.canary.lower() not in page.lower()
            assert not INLINE.search(page), f"{url}: {INLINE.search(page)}"
            assert client.post(url, {}).status_code < 500, url
        assert client.get(f"{addresses(name, 1)[0]}?q=zebra").status_code == 200


@pytest.mark.parametrize("name", NAMES)
def test_a_foreign_row_answers_like_a_missing_one(twin_a: twins.Twin, name: str) -> None:
    client = browser(twin_a, 4)
    for foreign, missing in zip(
        addresses(name, twins.ONLY_IN_B), addresses(name, 535353), strict=True
    ):
        one, two = client.get(foreign), client.get(missing)
        assert one.status_code == two.status_code < 500
        assert one.headers.get("Location") == two.headers.get("Location")


@pytest.mark.parametrize("name", NAMES)
def test_only_admins_come_in(twin_a: twins.Twin, name: str) -> None:
    for key in (1, 2, 3):
        client = browser(twin_a, key)
        for url in addresses(name, 1):
            assert client.get(url).status_code in (302, 403)


@pytest.mark.parametrize(
    "name",
    [
        "transactions_transaction", "transactions_bankaccount", "transactions_monthtotal",
        "transactions_balancestatement", "transactions_importissue", "analytics_budget",
        "analytics_forecastissue", "customers_customer",
    ],
)  # fmt: skip
def test_a_list_is_masked_and_a_page_needs_a_purpose(twin_a: twins.Twin, name: str) -> None:
    client = browser(twin_a, 4)
    page = client.get(reverse(f"admin:{name}_changelist")).content.decode()
    for word in ("raw_text", "clean_text", "full_name", "1379"):
        assert word not in page
    gate = client.get(reverse(f"admin:{name}_change", args=[1]))
    assert gate.status_code == 302 and "/open/" in gate["Location"] and "next=" in gate["Location"]


def test_what_a_list_covers_cannot_be_asked_through_its_address(twin_a: twins.Twin) -> None:
    client = browser(twin_a, 4)
    for path, lookup in (
        ("transactions/transaction", "amount__gt=1"),
        ("transactions/transaction", "clean_text__icontains=zebra"),
        ("transactions/transaction", "account__name__icontains=zebra"),
        ("transactions/bankaccount", "name__startswith=Z"),
        ("customers/customer", "full_name__icontains=zebra"),
        ("analytics/budget", "amount__gt=1"),
    ):
        response = client.get(f"/admin/{path}/?{lookup}")
        assert response.status_code in (302, 400), f"{path}?{lookup}: {response.status_code}"
    found = client.get("/admin/transactions/transaction/?q=Zebrafish clean_text 1").content.decode()
    assert "0 transactions" in found


# -- the start page ------------------------------------------------------------------------------


def test_the_start_page_counts_and_names_work_that_stands_still(ada_client: Client) -> None:
    Job.objects.create(
        kind="import_plan", run_at=twins.NOW, state=Job.State.PARKED, error="The file is half cut."
    )
    make_customer()
    with counted() as queries:
        page = ada_client.get("/admin/").content.decode()
    assert "The file is half cut." in page and "Work that stands still" in page
    assert '<span class="count">1</span>' in page
    assert len(queries) <= MOST_QUERIES, "\n".join(queries)
    Job.objects.all().delete()
    assert "No work stands still." in ada_client.get("/admin/").content.decode()


def test_sign_in_out_and_password_are_allauths(ada_client: Client) -> None:
    assert ada_client.get("/admin/password_change/")["Location"] == reverse(
        "account_change_password"
    )
    assert ada_client.get("/admin/logout/")["Location"] == reverse("account_logout")
    assert ada_client.get("/admin/").status_code == 200
    assert ada_client.post("/admin/logout/")["Location"] == reverse("account_login")
    way = ada_client.get("/admin/", follow=True).redirect_chain
    assert way[-1][0].startswith("/accounts/login/?next=")


# -- people, customers, settings, jobs -----------------------------------------------------------


def test_a_purpose_opens_the_page_and_the_look_is_noted(ada_client: Client, ada: User) -> None:
    customer = make_customer(full_name="Rosa Quell")
    url = reverse("admin:customers_customer_change", args=[customer.pk])
    assert ada_client.get(url).status_code == 302
    make_grant(staff=ada, customer=customer)
    assert "Rosa Quell" in ada_client.get(url).content.decode()
    assert (
        AccessRecord.objects.filter(grant__customer=customer, what="admin: Customer").count() == 1
    )


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("brand", "#FFEE88", "White text can&#x27;t be read on this colour"),
        ("brand", "blue", "A colour is written like"),
        ("currency", "XYZ", "A currency is three letters"),
        ("time_zone", "Mars/Base", "Select a valid choice"),
        ("locale", "zz-zz", "A language is written like"),
        ("country", "1", "A country is two letters"),
        ("k", "2", "greater than or equal to 5"),
        ("business_day", "0001-01-01", "Choose a day from 1901-01-01 to 2198-12-31"),
        ("business_day", "1900-12-31", "Choose a day from 1901-01-01 to 2198-12-31"),
        ("business_day", "2199-01-01", "Choose a day from 1901-01-01 to 2198-12-31"),
        ("business_day", "9999-12-31", "Choose a day from 1901-01-01 to 2198-12-31"),
    ],
)
def test_settings_that_would_break_pages_are_refused(
    ada_client: Client, field: str, value: str, sentence: str
) -> None:
    good = {"name": "North", "country": "DE", "time_zone": "Europe/Berlin", "currency": "EUR",
            "locale": "en", "brand": "", "k": "10", "business_day": ""}  # fmt: skip
    url = reverse("admin:customers_bankprofile_change", args=[1])
    good |= seen(ada_client, url)
    response = ada_client.post(url, good | {field: value})
    assert response.status_code == 200 and sentence in response.content.decode()
    assert ada_client.post(url, good | {"brand": "#1E3FAE"}).status_code == 302
    assert BankProfile.objects.get().brand == "#1E3FAE"


def test_a_person_is_added_by_email_and_never_deleted(ada_client: Client) -> None:
    url = reverse("admin:accounts_user_add")
    form = {"email": "vic@example.com", "role": "viewer", "usable_password": "true",
            "password1": "a long enough sentence", "password2": "a long enough sentence"}  # fmt: skip
    assert ada_client.post(url, form).status_code == 302
    vic = User.objects.get(email="vic@example.com")
    assert vic.role == Role.VIEWER
    again = ada_client.post(url, form | {"email": "VIC@example.com"})
    assert again.status_code == 200 and "This address was invited already" in again.content.decode()
    assert ada_client.post(reverse("admin:accounts_user_delete", args=[vic.pk])).status_code == 403
    operator = ada_client.post(url, form | {"email": "o@example.com", "role": "operator"})
    assert operator.status_code == 200 and not User.objects.filter(role="operator").exists()


def test_stopped_work_is_tried_again(ada_client: Client) -> None:
    job = Job.objects.create(kind="nothing", run_at=twins.FAR, state=Job.State.PARKED, failures=3)
    done = Job.objects.create(kind="nothing", run_at=twins.FAR, state=Job.State.DONE)
    answer = ada_client.post(
        reverse("admin:jobs_job_changelist"),
        {"action": "try_again", "_selected_action": [job.pk, done.pk]},
        follow=True,
    )
    assert "1 job is tried again." in answer.content.decode()
    job.refresh_from_db(), done.refresh_from_db()
    assert (job.failures, done.state) == (0, Job.State.DONE)
