"""The colours a person chose: on this device by a cookie, on their others by their sign-in."""

import pytest
from django.test import Client

from accounts.models import Role, User
from tests.factories import make_person

SWITCH = "/profile/theme/"


@pytest.fixture
def ana(north_client: Client) -> User:
    user = make_person(role=Role.ANALYST)
    north_client.force_login(user)
    return user


def test_what_is_chosen_holds_on_another_device(north_client: Client, ana: User) -> None:
    page = north_client.get("/staff/customers/").content.decode()
    assert "data-theme" not in page and f'data-keep-theme="{SWITCH}"' in page
    assert north_client.post(SWITCH, {"theme": "dark"}).status_code == 204
    other = Client(HTTP_HOST="north.test")
    other.force_login(ana)
    assert 'data-theme="dark"' in other.get("/staff/customers/").content.decode()
    assert '<html lang="en" data-theme="dark">' in other.get("/api/docs/").content.decode()
    other.cookies["theme"] = "light"
    assert 'data-theme="light"' in other.get("/staff/customers/").content.decode()


@pytest.mark.parametrize("theme", ["", "pink", "dark " * 9])
def test_no_other_word_is_kept(north_client: Client, ana: User, theme: str) -> None:
    assert north_client.post(SWITCH, {"theme": theme}).status_code == 400
    assert north_client.get(SWITCH).status_code == 405
    assert User.objects.get(pk=ana.pk).theme == "system"


def test_a_switch_changes_ones_own_alone(north_client: Client, ana: User) -> None:
    other = make_person()
    north_client.post(SWITCH, {"theme": "dark", "user": str(other.pk)})
    assert User.objects.get(pk=other.pk).theme == "system"
