"""D8: every view of a named customer by staff needs a purpose, expires, and shows on the customer's page."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.customers import visits
from accounts.customers.models import AccessGrant, AccessRecord, Customer
from accounts.models import Role, User
from tests.conftest import HOSTS, NORTH
from tests.factories import (
    make_account,
    make_customer,
    make_grant,
    make_person,
    make_transaction,
)
from tests.query_count import counted

URL = "/profile/access/"


def signed_in(user: User | None) -> Client:
    client = Client(HTTP_HOST=HOSTS[NORTH])
    assert user is not None
    client.force_login(user)
    return client


@pytest.fixture
def cleo(north: str) -> Customer:
    return make_customer(with_sign_in=True)


@pytest.fixture
def ana(north: str) -> User:
    return make_person(role=Role.ANALYST, email="ana.north@example.com")


def page_of(customer: Customer, **query: Any) -> str:
    response = signed_in(customer.user).get(URL, query)
    assert response.status_code == 200
    return response.content.decode()


def test_nobody_has_looked_says_so(cleo):
    assert "Nobody has looked" in page_of(cleo)


def test_the_profile_leads_there(cleo):
    assert f'href="{URL}"' in signed_in(cleo.user).get("/profile/").content.decode()


def test_an_opening_and_each_look_show_at_once(cleo, ana):
    staff = signed_in(ana)
    gate = reverse("pages:open_customer", args=[cleo.public_id])
    staff.post(gate, {"purpose": "fraud", "note": "case 17, asked by the branch"})
    for _time in range(2):
        assert staff.get(f"/transactions/?customer={cleo.public_id}").status_code == 200
    html = page_of(cleo)
    assert "Analyst" in html and visits.staff_reference(ana.pk) in html
    assert "Suspected fraud" in html and "case 17, asked by the branch" in html
    assert "Your transactions" in html and "2 times" in html
    assert ana.email not in html


def test_an_opening_without_a_look_says_so(cleo, ana):
    make_grant(staff=ana, customer=cleo)
    assert "Nothing yet" in page_of(cleo)


def test_one_sees_only_who_looked_at_oneself(cleo, ana):
    make_grant(staff=ana, customer=make_customer(), note="about somebody else")
    html = page_of(cleo)
    assert "about somebody else" not in html and "Nobody has looked" in html


def test_a_grant_that_has_ended_opens_nothing_and_stays_on_the_page(cleo, ana):
    past = timezone.now() - timedelta(minutes=61)
    make_grant(staff=ana, customer=cleo, opened_at=past, expires_at=past + timedelta(minutes=60))
    answer = signed_in(ana).get(f"/transactions/?customer={cleo.public_id}")
    assert answer.status_code == 302 and "/open/" in answer["Location"]
    assert "asked at the desk" in page_of(cleo)


def test_staff_have_no_such_page(ana):
    assert signed_in(ana).get(URL).status_code == 403


@pytest.mark.parametrize("before", ["x", "0", "-3", str(2**70), ""])
def test_a_page_that_cannot_be_is_the_first(cleo, ana, before):
    make_grant(staff=ana, customer=cleo)
    assert "asked at the desk" in page_of(cleo, before=before)


def test_pages_hold_all_and_nothing_twice(cleo, ana):
    for number in range(visits.PAGE * 2 + 5):
        make_grant(staff=ana, customer=cleo, note=f"reason no {number};")
    seen, before, pages = [], None, 0
    while True:
        found, before = visits.visits(cleo, before=before)
        seen += [visit.note for visit in found]
        pages += 1
        if before is None:
            break
    assert pages == 3 and seen == [f"reason no {n};" for n in reversed(range(45))]
    html = page_of(cleo)
    assert "Show older" in html and "reason no 44;" in html and "reason no 24;" not in html
    assert "These were all" in page_of(cleo, before=1)


def test_the_page_asks_few_questions_however_many_looked(cleo, ana):
    for number in range(15):
        grant = make_grant(staff=make_person(role=Role.ADMIN), customer=cleo)
        for what in ("page: overview", "API: kpi/income", f"admin: {number}"):
            AccessRecord.objects.create(grant=grant, what=what, seen_at=timezone.now())
    client = signed_in(cleo.user)
    with counted() as asked:
        client.get(URL)
    print(f"access page: {len(asked)} queries")
    assert len(asked) <= 12, "\n".join(asked)


def test_marks_are_stable_and_of_one_bank(cleo, south):
    from accounts.banks.tenancy import in_bank

    with in_bank(NORTH):
        one, two = visits.staff_reference(7), visits.staff_reference(8)
        assert one == visits.staff_reference(7) != two
    assert visits.staff_reference(7) != one


def test_every_note_of_a_look_has_words(north):
    """What the doors write today, each in the customer's words."""
    for what in (
        "page: customer", "page: overview", "page: overview trend as file", "page: transactions",
        "page: transactions as file", "page: transaction", "page: trace income", "page: forecast net",
        "page: import", "page: imports", "page: new import", "API: transactions", "API: trace",
        "API: transactions/metrics", "API: kpi/dashboard", "API: kpi/income", "API: kpi/expenses",
        "API: kpi/cashflow", "page: a sign-in connected", "page: another sign-in connected",
        "admin: a sign-in connected", "admin: another sign-in connected", "admin: sign-in taken away",
        "admin: User", "admin: import", "admin: export", "admin: change log",
        *(f"admin: {p}{m}" for p in ("", "list of ") for m in (
            "Customer", "BankAccount", "BalanceStatement", "Transaction", "MonthTotal", "ImportBatch",
            "ImportIssue", "ImportProfile", "Budget", "ForecastIssue")),
    ):  # fmt: skip
        assert "you" in visits.in_words(what), what
    assert visits.in_words("page: overview trend as file") == "your overview, as a file"
    assert visits.in_words("API: kpi/income") == "your income (by a program)"
    assert visits.in_words("something new") == "something new"


# -- every door ------------------------------------------------------------------------------------


def test_every_door_needs_a_purpose_and_notes_the_look(cleo, ana):
    """Pages, files, API and admin: without a purpose nothing; with one, each look is on record."""
    account = make_account(customer=cleo)
    line = make_transaction(account=account, amount="-12.00")
    from transactions.ids import encode_one

    ada = make_person(role=Role.ADMIN)
    named = f"customer={cleo.public_id}"
    doors = {
        f"/staff/customers/{cleo.public_id}/": ana,
        f"/overview/?{named}": ana,
        f"/overview/trend.csv?{named}": ana,
        f"/transactions/?{named}": ana,
        f"/transactions/export.csv?{named}": ana,
        f"/transactions/{encode_one(line.pk)}/?{named}": ana,
        f"/trace/expenses/?{named}": ana,
        f"/imports/new/?{named}": ana,
        f"/api/v1/transactions?customer_id={cleo.public_id}": ana,
        f"/api/v1/transactions/metrics?customer_id={cleo.public_id}": ana,
        f"/api/v1/kpi/dashboard/{cleo.public_id}": ana,
        f"/api/v1/kpi/income/{cleo.public_id}": ana,
        f"/api/v1/kpi/expenses/{cleo.public_id}": ana,
        f"/api/v1/kpi/cashflow/{cleo.public_id}": ana,
        f"/api/v1/trace/income?customer_id={cleo.public_id}": ana,
        f"/admin/customers/customer/{cleo.pk}/change/": ada,
        f"/admin/customers/customer/{cleo.pk}/history/": ada,
        f"/admin/transactions/bankaccount/{account.pk}/change/": ada,
        f"/admin/transactions/transaction/{line.pk}/change/": ada,
        "/admin/transactions/bankaccount/": ada,
        "/admin/transactions/transaction/": ada,
    }
    secrets = (cleo.full_name, account.name, line.clean_text)
    for url, staff in doors.items():
        answer = signed_in(staff).get(url)
        body = b"".join(answer.streaming_content) if answer.streaming else answer.content
        assert answer.status_code in (200, 302, 403), f"{url}: {answer.status_code}"
        assert not [s for s in secrets if s.encode() in body], f"{url} shows without a purpose"
    assert not AccessRecord.objects.exists()
    for staff in (ana, ada):
        make_grant(staff=staff, customer=cleo)
    for url, staff in doors.items():
        before = AccessRecord.objects.filter(grant__customer=cleo).count()
        answer = signed_in(staff).get(url)
        if answer.streaming:
            b"".join(answer.streaming_content)
        assert answer.status_code == 200, f"{url}: {answer.status_code}"
        noted = AccessRecord.objects.filter(grant__customer=cleo).count() - before
        assert noted >= 1, f"{url} leaves no record of the look"
    assert AccessGrant.objects.filter(customer=cleo).count() == 2
    html = page_of(cleo)
    assert "in the administration" in html and "by a program" in html and "as a file" in html
    print(f"D8: {len(doors)} doors closed without a purpose, each look on record with one")


def test_the_door_promises_what_the_page_keeps(north_client):
    """Staff leave role, mark and reason; never their name."""
    page = north_client.get("/accounts/login/").content.decode()
    assert "leave their role, a mark of their own and the reason on your page" in page
    assert "leave their name" not in page
