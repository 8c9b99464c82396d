"""A made-up provider of account data that speaks Plaid's shapes: for the tests, and for the demo's "bank".

Plain Python without Django, so that it starts at once. It keeps every version of every transaction: a cursor
names a version, and what changed since is the difference between two of them. Nothing here is a real bank's.
"""

import base64
import hashlib
import json
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import quote

Json = dict[str, Any]
Change = tuple[str, Json | None, Json | None]  # id, what it was, what it is


@dataclass(frozen=True)
class Reply:
    """An answer as it goes out."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)


class Refusal(Exception):
    """An error in Plaid's shape."""

    def __init__(self, status: int, kind: str, code: str, text: str = "", wait: str = "") -> None:
        super().__init__(code)
        self.status, self.kind, self.code, self.text, self.wait = status, kind, code, text, wait

    def reply(self) -> Reply:
        body = {
            "error_type": self.kind, "error_code": self.code, "error_message": self.text,
            "display_message": None, "request_id": secrets.token_hex(6),
        }  # fmt: skip
        return Reply(self.status, dumps(body), {"Retry-After": self.wait} if self.wait else {})


def dumps(value: Any) -> bytes:
    """JSON whose Decimals are numbers, digit for digit."""
    text = json.dumps(value, default=lambda number: f"\0{number:f}\0")
    return re.sub(r'"\\u0000([^"\\]*)\\u0000"', r"\1", text).encode()


@dataclass
class Item:
    """One connection: its accounts, and every version of its transactions."""

    token: str
    item_id: str
    institution: tuple[str, str] = ("ins_901", "Example Bank")
    accounts: list[Json] = field(default_factory=list)
    webhook: str = ""
    version: int = 0
    versions: dict[str, list[tuple[int, Json | None]]] = field(default_factory=dict)
    page_rows: int = 500
    # Cursors carry it: a new one makes the earlier ones unknown.
    salt: str = field(default_factory=lambda: secrets.token_hex(4))
    login_required: bool = False
    is_gone: bool = False
    status: str = "HISTORICAL_UPDATE_COMPLETE"
    # Runs after a page that isn't the last: where histories change meanwhile.
    after_page: Callable[["Item"], None] | None = None

    def put(self, key: str, row: Json | None) -> None:
        """A new word on one transaction; None takes it away."""
        self.version += 1
        self.versions.setdefault(key, []).append((self.version, row))

    def at(self, key: str, version: int) -> Json | None:
        return next((row for v, row in reversed(self.versions[key]) if v <= version), None)

    def current(self) -> dict[str, Json]:
        """The truth: what a mirror must hold."""
        found = {key: rows[-1][1] for key, rows in self.versions.items()}
        return {key: row for key, row in found.items() if row is not None}

    def changes(self, since: int) -> list[Change]:
        latest = sorted(
            (rows[-1][0], key) for key, rows in self.versions.items() if rows[-1][0] > since
        )
        return [(key, self.at(key, since), self.at(key, self.version)) for _, key in latest]


@dataclass
class Visit:
    """A person's visit to the provider's own page."""

    token: str
    webhook: str
    back: str
    user: str
    item: str = ""  # the access token of the connection that is repaired
    public_token: str = ""
    is_finished: bool = False


class World:
    """All connections, and the answers to every call."""

    def __init__(
        self, *, base_url: str = "", make_item: Callable[[str], Item] | None = None
    ) -> None:
        self.base_url = base_url
        self.items: dict[str, Item] = {}
        self.visits: dict[str, Visit] = {}
        self.public_tokens: dict[str, str] = {}
        self.keys: dict[str, Json] = {}
        self.make_item = make_item or (lambda token: Item(token, f"item-{token[-12:]}"))
        # Asked before each call; what it raises is the answer.
        self.trouble: Callable[[str, Json], None] = lambda path, body: None
        self.calls: list[str] = []

    def answer(self, path: str, content: bytes) -> Reply:
        self.calls.append(path)
        try:
            body = json.loads(content)
            if not body.get("client_id") or not body.get("secret"):
                raise Refusal(400, "INVALID_INPUT", "INVALID_API_KEYS")
            self.trouble(path, body)
            call = _CALLS.get(path)
            if call is None:
                raise Refusal(404, "INVALID_REQUEST", "UNKNOWN_ENDPOINT")
            return Reply(200, dumps({**call(self, body), "request_id": secrets.token_hex(6)}))
        except Refusal as refusal:
            return refusal.reply()

    # -- connecting --------------------------------------------------------------------------------

    def create_link_token(self, body: Json) -> Json:
        token = f"link-stand-in-{secrets.token_urlsafe(18)}"
        visit = Visit(
            token, body.get("webhook", ""), body.get("hosted_link", {}).get("completion_redirect_uri", ""),
            body.get("user", {}).get("client_user_id", ""),
        )  # fmt: skip
        if body.get("access_token"):
            visit.item = self.item(body).token
        self.visits[token] = visit
        url = f"{self.base_url}/link/{quote(token)}"
        return {"link_token": token, "hosted_link_url": url, "expiration": _later()}

    def finish_visit(self, token: str) -> Visit:
        """What a person's “connect” on the provider's page does."""
        visit = self.visits[token]
        visit.is_finished = True
        if visit.item:
            self.items[visit.item].login_required = False
            return visit
        if not visit.public_token:
            access = f"access-stand-in-{secrets.token_hex(16)}"
            item = self.items[access] = self.make_item(access)
            item.webhook = visit.webhook
            visit.public_token = f"public-stand-in-{secrets.token_hex(16)}"
            self.public_tokens[visit.public_token] = access
        return visit

    def get_link_token(self, body: Json) -> Json:
        visit = self.visits.get(str(body.get("link_token")))
        if visit is None:
            raise Refusal(400, "INVALID_INPUT", "INVALID_LINK_TOKEN")
        sessions: list[Json] = []
        if visit.is_finished:
            added: list[Json] = []
            if visit.public_token:
                item = self.items[self.public_tokens[visit.public_token]]
                code, name = item.institution
                added = [
                    {
                        "public_token": visit.public_token,
                        "institution": {"institution_id": code, "name": name},
                        "accounts": [],
                    }
                ]
            sessions = [
                {
                    "link_session_id": secrets.token_hex(8),
                    "finished_at": _later(),
                    "results": {"item_add_results": added},
                }
            ]
        return {"link_token": visit.token, "link_sessions": sessions}

    def exchange(self, body: Json) -> Json:
        access = self.public_tokens.get(str(body.get("public_token")))
        if access is None:
            raise Refusal(400, "INVALID_INPUT", "INVALID_PUBLIC_TOKEN")
        return {"access_token": access, "item_id": self.items[access].item_id}

    def remove(self, body: Json) -> Json:
        self.item(body).is_gone = True
        return {}

    def item(self, body: Json) -> Item:
        item = self.items.get(str(body.get("access_token")))
        if item is None or item.is_gone:
            raise Refusal(400, "INVALID_INPUT", "INVALID_ACCESS_TOKEN")
        return item

    # -- rows --------------------------------------------------------------------------------------

    def get_accounts(self, body: Json) -> Json:
        item = self.item(body)
        if item.login_required:
            raise Refusal(400, "ITEM_ERROR", "ITEM_LOGIN_REQUIRED")
        code, name = item.institution
        told = {
            "item_id": item.item_id, "institution_id": code, "institution_name": name, "error": None,
        }  # fmt: skip
        return {"accounts": item.accounts, "item": told}

    def sync(self, body: Json) -> Json:
        item = self.item(body)
        if item.login_required:
            raise Refusal(400, "ITEM_ERROR", "ITEM_LOGIN_REQUIRED")
        since, target, at = self._cursor(item, body.get("cursor") or "")
        if at and target != item.version:
            raise Refusal(400, "TRANSACTIONS_ERROR", "TRANSACTIONS_SYNC_MUTATION_DURING_PAGINATION")
        changes = item.changes(since)
        rows = min(int(body.get("count") or 100), item.page_rows)
        page, left = changes[at : at + rows], changes[at + rows :]
        found: Json = {"added": [], "modified": [], "removed": []}
        for key, before, after in page:
            if after is None:
                gone = (before or {}).get("account_id")
                found["removed"].append({"transaction_id": key, "account_id": gone})
            elif before is None:
                found["added"].append(after)
            elif before != after:
                found["modified"].append(after)
        version = item.version
        where = [item.salt, since, version, at + rows] if left else [item.salt, version, version, 0]
        if left and item.after_page:
            item.after_page(item)
        return found | {
            "accounts": item.accounts,
            "has_more": bool(left),
            "next_cursor": base64.b64encode(json.dumps(where).encode()).decode(),
            "transactions_update_status": item.status,
        }

    def _cursor(self, item: Item, cursor: str) -> tuple[int, int, int]:
        if not cursor:
            return 0, item.version, 0
        try:
            salt, since, target, at = json.loads(base64.b64decode(cursor))
        except ValueError:
            salt = since = target = at = None
        if salt != item.salt:
            text = "cursor not associated with access_token"
            raise Refusal(400, "INVALID_REQUEST", "INVALID_FIELD", text)
        return since, target, at

    # -- messages ----------------------------------------------------------------------------------

    def key(self, body: Json) -> Json:
        found = self.keys.get(str(body.get("key_id")))
        if found is None:
            raise Refusal(400, "INVALID_INPUT", "INVALID_WEBHOOK_VERIFICATION_KEY_ID")
        return {"key": found}


_CALLS: dict[str, Callable[[World, Json], Json]] = {
    "/link/token/create": World.create_link_token,
    "/link/token/get": World.get_link_token,
    "/item/public_token/exchange": World.exchange,
    "/item/remove": World.remove,
    "/accounts/get": World.get_accounts,
    "/transactions/sync": World.sync,
    "/webhook_verification_key/get": World.key,
}


def digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def account(key: str, *, name: str, kind: str = "depository", subtype: str = "checking",
            current: Decimal = Decimal(0), currency: str = "EUR", mask: str = "0000") -> Json:  # fmt: skip
    """An account in Plaid's shape."""
    return {
        "account_id": key, "name": name, "official_name": None, "mask": mask, "type": kind,
        "subtype": subtype,
        "balances": {
            "available": None, "current": current, "limit": None, "iso_currency_code": currency,
            "unofficial_currency_code": None,
        },
    }  # fmt: skip


def _later() -> str:
    return datetime.now(UTC).isoformat()
