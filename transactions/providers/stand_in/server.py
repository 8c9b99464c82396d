"""The stand-in over HTTP: its API, the page a person goes through, and messages as rows arrive.

    python -m transactions.providers.stand_in --port 8100

For a demo on this machine alone. A connection's history follows from its token, so a stand-in that was
started anew still knows it; only where the other side had got to is forgotten, as at any provider.
"""

import argparse
import html
import http.client
import json
import logging
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from random import Random
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from transactions.providers.stand_in.history import History
from transactions.providers.stand_in.signing import HEADER, MessageKey
from transactions.providers.stand_in.world import Item, Json, Visit, World, account, dumps

log = logging.getLogger("stand_in")

BODY_LIMIT = 2**20
FIRST_ROWS, LATER_ROWS = 40, 120
TICK_SECONDS = 20.0
_LOOPBACK = ("127.0.0.1", "::1", "localhost")


class Bank:
    """A world whose connections live on: rows come, wait and are posted, and each change is told."""

    def __init__(self, base_url: str, *, tick_seconds: float = TICK_SECONDS) -> None:
        self.world = World(base_url=base_url, make_item=self.make_item)
        self.signer = MessageKey(self.world)
        self.histories: dict[str, History] = {}
        self.lock = threading.RLock()
        self.tick_seconds = tick_seconds
        self.stopped = threading.Event()

    def make_item(self, token: str) -> Item:
        """The connection of this token: the same accounts and rows whenever it is made."""
        random = Random(token)  # noqa: S311
        item = Item(token, f"item-{token[-16:]}", institution=("ins_901", "Example Bank"))
        mark = token[-6:]
        item.accounts = [
            account(f"acc-{mark}-1", name="Everyday", current=Decimal("1840.22"), mask="4821"),
            account(
                f"acc-{mark}-2",
                name="Savings",
                subtype="savings",
                current=Decimal("6200"),
                mask="0077",
            ),
        ]
        history = self.histories[token] = History(
            item, random, today=datetime.now(UTC).date() - timedelta(days=1)
        )
        for _row in range(FIRST_ROWS):
            history.appear()
        return item

    def answer(self, path: str, content: bytes) -> Any:
        with self.lock:
            token = _token_of(content)
            if token.startswith("access-stand-in-") and token not in self.world.items:
                # Made before this process was started.
                self.world.items[token] = self.make_item(token)
            return self.world.answer(path, content)

    def finish_visit(self, token: str) -> Visit | None:
        with self.lock:
            if token not in self.world.visits:
                return None
            visit = self.world.finish_visit(token)
        threading.Thread(target=self._fill, args=(visit,), daemon=True).start()
        return visit

    def _fill(self, visit: Visit) -> None:
        """The long history arrives a little after the first rows, as at a real bank."""
        token = visit.item or self.world.public_tokens.get(visit.public_token, "")
        if self.stopped.wait(6) or visit.item:
            return
        with self.lock:
            for _row in range(LATER_ROWS):
                self.histories[token].appear()
        self.tell(self.world.items[token])

    def live(self) -> None:
        """Every now and then something happens at each connection."""
        while not self.stopped.wait(self.tick_seconds):
            for token, history in list(self.histories.items()):
                item = self.world.items.get(token)
                if item is None or item.is_gone:
                    continue
                history.today = datetime.now(UTC).date()
                with self.lock:
                    before = item.version
                    history.random.choice((history.wait, history.post, history.post))()
                if item.version != before:
                    self.tell(item)

    def tell(
        self, item: Item, kind: str = "TRANSACTIONS", code: str = "SYNC_UPDATES_AVAILABLE"
    ) -> None:
        """Sends one message; a bank that is away is told nothing."""
        body: Json = {"webhook_type": kind, "webhook_code": code, "item_id": item.item_id}
        send(item.webhook, dumps(body), self.signer)


def _token_of(content: bytes) -> str:
    try:
        found = json.loads(content).get("access_token")
    except (ValueError, AttributeError):
        return ""
    return found if isinstance(found, str) else ""


def send(url: str, body: bytes, signer: MessageKey) -> int:
    """Posts a signed message to an address of this machine; its status, 0 where nobody answered.

    Names below localhost don't resolve everywhere: the loopback address is asked, with the name as Host.
    """
    where = urlsplit(url)
    host = where.hostname or ""
    if host not in _LOOPBACK and not host.endswith(".localhost"):
        return 0
    connection = http.client.HTTPConnection("127.0.0.1", where.port, timeout=10)
    try:
        headers = {
            "Host": where.netloc,
            "Content-Type": "application/json",
            HEADER: signer.sign(body),
        }
        connection.request("POST", where.path, body, headers)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()


_PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Example Bank</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">
<style>body{{font:1rem/1.5 system-ui,sans-serif;max-width:30rem;margin:3rem auto;padding:0 1rem}}
button,a{{font:inherit;padding:.6rem 1rem}}</style></head><body><h1>Example Bank</h1>
<p>This page stands for a bank’s own side. It belongs to the demo and asks for no password.</p>{body}</body></html>"""


class Handler(BaseHTTPRequestHandler):
    bank: Bank

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        if length > BODY_LIMIT:
            self._send(413, b"")
            return
        content = self.rfile.read(length)
        path = urlsplit(self.path).path
        if path.startswith("/link/") and not path.startswith("/link/token/"):
            visit = self.bank.finish_visit(unquote(path.removeprefix("/link/")))
            if visit is None:
                self._page(404, "<p>There is no such visit.</p>")
            elif visit.back and parse_qs(content.decode(errors="replace")).get("go") == ["connect"]:
                self._send(303, b"", {"Location": visit.back})
            else:
                self._page(200, "<p>You may close this page.</p>")
            return
        reply = self.bank.answer(path, content)
        self._send(reply.status, reply.body, {"Content-Type": "application/json", **reply.headers})

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        if path == "/health":
            self._send(200, b"ok", {"Content-Type": "text/plain"})
        elif (
            path.startswith("/link/")
            and unquote(path.removeprefix("/link/")) in self.bank.world.visits
        ):
            action = html.escape(path)
            self._page(
                200,
                "<p>Two accounts: Everyday and Savings. Their payments may be read.</p>"
                f'<form method="post" action="{action}"><button name="go" value="connect">Allow it</button></form>',
            )
        else:
            self._page(404, "<p>There is no such page.</p>")

    def _page(self, status: int, body: str) -> None:
        self._send(
            status, _PAGE.format(body=body).encode(), {"Content-Type": "text/html; charset=utf-8"}
        )

    def _send(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Without addresses and paths: both may name a connection."""
        log.info("%s %s", self.command, args[1] if len(args) > 1 else "")


def serve(
    port: int,
    *,
    tick_seconds: float = TICK_SECONDS,
    ready: Callable[[ThreadingHTTPServer, Bank], None] = lambda server, bank: None,
) -> None:
    """Serves on the loopback address until it is stopped."""
    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    bank = Bank(f"http://127.0.0.1:{server.server_port}", tick_seconds=tick_seconds)
    server.RequestHandlerClass = type("BankHandler", (Handler,), {"bank": bank})
    threading.Thread(target=bank.live, daemon=True).start()
    ready(server, bank)
    try:
        server.serve_forever()
    finally:
        bank.stopped.set()
        server.server_close()


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="stand_in", description=__doc__.splitlines()[0] if __doc__ else ""
    )
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument(
        "--tick", type=float, default=TICK_SECONDS, help="seconds between two payments"
    )
    asked = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    log.info("the demo's bank stands at port %s since %s", asked.port, time.strftime("%H:%M"))
    serve(asked.port, tick_seconds=asked.tick)
