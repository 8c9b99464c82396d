"""The client over real sockets: no redirect is followed, amounts stay exact, troubles keep their meaning."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from tests.conftest import REPO
from transactions.providers import client, setup
from transactions.providers.client import Answer, Client, over_http
from transactions.providers.errors import (
    CursorUnknown,
    LoginNeeded,
    MutatedMeanwhile,
    NotSetUp,
    ProviderBusy,
    ProviderProblem,
    ProviderRefused,
)


class Listener:
    """A server that answers as told and counts who came."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, bytes]] = []
        self.reply: tuple[int, dict[str, str], bytes] = (200, {}, b"{}")
        listener = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                listener.asked.append((self.path, self.rfile.read(length)))
                status, headers, body = listener.reply
                self.send_response(status)
                for name, value in {"Content-Length": str(len(body)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_POST

            def log_message(self, *args: Any) -> None:
                return None

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture
def listen() -> Iterator[Callable[[], Listener]]:
    made: list[Listener] = []

    def make() -> Listener:
        made.append(Listener())
        return made[-1]

    yield make
    for listener in made:
        listener.server.shutdown()
        listener.server.server_close()


def at(settings: Any, listener: Listener) -> Client:
    settings.DEMO, settings.PLAID_ENV, settings.PLAID_BASE_URL = True, "stand-in", listener.url
    return Client(over_http(setup.provider()), sleep=lambda seconds: None)


def test_amounts_arrive_digit_for_digit(settings: Any, listen: Callable[[], Listener]) -> None:
    listener = listen()
    listener.reply = (200, {}, b'{"accounts": [{"amount": 0.1}, {"amount": 23631.9805}]}')
    found = at(settings, listener).accounts("access-1")["accounts"]
    assert [row["amount"] for row in found] == [Decimal("0.1"), Decimal("23631.9805")]
    path, sent = listener.asked[0]
    assert path == "/accounts/get"
    assert json.loads(sent) == {
        "client_id": "test-client", "secret": "test-secret", "access_token": "access-1",
    }  # fmt: skip


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_is_followed(
    status: int, settings: Any, listen: Callable[[], Listener]
) -> None:
    listener, canary = listen(), listen()
    listener.reply = (status, {"Location": f"{canary.url}/accounts/get"}, b"")
    with pytest.raises(ProviderBusy):
        at(settings, listener).accounts("access-1")
    assert canary.asked == []


def test_no_proxy_of_the_environment_is_asked(
    settings: Any, listen: Callable[[], Listener], monkeypatch: pytest.MonkeyPatch
) -> None:
    listener, proxy = listen(), listen()
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, proxy.url)
    at(settings, listener).accounts("access-1")
    assert len(listener.asked) == 1 and proxy.asked == []


def test_an_endless_answer_is_cut_off(
    settings: Any, listen: Callable[[], Listener], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "ANSWER_LIMIT", 100)
    listener = listen()
    listener.reply = (200, {}, b"x" * 101)
    with pytest.raises(ProviderBusy, match="answer_too_long"):
        at(settings, listener).accounts("access-1")


def answering(*answers: Answer, slept: list[float] | None = None) -> Client:
    left = list(answers)

    def ask(path: str, body: bytes) -> Answer:
        return left.pop(0) if len(left) > 1 else left[0]

    return Client(ask, sleep=(slept if slept is not None else []).append)


def said(status: int, kind: str, code: str, wait: str = "", text: str = "") -> Answer:
    body = {"error_type": kind, "error_code": code, "error_message": text}
    return Answer(status, wait, json.dumps(body).encode())


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (said(400, "ITEM_ERROR", "ITEM_LOGIN_REQUIRED"), LoginNeeded),
        (said(400, "TRANSACTIONS_ERROR", "TRANSACTIONS_SYNC_MUTATION_DURING_PAGINATION"), MutatedMeanwhile),
        (said(400, "INVALID_REQUEST", "INVALID_FIELD", text="cursor is unknown"), CursorUnknown),
        (said(400, "INVALID_REQUEST", "INVALID_FIELD", text="count is too large"), ProviderRefused),
        (said(400, "INVALID_INPUT", "INVALID_ACCESS_TOKEN"), ProviderRefused),
        (said(400, "INSTITUTION_ERROR", "INSTITUTION_DOWN"), ProviderBusy),
        (said(400, "ITEM_ERROR", "PRODUCT_NOT_READY"), ProviderBusy),
        (said(429, "RATE_LIMIT_EXCEEDED", "TRANSACTIONS_LIMIT"), ProviderBusy),
        (said(500, "API_ERROR", "INTERNAL_SERVER_ERROR"), ProviderBusy),
        (Answer(502, "", b"<html>bad gateway</html>"), ProviderBusy),
        (Answer(200, "", b"[1, 2]"), ProviderBusy),
        (Answer(200, "", b'{"amount": NaN}'), ProviderBusy),
        (Answer(200, "", b"[" * 100_000), ProviderBusy),
    ],
)  # fmt: skip
def test_each_trouble_has_its_meaning(answer: Answer, problem: type[ProviderProblem]) -> None:
    with pytest.raises(problem) as met:
        answering(answer).sync_page("access-1", "cursor")
    assert type(met.value) is problem
    assert "access-1" not in str(met.value)


def test_a_short_wait_is_kept_here_and_a_long_one_is_put_off() -> None:
    slept: list[float] = []
    busy = said(429, "RATE_LIMIT_EXCEEDED", "TRANSACTIONS_LIMIT", wait="2")
    assert answering(busy, Answer(200, "", b'{"a": 1}'), slept=slept).accounts("x") == {"a": 1}
    assert slept == [2.0]
    with pytest.raises(ProviderBusy) as met:
        answering(said(429, "RATE_LIMIT_EXCEEDED", "X", wait="300"), slept=slept).accounts("x")
    assert met.value.wait == 300.0 and slept == [2.0]


def test_retry_after_as_a_date_is_understood(time_machine: Any) -> None:
    time_machine.move_to("2026-11-25T12:00:00+00:00", tick=False)
    busy = said(503, "API_ERROR", "DOWN", wait="Wed, 25 Nov 2026 12:10:00 GMT")
    with pytest.raises(ProviderBusy) as met:
        answering(busy).accounts("x")
    assert met.value.wait == 600.0


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("https://secure.plaid.com/hl/abc", True),
        ("https://plaid.com/x", True),
        ("http://secure.plaid.com/hl/abc", False),
        ("https://plaid.com.example.org/hl", False),
        ("https://evilplaid.com/hl", False),
        ("https://secure.plaid.com@example.org/hl", False),
        ("javascript:alert(1)", False),
        ("//secure.plaid.com/x", False),
    ],
)
def test_people_are_sent_to_the_providers_own_pages_alone(url: str, allowed: bool) -> None:
    assert setup.provider().may_lead_to(url) is allowed


def test_the_stand_in_is_refused_outside_a_demo(settings: Any) -> None:
    settings.PLAID_ENV, settings.PLAID_BASE_URL = "stand-in", "http://127.0.0.1:9"
    settings.DEMO = False
    with pytest.raises(NotSetUp):
        setup.provider()
    settings.DEMO, settings.PLAID_BASE_URL = True, "http://192.0.2.7:9"
    with pytest.raises(NotSetUp):
        setup.provider()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PLAID_ENV", "stand-in"),
        ("PLAID_BASE_URL", "http://127.0.0.1:9"),
        ("PLAID_ENV", "development"),
    ],
)
def test_production_does_not_start_with_a_stand_in(name: str, value: str) -> None:
    env = {k: v for k, v in os.environ.items() if k != "COUNTERFOIL_DEMO"} | {name: value}
    done = subprocess.run(
        [sys.executable, "-c", "import config.settings_test"],
        cwd=REPO,
        env=env,
        capture_output=True,
    )
    assert done.returncode != 0 and name.encode() in done.stderr.splitlines()[-1]


@pytest.mark.parametrize(
    "missing", ["PLAID_ENV", "PLAID_CLIENT_ID", "PLAID_SECRET", "PROVIDER_KEYS"]
)
def test_without_all_of_it_nothing_is_offered(missing: str, settings: Any) -> None:
    setattr(settings, missing, "")
    assert not setup.is_set_up()
