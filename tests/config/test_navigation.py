"""Who sees which entries, and which one is marked as the current page."""

from types import SimpleNamespace
from typing import Any

import pytest
from django.urls import NoReverseMatch

from accounts.models import Role
from config.pages import navigation

ADDRESSES = {
    "pages:overview": "/overview/",
    "transactions:list": "/transactions/",
    "imports:new": "/imports/new/",
    "imports:list": "/imports/",
    "pages:profile": "/profile/",
    "pages:staff_overview": "/staff/",
    "pages:customers": "/staff/customers/",
    "admin:index": "/admin/",
}


@pytest.fixture(autouse=True)
def addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    def reverse(name: str) -> str:
        if name not in ADDRESSES:
            raise NoReverseMatch(name)
        return ADDRESSES[name]

    monkeypatch.setattr(navigation, "reverse", reverse)


def entries(role: str, path: str = "/", **more: Any) -> list[navigation.NavItem]:
    user = SimpleNamespace(is_authenticated=True, is_active=True, role=role, **more)
    return navigation.items_for(SimpleNamespace(user=user, path=path, COOKIES={}))  # type: ignore[arg-type]


def names(role: str) -> list[str]:
    return [item.url_name for item in entries(role)]


def test_each_role_sees_its_own_pages() -> None:
    assert names(Role.CUSTOMER) == [
        "pages:overview", "transactions:list", "imports:new", "pages:profile",
    ]  # fmt: skip
    assert names(Role.VIEWER) == ["pages:staff_overview"]
    assert names(Role.ANALYST) == ["pages:staff_overview", "pages:customers", "imports:list"]
    assert names(Role.ADMIN) == [*names(Role.ANALYST), "admin:index"]
    assert names(Role.OPERATOR) == ["admin:index"]


def test_pages_that_do_not_exist_are_left_out() -> None:
    assert "jobs:list" not in names(Role.ANALYST)


def test_nobody_signed_in_sees_nothing() -> None:
    nobody = SimpleNamespace(is_authenticated=False)
    assert navigation.items_for(SimpleNamespace(user=nobody, path="/")) == []  # type: ignore[arg-type]


def test_the_deepest_entry_above_the_page_is_current() -> None:
    def current(path: str) -> list[tuple[str, str]]:
        return [(i.url_name, i.current) for i in entries(Role.ADMIN, path) if i.current]

    assert current("/staff/") == [("pages:staff_overview", "page")]
    assert current("/staff/customers/") == [("pages:customers", "page")]
    assert current("/staff/customers/7/") == [("pages:customers", "true")]
    assert current("/staffing/") == []


def test_the_cookie_of_this_device_goes_before_the_kept_choice() -> None:
    def look(cookies: dict[str, str], kept: str = "system") -> dict[str, Any]:
        request = SimpleNamespace(COOKIES=cookies, user=SimpleNamespace(theme=kept))
        return navigation.look(request)  # type: ignore[arg-type]

    assert look({"theme": "dark"}, "light") == {"theme": "dark", "hide": False}
    assert look({}, "light")["theme"] == "light"
    assert look({"theme": '"><script>', "hide": "1"}) == {"theme": "system", "hide": True}
