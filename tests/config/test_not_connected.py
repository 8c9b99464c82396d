"""A customer's sign-in that belongs to no customer yet is told so, on every page and by the API."""

import pytest
from django.test import Client
from django.urls import reverse

from tests.factories import make_person

SAID = "hasn’t connected this sign-in to your accounts yet"


@pytest.fixture
def loose(north_client: Client) -> Client:
    north_client.force_login(make_person())
    return north_client


@pytest.mark.parametrize(
    "name",
    ["pages:overview", "pages:profile", "pages:access", "transactions:list", "imports:list", "imports:new"],
)  # fmt: skip
def test_a_sign_in_without_a_customer_is_told_so(loose: Client, name: str) -> None:
    answer = loose.get(reverse(name))
    page = answer.content.decode()
    assert answer.status_code == 404 and SAID in page and "There is nothing here" not in page
    assert reverse("account_logout") in page


def test_the_start_leads_there_after_the_first_password(loose: Client) -> None:
    assert SAID in loose.get("/", follow=True).content.decode()


def test_the_api_says_it_too(loose: Client) -> None:
    body = loose.get("/api/v1/transactions").json()
    assert body["code"] == "not_found" and SAID in body["display_message"]


def test_whom_they_name_makes_no_difference(loose: Client) -> None:
    for named in ("x", "0197a5b2-6f1e-7c3a-9d53-0a4c2f1b7e11"):
        answer = loose.get("/api/v1/transactions", {"customer_id": named})
        assert answer.status_code in (400, 404) and "hasn’t" in answer.content.decode()
