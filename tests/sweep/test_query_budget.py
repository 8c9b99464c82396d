"""Must-show i: every list and overview in at most twelve statements, the same at ten times the rows."""

from datetime import UTC, datetime

from django.test import Client

from accounts.customers.models import Customer
from accounts.jobs.models import Job, StoredFile
from accounts.models import User
from analytics.releases.models import StaffGroup
from analytics.releases.queries import published_release
from tests import factories, sample_bank
from tests.query_count import counted
from transactions.ids import encode_one
from transactions.models import BankAccount, ImportBatch, Transaction

MOST = 12
NOW = datetime(2026, 6, 21, 12, tzinfo=UTC)


def grow(john: Customer, times: int) -> None:
    """Adds `times` as much as a page of everything that lists and overviews read."""
    account = BankAccount.objects.held_by(john).order_by("id").first()
    assert account
    codes = ("coffee", "salary", "fuel", None, "own_transfer")
    rows = [
        {"amount": "10" if n % 5 == 1 else "-1", "category": codes[n % 5], "status": status,
         "booked_on": sample_bank.TODAY.replace(day=1 + n % 20)}
        for status in ("posted", "pending") for n in range(60 * times)
    ]  # fmt: skip
    factories.make_transactions(account, rows)
    Job.objects.bulk_create(
        Job(kind="import_plan", run_at=NOW, state=state, started_by=john.user)
        for state in Job.State.values for _ in range(20 * times)
    )  # fmt: skip
    for _ in range(6 * times):
        factories.make_customer()
        ImportBatch.objects.create(
            customer=john, account=account, source="file", state="committed",
            file=StoredFile.objects.create(name="export.csv", size=1), counts={"new": 1},
        )  # fmt: skip
    release = published_release()
    assert release
    groups = list(StaffGroup.objects.filter(release=release)) if times > 1 else []
    for _ in range(times):
        for group in groups:
            group.pk = None
        StaffGroup.objects.bulk_create(groups)


def addresses(john: Customer, staff: bool) -> dict[str, str]:
    """What is measured, by name; `staff` = the same pages of a customer opened with a purpose."""
    account = BankAccount.objects.held_by(john).order_by("id").first()
    row = Transaction.objects.filter(account=account).order_by("id").first()
    assert account and row
    named = f"customer={john.public_id}"
    month = "period=2026-06"
    found = {
        "overview": "/overview/?",
        "overview, last year": "/overview/?period=12m",
        "overview, one account": f"/overview/?account={account.public_id}",
        "overview, trend as file": "/overview/trend.csv?",
        "overview, forecast as file": "/overview/ahead.csv?",
        "transactions": "/transactions/?",
        "transactions, searched": "/transactions/?q=o",
        "transactions, one month": f"/transactions/?{month}",
        "transactions, behind a figure": f"/transactions/?{month}&metric=expenses",
        "transaction": f"/transactions/{encode_one(row.pk)}/?",
        "trace of net": "/trace/net/?start_date=2026-06-01&end_date=2026-06-30",
        "trace of share": "/trace/share/?start_date=2026-06-01&end_date=2026-06-30",
        "forecast": "/forecast/expenses/?",
        "new import": "/imports/new/?",
        "accounts": "/bank-accounts/?",
        "account": f"/bank-accounts/{account.public_id}/?",
    }
    if staff:
        found = {
            name: f"{url}{'' if url[-1] == '?' else '&'}{named}" for name, url in found.items()
        }
        found["customer"] = f"/staff/customers/{john.public_id}/"
        found["customer, one month"] = f"/staff/customers/{john.public_id}/?{month}"
    else:
        found["profile"] = "/profile/"
        found["imports"] = "/imports/"
    api = f"customer_id={john.public_id}" if staff else ""
    found["API transactions"] = f"/api/v1/transactions?{api}"
    found["API transactions, figure"] = f"/api/v1/transactions?metric=expenses&{api}"
    found["API cards"] = f"/api/v1/transactions/metrics?{api}"
    found["API dashboard"] = f"/api/v1/kpi/dashboard/{john.public_id}"
    return found


STAFF = {
    "staff overview": "/staff/",
    "staff overview, one branch": "/staff/?branch=Centre",
    "staff overview, trend as file": "/staff/trend.csv",
    "staff groups": "/staff/groups/?metric=expenses",
    "staff groups of net": "/staff/groups/?metric=net",
    "customers": "/staff/customers/",
    "customers, searched": "/staff/customers/?q=C",
    "imports": "/imports/",
    "jobs": "/staff/jobs/",
    "jobs, stopped": "/staff/jobs/?state=parked",
}


def browser(user: User) -> Client:
    client = Client(HTTP_HOST=sample_bank.HOST)
    client.force_login(user)
    return client


def measured(clients: dict[str, Client], pages: dict[str, dict[str, str]]) -> dict[str, int]:
    found = {}
    for who, urls in pages.items():
        for name, url in urls.items():
            with counted() as sent:
                response = clients[who].get(url)
                assert response.status_code == 200, f"{name} ({who}): {response.status_code}"
                if response.streaming:
                    b"".join(response.streaming_content)
            found[f"{who}: {name}"] = len(sent)
    return found


def test_at_most_twelve_statements_and_the_same_at_ten_times_the_rows(sample: str) -> None:
    john = sample_bank.john()
    assert john.user
    analyst = sample_bank.user("analyst")
    factories.make_grant(staff=analyst, customer=john)
    clients = {
        "customer": browser(john.user),
        "opened": browser(analyst),
        "staff": browser(analyst),
    }
    pages = {"customer": addresses(john, False), "opened": addresses(john, True), "staff": STAFF}
    grow(john, 1)
    measured(clients, pages)
    once = measured(clients, pages)
    grow(john, 10)
    ten = measured(clients, pages)
    print(f"\n{'page':<46} {'n rows':>7} {'10 n':>5}")
    for name, n in once.items():
        print(f"{name:<46} {n:>7} {ten[name]:>5}")
    assert once == ten
    assert not (over := {name: n for name, n in ten.items() if n > MOST}), over
