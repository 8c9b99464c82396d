"""G12 beside people at work: one bank is sent what is made to exhaust, the other's people notice little.

BOMB_SECONDS changes how long each half lasts. The other bank's requests go on at the same rate in both halves,
one without and one with somebody who sends bomb after bomb, so the two are divided and no second is promised.
"""

import contextlib
import http.client
import io
import json
import os
import threading
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest

from tests.guards import Guard
from tests.security.bombs import LAUGHS, MEGABYTE, OFX_LAUGHS, zip_of_zeros
from tests.stack import SOUTH, StartedStack
from tests.survival.load import Load

pytestmark = [pytest.mark.stack, pytest.mark.nightly]

SLOWER = 2.0
ATTACKER = """
import json
from django.test import Client
from accounts.banks.tenancy import in_bank
from tests import factories
with in_bank("south"):
    customer = factories.make_customer(with_sign_in=True)
    account = factories.make_account(customer=customer)
    client = Client(HTTP_HOST="south.localhost")
    client.force_login(customer.user)
    cookies = {name: morsel.value for name, morsel in client.cookies.items()}
print("made " + json.dumps([cookies, str(account.public_id)]))
"""


def bombs() -> list[bytes]:
    wide = ",".join(f"c{n}" for n in range(100_000))
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        archive.writestr("export.csv", b"0" * (200 * MEGABYTE))
    return [
        f"Date,Amount,{wide}\n2026-01-01,1,".encode(),
        b'Date,Text,Amount\n2026-01-01,"' + b"a,b\n" * MEGABYTE,
        b"Date,Text,Amount\n" + b'"' * (4 * MEGABYTE),
        zip_of_zeros(200),
        packed.getvalue(),
        LAUGHS,
        OFX_LAUGHS,
        b"OFXHEADER:100\n<OFX>" + b"<STMTTRNRS><A>1" * 300_000,
        b"Date,Text,Amount\n2026-01-01,x,1e3000000\n",
    ]


@contextmanager
def attacked(stack: StartedStack, url: str, counted: list[int]) -> Iterator[None]:
    """Somebody signed in at South sends one bomb after the other while the block runs."""
    said = stack.manage("shell", "--no-imports", "-c", ATTACKER)
    cookies, account = json.loads(said.split("made ")[1])
    token = "t" * 32
    jar = "; ".join(f"{name}={value}" for name, value in {**cookies, "csrf": token}.items())
    stopped = threading.Event()

    def body_of(bomb: bytes) -> bytes:
        field = '--b\r\nContent-Disposition: form-data; name="{}"\r\n\r\n{}\r\n'
        head = field.format("csrfmiddlewaretoken", token) + field.format("account", account)
        file = '--b\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n'
        return (head + file).encode() + bomb + b"\r\n--b--\r\n"

    def work() -> None:
        made = [body_of(bomb) for bomb in bombs()]
        turn = 0
        while not stopped.is_set():
            connection = http.client.HTTPConnection("127.0.0.1", urlsplit(url).port, timeout=30)
            headers = {
                "Host": f"{SOUTH}.localhost", "Cookie": jar,
                "Content-Type": "multipart/form-data; boundary=b",
            }  # fmt: skip
            # A body that is too long is answered before it is sent to its end.
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                connection.request("POST", "/imports/new/", made[turn % len(made)], headers)
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                counted.append(connection.getresponse().status)
            connection.close()
            turn += 1

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stopped.set()
        thread.join(40)


def p95(load: Load, start: float, end: float) -> float:
    took = sorted(a.done - a.sent for a in load.answers if start <= a.sent and a.done <= end)
    assert len(took) > 50
    return took[int(len(took) * 0.95)]


@pytest.mark.guard("G12")
def test_the_other_banks_people_notice_little(stack: StartedStack, guard: Guard) -> None:
    seconds = float(os.environ.get("BOMB_SECONDS", "30"))
    url = stack.start_web(workers=2)
    load = Load(stack, url, per_second=20)
    load.fill(people=4, rows=5)
    load.start()
    time.sleep(5)  # both processes have met the load
    answered: list[int] = []
    before = time.monotonic()
    time.sleep(seconds)
    with attacked(stack, url, answered):
        during = time.monotonic()
        time.sleep(seconds)
        after = time.monotonic()
    load.stop()
    quiet, loud = p95(load, before, during), p95(load, during, after)
    assert not [a for a in load.answers if not a.good and a.sent >= before]
    assert set(answered) <= {302, 400, 413, 429}, sorted(set(answered))
    guard("G12", reached=f"the other bank's p95 × {loud / quiet:.2f} ({quiet * 1000:.0f} → {loud * 1000:.0f} "
          f"ms) beside {len(answered)} bombs in {seconds:.0f} s", n=len(load.answers), goal="p95 ≤ 2 ×")  # fmt: skip
    assert loud <= SLOWER * quiet
