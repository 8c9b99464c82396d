"""Regular payments in the database: written at night and after an import, and never over a person's word."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.banks.tenancy import in_bank
from accounts.customers.models import BankProfile, Customer
from accounts.jobs.models import Job
from accounts.jobs.services import run_job
from analytics.nights.models import Run
from analytics.regulars import queries, search, services
from analytics.regulars.models import RegularPayment, RegularPaymentDate
from config.nightly import STEPS
from tests import factories
from tests.conftest import NORTH
from transactions import ledger, totals
from transactions.enrichment import Delivery, after_commit
from transactions.models import BankAccount, ImportBatch

TODAY = date(2026, 6, 21)


def months(
    name: str, amount: str, day: int, *, count: int = 8, last: int = 6, **more: object
) -> list[dict]:  # type: ignore[type-arg]
    """Rows of one payment a month, up to month `last` of 2026."""
    found = []
    for back in range(count):
        number = 2026 * 12 + last - 1 - back
        booked_on = date(number // 12, number % 12 + 1, day)
        found.append(
            {"amount": amount, "booked_on": booked_on, "clean_text": name, "counterparty": name}
            | more
        )
    return found


@pytest.fixture
def cleo(north: str) -> Customer:
    BankProfile.objects.filter(pk=1).update(business_day=TODAY, currency="EUR", locale="en")
    return factories.make_customer(with_sign_in=True, full_name="Cleo Customer")


@pytest.fixture
def account(cleo: Customer) -> BankAccount:
    made = factories.make_account(customer=cleo, name="Everyday")
    factories.make_transactions(
        made,
        [
            *months("Streamline", "-12.99", 18),
            *months("Harbour Works", "2400", 1, category="wages"),
            *months("Savings", "-200", 2, category="own_transfer"),
            *months("Cash machine", "-100", 5, category="cash_withdrawal"),
            *[
                {"amount": f"-{31 + n}.40", "booked_on": TODAY - timedelta(days=n * n % 97),
                 "clean_text": "Corner Shop", "counterparty": "Corner Shop"}
                for n in range(20)
            ],
        ],
    )  # fmt: skip
    return made


def run_search(customer: Customer, through: date = TODAY) -> search.Report:
    return search.search_customers([customer.pk], through=through)


def names(account: BankAccount) -> dict[str, RegularPayment]:
    return {r.name: r for r in RegularPayment.objects.filter(account=account)}


def test_finds_what_comes_again_and_nothing_else(cleo: Customer, account: BankAccount) -> None:
    run_search(cleo)
    found = names(account)
    assert set(found) == {"Streamline", "Harbour Works", "Savings"}
    row = found["Streamline"]
    assert (row.cadence, row.direction, row.amount_typical) == ("monthly", "out", Decimal("12.99"))
    assert (row.next_on, row.payments, row.maturity) == (date(2026, 7, 18), 8, "mature")
    assert found["Harbour Works"].direction == "in"
    dates = RegularPaymentDate.objects.filter(regular=row)
    assert {d.expected_on.day for d in dates} == {18} and dates.count() == 8
    told = {one.name: one for one in queries.regulars_of([account.pk], today=TODAY)}
    assert told["Savings"].is_transfer and not told["Streamline"].is_transfer


def test_a_stream_is_the_same_one_the_next_night(cleo: Customer, account: BankAccount) -> None:
    run_search(cleo)
    before = {name: row.pk for name, row in names(account).items()}
    factories.make_transactions(account, months("Streamline", "-14.99", 18, count=1, last=7))
    again = run_search(cleo, date(2026, 7, 19))
    assert {name: row.pk for name, row in names(account).items()} == before
    assert (again.new, again.gone) == (0, 0)
    row = names(account)["Streamline"]
    assert (row.was_amount, row.amount_typical) == (Decimal("12.99"), Decimal("14.99"))
    assert row.changed_on == date(2026, 7, 18) and row.next_on == date(2026, 8, 18)
    told = queries.told(row, today=date(2026, 7, 19))
    assert told.change and told.change.yearly == Decimal("24.00")


def test_an_unchanged_night_writes_no_dates(cleo: Customer, account: BankAccount) -> None:
    run_search(cleo)
    before = list(RegularPaymentDate.objects.order_by("pk").values_list("pk", flat=True))
    run_search(cleo)
    assert list(RegularPaymentDate.objects.order_by("pk").values_list("pk", flat=True)) == before


def test_no_search_takes_a_persons_word_back(cleo: Customer, account: BankAccount) -> None:
    run_search(cleo)
    found = names(account)
    with transaction.atomic():
        services.say(found["Savings"], word="rejected")
        services.say(found["Harbour Works"], word="removed")
        services.correct(
            found["Streamline"], name="Films", cadence="monthly", amount=Decimal("13.50"),
            next_on=date(2026, 7, 20),
        )  # fmt: skip
    run_search(cleo, date(2026, 6, 30))
    found = names(account)
    assert len(found) == 3
    told = {one.name: one for one in queries.regulars_of([account.pk], today=TODAY)}
    assert set(told) == {"Films", "Savings"}
    films = told["Films"]
    assert (films.amount, films.next_on, films.state) == (
        Decimal("13.50"), date(2026, 7, 20), "confirmed",
    )  # fmt: skip
    assert told["Savings"].state == "rejected"
    due = queries.coming_up(told.values(), today=TODAY)
    assert [one.regular.name for one in due] == ["Films"]


def test_a_persons_day_goes_on_by_their_rhythm(cleo: Customer, account: BankAccount) -> None:
    run_search(cleo)
    row = names(account)["Streamline"]
    services.correct(
        row,
        name="Streamline",
        cadence="monthly",
        amount=row.amount_typical,
        next_on=date(2026, 7, 20),
    )
    factories.make_transactions(account, months("Streamline", "-12.99", 20, count=1, last=7))
    run_search(cleo, date(2026, 7, 25))
    row.refresh_from_db()
    assert queries.next_of(row) == date(2026, 8, 20)


def test_what_a_person_confirmed_outlives_its_rows(cleo: Customer, account: BankAccount) -> None:
    run_search(cleo)
    found = names(account)
    services.say(found["Streamline"], word="confirmed")
    with ledger.writing_accounts([account.pk], wait=True):
        totals.apply_change(
            "delete from transactions_transaction where account_id = %s returning id, "
            + totals.DELETED,
            [account.pk],  # type: ignore[arg-type]
        )
    run_search(cleo)
    assert set(names(account)) == {"Streamline"}
    assert not RegularPaymentDate.objects.exists()


def test_the_same_rows_with_new_numbers_are_the_same_stream(
    cleo: Customer, account: BankAccount
) -> None:
    run_search(cleo)
    row = names(account)["Streamline"]
    RegularPaymentDate.objects.filter(regular=row).delete()
    run_search(cleo)
    assert names(account)["Streamline"].pk == row.pk
    assert RegularPaymentDate.objects.filter(regular=row).count() == 8


def test_one_made_by_hand_takes_later_rows_of_its_name_and_amount(
    cleo: Customer, account: BankAccount
) -> None:
    line = factories.make_transaction(
        account=account,
        amount="-50",
        booked_on=date(2026, 6, 3),
        clean_text="Choir",
        counterparty="Choir",
    )
    made = services.make_by_hand(line, cadence="quarterly", next_on=date(2026, 9, 3))
    with pytest.raises(services.AlreadyRegular):
        services.make_by_hand(line, cadence="monthly", next_on=date(2026, 7, 3))
    for amount, day in (("-52", date(2026, 9, 4)), ("-400", date(2026, 9, 5))):
        factories.make_transaction(
            account=account, amount=amount, booked_on=day, clean_text="Choir", counterparty="Choir"
        )
    run_search(cleo, date(2026, 9, 10))
    made.refresh_from_db()
    assert made.payments == 2 and made.last_on == date(2026, 9, 4)
    assert queries.next_of(made) == date(2026, 12, 3)


def test_stopped_and_new_ones_are_told(cleo: Customer, account: BankAccount) -> None:
    factories.make_transactions(account, months("Old Gym", "-29.90", 4, count=8, last=3))
    factories.make_transactions(account, months("Cloudbox", "-2.99", 10, count=3, last=6))
    run_search(cleo)
    told = {one.name: one for one in queries.regulars_of([account.pk], today=TODAY)}
    assert told["Old Gym"].state == "lapsed" and told["Cloudbox"].is_new
    due = queries.coming_up(told.values(), today=TODAY)
    assert "Old Gym" not in {one.regular.name for one in due}
    assert queries.totals(due, is_in=False) == {"EUR": Decimal("15.98")}
    assert queries.totals(due, is_in=True) == {"EUR": Decimal("2400.0000")}


def test_pending_split_and_later_rows_are_left_out(cleo: Customer, account: BankAccount) -> None:
    factories.make_transactions(account, months("Later", "-9", 10, count=4, last=11))
    factories.make_transactions(account, months("Pending", "-9", 11, count=4, status="pending"))
    run_search(cleo)
    assert not {"Later", "Pending"} & set(names(account))


def test_an_import_puts_the_search_among_the_jobs(cleo: Customer, account: BankAccount) -> None:
    batch = ImportBatch(customer=cleo)
    with transaction.atomic():
        after_commit(Delivery(batch, (account.pk,)))
    job = Job.objects.get(kind="regulars")
    assert job.arguments == {"accounts": [account.pk]}
    run_job(job.pk)
    job.refresh_from_db()
    assert job.state == Job.State.DONE and job.result["new"] == 3
    with transaction.atomic():
        after_commit(Delivery(batch, tuple(range(1, 40))))
    assert Job.objects.filter(kind="regulars").count() == 1


def test_the_night_has_the_step_between_features_and_forecasts(
    cleo: Customer, account: BankAccount
) -> None:
    order = [step.name for step in STEPS]
    assert order.index("features") < order.index("regulars") < order.index("forecasts")
    step = STEPS[order.index("regulars")]
    run = Run(business_day=TODAY, computed_through=date(2026, 5, 31))
    assert step.work(run).count == 3
    assert step.work(run).note.startswith("0 new")


def test_another_banks_rows_are_never_read(
    cleo: Customer, account: BankAccount, south: str
) -> None:
    with in_bank(NORTH):
        run_search(cleo)
        assert RegularPayment.objects.count() == 3
    assert search.search_accounts([account.pk]).streams == 0
    assert not RegularPayment.objects.exists()


def test_a_row_that_is_being_written_is_refused_at_once(
    cleo: Customer, account: BankAccount
) -> None:
    run_search(cleo)
    row = names(account)["Streamline"]
    with pytest.raises(services.RegularChanged):
        services.say(row, word="confirmed", expected_version=row.version + 1)


def test_many_customers_take_as_few_statements_as_one(cleo: Customer, account: BankAccount) -> None:
    for _ in range(5):
        other = factories.make_account()
        factories.make_transactions(other, months("Streamline", "-12.99", 18))
    customers = list(Customer.objects.values_list("pk", flat=True))
    with CaptureQueriesContext(connection) as captured:
        report = search.search_customers(customers, through=TODAY)
    assert report.streams == 8 and len(captured) <= 24
