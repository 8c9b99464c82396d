"""Connecting a bank as a person does it, without JavaScript; and whose connection it is."""

import re
from typing import Any

import pytest
from django.test import Client

from accounts.audit.models import AuditEntry
from accounts.customers.models import Customer
from accounts.jobs.models import Job
from accounts.jobs.services import run_job
from accounts.models import Role
from tests.conftest import HOSTS, NORTH
from tests.factories import make_account, make_customer, make_person
from tests.transactions.provider_case import Provider, connected, provider, put, run, transaction
from transactions.models import BankAccount, ImportBatch, ProviderAccount, ProviderLink, Transaction
from transactions.providers.errors import ProviderBusy
from transactions.providers.stand_in.world import Refusal

__all__ = ["provider"]


@pytest.fixture
def cleo(north: str) -> Customer:
    return make_customer(with_sign_in=True)


@pytest.fixture
def browser(cleo: Customer) -> Client:
    client = Client(HTTP_HOST=HOSTS[NORTH])
    assert cleo.user is not None
    client.force_login(cleo.user)
    return client


def text(answer: Any) -> str:
    return re.sub(r"\s+", " ", answer.content.decode())


def started(browser: Client) -> ProviderLink:
    answer = browser.post("/banks/connect/")
    link = ProviderLink.objects.latest("pk")
    assert answer.status_code == 302 and answer["Location"] == f"/banks/{link.public_id}/"
    return link


def visit_of(browser: Client, provider: Provider, link: ProviderLink) -> str:
    page = text(browser.get(link.page()))
    found = re.search(r'href="https://secure\.plaid\.com/link/([^"]+)" rel="noreferrer"', page)
    assert found, "the page leads to no bank"
    return found[1]


def choosing(browser: Client, provider: Provider) -> ProviderLink:
    link = started(browser)
    provider.world.finish_visit(visit_of(browser, provider, link))
    browser.post(f"{link.page()}finish/")
    link.refresh_from_db()
    return link


def test_a_person_connects_a_bank_and_rows_arrive(
    provider: Provider, cleo: Customer, browser: Client
) -> None:
    mine = make_account(customer=cleo, name="Household")
    assert "Connect your bank" in text(browser.get("/banks/"))
    link = started(browser)
    visit = provider.world.visits[visit_of(browser, provider, link)]
    assert visit.webhook == f"http://{HOSTS[NORTH]}/webhooks/plaid/{link.public_id}"
    assert visit.back == f"http://{HOSTS[NORTH]}{link.page()}"
    assert cleo.full_name not in str(visit) and str(cleo.pk) != visit.user
    # Back too early: said, and nothing changes.
    assert "finished yet" in text(browser.post(f"{link.page()}finish/", follow=True))
    provider.world.finish_visit(visit.token)
    page = text(browser.post(f"{link.page()}finish/", follow=True))
    link.refresh_from_db()
    assert (link.state, link.institution_name) == (ProviderLink.State.CHOOSING, "Example Bank")
    assert "Bring these in" in page and "Household" in page and "Checking 1" in page
    assert not Job.objects.exists()
    one, two = link.accounts.all()
    choices = {f"account_{one.pk}": "new", f"account_{two.pk}": str(mine.public_id)}
    assert browser.post(f"{link.page()}accounts/", choices).status_code == 302
    link.refresh_from_db()
    assert link.state == ProviderLink.State.ACTIVE
    made = BankAccount.objects.get(name="Checking 1")
    assert made.holders.get().customer == cleo
    token = next(iter(provider.world.items))
    item = provider.world.items[token]
    put(item, [transaction("a", item), transaction("b", item, account_id=two.external_id)])
    run_job(Job.objects.get().pk)
    assert set(Transaction.objects.values_list("account", flat=True)) == {made.pk, mine.pk}
    page = text(browser.get(link.page()))
    assert "What came, newest first" in page and token not in page
    acts = set(AuditEntry.objects.values_list("act", flat=True))
    assert {"provider.started", "provider.connected", "provider.chosen", "import.committed"} <= acts
    row = Transaction.objects.get(account=mine)
    from transactions.ids import encode_one

    assert "a connected bank" in text(browser.get(f"/transactions/{encode_one(row.pk)}/"))
    # Its deliveries stand there, not among the files.
    batch = ImportBatch.objects.get()
    assert browser.get(f"/imports/{batch.public_id}/done/").status_code == 404
    assert str(batch.public_id) not in text(browser.get("/imports/"))


def test_a_doubled_finish_connects_once(provider: Provider, browser: Client) -> None:
    link = started(browser)
    provider.world.finish_visit(visit_of(browser, provider, link))
    for _click in range(2):
        assert browser.post(f"{link.page()}finish/").status_code == 302
    assert AuditEntry.objects.filter(act="provider.connected").count() == 1
    assert provider.world.calls.count("/item/public_token/exchange") == 1


def test_two_accounts_cannot_go_to_one(provider: Provider, cleo: Customer, browser: Client) -> None:
    mine = make_account(customer=cleo)
    link = choosing(browser, provider)
    same = {f"account_{row.pk}": str(mine.public_id) for row in link.accounts.all()}
    answer = browser.post(f"{link.page()}accounts/", same)
    assert answer.status_code == 400 and "Choose another one" in text(answer)
    assert not Job.objects.exists()


def test_only_own_free_accounts_of_the_currency_are_offered(
    provider: Provider, cleo: Customer, browser: Client
) -> None:
    foreign = make_account()
    dollars = make_account(customer=cleo, currency="USD")
    other, _item = connected(provider, customer=cleo)
    taken = ProviderAccount.objects.filter(link=other).first()
    assert taken is not None and taken.account is not None
    link = choosing(browser, provider)
    first = link.accounts.first()
    assert first is not None
    for account in (foreign, dollars, taken.account):
        chosen = {f"account_{row.pk}": "out" for row in link.accounts.all()}
        chosen[f"account_{first.pk}"] = str(account.public_id)
        answer = browser.post(f"{link.page()}accounts/", chosen)
        assert answer.status_code == 400 and "not offered" in text(answer)


def test_a_bank_that_wants_a_sign_in_is_repaired(
    provider: Provider, cleo: Customer, browser: Client
) -> None:
    link, item = connected(provider, customer=cleo)
    item.login_required = True
    run(link)
    page = text(browser.get(link.page()))
    assert "asks you to sign in again" in page and "Sign in again at my bank" in page
    browser.post(f"{link.page()}sign-in/")
    link.refresh_from_db()
    provider.world.finish_visit(visit_of(browser, provider, link))
    page = text(browser.post(f"{link.page()}finish/", follow=True))
    link.refresh_from_db()
    assert link.state == ProviderLink.State.ACTIVE and "connected again" in page
    assert Job.objects.filter(lane=link.lane, state=Job.State.DUE).count() == 1


def test_update_now_is_one_job(provider: Provider, cleo: Customer, browser: Client) -> None:
    link, _item = connected(provider, customer=cleo)
    for _click in range(3):
        assert browser.post(f"{link.page()}update/").status_code == 302
    assert Job.objects.filter(lane=link.lane).count() == 1


def test_disconnecting_asks_first_and_ends_it_at_the_provider(
    provider: Provider, cleo: Customer, browser: Client
) -> None:
    link, item = connected(provider, customer=cleo)
    put(item, [transaction("a", item)])
    run(link)
    assert "Keep them" in text(browser.get(f"{link.page()}disconnect/"))
    page = text(browser.post(f"{link.page()}disconnect/", {"rows": "keep"}, follow=True))
    assert "The bank is disconnected." in page and item.is_gone
    link.refresh_from_db()
    assert link.state == ProviderLink.State.ENDED and not link.secret
    assert Transaction.objects.count() == 1


def test_a_provider_that_is_away_is_said_and_changes_nothing(
    provider: Provider, cleo: Customer, browser: Client
) -> None:
    link, _item = connected(provider, customer=cleo)

    def away(path: str, body: Any) -> None:
        raise ProviderBusy("unreachable")

    provider.world.trouble = away
    page = text(browser.post(f"{link.page()}disconnect/", {"rows": "remove"}, follow=True))
    assert "Try again in a few minutes" in page
    page = text(browser.post("/banks/connect/", follow=True))
    assert "Try again in a few minutes" in page
    link.refresh_from_db()
    assert link.state == ProviderLink.State.ACTIVE and ProviderLink.objects.count() == 1


def test_a_page_elsewhere_is_never_shown(provider: Provider, browser: Client) -> None:
    provider.world.base_url = "https://plaid.com.example.org"
    page = text(browser.post("/banks/connect/", follow=True))
    assert "refused it" in page and not ProviderLink.objects.exists()


def test_where_nothing_is_set_up_it_says_so(cleo: Customer, browser: Client, settings: Any) -> None:
    settings.PLAID_ENV = ""
    assert "Not offered here yet" in text(browser.get("/banks/"))
    assert "set up at this bank" in text(browser.post("/banks/connect/", follow=True))


def test_anothers_connection_is_as_missing_as_none(provider: Provider, browser: Client) -> None:
    link, _item = connected(provider)
    for page in ("", "disconnect/"):
        assert browser.get(f"{link.page()}{page}").status_code == 404
    for act in ("finish", "accounts", "update", "doubtful", "sign-in", "disconnect"):
        assert browser.post(f"{link.page()}{act}/").status_code == 404, act
    link.refresh_from_db()
    assert link.state == ProviderLink.State.ACTIVE and not Job.objects.exists()


@pytest.mark.parametrize("role", [Role.VIEWER, Role.ANALYST, Role.ADMIN])
def test_staff_have_no_connections(provider: Provider, role: str) -> None:
    link, _item = connected(provider)
    client = Client(HTTP_HOST=HOSTS[NORTH])
    client.force_login(make_person(role=role))
    assert client.get("/banks/").status_code == 403
    assert client.post(f"{link.page()}update/").status_code == 403


def test_a_refusal_is_said_in_words(provider: Provider, cleo: Customer, browser: Client) -> None:
    def refuse(path: str, body: Any) -> None:
        raise Refusal(400, "ITEM_ERROR", "ITEM_NOT_FOUND", "secret words of the provider")

    link, _item = connected(provider, customer=cleo)
    provider.world.trouble = refuse
    run(link)
    page = text(browser.get(link.page()))
    assert "no longer known there" in page and "ITEM_NOT_FOUND" in page
    assert "secret words" not in page
    assert "The connection has stopped" in text(browser.get("/banks/"))
