"""Requests that act, one for each unsafe route of a bank, each on rows of its own.

One table of all routes, so longer than a file should be: split, a missing route would be harder to see.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from io import BytesIO
from typing import Any

from allauth.account.models import EmailAddress
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from accounts.customers.models import Customer
from accounts.customers.queries import business_day
from accounts.invitations import new_token
from accounts.jobs.models import Job
from accounts.models import Role, User
from analytics.budgets.models import Budget
from analytics.regulars.models import RegularPayment
from tests import provider_world
from tests.accounts import audit_rules
from tests.accounts.signin_case import app_of, code_of
from tests.accounts.soft_key import SoftKey, asked
from tests.conftest import HOSTS, NORTH
from tests.factories import (
    PASSWORD,
    category,
    make_account,
    make_budget,
    make_category,
    make_person,
    make_rate,
    make_statement,
    make_transaction,
)
from tests.transactions.provider_case import connected_at_hand
from transactions.ids import encode_one
from transactions.imports import services as imports
from transactions.imports.bulk.services import receive_bulk
from transactions.imports.pages import profiles
from transactions.ledger import recategorise
from transactions.models import (
    BalanceStatement,
    BankAccount,
    ImportBatch,
    ImportProfile,
    Merchant,
    ProviderLink,
    RowChange,
    RowPair,
    Tag,
)

CSV = b"Date,Description,Amount\n2026-05-01,Market,-12.50\n2026-05-02,Salary,1500.00\n"


@dataclass
class Case:
    """People and rows of North that the requests act on."""

    cleo: Customer
    ada: User
    account: BankAccount

    def client(self, who: str) -> Client:
        client = Client(HTTP_HOST=HOSTS[NORTH])
        user = {"cleo": self.cleo.user, "ada": self.ada}.get(who)
        if who.startswith("invited "):
            client.get(f"/accounts/invitation/{who.split()[1]}/")
        if user is not None:
            client.force_login(user)
            # Some changes ask for the password once more.
            client.post("/accounts/reauthenticate/", {"password": PASSWORD})
        return client


def upload(name: str = "may.csv") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, CSV, content_type="text/csv")


def draft(case: Case, *, content: bytes = CSV, **more: Any) -> ImportBatch:
    batch = imports.receive(
        stream=BytesIO(content), name="may.csv", customer=case.cleo, account=case.account, limit=10**6,
        **more,
    )  # fmt: skip
    return imports.plan(batch)


# -- requests that act: (who, path, data), made on rows of their own ------------------------------------

Request = tuple[str, str, dict[str, Any]]


def sign_in(case: Case) -> Request:
    return "nobody", "/accounts/login/", {"login": case.ada.email, "password": PASSWORD}


def password(case: Case) -> Request:
    new = {
        "oldpassword": PASSWORD,
        "password1": "corned beef hash 9",
        "password2": "corned beef hash 9",
    }
    return "cleo", "/accounts/password/change/", new


def email(case: Case) -> Request:
    other = "cleo.other@example.com"
    EmailAddress.objects.create(user=case.cleo.user, email=other, verified=True, primary=False)
    return "cleo", "/accounts/email/", {"email": other, "action_remove": ""}


def api_login(case: Case) -> Request:
    return "nobody", "/api/v1/login", {"email": case.ada.email, "password": PASSWORD}


def _tokens(case: Case) -> dict[str, Any]:
    answer = Client(HTTP_HOST=HOSTS[NORTH]).post(
        "/api/v1/login", api_login(case)[2], content_type="application/json"
    )
    found: dict[str, Any] = answer.json()
    return found


def api_refresh(case: Case) -> Request:
    return "nobody", "/api/v1/refresh", {"refresh_token": _tokens(case)["refresh_token"]}


def api_logout(case: Case) -> Request:
    return "token", "/api/v1/logout", {"token": _tokens(case)["access_token"]}


def open_customer(case: Case) -> Request:
    data = {"purpose": "fraud", "note": "case number 7"}
    return "ada", f"/staff/customers/{case.cleo.public_id}/open/", data


def categorise(case: Case) -> Request:
    line = make_transaction(account=case.account, amount="-9.00")
    chosen = str(category("groceries").public_id)
    return "cleo", f"/transactions/{encode_one(line.pk)}/category/", {"category": chosen}


def pair(case: Case) -> Request:
    """Cleo says that two lines of hers are one transfer."""
    other = make_account(customer=case.cleo)
    first = make_transaction(account=case.account, amount="-9.00")
    second = make_transaction(account=other, amount="9.00")
    found = RowPair.objects.create(
        customer=case.cleo, kind="transfer", state="asked",
        first_id=first.pk, first_account=case.account, first_fingerprint=first.fingerprint,
        second_id=second.pk, second_account=other, second_fingerprint=second.fingerprint,
    )  # fmt: skip
    return "cleo", f"/transactions/pairs/{found.public_id}/", {"answer": "yes"}


def name_merchant(case: Case) -> Request:
    line = make_transaction(account=case.account, amount="-9.00")
    return "cleo", f"/transactions/{encode_one(line.pk)}/merchant/", {"name": "My baker"}


def _own_line(case: Case, **fields: Any) -> Any:
    return make_transaction(account=case.account, amount="-9.00", **fields)


def split(case: Case) -> Request:
    url = f"/transactions/{encode_one(_own_line(case).pk)}/split/"
    parts = {"amount": ["4", "5"], "category": ["none", "none"], "text": ["", ""]}
    return "cleo", url, {"act": "split", **parts}


def tag(case: Case) -> Request:
    Tag.objects.create(customer=case.cleo, name="Trip")
    return "cleo", f"/transactions/{encode_one(_own_line(case).pk)}/tags/", {"name": "Trip"}


def note(case: Case) -> Request:
    return "cleo", f"/transactions/{encode_one(_own_line(case).pk)}/note/", {"note": "mine"}


def put_back(case: Case) -> Request:
    line = _own_line(case)
    recategorise([line], category=category("rent"))
    change = RowChange.objects.latest("pk").pk
    return "cleo", f"/transactions/{encode_one(line.pk)}/put-back/", {"change": change}


def bulk(case: Case) -> Request:
    chosen = {"row": f"{encode_one(_own_line(case).pk)}:1", "action": "note", "note": "mine"}
    return "cleo", "/transactions/bulk/", chosen


def own_tags(case: Case) -> Request:
    return "cleo", "/transactions/tags/", {"act": "add", "name": "Trip"}


def own_filters(case: Case) -> Request:
    return "cleo", "/transactions/filters/", {"act": "save", "name": "June", "query": "q=market"}


def duplicates(case: Case) -> Request:
    pair = {"first": _own_line(case), "second": _own_line(case)}
    named = {name: encode_one(line.pk) for name, line in pair.items()}
    return "cleo", "/transactions/duplicates/", {"act": "different", **named}


def api_categorise(case: Case) -> Request:
    line = make_transaction(account=case.account, category="groceries")
    chosen = {"category_id": str(category("rent").public_id)}
    return "cleo", f"/api/v1/transactions/{encode_one(line.pk)}", chosen


def regular(case: Case) -> RegularPayment:
    return RegularPayment.objects.create(
        customer=case.cleo, account=case.account, key="club", name="Club", direction="out",
        currency="EUR", cadence="monthly", next_on=date(2026, 7, 5), amount_low=8, amount_typical=8,
        amount_high=8,
    )  # fmt: skip


def regular_word(case: Case) -> Request:
    return "cleo", f"/regulars/{regular(case).public_id}/word/", {"word": "confirmed"}


def api_regular_word(case: Case) -> Request:
    return "cleo", f"/api/v1/regulars/{regular(case).public_id}", {"state": "not_regular"}


def regular_corrected(case: Case) -> Request:
    day = business_day() + timedelta(days=9)
    data = {"name": "Choir", "amount": "9.00", "cadence": "monthly", "next_on": day.isoformat()}
    return "cleo", f"/regulars/{regular(case).public_id}/correct/", data


def regular_made(case: Case) -> Request:
    line = make_transaction(account=case.account, amount="-9.00")
    day = business_day() + timedelta(days=9)
    data = {"cadence": "monthly", "next_on": day.isoformat()}
    return "cleo", f"/regulars/new/{encode_one(line.pk)}/", data


def import_new(case: Case) -> Request:
    return "cleo", "/imports/new/", {"file": upload(), "account": str(case.account.public_id)}


def api_book(case: Case) -> Request:
    said = {
        "account_id": str(case.account.public_id), "booked_on": "2026-06-14", "amount": "-1.00",
        "description": "Kiosk",
    }  # fmt: skip
    return "cleo", "/api/v1/transactions", said


def import_bulk(case: Case) -> Request:
    text = f"Customer,Date,Text,Amount\n{case.cleo.reference},2026-05-01,Market,-12.50\n"
    return "ada", "/imports/many/", {"file": SimpleUploadedFile("many.csv", text.encode())}


def import_accounts(case: Case) -> Request:
    text = f"Customer,Account,Date,Text,Amount\n{case.cleo.reference},Holiday,2026-05-01,Market,-12.50\n"
    batch = receive_bulk(stream=BytesIO(text.encode()), name="many.csv", user=case.ada, limit=10**6)
    return "ada", f"/imports/{imports.plan(batch).public_id}/accounts/", {}


def import_format(case: Case) -> Request:
    return "cleo", f"/imports/{draft(case).public_id}/format/", {"act": "turn", "value": "flip"}


def import_columns(case: Case) -> Request:
    batch = draft(case)
    profiles.keep(batch, "Mine")
    return "cleo", f"/imports/{batch.public_id}/columns/", {"act": "forget"}


def import_again(case: Case) -> Request:
    batch = draft(case)
    imports.commit(batch, plan_hash=batch.plan_hash)
    imports.undo(batch)
    return "cleo", f"/imports/{batch.public_id}/again/", {}


def import_preview(case: Case) -> Request:
    return "cleo", f"/imports/{draft(case).public_id}/", {"bring_in": ["1"]}


def import_commit(case: Case) -> Request:
    batch = draft(case)
    return "cleo", f"/imports/{batch.public_id}/commit/", {"plan_hash": batch.plan_hash}


def import_undo(case: Case) -> Request:
    batch = draft(case)
    imports.commit(batch, plan_hash=batch.plan_hash)
    return "cleo", f"/imports/{batch.public_id}/undo/", {"edited": "0"}


def import_discard(case: Case) -> Request:
    return "cleo", f"/imports/{draft(case).public_id}/delete/", {}


def provider_connect(case: Case) -> Request:
    return "cleo", "/banks/connect/", {}


def _bank(case: Case, act: str, **fields: Any) -> tuple[ProviderLink, str]:
    link, _item = connected_at_hand(case.cleo, **fields)
    return link, f"/banks/{link.public_id}/{act}/"


def provider_finish(case: Case) -> Request:
    client = case.client("cleo")
    client.post("/banks/connect/")
    world = provider_world.now().world
    world.finish_visit(list(world.visits)[-1])
    return "cleo", f"/banks/{ProviderLink.objects.latest('pk').public_id}/finish/", {}


def provider_accounts(case: Case) -> Request:
    link, path = _bank(case, "accounts")
    return "cleo", path, {f"account_{row.pk}": "out" for row in link.accounts.all()}


def provider_update(case: Case) -> Request:
    return "cleo", _bank(case, "update")[1], {}


def provider_doubtful(case: Case) -> Request:
    return "cleo", _bank(case, "doubtful")[1], {}


def provider_again(case: Case) -> Request:
    return "cleo", _bank(case, "sign-in")[1], {}


def provider_disconnect(case: Case) -> Request:
    return "cleo", _bank(case, "disconnect")[1], {"rows": "keep"}


def _job(case: Case, state: str) -> Job:
    return Job.objects.create(
        kind="import_plan", state=state, run_at=timezone.now(), started_by=case.cleo.user
    )


def job_cancel(case: Case) -> Request:
    return "cleo", f"/jobs/{_job(case, Job.State.DUE).public_id}/cancel/", {}


def job_retry(case: Case) -> Request:
    return "cleo", f"/jobs/{_job(case, Job.State.PARKED).public_id}/retry/", {}


def admin_job_retry(case: Case) -> Request:
    ticked = [str(_job(case, Job.State.PARKED).pk)]
    return "ada", "/admin/jobs/job/", {"action": "try_again", "_selected_action": ticked}


def admin_user_add(case: Case) -> Request:
    data = {"email": "vic.new@example.com", "role": "viewer"}
    return "ada", "/admin/accounts/user/add/", data


def admin_user_change(case: Case) -> Request:
    vic = make_person(role=Role.VIEWER)
    data = {"email": vic.email, "role": "analyst", "is_active": "on"}
    return "ada", f"/admin/accounts/user/{vic.pk}/change/", data


def admin_user_invite(case: Case) -> Request:
    ticked = [str(make_person(role=Role.VIEWER, password=None).pk) for _n in range(2)]
    data = {"action": "send_invitations", "_selected_action": ticked}
    return "ada", "/admin/accounts/user/", data


def sessions(case: Case) -> Request:
    case.client("cleo")
    return "cleo", "/accounts/sessions/", {"end": "everywhere"}


def invite_customer(case: Case) -> Request:
    case.cleo.user = make_person(password=None)
    case.cleo.save(update_fields=["user"])
    return "ada", f"/staff/customers/{case.cleo.public_id}/invite/", {"email": "x@example.com"}


def accept_invitation(case: Case) -> Request:
    vic = make_person(role=Role.VIEWER, password=None)
    new = {"password1": "corned beef hash 9", "password2": "corned beef hash 9"}
    return f"invited {new_token(user=vic, by=None)}", "/accounts/invitation/", new


def _app(case: Case) -> str:
    assert case.cleo.user is not None
    return app_of(case.cleo.user)


def remove_app(case: Case) -> Request:
    _app(case)
    return "cleo", "/accounts/2fa/totp/deactivate/", {}


def api_second_step(case: Case) -> Request:
    secret = _app(case)
    body = {"email": case.cleo.user.email, "password": PASSWORD}  # type: ignore[union-attr]
    first = Client(HTTP_HOST=HOSTS[NORTH]).post(
        "/api/v1/login", body, content_type="application/json"
    )
    data = {"login_token": first.json()["login_token"], "code": code_of(secret)}
    return "nobody", "/api/v1/login/mfa", data


def api_passkey(case: Case) -> Request:
    assert case.cleo.user is not None
    key = SoftKey(case.cleo.user)
    question = asked(Client(HTTP_HOST=HOSTS[NORTH])).json()
    answer = key.answer(question["request_options"])
    return (
        "nobody",
        "/api/v1/login/passkey",
        {"login_token": question["login_token"], "credential": answer},
    )


_PERSON = {
    "full_name": "Grace", "age_bracket": "25-34", "location": "", "employment_status": "", "branch": "",
    "created_at_0": "2020-01-01", "created_at_1": "00:00:00",
}  # fmt: skip


def admin_customer_add(case: Case) -> Request:
    return "ada", "/admin/customers/customer/add/", {**_PERSON, "reference": "C-NEW"}


def admin_customer_change(case: Case) -> Request:
    data = {**_PERSON, "reference": case.cleo.reference, "user": str(case.cleo.user_id)}
    return "ada", f"/admin/customers/customer/{case.cleo.pk}/change/", data


def admin_profile(case: Case) -> Request:
    data = {
        "name": "North", "country": "DE", "time_zone": "Europe/Berlin", "currency": "EUR", "locale": "en",
        "brand": "", "k": "14", "business_day": "",
    }  # fmt: skip
    return "ada", "/admin/customers/bankprofile/1/change/", data


def _account_form(case: Case, holder: int | str = "") -> dict[str, Any]:
    return {
        "name": "Savings for a boat", "kind": "savings", "currency": "EUR", "masked_number": "··4821",
        "holders-TOTAL_FORMS": "1", "holders-INITIAL_FORMS": "1" if holder else "0",
        "holders-MIN_NUM_FORMS": "1", "holders-MAX_NUM_FORMS": "1000", "holders-0-id": str(holder),
        "holders-0-customer": str(case.cleo.pk), "holders-0-role": "owner",
    }  # fmt: skip


def admin_account_add(case: Case) -> Request:
    return "ada", "/admin/transactions/bankaccount/add/", _account_form(case)


def admin_account_change(case: Case) -> Request:
    holder = case.account.holders.get()
    data = {**_account_form(case, holder.pk), "holders-0-account": str(case.account.pk)}
    return "ada", f"/admin/transactions/bankaccount/{case.account.pk}/change/", data


def admin_balance_add(case: Case) -> Request:
    data = {"account": str(case.account.pk), "day": "2026-05-01", "amount": "12.00"}
    return "ada", "/admin/transactions/balancestatement/add/", data


def admin_balance_change(case: Case) -> Request:
    row = BalanceStatement.objects.create(
        account=case.account, day="2026-05-01", amount="1", source="admin"
    )
    data = {"day": "2026-05-01", "amount": "15.00"}
    return "ada", f"/admin/transactions/balancestatement/{row.pk}/change/", data


def admin_category_add(case: Case) -> Request:
    data = {"name": "Boats", "kind": "expense", "position": "1", "pfc": ""}
    return "ada", "/admin/transactions/category/add/", data


def admin_category_change(case: Case) -> Request:
    row = make_category()
    data = {"name": "Ships", "kind": "expense", "position": "1", "pfc": ""}
    return "ada", f"/admin/transactions/category/{row.pk}/change/", data


def admin_category_hide(case: Case) -> Request:
    ticked = [str(make_category().pk), str(make_category().pk)]
    return "ada", "/admin/transactions/category/", {"action": "hide", "_selected_action": ticked}


def admin_category_merge(case: Case) -> Request:
    one, two = make_category(), make_category()
    return "ada", f"/admin/transactions/category/{one.pk}/merge/", {"into": str(two.pk)}


def _merchant_form(name: str) -> dict[str, str]:
    return {"name": name, "category": "", "texts": f"{name} STORE 12"}


def admin_merchant_add(case: Case) -> Request:
    return "ada", "/admin/transactions/merchant/add/", _merchant_form("Corner bakers")


def _merchant() -> Merchant:
    return Merchant.objects.create(name="Harbour books")


def admin_merchant_change(case: Case) -> Request:
    path = f"/admin/transactions/merchant/{_merchant().pk}/change/"
    return "ada", path, _merchant_form("Harbour readers")


def admin_merchant_delete(case: Case) -> Request:
    return "ada", f"/admin/transactions/merchant/{_merchant().pk}/delete/", {"post": "yes"}


def admin_transaction_change(case: Case) -> Request:
    line = make_transaction(account=case.account, amount="-9.00")
    data = {"category": str(category("groceries").pk), "seen_version": str(line.version)}
    return "ada", f"/admin/transactions/transaction/{line.pk}/change/", data


def admin_import(case: Case) -> Request:
    data = {"account": str(case.account.pk), "import_file": upload()}
    return "ada", "/admin/transactions/transaction/import/", data


def admin_process_import(case: Case) -> Request:
    batch = draft(case, user=case.ada, source="admin")
    data = {"batch": str(batch.public_id), "plan_hash": batch.plan_hash}
    return "ada", "/admin/transactions/transaction/process_import/", data


def _mapping(case: Case) -> ImportProfile:
    layout = draft(case).layout
    return ImportProfile.objects.create(name="May", layout=layout, signature="x")


def admin_mapping_add(case: Case) -> Request:
    data = {"name": "May", "layout": json.dumps(draft(case).layout)}
    return "ada", "/admin/transactions/importprofile/add/", data


def admin_mapping_change(case: Case) -> Request:
    row = _mapping(case)
    data = {"name": "June", "layout": json.dumps(row.layout)}
    return "ada", f"/admin/transactions/importprofile/{row.pk}/change/", data


def admin_mapping_delete(case: Case) -> Request:
    return "ada", f"/admin/transactions/importprofile/{_mapping(case).pk}/delete/", {"post": "yes"}


_BUDGET = {"month": "2026-05-01", "amount": "80.00", "currency": "EUR"}


def admin_budget_add(case: Case) -> Request:
    chosen = {"customer": str(case.cleo.pk), "category": str(category("groceries").pk)}
    return "ada", "/admin/analytics/budget/add/", {**_BUDGET, **chosen}


def _budget(case: Case) -> Budget:
    return make_budget(customer=case.cleo, category="groceries", month=date(2026, 4, 1))


def admin_budget_change(case: Case) -> Request:
    row = _budget(case)
    chosen = {"customer": str(case.cleo.pk), "category": str(row.category_id)}
    return "ada", f"/admin/analytics/budget/{row.pk}/change/", {**_BUDGET, **chosen}


def admin_budget_delete(case: Case) -> Request:
    return "ada", f"/admin/analytics/budget/{_budget(case).pk}/delete/", {"post": "yes"}


def sign_out(case: Case) -> Request:
    return "cleo", "/accounts/logout/", {}


def state_balance(case: Case) -> Request:
    data = {"day": "2026-05-01", "amount": "12.00"}
    return "cleo", f"/bank-accounts/{case.account.public_id}/balance/", data


def withdraw_balance(case: Case) -> Request:
    make_statement(case.account, date(2026, 5, 1), "1", "person")
    return "cleo", f"/bank-accounts/{case.account.public_id}/balance/remove/", {"day": "2026-05-01"}


def describe_account(case: Case) -> Request:
    data = {"name": "Mine", "kind": "savings"}
    return "cleo", f"/bank-accounts/{case.account.public_id}/name/", data


def fold_account(case: Case) -> Request:
    return "cleo", f"/bank-accounts/{case.account.public_id}/fold/", {"away": "1"}


def choose_currency(case: Case) -> Request:
    make_account(customer=case.cleo, currency="USD")
    return "cleo", "/bank-accounts/currency/", {"currency": "USD"}


_RATE = {"base": "USD", "quote": "EUR", "day": "2026-05-01", "rate": "0.9", "source": "desk"}


def admin_rate_add(case: Case) -> Request:
    return "ada", "/admin/transactions/exchangerate/add/", _RATE


def admin_rate_change(case: Case) -> Request:
    row = make_rate("USD", "EUR", date(2026, 5, 1), "0.8")
    return "ada", f"/admin/transactions/exchangerate/{row.pk}/change/", _RATE


def admin_rate_delete(case: Case) -> Request:
    row = make_rate("USD", "EUR", date(2026, 5, 1), "0.8")
    return "ada", f"/admin/transactions/exchangerate/{row.pk}/delete/", {"post": "yes"}


def admin_rates_load(case: Case) -> Request:
    file = SimpleUploadedFile("rates.csv", b"Date,USD\n2026-05-01,1.1\n", content_type="text/csv")
    return "ada", "/admin/transactions/exchangerate/load/", {"file": file}


def admin_sign_out(case: Case) -> Request:
    return "ada", "/admin/logout/", {}


# Route → the request and the act it leaves.
ACTS: dict[str, tuple[Callable[[Case], Request], str]] = {
    "account_login": (sign_in, "sign_in.done"),
    "account_logout": (sign_out, "sign_in.ended"),
    "account_change_password": (password, "password.changed"),
    "account_email": (email, "email.removed"),
    "api:login": (api_login, "sign_in.done"),
    "api:refresh": (api_refresh, "token.renewed"),
    "api:logout": (api_logout, "sign_in.ended"),
    "api:transaction": (api_categorise, "transaction.recategorised"),
    "pages:open_customer": (open_customer, "customer.opened"),
    "transactions:merchant": (name_merchant, "merchant.named"),
    "transactions:categorise": (categorise, "transaction.recategorised"),
    "transactions:pair": (pair, "pair.confirmed"),
    "regulars:say": (regular_word, "regular.said"),
    "regulars:correct": (regular_corrected, "regular.corrected"),
    "regulars:make": (regular_made, "regular.made"),
    "api:regular": (api_regular_word, "regular.said"),
    "api:transactions": (api_book, "import.committed"),
    "transactions:split": (split, "transaction.split"),
    "transactions:tag": (tag, "transaction.tagged"),
    "transactions:note": (note, "transaction.noted"),
    "transactions:put_back": (put_back, "transaction.put_back"),
    "transactions:bulk": (bulk, "transaction.noted"),
    "transactions:tags": (own_tags, "tag.added"),
    "transactions:filters": (own_filters, "filter.saved"),
    "transactions:duplicates": (duplicates, "transaction.unmerged"),
    "imports:new": (import_new, "import.received"),
    "imports:bulk": (import_bulk, "import.received"),
    "imports:accounts": (import_accounts, "account.created"),
    "imports:format": (import_format, "import.chosen"),
    "imports:columns": (import_columns, "row.removed"),
    "imports:again": (import_again, "import.received"),
    "imports:preview": (import_preview, "import.chosen"),
    "imports:commit": (import_commit, "import.committed"),
    "imports:undo": (import_undo, "import.undone"),
    "imports:cancel": (import_discard, "import.discarded"),
    "providers:connect": (provider_connect, "provider.started"),
    "providers:finish": (provider_finish, "provider.connected"),
    "providers:accounts": (provider_accounts, "provider.chosen"),
    "providers:update": (provider_update, "provider.asked"),
    "providers:doubtful": (provider_doubtful, "provider.asked"),
    "providers:again": (provider_again, "provider.started"),
    "providers:disconnect": (provider_disconnect, "provider.ended"),
    "jobs:cancel": (job_cancel, "job.cancelled"),
    "jobs:retry": (job_retry, "job.retried"),
    "admin:logout": (admin_sign_out, "sign_in.ended"),
    "admin:jobs_job_changelist": (admin_job_retry, "job.retried"),
    "admin:accounts_user_add": (admin_user_add, "row.added"),
    "admin:accounts_user_change": (admin_user_change, "row.changed"),
    "admin:accounts_user_changelist": (admin_user_invite, "person.invited"),
    "account_sessions": (sessions, "sign_in.ended"),
    "account_accept_invitation": (accept_invitation, "invitation.accepted"),
    "mfa_deactivate_totp": (remove_app, "factor.removed"),
    "pages:invite_customer": (invite_customer, "person.invited"),
    "api:login_mfa": (api_second_step, "sign_in.done"),
    "api:login_passkey": (api_passkey, "sign_in.done"),
    "admin:customers_customer_add": (admin_customer_add, "row.added"),
    "admin:customers_customer_change": (admin_customer_change, "row.changed"),
    "admin:customers_bankprofile_change": (admin_profile, "row.changed"),
    "admin:transactions_bankaccount_add": (admin_account_add, "row.added"),
    "admin:transactions_bankaccount_change": (admin_account_change, "row.changed"),
    "admin:transactions_balancestatement_add": (admin_balance_add, "row.added"),
    "admin:transactions_balancestatement_change": (admin_balance_change, "row.changed"),
    "admin:transactions_category_add": (admin_category_add, "row.added"),
    "admin:transactions_category_change": (admin_category_change, "row.changed"),
    "admin:transactions_category_changelist": (admin_category_hide, "category.hidden"),
    "admin:transactions_category_merge": (admin_category_merge, "category.merged"),
    "admin:transactions_merchant_add": (admin_merchant_add, "row.added"),
    "admin:transactions_merchant_change": (admin_merchant_change, "row.changed"),
    "admin:transactions_merchant_delete": (admin_merchant_delete, "row.removed"),
    "admin:transactions_transaction_change": (admin_transaction_change, "transaction.recategorised"),
    "admin:transactions_transaction_import": (admin_import, "import.received"),
    "admin:transactions_transaction_process_import": (admin_process_import, "import.committed"),
    "admin:transactions_importprofile_add": (admin_mapping_add, "row.added"),
    "admin:transactions_importprofile_change": (admin_mapping_change, "row.changed"),
    "admin:transactions_importprofile_delete": (admin_mapping_delete, "row.removed"),
    "accounts_held:state": (state_balance, "balance.stated"),
    "accounts_held:withdraw": (withdraw_balance, "balance.withdrawn"),
    "accounts_held:describe": (describe_account, "account.described"),
    "accounts_held:fold": (fold_account, "account.folded"),
    "accounts_held:currency": (choose_currency, "customer.currency_chosen"),
    "admin:transactions_exchangerate_add": (admin_rate_add, "row.added"),
    "admin:transactions_exchangerate_change": (admin_rate_change, "row.changed"),
    "admin:transactions_exchangerate_delete": (admin_rate_delete, "row.removed"),
    "admin:transactions_exchangerate_load": (admin_rates_load, "rates.loaded"),
    "admin:analytics_budget_add": (admin_budget_add, "row.added"),
    "admin:analytics_budget_change": (admin_budget_change, "row.changed"),
    "admin:analytics_budget_delete": (admin_budget_delete, "row.removed"),
}  # fmt: skip
ACTS |= audit_rules.ACTS
