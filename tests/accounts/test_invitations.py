"""Invitations: good once, for days, at one bank; nobody starts with a password somebody else knows."""

import re
import time
import uuid
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.core.management import call_command
from django.test import Client

from accounts import invitations
from accounts.banks.tenancy import in_bank, in_public
from accounts.models import Invitation, Role, User
from tests.accounts.signin_case import browser, by_page, is_signed_in, somebody
from tests.conftest import HOSTS, NORTH, SOUTH
from tests.factories import make_customer, make_grant

NEW = "the first long password"
BOTH = {"password1": NEW, "password2": NEW}


@pytest.fixture
def ada(north: str) -> Client:
    client = browser()
    client.force_login(somebody(Role.ADMIN))
    return client


def fresh() -> str:
    return f"{uuid.uuid4().hex}@example.com"


def link_of(n: int = -1) -> str:
    found = re.search(r"https?://[^/\s]+(/accounts/invitation/\S+)", mail.outbox[n].body)
    assert found
    return found[1]


def add(ada: Client, email: str, role: str = "analyst") -> User:
    answer = ada.post("/admin/accounts/user/add/", {"email": email, "role": role})
    assert answer.status_code == 302, answer.context["errors"]
    return User.objects.get(email=email)


def test_a_new_member_of_staff_is_invited_and_sets_their_password(ada: Client) -> None:
    email = fresh()
    user = add(ada, email)
    assert not user.has_usable_password()
    assert mail.outbox[-1].to == [email] and "second factor" in mail.outbox[-1].body
    client = browser()
    page = client.get(link_of(), follow=True)
    assert page.redirect_chain[-1][0] == "/accounts/invitation/"
    answer = client.post("/accounts/invitation/", BOTH)
    assert answer["Location"] == "/" and is_signed_in(client)
    user.refresh_from_db()
    assert user.check_password(NEW)


def test_staff_go_on_to_their_second_factor_at_once(ada: Client, settings: Any) -> None:
    add(ada, fresh())
    settings.SECOND_FACTOR_REQUIRED = True
    client = browser()
    client.get(link_of())
    answer = client.post("/accounts/invitation/", BOTH, follow=True)
    assert answer.redirect_chain[-1][0] == "/accounts/2fa/"
    assert client.get("/accounts/2fa/totp/activate/").status_code == 200


def test_a_link_is_good_once(ada: Client) -> None:
    user = add(ada, fresh())
    first, second = browser(), browser()
    for client in (first, second):
        client.get(link_of())
    assert first.post("/accounts/invitation/", BOTH).status_code == 302
    other = "a thief's own password"
    late = second.post("/accounts/invitation/", {"password1": other, "password2": other})
    assert late.status_code == 410 and "has ended" in late.content.decode()
    user.refresh_from_db()
    assert user.check_password(NEW)


def test_a_link_ends_with_its_days(ada: Client, settings: Any) -> None:
    add(ada, fresh())
    path = link_of()
    now = time.time()
    for after, status in ((-60, 200), (60, 410)):
        with time_machine.travel(now + settings.INVITATION_DAYS * 86400 + after, tick=False):
            assert browser().get(path, follow=True).status_code == status


@pytest.mark.parametrize(
    ("how", "said"),
    [("used", "a password is set"), ("passed", "Ask your bank for a new one"),
     ("replaced", "Open the link in the latest message"), ("closed", "has closed this sign-in"),
     ("unknown", "isn’t known here")],
)  # fmt: skip
def test_an_ended_link_says_why_and_how_to_go_on(ada: Client, how: str, said: str) -> None:
    user, links = add(ada, fresh()), Invitation.objects.all()
    path = link_of()
    if how == "used":
        first = browser()
        first.get(path), first.post("/accounts/invitation/", BOTH)
    elif how == "passed":
        links.update(expires_at=links.get().created_at)
    elif how == "replaced":
        invitations.new_token(user=user, by=None)
    elif how == "closed":
        User.objects.filter(pk=user.pk).update(is_active=False)
    else:
        links.delete()
    page = browser().get(path, follow=True)
    assert page.status_code == 410 and said in page.content.decode()
    assert ("/accounts/password/reset/" in page.content.decode()) is (how == "used")
    assert user.email not in page.content.decode()


def test_an_address_invited_before_is_sent_a_new_link_instead(ada: Client) -> None:
    email = fresh()
    user = add(ada, email)
    again = ada.post("/admin/accounts/user/add/", {"email": email.upper(), "role": "viewer"})
    assert again.status_code == 200 and "nobody has come in with it yet" in again.content.decode()
    user.set_password(NEW), user.save()
    again = ada.post("/admin/accounts/user/add/", {"email": email, "role": "viewer"})
    assert "signs in with this address already" in again.content.decode()


@pytest.mark.parametrize(
    ("giver", "role", "may"),
    [(Role.ADMIN, Role.ADMIN, True), (Role.ADMIN, Role.ANALYST, True), (Role.ADMIN, Role.CUSTOMER, True),
     (Role.ADMIN, Role.OPERATOR, False), (Role.ANALYST, Role.VIEWER, False),
     (Role.ANALYST, Role.ADMIN, False), (Role.VIEWER, Role.CUSTOMER, False),
     (Role.CUSTOMER, Role.CUSTOMER, False), (Role.ADMIN, "owner", False)],
)  # fmt: skip
def test_nobody_invites_beyond_their_own_rights(
    north: str, giver: str, role: str, may: bool
) -> None:
    by, user = somebody(giver), User.objects.create_user(fresh(), None, role=role[:10])
    if may:
        assert invitations.new_token(user=user, by=by)
    else:
        with pytest.raises(invitations.InvitationRefused, match="up to your own rights"):
            invitations.new_token(user=user, by=by)
        assert not Invitation.objects.exists()


def test_a_closed_admin_gives_no_rights(north: str) -> None:
    by = somebody(Role.ADMIN)
    by.is_active = False
    with pytest.raises(invitations.InvitationRefused):
        invitations.new_token(user=User.objects.create_user(fresh(), None, role="viewer"), by=by)


def test_a_newer_link_ends_the_older(ada: Client) -> None:
    user = add(ada, fresh())
    old = link_of()
    ada.post("/admin/accounts/user/", {"action": "send_invitations", "_selected_action": [user.pk]})
    assert link_of() != old
    assert browser().get(old, follow=True).status_code == 410
    assert browser().get(link_of(), follow=True).status_code == 200


@pytest.mark.parametrize("token", ["x", "é", "a" * 500, "..%2f..", "' or 1=1 --"])
def test_a_made_up_link_is_ended(north: str, token: str) -> None:
    from urllib.parse import quote

    answer = browser().get(f"/accounts/invitation/{quote(token, safe='')}/", follow=True)
    assert answer.status_code in (404, 410)


def test_a_link_of_one_bank_is_nothing_at_another(ada: Client) -> None:
    add(ada, fresh())
    path = link_of()
    with in_bank(SOUTH):
        assert Client(HTTP_HOST=HOSTS[SOUTH]).get(path, follow=True).status_code == 410


def test_a_closed_person_isnt_invited_and_their_link_ends(ada: Client) -> None:
    user = add(ada, fresh())
    path = link_of()
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert browser().get(path, follow=True).status_code == 410
    answer = ada.post(
        "/admin/accounts/user/", {"action": "send_invitations", "_selected_action": [user.pk]}, follow=True,
    )  # fmt: skip
    assert "closed" in answer.content.decode() and len(mail.outbox) == 1


def test_who_has_a_password_isnt_invited_again(ada: Client) -> None:
    user = somebody()
    answer = ada.post(
        "/admin/accounts/user/", {"action": "send_invitations", "_selected_action": [user.pk]}, follow=True,
    )  # fmt: skip
    assert "signs in already" in answer.content.decode() and not mail.outbox


@pytest.mark.parametrize(
    ("one", "two", "said"),
    [("short", "short", "too short"), (NEW, NEW + "x", "isn’t the same"), ("", "", "required"),
     ("admin1234567", "admin1234567", "")],
)  # fmt: skip
def test_a_bad_password_says_why_and_keeps_the_link(
    ada: Client, one: str, two: str, said: str
) -> None:
    user = add(ada, fresh())
    client = browser()
    client.get(link_of())
    answer = client.post("/accounts/invitation/", {"password1": one, "password2": two})
    if said:
        assert answer.status_code == 400 and said in answer.content.decode()
        user.refresh_from_db()
        assert not user.has_usable_password()
        assert client.post("/accounts/invitation/", BOTH).status_code == 302


def test_only_the_hash_of_a_link_is_kept(ada: Client) -> None:
    add(ada, fresh())
    token = link_of().rstrip("/").rsplit("/", 1)[-1]
    row = Invitation.objects.get()
    assert token not in str(vars(row)) and len(row.token_hash) == 64


def test_who_was_never_in_isnt_let_in_by_a_reset(ada: Client) -> None:
    user = add(ada, fresh())
    browser().post("/accounts/password/reset/", {"email": user.email})
    assert "/reset/key/" not in mail.outbox[-1].body
    assert "only an invitation" in mail.outbox[-1].body.lower()


def test_the_admin_can_set_nobodys_password(ada: Client) -> None:
    user = somebody()
    page = ada.get(f"/admin/accounts/user/{user.pk}/change/").content.decode()
    assert 'type="password"' not in page and "password" not in re.findall(r'name="(\w+)"', page)
    assert ada.get(f"/admin/accounts/user/{user.pk}/password/").status_code == 302


# -- customers -----------------------------------------------------------------------------------


def test_an_imported_customer_is_invited_from_their_page(ada: Client) -> None:
    customer = make_customer()
    admin = User.objects.get(pk=ada.session["_auth_user_id"])
    make_grant(staff=admin, customer=customer)
    url = f"/staff/customers/{customer.public_id}/invite/"
    email = fresh()
    assert ada.get(url).status_code == 200
    assert ada.post(url, {"email": email}).status_code == 302
    client = browser()
    client.get(link_of())
    client.post("/accounts/invitation/", BOTH)
    customer.refresh_from_db()
    assert customer.user is not None and customer.user.email == email
    assert customer.user.role == Role.CUSTOMER
    assert "signs in already" in ada.get(url).content.decode()
    assert by_page(browser(), email, NEW).status_code == 302


def test_an_address_in_use_is_refused(ada: Client) -> None:
    customer, other = make_customer(), somebody()
    make_grant(staff=User.objects.get(pk=ada.session["_auth_user_id"]), customer=customer)
    url = f"/staff/customers/{customer.public_id}/invite/"
    answer = ada.post(url, {"email": other.email.upper()})
    assert answer.status_code == 400 and "already" in answer.content.decode()
    customer.refresh_from_db()
    assert customer.user is None and not mail.outbox


def test_only_an_admin_with_a_purpose_invites(north: str) -> None:
    customer = make_customer()
    url = f"/staff/customers/{customer.public_id}/invite/"
    for role, status in (
        (Role.CUSTOMER, 403),
        (Role.VIEWER, 403),
        (Role.ANALYST, 403),
        (Role.ADMIN, 302),
    ):
        client = browser()
        client.force_login(somebody(role))
        assert client.post(url, {"email": fresh()}).status_code == status
    assert not mail.outbox


# -- the first of a bank -------------------------------------------------------------------------


def test_the_first_admin_of_a_bank_comes_by_link(north: str, capsys: Any) -> None:
    email = fresh()
    with in_public():
        call_command("create_person", email, bank=NORTH, role="admin", invite=True)
    url = capsys.readouterr().out.strip()
    assert url.startswith("http://north.test/accounts/invitation/")
    client = browser()
    client.get(url.removeprefix("http://north.test"))
    assert client.post("/accounts/invitation/", BOTH).status_code == 302
    user = User.objects.get(email=email)
    assert user.role == Role.ADMIN and user.check_password(NEW)


def test_an_operator_comes_by_link_too(db: None, capsys: Any) -> None:
    with in_public():
        call_command("create_person", fresh(), operator=True, invite=True)
    assert capsys.readouterr().out.startswith("http://operator.test/accounts/invitation/")


def test_a_service_refuses_what_the_pages_refuse(north: str) -> None:
    with pytest.raises(invitations.InvitationRefused):
        invitations.new_token(user=somebody(), by=None)
    assert invitations.accept(token="x", password=NEW) is None
