"""The pages about accounts: balances, net worth per currency, what doesn't add up, and the acts on them."""

from datetime import date

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.audit.models import AuditEntry
from accounts.customers.models import AccessRecord, BankProfile, Customer
from accounts.models import Role
from tests import factories
from transactions.models import AccountHolder, BalanceStatement, BankAccount
from transactions.slices import slice_of

TODAY = date(2026, 6, 21)


@pytest.fixture
def cleo(north: str) -> Customer:
    BankProfile.objects.update_or_create(
        pk=1, defaults={"name": "North", "currency": "EUR", "business_day": TODAY}
    )
    return factories.make_customer(with_sign_in=True)


@pytest.fixture
def client(cleo: Customer, north_client: Client) -> Client:
    north_client.force_login(cleo.user)
    return north_client


def state(account: BankAccount, day: date, amount: str, source: str = "bank") -> None:
    BalanceStatement.objects.create(account=account, day=day, amount=amount, source=source)


def spend(account: BankAccount, *lines: tuple[date, str]) -> None:
    factories.make_transactions(
        account, [{"booked_on": day, "amount": amount} for day, amount in lines]
    )


def test_the_page_shows_balances_and_net_worth_per_currency(cleo: Customer, client: Client) -> None:
    euro = factories.make_account(customer=cleo, name="Everyday")
    state(euro, date(2026, 5, 31), "100.00")
    spend(
        euro,
        (date(2026, 5, 31), "-40.00"),
        (date(2026, 6, 1), "-12.50"),
        (date(2026, 6, 22), "-99.00"),
    )
    dollars = factories.make_account(customer=cleo, name="Dollars", currency="USD")
    state(dollars, date(2026, 6, 1), "50")
    factories.make_account(customer=cleo, name="Old loan", kind="loan")
    body = client.get("/bank-accounts/").content.decode()
    assert 'data-metric="balance" data-value="87.5000"' in body
    assert (
        'data-metric="net_worth" data-value="50.0000" data-unit="money" data-currency="USD"' in body
    )
    assert "Old loan" in body and "not known" in body
    assert "no rate of the last seven days is stored: USD" in body


def test_every_figure_opens_what_it_is_made_of(cleo: Customer, client: Client) -> None:
    euro = factories.make_account(customer=cleo)
    state(euro, date(2026, 5, 31), "100.00")
    state(euro, date(2026, 6, 20), "80.00")
    spend(euro, (date(2026, 6, 1), "-12.50"))
    days = "start_date=2026-06-01&end_date=2026-06-30&currency=EUR"
    said = client.get(f"/api/v1/trace/unexplained?{days}").json()
    assert said["value"] == "-7.50"
    assert [(p["metric"], p["value"]) for p in said["parts"]] == [
        ("stated_balance", "80.00"), ("expected_balance", "87.50"),
    ]  # fmt: skip
    expected = client.get(said["parts"][1]["trace"]).json()
    assert [(p["metric"], p["value"]) for p in expected["parts"]] == [
        ("stated_balance", "100.00"), ("moved", "-12.50"),
    ]  # fmt: skip
    body = client.get(f"/bank-accounts/{euro.public_id}/").content.decode()
    assert 'data-metric="unexplained" data-value="-7.5000"' in body
    page = client.get("/trace/net_worth/?end_date=2026-06-21&currency=EUR")
    assert page.status_code == 200


def test_the_api_tells_accounts_with_balance_and_trace(cleo: Customer, client: Client) -> None:
    yen = factories.make_account(customer=cleo, currency="JPY", name="Yen")
    state(yen, date(2026, 5, 31), "1000")
    spend(yen, (date(2026, 6, 2), "-250"))
    other = factories.make_account(name="Not hers")
    (one,) = client.get("/api/v1/accounts").json()["items"]
    assert (one["balance"], one["as_of"], one["stated_on"], one["lines"]) == (
        "750",
        "2026-06-21",
        "2026-05-31",
        1,
    )
    assert client.get(f"/api/v1/accounts/{yen.public_id}").json() == one
    assert client.get(f"/api/v1/accounts/{other.public_id}").status_code == 404
    parts = client.get(one["trace"]).json()
    assert parts["value"] == "750" and [p["value"] for p in parts["parts"]] == ["1000", "-250"]
    assert client.get(parts["parts"][1]["trace"]).json()["sum"] == "-250"


def post(client: Client, account: BankAccount, act: str, **data: str) -> int:
    return client.post(f"/bank-accounts/{account.public_id}/{act}/", data).status_code


def acts() -> list[str]:
    """What was written down of accounts and of people's choices; other tests may have left acts of their own."""
    made = AuditEntry.objects.filter(act__regex=r"^(account|balance|customer)\.")
    return list(made.order_by("id").values_list("act", flat=True))


def test_a_stated_balance_counts_from_its_day_and_can_be_taken_back(
    cleo: Customer, client: Client
) -> None:
    account = factories.make_account(customer=cleo)
    spend(account, (date(2026, 6, 1), "-12.50"), (date(2026, 6, 10), "-7.00"))
    assert post(client, account, "balance", day="2026-06-01", amount="100") == 302
    page = client.get(f"/bank-accounts/{account.public_id}/").content.decode()
    assert 'data-metric="balance" data-value="93.0000"' in page
    assert post(client, account, "balance", day="2026-06-01", amount="90,00") == 302
    assert BalanceStatement.objects.get().amount == 90
    assert post(client, account, "balance/remove", day="2026-06-01") == 302
    assert not BalanceStatement.objects.exists()
    assert post(client, account, "balance/remove", day="nonsense") == 302
    assert acts() == ["balance.stated", "balance.stated", "balance.withdrawn"]


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"day": "2026-06-22", "amount": "1"}, "This day is still to come"),
        ({"day": "1899-12-31", "amount": "1"}, "from 1900-01-01 on"),
        ({"day": "2026-06-01", "amount": "much"}, "much"),
        ({"day": "2026-06-01", "amount": "1.23456"}, "decimals"),
        ({"day": "", "amount": ""}, "This field is required"),
    ],
)
def test_a_balance_that_cannot_be_kept_is_told_where_it_was_typed(
    cleo: Customer, client: Client, data: dict[str, str], sentence: str
) -> None:
    account = factories.make_account(customer=cleo)
    answer = client.post(f"/bank-accounts/{account.public_id}/balance/", data)
    assert answer.status_code == 400 and sentence in answer.content.decode()
    assert not BalanceStatement.objects.exists()


def test_what_is_owed_on_a_card_is_below_zero_however_it_is_typed(
    cleo: Customer, client: Client
) -> None:
    card = factories.make_account(customer=cleo, kind="card")
    for typed, side, kept in (("350", "owed", -350), ("-350", "owed", -350), ("20", "mine", 20)):
        assert post(client, card, "balance", day="2026-06-01", amount=typed, side=side) == 302
        assert BalanceStatement.objects.get().amount == kept
    assert "Debts" in client.get("/bank-accounts/").content.decode()


def test_what_a_bank_states_counts_before_what_was_stated_by_hand(
    cleo: Customer, client: Client
) -> None:
    account = factories.make_account(customer=cleo)
    state(account, date(2026, 6, 1), "100")
    assert post(client, account, "balance", day="2026-06-01", amount="55") == 302
    page = client.get(f"/bank-accounts/{account.public_id}/").content.decode()
    assert 'data-metric="balance" data-value="100.0000"' in page
    assert "another one of this day counts" in page


def test_a_balance_of_a_day_to_come_and_pending_lines_are_left_out(
    cleo: Customer, client: Client
) -> None:
    account = factories.make_account(customer=cleo)
    state(account, date(2026, 6, 1), "100")
    state(account, date(2026, 6, 30), "9999")
    factories.make_transactions(
        account, [{"booked_on": date(2026, 6, 5), "amount": "-30", "status": "pending"}]
    )
    page = client.get("/bank-accounts/").content.decode()
    assert 'data-metric="balance" data-value="100.0000"' in page and "and 1 pending" in page


def test_the_difference_is_shown_with_its_days_and_what_to_do(
    cleo: Customer, client: Client
) -> None:
    account = factories.make_account(customer=cleo)
    state(account, date(2026, 4, 30), "100")
    state(account, date(2026, 5, 31), "80")
    state(account, date(2026, 6, 15), "70")
    spend(account, (date(2026, 6, 2), "-10"))
    assert "doesn’t add up" in client.get("/bank-accounts/").content.decode()
    page = client.get(f"/bank-accounts/{account.public_id}/").content.decode()
    assert 'data-metric="unexplained" data-value="-20.0000"' in page
    assert "There is no line at all between the two" in page
    assert 'data-metric="unexplained" data-value="0.0000"' in page and "agrees:" in page


def test_a_joint_account_has_each_holders_own_name_and_its_owners_kind(
    cleo: Customer, client: Client
) -> None:
    owner = factories.make_customer(with_sign_in=True)
    joint = factories.make_account(customer=owner, name="Household")
    factories.add_holder(joint, cleo)
    assert "you may use it" in client.get("/bank-accounts/").content.decode()
    assert post(client, joint, "name", name="Ours", kind="loan") == 302
    joint.refresh_from_db()
    assert (joint.name, joint.kind) == ("Household", "current")
    assert AccountHolder.objects.get(customer=cleo).own_name == "Ours"
    for url in ("/bank-accounts/", "/transactions/"):
        assert "Ours" in client.get(url).content.decode()
    other = Client(HTTP_HOST="north.test")
    other.force_login(owner.user)
    page = other.get("/bank-accounts/").content.decode()
    assert "Household" in page and "Ours" not in page and "shared with 1 person" in page
    assert (
        other.post(
            f"/bank-accounts/{joint.public_id}/name/", {"name": "", "kind": "savings"}
        ).status_code
        == 302
    )
    joint.refresh_from_db()
    assert (joint.name, joint.kind) == ("Household", "savings")
    assert acts() == ["account.described", "account.described"]


def test_a_folded_account_is_out_of_the_way_and_still_counts(
    cleo: Customer, client: Client
) -> None:
    account = factories.make_account(customer=cleo, name="Old")
    state(account, date(2026, 6, 1), "100")
    assert post(client, account, "fold", away="1") == 302
    page = client.get("/bank-accounts/").content.decode()
    assert "1 account is folded away" in page
    assert 'data-metric="net_worth" data-value="100.0000"' in page
    assert post(client, account, "fold", away="0") == 302
    assert "folded away" not in client.get("/bank-accounts/").content.decode()
    assert acts() == ["account.folded", "account.unfolded"]


def test_accounts_of_others_and_of_drafts_are_missing(cleo: Customer, client: Client) -> None:
    foreign = factories.make_account(name="Foreign one")
    draft = factories.make_account(customer=cleo, name="Draft one", draft_of=7)
    page = client.get("/bank-accounts/").content.decode()
    assert "Foreign one" not in page and "Draft one" not in page and "No account yet" in page
    for account in (foreign, draft):
        assert client.get(f"/bank-accounts/{account.public_id}/").status_code == 404
        for act in ("balance", "balance/remove", "name", "fold"):
            assert post(client, account, act, day="2026-06-01", amount="1", name="x") == 404
        assert client.get(f"/api/v1/accounts/{account.public_id}").status_code == 404
    assert not BalanceStatement.objects.exists() and not acts()


def test_staff_read_an_opened_customers_accounts_and_change_nothing(
    cleo: Customer, north_client: Client
) -> None:
    account = factories.make_account(customer=cleo)
    state(account, date(2026, 6, 1), "100")
    ana = factories.make_person(email="ana@example.com", role=Role.ANALYST)
    north_client.force_login(ana)
    url = f"/bank-accounts/?customer={cleo.public_id}"
    assert north_client.get(url).status_code in (302, 403)
    factories.make_grant(staff=ana, customer=cleo)
    page = north_client.get(url).content.decode()
    assert 'data-metric="balance" data-value="100.0000"' in page
    one = north_client.get(f"/bank-accounts/{account.public_id}/?customer={cleo.public_id}")
    assert one.status_code == 200 and "State a balance" not in one.content.decode()
    assert post(north_client, account, "balance", day="2026-06-01", amount="1") == 403
    assert AccessRecord.objects.filter(what__contains="account").count() == 2


def test_a_person_chooses_among_the_currencies_they_hold(cleo: Customer, client: Client) -> None:
    factories.make_account(customer=cleo)
    factories.make_account(customer=cleo, currency="KWD")
    factories.make_account(customer=cleo, currency="JPY")
    page = client.get("/overview/").content.decode()
    assert client.post("/bank-accounts/currency/", {"currency": "KWD"}).status_code == 302
    slice = slice_of(Customer.objects.get(pk=cleo.pk))
    assert slice.currency == "KWD" and page
    assert client.post("/bank-accounts/currency/", {"currency": "CHF"}).status_code == 302
    assert Customer.objects.get(pk=cleo.pk).reporting_currency == "KWD"
    assert acts() == ["customer.currency_chosen"]


def test_all_currencies_together_show_their_rates(cleo: Customer, client: Client) -> None:
    for currency, amount in (("EUR", "100"), ("USD", "50"), ("JPY", "1000"), ("KWD", "2")):
        state(factories.make_account(customer=cleo, currency=currency), date(2026, 6, 1), amount)
    factories.make_rate("USD", "EUR", date(2026, 6, 19), "0.9213")
    factories.make_rate("EUR", "JPY", date(2026, 6, 20), "160")
    page = client.get("/bank-accounts/").content.decode()
    # 100 + 46.065 and 6.25, each rounded halves up.
    assert 'data-metric="net_worth" data-value="152.3200"' in page or "€152.32" in page
    assert "0.9213</span> (ECB, 19 Jun)" in page and "turned round" in page
    assert "no rate of the last seven days is stored: KWD" in page
    trace = client.get("/api/v1/trace/net_worth?end_date=2026-06-21&currency=EUR&convert=1").json()
    assert trace["value"] == "152.32"
    assert [p["value"] for p in trace["parts"]] == ["100.00", "46.07", "6.25"]
    dollars = client.get(trace["parts"][1]["trace"]).json()
    assert (dollars["rate"]["value"], dollars["parts"][0]["value"]) == ("0.9213", "50.00")


def test_the_page_asks_as_little_for_many_accounts_as_for_one(
    cleo: Customer, client: Client
) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get("/bank-accounts/").status_code == 200
        ours = [
            q["sql"] for q in queries if not q["sql"].startswith(("SET ", "SAVEPOINT", "RELEASE"))
        ]
        return len(ours)

    def more() -> None:
        account = factories.make_account(customer=cleo)
        for month in (2, 3, 5):
            state(account, date(2026, month, 3), "100")
        spend(account, (date(2026, 4, 2), "-10"))

    more()
    few = asked()
    for _ in range(10):
        more()
    assert asked() == few <= 12
