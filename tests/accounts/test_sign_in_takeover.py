"""Nobody becomes somebody else through the admin: addresses are their owners', and who reads a customer's
figures changes only in the open.
"""

from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.test import Client
from django.urls import reverse

from accounts.audit.models import AuditEntry
from accounts.banks.tenancy import in_public
from accounts.customers import visits
from accounts.customers.models import AccessGrant, Customer
from accounts.models import Role, User
from tests.factories import make_customer, make_grant, make_person
from tests.seen import seen

OURS = "mallory@letters.example"


@pytest.fixture
def client(north_client: Client, ada: User) -> Client:
    north_client.force_login(ada)
    return north_client


@pytest.fixture
def rosa(north: str) -> Customer:
    return make_customer(user=make_person(email="rosa.quell@letters.example"))


@pytest.fixture
def grant(ada: User, rosa: Customer) -> AccessGrant:
    return make_grant(staff=ada, customer=rosa)


def person_page(user: User) -> str:
    return reverse("admin:accounts_user_change", args=[user.pk])


def customer_page(customer: Customer) -> str:
    return reverse("admin:customers_customer_change", args=[customer.pk])


def save_customer(client: Client, customer: Customer, user: User | None) -> Any:
    data = {
        "reference": customer.reference, "full_name": customer.full_name, "branch": customer.branch,
        "age_bracket": customer.age_bracket, "location": "", "employment_status": "",
        "created_at_0": "2020-01-01", "created_at_1": "01:00:00", "user": str(user.pk) if user else "",
    }  # fmt: skip
    url = customer_page(customer)
    return client.post(url, data | seen(client, url))


def close(user: User | None) -> None:
    assert user is not None
    user.is_active = False
    user.save(update_fields=["is_active"])


# -- the address is its owner's ------------------------------------------------------------------


@pytest.mark.parametrize("role", Role.values[:4])
def test_an_admin_changes_nobodys_address(client: Client, ada: User, role: str) -> None:
    user = make_person(email="somebody@letters.example", role=role)
    if role == Role.CUSTOMER:
        make_grant(staff=ada, customer=make_customer(user=user))
    url = person_page(user)
    data = {"email": OURS, "role": role, "is_active": "on"} | seen(client, url)
    assert client.post(url, data).status_code == 302
    user.refresh_from_db()
    assert user.email == "somebody@letters.example"
    assert [a.email for a in EmailAddress.objects.filter(user=user)] == [user.email]
    assert 'name="email"' not in client.get(url).content.decode()
    client.post("/accounts/password/reset/", {"email": OURS})
    assert all("/reset/key/" not in sent.body for sent in mail.outbox)


def test_an_admins_own_address_needs_their_password(client: Client, ada: User) -> None:
    page = client.get(person_page(ada))
    assert page.status_code == 200 and 'name="email"' not in page.content.decode()
    assert client.post(person_page(ada), {"email": OURS, "role": "admin"}).status_code == 403
    ada.refresh_from_db()
    assert ada.email != OURS


def test_an_operator_changes_nobodys_address(north: str) -> None:
    with in_public():
        client, user = Client(HTTP_HOST="operator.test"), make_person(role=Role.OPERATOR)
        client.force_login(make_person(role=Role.OPERATOR))
        url = f"/admin/accounts/user/{user.pk}/change/"
        data = {"email": OURS, "role": "operator", "is_active": "on"} | seen(client, url)
        assert client.post(url, data).status_code == 302
        assert User.objects.get(pk=user.pk).email == user.email


def test_what_a_person_waits_to_confirm_outlives_a_change_by_the_admin(client: Client) -> None:
    vic = make_person(role=Role.VIEWER)
    EmailAddress.objects.create(user=vic, email="vic.new@example.com", verified=False)
    url = person_page(vic)
    data = {"email": vic.email, "role": "analyst", "is_active": "on"} | seen(client, url)
    assert client.post(url, data).status_code == 302
    assert EmailAddress.objects.filter(user=vic).count() == 2


# -- whose figures a sign-in opens ---------------------------------------------------------------


@pytest.mark.usefixtures("grant")
def test_an_open_sign_in_is_not_replaced(client: Client, rosa: Customer) -> None:
    mine = make_person(email=OURS)
    assert 'name="user"' not in client.get(customer_page(rosa)).content.decode()
    for other in (mine, None):
        save_customer(client, rosa, other)
        assert Customer.objects.get(pk=rosa.pk).user_id == rosa.user_id


@pytest.mark.usefixtures("grant")
def test_only_a_free_open_sign_in_of_a_customer_is_connected(
    client: Client, rosa: Customer
) -> None:
    close(rosa.user)
    taken = make_customer(with_sign_in=True).user
    shut = make_person(email="shut@letters.example")
    close(shut)
    for other in (taken, shut, make_person(role=Role.ANALYST)):
        answer = save_customer(client, rosa, other)
        assert answer.status_code == 200 and "Select a valid choice" in answer.content.decode()
    assert Customer.objects.get(pk=rosa.pk).user_id == rosa.user_id
    assert save_customer(client, rosa, rosa.user).status_code == 302, "all else can be saved"


def test_a_replaced_sign_in_is_told_recorded_and_shown(
    client: Client, ada: User, rosa: Customer, grant: AccessGrant
) -> None:
    old, mine = rosa.user, make_person(email=OURS)
    assert old is not None
    close(old)
    assert save_customer(client, rosa, mine).status_code == 302
    assert Customer.objects.get(pk=rosa.pk).user_id == mine.pk
    (sent,) = mail.outbox
    assert sent.to == [old.email] and "another sign-in" in sent.body and OURS not in sent.body
    entry = AuditEntry.objects.get(act="customer.connected")
    assert (entry.customer_id, entry.actor_id) == (rosa.pk, ada.pk)
    client.force_login(mine)
    page = client.get(reverse("pages:access")).content.decode()
    assert "Connected another sign-in to your accounts (in the administration)" in page
    assert grant.pk in [visit.pk for visit in visits.visits(rosa)[0]]


def test_a_sign_in_taken_away_is_told_too(
    client: Client, rosa: Customer, grant: AccessGrant
) -> None:
    old = rosa.user
    assert old is not None
    close(old)
    assert save_customer(client, rosa, None).status_code == 302
    assert [sent.to for sent in mail.outbox] == [[old.email]]
    assert "admin: sign-in taken away" in grant.records.values_list("what", flat=True)


def test_a_first_sign_in_is_recorded_and_shown(client: Client, ada: User) -> None:
    customer = make_customer()
    grant = make_grant(staff=ada, customer=customer)
    assert save_customer(client, customer, make_person(email=OURS)).status_code == 302
    assert "admin: a sign-in connected" in grant.records.values_list("what", flat=True)
    assert AuditEntry.objects.filter(act="customer.connected", customer_id=customer.pk).exists()
    assert mail.outbox == []


def test_who_was_invited_at_a_wrong_address_is_closed_and_invited_again(
    client: Client, rosa: Customer, grant: AccessGrant
) -> None:
    url = reverse("pages:invite_customer", args=[rosa.public_id])
    old = rosa.user
    assert old is not None
    User.objects.filter(pk=old.pk).update(password="!")
    client.post(url, {"email": OURS})
    assert Customer.objects.get(pk=rosa.pk).user_id == old.pk, "the address stays while it is open"
    close(old)
    mail.outbox.clear()
    assert client.post(url, {"email": OURS}).status_code == 302
    rosa.refresh_from_db()
    assert rosa.user is not None and rosa.user.email == OURS
    assert sorted(sent.to[0] for sent in mail.outbox) == sorted([OURS, old.email])
    assert "page: another sign-in connected" in grant.records.values_list("what", flat=True)
    assert AuditEntry.objects.filter(act="customer.connected", customer_id=rosa.pk).exists()
