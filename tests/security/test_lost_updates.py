"""G38 lost_update: two editors and the night at once; what somebody saved is never written over unseen."""

import itertools
import random
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, connections, transaction
from django.db.models import F
from django.forms import SplitDateTimeField
from django.test import Client, RequestFactory

from accounts.banks.tenancy import in_bank
from accounts.customers.models import BankProfile, Customer
from accounts.models import Role, User
from accounts.sites import bank_site
from accounts.versions import SeenForm
from analytics.budgets.models import Budget
from tests.conftest import NORTH
from tests.factories import (
    category,
    make_account,
    make_budget,
    make_customer,
    make_grant,
    make_person,
    make_transaction,
)
from tests.guards import Guard
from tests.seen import seen
from transactions import ids, ledger
from transactions.models import BankAccount, Category, Transaction

SEED = 38
ROUNDS = 1000


@dataclass
class Edited:
    """A row that people edit in a form of the admin: the field they change, and what the night changes."""

    row: Any
    field: str
    value: Callable[[int], Any]
    night: Callable[[Any, int], None]
    night_value: Callable[[Any], Any]


def request_of(person: User) -> Any:
    request = RequestFactory().post("/")
    request.user = person
    return request


class Editor:
    """One person with one page open: reads it, and saves it some time later."""

    def __init__(self, person: User, row: Any) -> None:
        self.request, self.model, self.pk = request_of(person), type(row), row.pk
        self.admin = bank_site._registry[self.model]
        self.page: dict[str, Any] | None = None

    def _form(self, data: dict[str, Any] | None = None) -> SeenForm:
        row = self.model._base_manager.get(pk=self.pk)
        made = self.admin.get_form(self.request, row, change=True)
        return made(data, instance=row) if data else made(instance=row)  # type: ignore[no-any-return]

    def read(self) -> Any:
        form = self._form()
        self.page = {}
        for name, field in form.fields.items():
            value = form.get_initial_for_field(field, name)
            if isinstance(field, SplitDateTimeField):
                for place, part in enumerate(field.widget.decompress(value)):
                    self.page[f"{name}_{place}"] = part
            else:
                self.page[name] = "" if value is None else getattr(value, "pk", value)
        return self.page

    def save(self, field: str, value: Any, between: Callable[[], None] = lambda: None) -> bool:
        """As the admin's change page does: one transaction, the form, save_model.

        `between` happens when the page has read the row and not yet locked it.
        """
        assert self.page is not None
        with transaction.atomic():
            form = self._form({**self.page, field: value})
            between()
            if not form.is_valid():
                codes = {e.code for e in form.non_field_errors().as_data()}
                assert codes == {"changed_meanwhile"}, form.errors.as_json()
                return False
            self.admin.save_model(self.request, form.save(commit=False), form, True)
        return True


@pytest.fixture
def ada(north: str) -> User:
    return make_person(email="ada@example.com", role=Role.ADMIN)


def edited_rows(ada: User) -> list[Edited]:
    customer = make_customer(with_sign_in=True)
    account = make_account(customer=customer)
    budget = make_budget(customer=customer, category="groceries", month=date(2026, 6, 1))
    person = make_person(role=Role.VIEWER)
    # Of two saves at most one is refused, so no save writes what is there already.
    roles = itertools.cycle([Role.ANALYST, Role.ADMIN, Role.VIEWER])

    def revise(row: Any, n: int) -> None:
        BankAccount.objects.filter(pk=row.pk).update(revision=F("revision") + 1)

    def use(row: Any, n: int) -> None:
        User.objects.filter(pk=row.pk).update(password=f"night{n}")

    def nothing(row: Any, n: int) -> None:
        type(row)._base_manager.filter(pk=row.pk).update(public_id=F("public_id"))

    return [
        Edited(account, "name", lambda n: f"Name {n}", revise, lambda r: r.revision),
        Edited(person, "role", lambda n: next(roles), use, lambda r: r.password),
        Edited(customer, "location", lambda n: f"Town {n}", nothing, lambda r: r.public_id),
        Edited(category("groceries"), "name", lambda n: f"Food {n}", nothing, lambda r: r.public_id),
        Edited(
            budget, "amount", lambda n: Decimal(n) + 1,
            lambda row, n: Budget.objects.filter(pk=row.pk).update(month=F("month")), lambda r: r.month,
        ),
        Edited(
            BankProfile.objects.get(), "name", lambda n: f"North {n}",
            lambda row, n: BankProfile.objects.update(id_key=bytes([n % 256]) * 16), lambda r: bytes(r.id_key),
        ),
    ]  # fmt: skip


@pytest.mark.guard("G38")
def test_two_editors_and_the_night_lose_nothing(ada: User, guard: Guard) -> None:
    rng = random.Random(SEED)
    rows = edited_rows(ada)
    lost = accepted = refused = 0
    for n in range(ROUNDS):
        # The bank's settings offer every time zone there is: their form is slow to make.
        what = rows[-1] if n % 20 == 0 else rows[n % (len(rows) - 1)]
        model = type(what.row)
        editors = [Editor(ada, what.row), Editor(ada, what.row)]
        steps = ["r0", "s0", "r1", "s1", "night"]
        rng.shuffle(steps)
        # Nobody saves a page they have not opened.
        for who in "01":
            read, save = steps.index(f"r{who}"), steps.index(f"s{who}")
            if read > save:
                steps[read], steps[save] = steps[save], steps[read]
        writes = 0
        read_at: dict[str, int] = {}
        last: Any = None
        night: Any = None

        def fall(what: Edited = what, model: Any = model, n: int = n) -> None:
            nonlocal night
            what.night(what.row, n)
            night = what.night_value(model._base_manager.get(pk=what.row.pk))

        # Half of the nights fall while a page is being saved.
        falls: Callable[[], None] | None = None
        for place, step in enumerate(steps):
            if step == "night":
                if rng.random() < 0.5:
                    fall()
                else:
                    falls = fall
            elif step[0] == "r":
                editors[int(step[1])].read()
                read_at[step[1]] = writes
            else:
                value = what.value(n * 2 + place)
                saved = editors[int(step[1])].save(what.field, value, falls or (lambda: None))
                falls = None
                stale = read_at[step[1]] != writes
                lost += saved and stale
                assert saved or stale, f"{model.__name__}: refused without a reason"
                accepted, refused = accepted + saved, refused + (not saved)
                if saved:
                    writes, last = writes + 1, value
        if falls:
            fall()
        now = model._base_manager.get(pk=what.row.pk)
        lost += getattr(now, what.field) != last
        lost += night != what.night_value(now)
    assert lost == 0
    assert refused > ROUNDS / 10 and accepted > ROUNDS
    guard("G38", reached=f"0 lost; {accepted} saved, {refused} told", n=ROUNDS, seed=SEED)


@pytest.mark.guard("G38")
def test_a_line_by_page_api_and_night_loses_nothing(north_client: Client, guard: Guard) -> None:
    """The person on the page, a program with their token, and a rule of the night."""
    rng = random.Random(SEED)
    customer = make_customer(with_sign_in=True)
    assert customer.user
    north_client.force_login(customer.user)
    line = make_transaction(account=make_account(customer=customer))
    public = ids.encode_one(line.pk)
    codes = ["groceries", "shopping", "transport"]
    choices = [category(code) for code in codes if Category.objects.filter(code=code).exists()]
    rounds, lost, told = 120, 0, 0
    for _n in range(rounds):
        with in_bank(NORTH):
            seen_version = Transaction.objects.get(pk=line.pk).version
            if rng.random() < 0.5:
                other = rng.choice(choices)
                ledger.recategorise([line], category=other, origin="rule")
            before = Transaction.objects.get(pk=line.pk)
            chosen = rng.choice(choices)
        if rng.random() < 0.5:
            answer = north_client.post(
                f"/transactions/{public}/category/",
                {"category": str(chosen.public_id), "version": seen_version},
                HTTP_HX_REQUEST="true",
            )
            refused = answer.status_code == 409
        else:
            answer = north_client.patch(
                f"/api/v1/transactions/{public}", {"category_id": str(chosen.public_id)},
                content_type="application/json", HTTP_IF_MATCH=f'"{seen_version}"',
            )  # fmt: skip
            refused = answer.status_code == 412
            if not refused:
                assert answer["ETag"] == f'"{answer.json()["version"]}"'
        with in_bank(NORTH):
            now = Transaction.objects.get(pk=line.pk)
        stale = before.version != seen_version
        assert refused == stale, answer.content
        told += refused
        lost += now.category_id != (before.category_id if refused else chosen.pk)
    assert lost == 0 and told > 10
    guard("G38", reached=f"0 lost on one line; {told} told", n=rounds, seed=SEED)


def test_a_change_without_the_version_is_refused(north_client: Client) -> None:
    customer = make_customer(with_sign_in=True)
    assert customer.user
    north_client.force_login(customer.user)
    line = make_transaction(account=make_account(customer=customer))
    url = f"/api/v1/transactions/{ids.encode_one(line.pk)}"
    body = {"category_id": None}
    ask = {"content_type": "application/json"}
    assert north_client.patch(url, body, **ask).status_code == 428
    for named in ('W/"1"', "*", '"x"', "1", '"999"'):
        assert north_client.patch(url, body, **ask, HTTP_IF_MATCH=named).status_code == 412
    more = {**body, "amount": "1.00", "status": "pending"}
    refused = north_client.patch(url, more, **ask, HTTP_IF_MATCH='"1"')
    assert refused.status_code == 400 and set(refused.json()["fields"]) == {"amount", "status"}
    assert north_client.get(url)["ETag"] == '"1"'
    other = make_customer(with_sign_in=True)
    assert other.user
    north_client.force_login(other.user)
    assert north_client.patch(url, body, **ask, HTTP_IF_MATCH='"1"').status_code == 404
    staff = make_person(role=Role.ANALYST)
    make_grant(staff=staff, customer=customer)
    north_client.force_login(staff)
    assert north_client.get(f"{url}?customer_id={customer.public_id}").status_code == 200
    assert north_client.patch(url, body, **ask, HTTP_IF_MATCH='"1"').status_code == 403


def test_an_editor_is_told_on_the_page(north_client: Client, ada: User) -> None:
    north_client.force_login(ada)
    url = f"/admin/transactions/category/{category('groceries').pk}/change/"
    page = seen(north_client, url)
    Category.objects.filter(code="groceries").update(name="Food")
    said = {"name": "Eating", "kind": "expense", "parent": "", "pfc": "", "position": 0}
    answer = north_client.post(url, said | page)
    assert answer.status_code == 200 and b"Somebody changed this meanwhile" in answer.content
    assert b"Somebody changed this meanwhile" in north_client.post(url, said).content
    assert category("groceries").name == "Food"


@pytest.fixture
def committed(db: None) -> Iterator[None]:
    """Inside North on a connection beside the test's transaction."""
    of_the_test = connections["default"]
    connections["default"] = of_the_test.copy()
    try:
        with in_bank(NORTH):
            yield
    finally:
        with in_bank(NORTH):
            Customer.objects.filter(reference="LOST").delete()
        connections["default"].close()
        connections["default"] = of_the_test


@pytest.mark.guard("G38")
def test_of_two_saves_at_the_same_moment_one_is_told(committed: None, guard: Guard) -> None:
    from django.utils import timezone

    row = Customer.objects.create(reference="LOST", full_name="x", created_at=timezone.now())
    person, rounds, told = User(pk=1, role=Role.ADMIN), 20, 0
    for n in range(rounds):
        start, outcomes = threading.Barrier(2), []

        def run(number: int, start: Any = start, outcomes: Any = outcomes) -> None:
            try:
                with in_bank(NORTH):
                    editor = Editor(person, row)
                    editor.read()
                    start.wait(20)
                    outcomes.append(editor.save("location", f"Town {number}"))
            finally:
                connection.close()

        threads = [threading.Thread(target=run, args=(2 * n + k,)) for k in (0, 1)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        assert sorted(outcomes) == [False, True]
        told += 1
    guard("G38", reached=f"of two at once one saved, one told, {told} times", n=rounds)
