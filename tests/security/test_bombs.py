"""G12 resource_bombs and G25 redos: what is made to exhaust is refused, soon and at little cost."""

import contextlib
import io
import json
import time
from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, override_settings

from accounts.cards import cut_card_numbers
from accounts.customers.models import Customer
from accounts.jobs.models import StoredFile
from accounts.logs import redact
from accounts.models import Role
from tests.factories import make_account, make_customer, make_grant, make_person, make_transactions
from tests.guards import Guard
from tests.security.bombs import (
    BOOKS,
    LAUGHS,
    MEGABYTE,
    OFX_LAUGHS,
    OUTSIDE,
    Endless,
    cost,
    zip_of_zeros,
)
from transactions.adapters import HEAD_BYTES, detect
from transactions.adapters.base import Refused
from transactions.amounts import fits
from transactions.categories.clean import clean_text
from transactions.days import orders_fitting
from transactions.fingerprints import text_part
from transactions.imports import services
from transactions.imports.errors import ImportProblem
from transactions.models import ImportBatch, Transaction
from transactions.rows import search

SECONDS, MEGABYTES = 2.0, 100.0
# A shared machine may stand still for a moment: the better of two tries counts.
TRIES = 2

pytestmark = pytest.mark.usefixtures("quiet")


def within(refuse: Callable[[], None]) -> tuple[float, float]:
    """Seconds and megabytes of the better try; both stay under the goal."""
    best = (1e9, 1e9)
    for _ in range(TRIES):
        with cost() as found:
            refuse()
        best = min(best, (found.seconds, found.megabytes))
        if best[0] <= SECONDS and best[1] <= MEGABYTES:
            return best
    raise AssertionError(f"refused after {best[0]:.1f} s and {best[1]:.0f} MB")


@pytest.fixture
def customer(north: str) -> Customer:
    return make_customer(with_sign_in=True)


@pytest.fixture
def client(customer: Customer) -> Client:
    client = Client(HTTP_HOST="north.test", raise_request_exception=False)
    assert customer.user
    client.force_login(customer.user)
    return client


def endless_upload(client: Client, body: Endless, length: int) -> Any:
    return client.request(**{
        "REQUEST_METHOD": "POST", "PATH_INFO": "/imports/new/", "wsgi.input": body,
        "CONTENT_TYPE": "multipart/form-data; boundary=b", "CONTENT_LENGTH": str(length),
    })  # fmt: skip


HEAD = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n'


@pytest.mark.guard("G12")
def test_endless_uploads_are_refused_unread(
    client: Client, customer: Customer, guard: Guard
) -> None:
    taken = 0

    def announced() -> None:
        nonlocal taken
        body = Endless(HEAD)
        answer = endless_upload(client, body, 2**40)
        assert answer.status_code == 413 and b"larger than 10 MB" in answer.content
        taken = max(taken, body.taken)

    worst = [within(announced)]
    assert taken < MEGABYTE
    # One that lies about its length is stopped when it has brought what it may.
    with override_settings(UPLOAD_LIMIT_CUSTOMER=3 * MEGABYTE):

        def lying() -> None:
            body = Endless(HEAD)
            answer = endless_upload(client, body, 3 * MEGABYTE + 60_000)
            assert answer.status_code == 413 and body.taken <= 3 * MEGABYTE + 128 * 1024

        worst.append(within(lying))
    # Nobody signed in brings in nothing; text fields are bounded as well.
    stranger = Client(HTTP_HOST="north.test", raise_request_exception=False)
    assert endless_upload(stranger, Endless(HEAD), 10**6).status_code in (302, 403, 413)
    field = b'--b\r\nContent-Disposition: form-data; name="note"\r\n\r\n'
    worst.append(within(lambda: _status(endless_upload(client, Endless(field), 9 * MEGABYTE), 413)))
    many = "&".join(f"f{n}=1" for n in range(20_000))
    worst.append(within(lambda: _status(_form(client, many), 400)))
    assert not ImportBatch.objects.exists() and not StoredFile.objects.exists()
    _say(guard, "uploads", worst)


@pytest.mark.guard("G12")
def test_files_without_end_are_refused_unread(
    client: Client, customer: Customer, guard: Guard
) -> None:
    account = make_account(customer=customer)

    def bring() -> Any:
        file = SimpleUploadedFile("a.csv", b"Date,Text,Amount\n2026-01-01,x,-1.00\n", "text/csv")
        return client.post("/imports/new/", {"file": file, "account": str(account.public_id)})

    with override_settings(UPLOADS_PER_CUSTOMER=5):
        assert [bring().status_code for _ in range(5)] == [302] * 5
        refused = bring()
        assert refused.status_code == 429 and int(refused["Retry-After"]) <= 600
        assert b"many files in a short time" in refused.content
        body = Endless(HEAD)
        assert endless_upload(client, body, 9 * MEGABYTE).status_code == 429
        assert body.taken < MEGABYTE
        # Pages are open all the same, and so is everybody else's road.
        assert client.get("/imports/new/").status_code == 200
    guard("G12", reached="a person's files beyond the count: 429 unread", n=7)


def _form(client: Client, body: str) -> Any:
    return client.post("/imports/new/", body, content_type="application/x-www-form-urlencoded")


def _status(answer: Any, *wanted: int) -> None:
    assert answer.status_code in wanted, answer.status_code


def _say(guard: Guard, what: str, worst: list[tuple[float, float]]) -> None:
    seconds, megabytes = max(w[0] for w in worst), max(w[1] for w in worst)
    guard("G12", reached=f"{what}: ≤ {seconds:.2f} s, + {megabytes:.0f} MB", n=len(worst))


WIDE = ",".join(f"c{n}" for n in range(100_000))
FILES: dict[str, Callable[[], bytes]] = {
    "100,000 columns": lambda: f"Date,Amount,{WIDE}\n".encode() + b"2026-01-01,1," + b"," * 100_000,
    "10,000 columns": lambda: b"Date,Text,Amount," + b"c," * 10_000 + b"c\n2026-01-01,x,1.00" + b"," * 10_001,
    "a cell of 9 MB": lambda: b"Date,Text,Amount\n2026-01-01," + b"x" * (9 * MEGABYTE) + b",1.00\n",
    "one line of 9 MB": lambda: b"x," * (9 * MEGABYTE // 2),
    "one open quote over 9 MB": lambda: b'Date,Text,Amount\n2026-01-01,"' + b"a,b\n" * (9 * MEGABYTE // 4),
    "9 MB of quotes": lambda: b"Date,Text,Amount\n" + b'"' * (9 * MEGABYTE),
    "9 MB of line ends": lambda: b"Date,Text,Amount\n" + b"\n" * (9 * MEGABYTE),
    "9 MB of commas": lambda: b"," * (9 * MEGABYTE),
    "a zip that unpacks to 300 MB": lambda: zip_of_zeros(300),
    **BOOKS,
    "a billion laughs": lambda: LAUGHS,
    "an entity from outside": lambda: OUTSIDE,
    "a billion laughs in OFX": lambda: OFX_LAUGHS,
    "OFX that opens tags without end": lambda: b"OFXHEADER:100\n<OFX>" + b"<STMTTRNRS><A>1" * 600_000,
    "OFX with one value of 9 MB": lambda: b"<OFX>\n<STMTTRN><NAME>" + b"x" * (9 * MEGABYTE),
    "OFX of angle brackets": lambda: b"<OFX>\n<STMTTRN><NAME>" + b"<" * (9 * MEGABYTE),
    "OFX of tags in a tag": lambda: b"<OFX>\n" + b"<A " * (3 * MEGABYTE),
    "QIF with one record of 9 MB": lambda: b"!Type:Bank\n" + b"S1\n" * (3 * MEGABYTE),
    "zeros": lambda: b"\0" * (9 * MEGABYTE),
    "UTF-16 of one letter": lambda: ("Date,Text,Amount\n" + "x" * 4_000_000).encode("utf-16"),
    "deep brackets": lambda: b"[" * (9 * MEGABYTE),
}  # fmt: skip


@pytest.mark.guard("G12")
def test_files_made_to_exhaust_are_refused(
    client: Client, customer: Customer, guard: Guard
) -> None:
    account = make_account(customer=customer)
    worst = []
    for name, make in FILES.items():
        body = make()

        def refuse(body: bytes = body, name: str = name) -> None:
            file = SimpleUploadedFile(f"{uuid4()}.csv", body, "text/csv")
            said = {"file": file, "account": str(account.public_id)}
            answer = client.post("/imports/new/", said)
            assert answer.status_code in (302, 400), f"{name}: {answer.status_code}"
            assert answer.status_code == 400 or client.get(answer["Location"]).status_code == 200
            # What a worker would do with it: the whole file is read.
            batch = ImportBatch.objects.order_by("-pk").first()
            assert batch and (batch.refused_code == "too_wide" or not name.startswith("10,000 "))
            if answer.status_code == 302 and batch and batch.state == ImportBatch.State.RECEIVED:
                with contextlib.suppress(ImportProblem):
                    batch = services.plan(batch)
                assert not batch.counts.get("new")

        try:
            worst.append(within(refuse))
        except AssertionError as error:
            raise AssertionError(f"{name}: {error}") from None
    assert not Transaction.objects.filter(account=account).exists()
    _say(guard, "files", worst)


AMOUNTS = ("1e3000000", "9" * 100_000, "1" + "0" * 100_000, "NaN", "Infinity", "-1e-3000000", "1_0")


@pytest.mark.guard("G12")
def test_numbers_made_to_exhaust_are_refused(
    client: Client, customer: Customer, north: str, guard: Guard
) -> None:
    admin = make_person(role=Role.ADMIN)
    make_grant(staff=admin, customer=customer)
    ada = Client(HTTP_HOST="north.test", raise_request_exception=False)
    ada.force_login(admin)
    account, worst = make_account(customer=customer), []
    for amount in AMOUNTS:

        def in_a_file(amount: str = amount) -> None:
            body = f"Date,Text,Amount\n2026-01-01,fine,1.00\n2026-01-02,bad,{amount}\n".encode()
            batch = services.receive(
                stream=io.BytesIO(body),
                name="a.csv",
                customer=customer,
                account=account,
                limit=10**7,
            )
            try:
                batch = services.plan(batch)
            except ImportProblem:
                return
            assert batch.counts.get("new", 0) <= 1

        def in_a_form(amount: str = amount) -> None:
            said = {
                "customer": customer.pk,
                "category": "1",
                "month": "2026-06-01",
                "amount": amount,
            }
            _status(ada.post("/admin/analytics/budget/add/", said), 200)

        def in_json(amount: str = amount) -> None:
            body = f'{{"email": {amount}, "password": 1}}'
            answer = Client(HTTP_HOST="north.test").post(
                "/api/v1/login", body, content_type="application/json"
            )
            _status(answer, 400, 401)

        def in_an_address(amount: str = amount) -> None:
            _status(client.get("/api/v1/transactions", {"limit": amount[:5000]}), 400)

        for refuse in (in_a_file, in_a_form, in_json, in_an_address):
            try:
                worst.append(within(refuse))
            except AssertionError as error:
                raise AssertionError(f"{amount[:20]} {refuse.__name__}: {error}") from None
    _say(guard, "numbers", worst)


@pytest.mark.guard("G12")
def test_bodies_made_to_exhaust_are_refused(client: Client, guard: Guard) -> None:
    bodies = [
        b"[" * 1_000_000, b'{"a":' * 400_000, b'{"email":' + b"[" * 60 + b"]" * 60 + b"}",
        json.dumps({"email": "x" * 2_400_000, "password": "y"}).encode(),
        json.dumps({f"k{n}": n for n in range(150_000)}).encode(), b'"' + b"\\u0000" * 300_000 + b'"',
        b'{"email": "' + b"a" * 3_000_000 + b'"}', b"\xff" * 1_000_000,
    ]  # fmt: skip
    worst = []
    for body in bodies:
        for key in ({}, {"HTTP_IDEMPOTENCY_KEY": "k"}):

            def refuse(body: bytes = body, key: dict[str, str] = key) -> None:
                stranger = Client(HTTP_HOST="north.test")
                answer = stranger.post("/api/v1/login", body, content_type="application/json")
                _status(answer, 400, 401, 413)
                url = f"/api/v1/transactions/{'0' * 32}"
                answer = client.patch(url, body, content_type="application/json", **key)
                _status(answer, 400, 404, 413)
                assert answer["Content-Type"].startswith("application/json")

            worst.append(within(refuse))
    _say(guard, "bodies", worst)


# Patterns that a backtracking engine never finishes, and texts that feed them.
EVIL = [
    "^(a+)+$", "(a|a)*b", "(a|aa)+$", "(.*a){20}", "([a-z]+)*=", "(x+x+)+y", "^(([a-z])+.)+[A-Z]([a-z])+$",
    "(a?){30}a{30}", "((a*)*)*b", r"(\d+)*-", r"^(\w+\s?)*$", r"(\s*)*x", "(?=(a+))a*b", "(a+)+\\1",
    "[[]", "(", "a{99999}", "a{0,99999}", "(?P<x>a", "\\", "%", "_", "%_%" * 30, "a%", ".*", "a.b", "*", "+",
    "?", "|", "^$", "$^", "(?i)a", "\\d", "[^a]", "(?#", "(?<=a+)b", "\\p{L}", "'; drop table x; --", "{}",
]  # fmt: skip
FEED = "a" * 100_000 + "!"


@pytest.mark.trap("pattern-from-a-request")
@pytest.mark.guard("G25")
def test_what_people_search_is_text_and_no_pattern(
    client: Client, customer: Customer, guard: Guard
) -> None:
    """No door takes a pattern: the search is literal, and capped."""
    account = make_account(customer=customer)
    make_transactions(account, [
        {"amount": -1, "raw_text": "axb " + FEED[:5000], "booked_on": date(2026, 6, 1)},
        {"amount": -2, "raw_text": "holds a.b and 100% of x_y", "booked_on": date(2026, 6, 1)},
    ])  # fmt: skip
    slowest = 0.0
    for pattern in EVIL:
        best = 9.0
        for _ in range(3):
            start = time.perf_counter()
            asked = search.condition(pattern, customer.pk)
            found = list(Transaction.objects.filter(asked).values_list("pk"))
            best = min(best, time.perf_counter() - start)
        answer = client.get("/api/v1/transactions", {"q": pattern})
        assert answer.status_code in (200, 400)
        if answer.status_code == 200:
            assert answer.json()["total"] == len(found)
        slowest = max(slowest, best)
    for text, count in (("a.b", 1), ("axb", 1), ("100%", 1), ("x_y", 1), ("a%b", 0), ("x%y", 0)):
        assert client.get("/api/v1/transactions", {"q": text}).json()["total"] == count, text
    assert client.get("/api/v1/transactions", {"q": FEED}).status_code == 400
    assert slowest <= 0.05
    reached = f"patterns are plain text; ≤ {slowest * 1000:.1f} ms each"
    guard("G25", reached=reached, n=len(EVIL))


# What our own patterns read when a file or a person sends it: 100 kB that lead them astray.
HARD = [
    "a" * 100_000, "1" * 100_000, "1 " * 50_000, "4-" * 50_000, "4111 1111 1111 111" * 5_000, " " * 100_000,
    "@" * 100_000, "a@" * 50_000, "a" * 50_000 + "@", "=" * 100_000, "'" * 100_000, ",." * 50_000,
    "1,1" * 33_000, "1.1." * 25_000, "(" * 100_000, "POS " * 25_000, "é" * 100_000, "\u0301" * 100_000,
    "*" * 100_000, "1/1/" * 25_000, "12:" * 33_000, "REF:" * 25_000, "A1" * 50_000, "#0" * 50_000, "-" * 100_000,
]  # fmt: skip


@pytest.mark.trap("pattern-without-end")
@pytest.mark.guard("G25")
@pytest.mark.parametrize(
    ("name", "read", "milliseconds"),
    [
        ("cut_card_numbers", cut_card_numbers, 50),
        ("redact", redact, 50),
        ("clean_text", clean_text, 50),
        ("fits an amount", lambda t: fits(t, "."), 50),
        ("orders of a day", orders_fitting, 50),
        ("text_part", text_part, 50),
    ],
)
def test_our_own_patterns_end_soon(
    guard: Guard, name: str, read: Callable[[str], Any], milliseconds: int
) -> None:
    slowest = 0.0
    for text in HARD:
        best = 9.0
        for _ in range(3):
            start = time.process_time()
            read(text)
            best = min(best, time.process_time() - start)
            if best * 1000 <= milliseconds:
                break
        assert best * 1000 <= milliseconds, f"{name} on {text[:12]!r}…: {best * 1000:.0f} ms"
        slowest = max(slowest, best)
    guard("G25", reached=f"{name}: ≤ {slowest * 1000:.1f} ms on 100 kB", n=len(HARD))


def test_no_query_takes_a_pattern_from_a_request() -> None:
    """`__regex` stands in one place, whose pattern is written from letters: nobody's signs are signs in it."""
    from tests.conftest import REPO

    for folder in ("accounts", "transactions", "analytics", "config"):
        for path in (REPO / folder).rglob("*.py"):
            if path == REPO / "transactions" / "rows" / "search.py":
                continue
            source = path.read_text()
            assert "__regex" not in source and "__iregex" not in source, path


def test_detection_reads_the_head_alone() -> None:
    with cost() as found, pytest.raises(Refused):
        detect(b"\x00\x01" * (HEAD_BYTES // 2), name="x")
    assert found.seconds < SECONDS
