"""The provider that every test has in place of the network: made anew for each, empty until it is asked."""

from decimal import Decimal
from typing import Any

from transactions.providers.client import Answer
from transactions.providers.stand_in.world import Item, World, account


class Provider:
    """The stand-in's world, spoken to without a socket."""

    def __init__(self) -> None:
        self.world = World(base_url="https://secure.plaid.com", make_item=self.make_item)
        self.made = 0

    def ask(self, path: str, body: bytes) -> Answer:
        reply = self.world.answer(path, body)
        return Answer(reply.status, reply.headers.get("Retry-After", ""), reply.body)

    def make_item(self, token: str, accounts: int = 2) -> Item:
        self.made += 1
        item = Item(token, f"item-{self.made}-{token[-8:]}")
        item.accounts = [
            account(
                f"acc-{self.made}-{n}",
                name=f"Checking {n}",
                current=Decimal("100.50"),
                mask=f"000{n}",
            )
            for n in range(1, accounts + 1)
        ]
        return item


_now: list[Provider] = []


def begin() -> None:
    """A test begins: nothing is known of the one before."""
    _now.clear()


def now() -> Provider:
    if not _now:
        _now.append(Provider())
    return _now[0]


def transport(provider: Any) -> Any:
    return now().ask
