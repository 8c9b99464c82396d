"""People in a bank's admin: colleagues by their address; a customer covered until a purpose is said."""

from datetime import date

import pytest
from allauth.account.models import EmailAddress
from django.test import Client
from django.urls import reverse

from accounts.addresses import masked
from accounts.audit.models import AuditEntry
from accounts.customers.models import AccessRecord, Customer
from accounts.models import Role, User
from accounts.sites import bank_site
from tests.factories import (
    category,
    make_account,
    make_budget,
    make_category,
    make_customer,
    make_grant,
    make_person,
    make_transaction,
)
from tests.seen import seen
from transactions.models import ImportProfile

LIST = "/admin/accounts/user/"
ADDRESS = "rosa.quell@letters.example"
COVERED = "r•••@l•••.example"


@pytest.fixture
def client(north_client: Client, ada: User) -> Client:
    north_client.force_login(ada)
    return north_client


@pytest.fixture
def rosa(north: str) -> Customer:
    user = make_person(email=ADDRESS)
    return make_customer(user=user, reference="C4711", full_name="Rosa Quell")


def page_of(customer: Customer) -> str:
    return reverse("admin:accounts_user_change", args=[customer.user_id])


def shown(client: Client, path: str, **query: str) -> str:
    return client.get(path, query).content.decode()


@pytest.mark.parametrize(
    ("email", "said"),
    [
        ("ada@example.com", "a•••@e•••.com"),
        ("x@a.b.co.uk", "x•••@a•••.uk"),
        ("no address", "•••"),
        ("a@localhost", "•••"),
        ("", "•••"),
    ],
)
def test_an_address_is_covered(email: str, said: str) -> None:
    assert masked(email) == said


def test_the_list_shows_colleagues_and_covers_customers(client: Client, rosa: Customer) -> None:
    make_person(email="vic@example.com", role=Role.VIEWER)
    page = shown(client, LIST)
    assert "vic@example.com" in page and "ada@example.com" in page
    assert ADDRESS not in page and "Rosa" not in page and COVERED in page and "C4711" in page
    assert page.index("vic@example.com") < page.index(COVERED), "colleagues come first"


def test_an_opened_customer_is_uncovered_in_the_list_and_the_look_is_noted(
    client: Client, ada: User, rosa: Customer
) -> None:
    make_grant(staff=ada, customer=rosa)
    assert ADDRESS in shown(client, LIST)
    assert AccessRecord.objects.get().what == "admin: list of User"


@pytest.mark.parametrize(
    ("term", "found"),
    [(ADDRESS, True), (ADDRESS.upper(), True), ("C4711", True), ("c4711", True), ("rosa", False),
     ("@letters.example", False), ("rosa.quell@", False), ("Quell", False)],
)  # fmt: skip
def test_a_customer_is_found_by_the_whole_address_alone(
    client: Client, rosa: Customer, term: str, found: bool
) -> None:
    page = shown(client, LIST, q=term)
    assert (COVERED in page) is found
    assert ADDRESS not in page.replace(f'value="{term}"', "")


def test_a_colleague_is_found_by_a_part_of_the_address(client: Client, rosa: Customer) -> None:
    make_person(email="vic@example.com", role=Role.VIEWER)
    page = shown(client, LIST, q="vic@")
    assert "vic@example.com" in page and ">ada@example.com</a>" not in page


@pytest.mark.parametrize("query", ["email__startswith=rosa", "customer__full_name=Rosa+Quell", "email=x"])  # fmt: skip
def test_the_address_of_the_list_can_not_ask_what_it_covers(client: Client, query: str) -> None:
    assert client.get(f"{LIST}?{query}").status_code in (302, 400)


def test_choices_of_a_sign_in_are_covered_too(client: Client, rosa: Customer) -> None:
    ask = {"app_label": "customers", "model_name": "customer", "field_name": "user"}
    part = shown(client, "/admin/autocomplete/", **ask, term="rosa")
    whole = shown(client, "/admin/autocomplete/", **ask, term=ADDRESS)
    every = shown(client, "/admin/autocomplete/", **ask)
    loose = make_person(email="lou.free@letters.example")
    free = shown(client, "/admin/autocomplete/", **ask, term=loose.email)
    assert '"results": []' in part and '"results": []' in whole, "Rosa's belongs to Rosa"
    assert loose.email not in free + every and "l\\u2022" in free


@pytest.mark.parametrize("page", ["change", "history"])
def test_a_customers_sign_in_opens_under_a_purpose(
    client: Client, ada: User, rosa: Customer, page: str
) -> None:
    url = reverse(f"admin:accounts_user_{page}", args=[rosa.user_id])
    gate = client.get(url)
    assert gate.status_code == 302 and f"{rosa.public_id}/open/" in gate["Location"]
    grant = make_grant(staff=ada, customer=rosa)
    opened = client.get(url)
    assert opened.status_code == 200
    assert [record.what for record in grant.records.all()] == ["admin: User"]
    assert page != "change" or ADDRESS in opened.content.decode()


def test_nothing_is_written_without_a_purpose(client: Client, ada: User, rosa: Customer) -> None:
    closed: dict[str, str] = {}
    assert client.post(page_of(rosa), closed)["Location"].endswith(f"{rosa.public_id}/open/")
    assert User.objects.get(pk=rosa.user_id).is_active
    make_grant(staff=ada, customer=rosa)
    saved = client.post(page_of(rosa), closed | seen(client, page_of(rosa)))
    assert saved.status_code == 302
    assert not User.objects.get(pk=rosa.user_id).is_active
    assert ADDRESS not in "".join(map(str, client.get("/admin/").context["messages"]))


def test_a_customer_does_not_become_a_colleague(client: Client, ada: User, rosa: Customer) -> None:
    make_grant(staff=ada, customer=rosa)
    data = {"email": ADDRESS, "is_active": "on", "role": "admin"} | seen(client, page_of(rosa))
    client.post(page_of(rosa), data)
    assert User.objects.get(pk=rosa.user_id).role == Role.CUSTOMER


def test_a_sign_in_of_no_customer_yet_is_closed_without_its_address(client: Client) -> None:
    user = make_person(email=ADDRESS)
    url = reverse("admin:accounts_user_change", args=[user.pk])
    page = shown(client, url)
    assert ADDRESS not in page and COVERED in page
    saved = client.post(url, {"email": "mine@example.com"} | seen(client, url))
    user.refresh_from_db()
    assert saved.status_code == 302 and (user.email, user.is_active) == (ADDRESS, False)
    assert EmailAddress.objects.filter(user=user, email=ADDRESS).exists()


def test_an_action_on_a_customer_names_no_address(client: Client, rosa: Customer) -> None:
    data = {"action": "send_invitations", "_selected_action": [rosa.user_id]}
    page = client.post(LIST, data, follow=True).content.decode()
    assert f"{COVERED.capitalize()}: This person signs in already." in page and ADDRESS not in page


def test_the_change_log_covers_acts_from_before_a_sign_in_was_a_customers(
    client: Client, ada: User
) -> None:
    user = make_person(email=ADDRESS)
    entry = AuditEntry.objects.get(act="person.created", subject_id=str(user.pk))
    assert entry.customer_id is None
    url = reverse("admin:audit_auditentry_change", args=[entry.pk])
    assert ADDRESS not in shown(client, url)
    customer = make_customer(user=user)
    page = shown(client, url)
    assert ADDRESS not in page and f"{customer.public_id}/open/" in page
    grant = make_grant(staff=ada, customer=customer)
    assert ADDRESS in shown(client, url) and grant.records.exists()


# -- every list ----------------------------------------------------------------------------------


def test_no_list_of_the_admin_shows_what_is_a_customers(
    client: Client, ada: User, rosa: Customer
) -> None:
    """Names a person gave, texts, amounts, categories: covered in each list until the customer is opened."""
    account = make_account(customer=rosa, name="Canary holiday jar")
    own = make_category(name="Canary surprise", customer=rosa, parent=category("gifts"))
    make_transaction(account=account, category=own, amount="-83.19", raw_text="Canary shop")
    make_transaction(account=account, category="health", amount="-83.19")
    make_budget(customer=rosa, category="health", month=date(2026, 6, 1), amount="83.19")
    ImportProfile.objects.create(
        customer=rosa, name="Canary mapping", layout={}, signature="s" * 64
    )
    personal = ["Canary", ADDRESS, "Rosa", "83.19", ">Gifts<", ">Health<"]
    found = []
    for model in bank_site._registry:
        url = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        if model._meta.model_name == "category":
            personal_here = personal[:4]  # the bank's own tree
        else:
            personal_here = personal
        page = shown(client, url)
        found += [f"{model.__name__}: {word}" for word in personal_here if word in page]
    assert found == []
    assert not AccessRecord.objects.exists()
    make_grant(staff=ada, customer=rosa)
    opened = {
        name: shown(client, reverse(f"admin:transactions_{name}_changelist"))
        for name in ("transaction", "monthtotal", "bankaccount", "importprofile")
    }
    assert "Canary surprise" in opened["transaction"] and "Canary surprise" in opened["monthtotal"]
    assert "Canary holiday jar" in opened["bankaccount"]
    assert "Canary mapping" in opened["importprofile"]
