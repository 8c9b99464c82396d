"""The log in the admin: read, searched, never changed; what it says of a customer needs a purpose."""

import pytest
from django.db import transaction
from django.test import Client

from accounts.audit import sealing, services
from accounts.audit.models import AuditEntry
from accounts.customers.models import AccessRecord
from accounts.models import Role
from tests.accounts.audit_log import entries, said
from tests.conftest import HOSTS, NORTH, SOUTH
from tests.factories import make_customer, make_grant, make_person
from tests.query_count import counted
from tests.seen import seen

LIST = "/admin/audit/auditentry/"


@pytest.fixture
def ada(north):
    return make_person(role=Role.ADMIN, email="ada.north@example.com")


@pytest.fixture
def admin(ada):
    client = Client(HTTP_HOST=HOSTS[NORTH])
    client.force_login(ada)
    return client


def note(act="row.changed", **more):
    with transaction.atomic():
        return AuditEntry.objects.get(pk=services.record(act=act, **more))


def test_the_list_names_the_act_and_whom_it_is_about(admin):
    customer = make_customer(reference="C777")
    note(customer_id=customer.pk, after={"full_name": "Grace Hopper"}, subject=customer)
    html = admin.get(LIST).content.decode()
    assert "C777" in html and "changed" in html
    assert "Grace Hopper" not in html


def test_nothing_is_added_changed_or_removed(admin):
    entry = note()
    for path in (f"{LIST}add/", f"{LIST}{entry.pk}/delete/"):
        assert admin.get(path).status_code == 403
        assert admin.post(path, {"post": "yes"}).status_code == 403
    assert admin.post(f"{LIST}{entry.pk}/change/", {"act": "x"}).status_code == 403
    admin.post(LIST, {"action": "delete_selected", "_selected_action": entry.pk, "post": "yes"})
    assert AuditEntry.objects.filter(pk=entry.pk).exists()


def test_before_and_after_of_a_customer_are_covered_without_a_purpose(admin, ada):
    customer = make_customer()
    entry = note(
        subject=customer, customer_id=customer.pk, before={"full_name": "Grace"}, after={"full_name": "Ada L"}
    )  # fmt: skip
    html = admin.get(f"{LIST}{entry.pk}/change/").content.decode()
    assert "Grace" not in html and "Ada L" not in html and f"{customer.public_id}/open/" in html
    assert not AccessRecord.objects.exists()
    grant = make_grant(staff=ada, customer=customer)
    html = admin.get(f"{LIST}{entry.pk}/change/").content.decode()
    assert "Grace" in html and "Ada L" in html
    assert [r.what for r in grant.records.all()] == ["admin: change log"]


def test_an_act_on_no_customer_is_read_without_a_purpose(admin):
    entry = note(after={"k": 12})
    assert (
        "<td><span data-cell>12</span></td>"
        in admin.get(f"{LIST}{entry.pk}/change/").content.decode()
    )


def test_what_is_erased_says_so(admin):
    customer = make_customer()
    entry = note(customer_id=customer.pk, after={"full_name": "Grace"})
    services.erase_payloads(customer_id=customer.pk, reason="request 4")
    assert "Erased." in admin.get(f"{LIST}{entry.pk}/change/").content.decode()


@pytest.mark.parametrize(
    "term", ["C888", "req-1", "ada.north@example.com", "customers.Customer {pk}"]
)
def test_entries_are_found_by_whom_request_person_and_row(admin, ada, term):
    from accounts.audit import actors

    customer = make_customer(reference="C888")
    note("job.retried")
    entry = note(subject=customer, customer_id=customer.pk, actor=actors.of_person(ada, "req-1"))
    html = admin.get(LIST, {"q": term.format(pk=customer.pk)}).content.decode()
    assert f"{LIST}{entry.pk}/change/" in html
    assert "1 audit entry" in html


def test_filters_by_act_and_role(admin):
    one, two = note("job.retried"), note("category.hidden")
    html = admin.get(LIST, {"act": "job.retried"}).content.decode()
    assert f"{LIST}{one.pk}/change/" in html and f"{LIST}{two.pk}/change/" not in html
    assert admin.get(LIST, {"role": "nobody"}).status_code == 200


def test_the_list_asks_few_questions(admin):
    for _n in range(30):
        note(customer_id=make_customer().pk)
    with counted() as asked:
        admin.get(LIST)
    assert len(asked) <= 12, "\n".join(asked)


def test_seals_are_shown_and_found_by_an_entry(admin):
    entry = note()
    sealing.seal_bank()
    page = admin.get("/admin/audit/auditseal/", {"q": f"e{entry.pk}"})
    assert "1 audit seal" in page.content.decode()
    assert admin.get("/admin/audit/auditseal/1/change/").status_code == 200
    assert admin.get("/admin/audit/auditseal/", {"q": "e99999999"}).status_code == 200
    assert admin.post("/admin/audit/auditseal/1/change/", {}).status_code == 403


@pytest.mark.parametrize("role", [Role.ANALYST, Role.VIEWER, Role.CUSTOMER])
def test_only_bank_admins_read_the_log(north, role):
    client = Client(HTTP_HOST=HOSTS[NORTH])
    client.force_login(make_person(role=role))
    answer = client.get(LIST, follow=True)
    assert answer.status_code == 403 and answer.redirect_chain


def test_another_bank_sees_nothing(admin, ada):
    entry = note(after={"k": 1})
    from accounts.banks.tenancy import in_bank

    with in_bank(SOUTH):
        otto = make_person(role=Role.ADMIN)
        client = Client(HTTP_HOST=HOSTS[SOUTH])
        client.force_login(otto)
    assert client.get(f"{LIST}{entry.pk + 10_000_000}/change/").status_code == 302


# -- what the admin's own forms write ----------------------------------------------------------------


def test_a_role_change_leaves_before_and_after(admin, ada):
    vic = make_person(role=Role.VIEWER)
    url = f"/admin/accounts/user/{vic.pk}/change/"
    data = {"email": vic.email, "role": "analyst", "is_active": "on", **seen(admin, url)}
    with entries() as found:
        answer = admin.post(url, data)
    assert answer.status_code == 302
    (entry,) = found
    assert (entry.act, entry.subject_id, entry.actor_id) == ("row.changed", str(vic.pk), ada.pk)
    assert said(entry) == {"before": {"role": "viewer"}, "after": {"role": "analyst"}}
    assert entry.request_id == answer["X-Request-Id"]


def test_saving_without_a_change_is_no_act(admin):
    vic = make_person(role=Role.VIEWER)
    url = f"/admin/accounts/user/{vic.pk}/change/"
    data = {"email": vic.email, "role": "viewer", "is_active": "on", **seen(admin, url)}
    with entries() as found:
        assert admin.post(url, data).status_code == 302
    assert found == []
