"""G34 no_secrets: what people type, own and prove themselves with stays out of logs, and card numbers
out of every table."""

import io
import json
import logging
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection
from django.test import Client

from accounts.banks.tenancy import in_bank
from accounts.customers.models import Customer
from accounts.jobs import registry
from accounts.jobs import services as jobs
from accounts.logs import JsonLines, redact
from accounts.models import Role, User
from tests import twins
from tests.factories import category, make_account, make_customer, make_grant, make_person
from tests.guards import Guard
from tests.security.pans import SEED, card_numbers, spaced
from tests.security.people import client_for
from tests.seen import seen
from tests.sweep.routes import address, routes
from transactions.models import ImportBatch, Transaction

SECRET, WORD = "hunter2-c4n4ry", "c4n4ry-typed-text"
EMAIL, AMOUNT = "c4n4ry.person@example.org", "48151623.42"
LINE_BREAK = 'x\r\nSet-Cookie: c4n4ry=1\r\n{"forged": "c4n4ry-line"}'


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """All that production would log, from INFO up."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    yield written
    root.removeHandler(handler)
    root.setLevel(before)


def hits(text: str, *, pans: list[str]) -> list[str]:
    plain = re.sub(r"(?<=[0-9])[ -](?=[0-9])", "", text)
    words = [SECRET, WORD, EMAIL, AMOUNT, "c4n4ry"]
    return [w for w in words if w.lower() in text.lower()] + [p for p in pans if p in plain]


@pytest.mark.guard("G34")
def test_logs_and_refusals_hold_no_secret(
    twin_a: twins.Twin, log: io.StringIO, guard: Guard
) -> None:
    pans = card_numbers(13)
    asked, told = 0, []
    for role in ("anonymous", "customer", "admin+purpose"):
        for number, route in enumerate(routes("config.urls")):
            url, pan = address(route, "own"), pans[number % len(pans)]
            assert url is not None
            said = {
                "q": f"{WORD} {pan}", "login": EMAIL, "email": EMAIL, "password": SECRET,
                "note": f"{WORD} {spaced(pan)}", "amount": AMOUNT, "name": pan, "text": LINE_BREAK,
            }  # fmt: skip
            for method in ("GET", "POST"):
                client = client_for(role)
                client.raise_request_exception = False
                headers = {
                    "HTTP_USER_AGENT": f"{WORD} {LINE_BREAK}", "HTTP_REFERER": f"http://x.example/{EMAIL}",
                    "HTTP_COOKIE_NOTE": SECRET, "HTTP_X_FORWARDED_FOR": LINE_BREAK,
                }  # fmt: skip
                if role == "anonymous":
                    headers["HTTP_AUTHORIZATION"] = f"Bearer {SECRET}"
                answer = (
                    client.get(url, said, **headers)
                    if method == "GET"
                    else client.post(
                        url, json.dumps(said), content_type="application/json", **headers
                    )
                    if url.startswith("/api/")
                    else client.post(url, said, **headers)
                )
                asked += 1
                assert "c4n4ry=1" not in str(answer.cookies) and not any(
                    "\r" in v or "\n" in v for v in answer.headers.values()
                )
                if answer.status_code in (401, 403, 404, 405, 500):
                    shown = hits(answer.content.decode(errors="replace"), pans=pans)
                    told += [f"{method} {url} {answer.status_code} shows {s}" for s in shown]
    stranger = Client(HTTP_HOST=twin_a.host)
    for path in (f"/transactions/{pans[0]}/", f"/{WORD}/{EMAIL}", f"/api/v1/{SECRET}?x={pans[1]}"):
        stranger.get(path)
        client_for("customer").get(path)
    lines = log.getvalue().splitlines()
    assert len(lines) >= asked
    assert all(isinstance(json.loads(line), dict) for line in lines)
    assert not told, "\n".join(told[:10])
    assert not hits(log.getvalue(), pans=pans)
    assert not re.search(r"c4n4ry|zebrafish|[.,]1379", log.getvalue(), re.IGNORECASE)
    guard("G34", reached=f"0 hits in {len(lines)} log lines and the refusals", n=asked, seed=SEED)


def test_a_request_is_one_line_with_ids(twin_a: twins.Twin, log: io.StringIO) -> None:
    answer = client_for("customer").get("/transactions/", {"q": WORD})
    entry = [json.loads(x) for x in log.getvalue().splitlines() if '"request"' in x][-1]
    assert entry["request_id"] == answer["X-Request-Id"]
    assert (entry["bank"], entry["user"], entry["route"], entry["status"], entry["method"]) == (
        twin_a.schema, 1, "transactions/", 200, "GET",
    )  # fmt: skip


def test_an_error_is_told_by_its_kind_and_place(
    north: str, log: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*args: Any) -> None:
        raise IntegrityError(f"Key (email)=({EMAIL}) amount {AMOUNT} exists\n{LINE_BREAK}")

    monkeypatch.setattr("config.pages.profile.customer_of_sign_in", broken)
    customer = make_customer(with_sign_in=True)
    client = Client(HTTP_HOST="north.test", raise_request_exception=False)
    assert customer.user
    client.force_login(customer.user)
    page = client.get("/profile/", {"q": WORD})
    assert page.status_code == 500 and not hits(page.content.decode(), pans=[])
    entry = next(json.loads(x) for x in log.getvalue().splitlines() if '"error"' in x)
    assert entry["error"] == ["django.db.utils.IntegrityError"]
    assert any("profile.py" in place for place in entry["trace"])
    assert not hits(log.getvalue(), pans=[])


def test_a_failed_job_or_task_says_no_values(
    north: str, log: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    def handler(context: Any) -> None:
        raise ValueError(f"{EMAIL} {AMOUNT}")

    monkeypatch.setitem(registry._kinds, "try", registry.Kind("try", handler, "A try"))
    job = jobs.enqueue(kind="try", arguments={"customer": 1})
    jobs.run_job(job.pk)
    job.refresh_from_db()
    assert not hits(f"{log.getvalue()} {job.error} {job.result}", pans=[])
    try:
        handler(None)
    except ValueError as error:
        logging.getLogger("celery.app.trace").error(
            "Task %(name)s[%(id)s] raised: %(exc)s\n%(traceback)s",
            {"name": "t", "id": "1", "exc": repr(error), "traceback": str(error)},
            exc_info=error, extra={"data": {"name": "t", "id": "1", "args": EMAIL}},
        )  # fmt: skip
        logging.getLogger("gunicorn.error").exception("Error handling request %s", f"/?q={WORD}")
    assert not hits(log.getvalue(), pans=[])
    task = [json.loads(x) for x in log.getvalue().splitlines() if "celery.app.trace" in x][-1]
    assert (task["task"], task["task_id"], task["error"]) == ("t", "1", ["builtins.ValueError"])


def test_the_last_net_cuts_what_slips_through() -> None:
    number = card_numbers(1)[0]
    assert redact(f"{EMAIL} paid with {number}") == f"[e-mail] paid with ****{number[-4:]}"


def file_with(pans: list[str], *, accounts: bool = False) -> bytes:
    """Card numbers in every column that takes text, in good rows and bad ones."""
    last = "Account" if accounts else "Memo"
    head = f"Date,Description,Amount,Reference,Counterparty,Transaction ID,{last}\n"
    rows = [
        f"2026-05-{1 + n % 28:02},POS {spaced(p) if n % 2 else p} Market,-{n + 1}.50,"
        f"ref {p},{p},{p},{p}\n"
        for n, p in enumerate(pans)
    ]
    bad = [f"2026-05-03,{p},not {p},{p},,,\n" for p in pans[:5]]
    return (head + "".join(rows + bad)).encode()


def tables_with(pans: list[str]) -> list[str]:
    """Tables of the bank at hand in which a card number stands, beside the files kept as received."""
    found = []
    with connection.cursor() as cursor:
        cursor.execute(
            "select relname from pg_class where relkind = 'r'"
            " and relnamespace = current_schema()::regnamespace and relname <> 'jobs_storedchunk'"
        )
        for (name,) in cursor.fetchall():
            cursor.execute(f'select t::text from "{name}" t')
            text = re.sub(
                r"(?<=[0-9])[ -](?=[0-9])", "", "\n".join(r[0] for r in cursor.fetchall())
            )
            found += [
                f"{name}: {pan} in …{text[max(at - 60, 0) : at]}"
                for pan in pans
                if (at := text.find(pan)) >= 0
            ]
    return found


@pytest.mark.guard("G34")
def test_no_table_holds_a_card_number(north: str, guard: Guard) -> None:
    pans = card_numbers(52)
    ada = make_person(email="ada@example.com", role=Role.ADMIN)
    customer = make_customer(with_sign_in=True)
    make_grant(staff=ada, customer=customer)
    assert customer.user
    own, admin = client_at(customer.user), client_at(ada)
    account = make_account(customer=customer)

    # A file, by the pages: its name, a new account's name, its rows, the rejected ones.
    for body in (file_with(pans), file_with(pans, accounts=True).replace(b",", b";")):
        file = SimpleUploadedFile(f"export {pans[0]}.csv", body, "text/csv")
        said = {
            "file": file,
            "account": "new",
            "name": f"Card {pans[1]}",
            "currency": "EUR",
            "kind": "card",
        }
        assert own.post("/imports/new/", said).status_code == 302
    for batch in ImportBatch.objects.all():
        assert batch.file and batch.state in ("planned", "refused", "received"), batch.state
        own.post(f"/imports/{batch.public_id}/", {})
        batch.refresh_from_db()
        own.post(f"/imports/{batch.public_id}/commit/", {"plan_hash": batch.plan_hash})
    assert Transaction.objects.filter(clean_text__icontains="market").count() >= len(pans)
    assert {b.file.name for b in ImportBatch.objects.all() if b.file} == {
        f"export ****{pans[0][-4:]}.csv"
    }

    # The purpose, in one's own words.
    gate = f"/staff/customers/{make_customer().public_id}/open/"
    assert (
        admin.post(gate, {"purpose": "fraud", "note": f"card {spaced(pans[2])}"}).status_code == 302
    )

    # The admin's free texts.
    url = f"/admin/customers/customer/{customer.pk}/change/"
    said = {"reference": "C-1", "full_name": f"Ann {pans[3]}", "location": pans[4],
            "employment_status": pans[5], "branch": pans[6], "user": customer.user.pk,
            "created_at_0": "2024-01-01", "created_at_1": "00:00:00"}  # fmt: skip
    assert admin.post(url, said | seen(admin, url)).status_code == 302
    assert Customer.objects.get(pk=customer.pk).full_name == f"Ann ****{pans[3][-4:]}"
    new = {"name": f"Trips {pans[7]}", "kind": "expense", "position": "0", "parent": "", "pfc": ""}
    assert admin.post("/admin/transactions/category/add/", new).status_code == 302
    url = f"/admin/transactions/bankaccount/{account.pk}/change/"
    holder = account.holders.get()
    said = {"name": f"My {pans[8]}", "kind": "card", "masked_number": "··4821",
            "holders-TOTAL_FORMS": "1", "holders-INITIAL_FORMS": "1", "holders-0-id": holder.pk,
            "holders-0-account": account.pk, "holders-0-customer": customer.pk,
            "holders-0-role": "owner"}  # fmt: skip
    assert admin.post(url, said | seen(admin, url)).status_code == 302
    said["masked_number"] = pans[9]
    assert "four digits" in admin.post(url, said | seen(admin, url)).content.decode()

    # The API: what a person may write there is one id.
    from transactions import ids

    line = Transaction.objects.filter(account__holders__customer=customer).first()
    assert line
    tried = own.patch(
        f"/api/v1/transactions/{ids.encode_one(line.pk)}", json.dumps({"category_id": pans[10]}),
        content_type="application/json", HTTP_IF_MATCH=f'"{line.version}"', HTTP_IDEMPOTENCY_KEY=pans[11],
    )  # fmt: skip
    assert tried.status_code == 400 and category("groceries")

    with in_bank("test_north"):
        found = tables_with(pans)
    assert not found, "\n".join(found[:20])
    reached = "0 card numbers in any table (files kept as received apart)"
    guard("G34", reached=reached, n=len(pans), seed=SEED)


def client_at(person: User) -> Client:
    client = Client(HTTP_HOST="north.test")
    client.force_login(person)
    return client
