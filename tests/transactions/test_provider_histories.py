"""G21 plaid_histories: whatever happens on the way, the ledger ends as the provider's own rows."""

import os
import random
from typing import Any

import pytest

from accounts.jobs.models import Job
from tests.factories import category, make_customer
from tests.guards import Guard
from tests.transactions.provider_case import (
    TODAY,
    Provider,
    connected,
    mirror_of,
    provider,
    run,
    truth_of,
)
from transactions.audit import audit_ledger
from transactions.ledger import recategorise
from transactions.models import ProviderLink, Transaction
from transactions.providers.errors import ProviderBusy
from transactions.providers.stand_in.history import History
from transactions.providers.stand_in.world import Item, Refusal

__all__ = ["provider"]

SEED = int(os.environ.get("HISTORY_SEED", "20261125"))
ROUNDS = 6


class Trouble:
    """What goes wrong on the way, by chance; `off` at the end."""

    def __init__(self, rng: random.Random, item: Item) -> None:
        self.rng, self.item, self.off = rng, item, False
        self.met: set[str] = set()

    def __call__(self, path: str, body: dict[str, Any]) -> None:
        if self.off or path != "/transactions/sync":
            return
        kind = self.rng.choices(
            [
                "none",
                "429 short",
                "429 long",
                "500",
                "bank away",
                "cut off",
                "login",
                "cursor lost",
            ],
            [60, 5, 3, 5, 2, 4, 3, 4],
        )[0]
        if kind != "none":
            self.met.add(kind)
        if kind.startswith("429"):
            wait = "1" if kind == "429 short" else "120"
            raise Refusal(429, "RATE_LIMIT_EXCEEDED", "TRANSACTIONS_LIMIT", wait=wait)
        if kind == "500":
            raise Refusal(500, "API_ERROR", "INTERNAL_SERVER_ERROR")
        if kind == "bank away":
            raise Refusal(400, "INSTITUTION_ERROR", "INSTITUTION_DOWN")
        if kind == "cut off":
            raise ProviderBusy("unreachable")
        if kind == "login":
            self.item.login_required = True
        if kind == "cursor lost":
            self.item.salt = f"{self.rng.getrandbits(32):08x}"


class Person:
    """Gives rows categories of their own, and remembers which must have which."""

    def __init__(self, rng: random.Random, link: ProviderLink) -> None:
        self.rng, self.link = rng, link
        self.said: dict[int, int] = {}
        self.choices = [category(code) for code in ("rent", "gifts", "coffee")]

    def edit(self) -> None:
        held = [row.account_id for row in self.link.accounts.all()]
        rows = list(Transaction.objects.filter(account__in=held).order_by("pk"))
        for row in self.rng.sample(rows, min(2, len(rows))):
            chosen = self.rng.choice(self.choices)
            recategorise([row], category=chosen)
            self.said[row.pk] = chosen.pk

    def check(self) -> int:
        """Rows that are still there keep what was said, posted meanwhile or not."""
        now = Transaction.objects.filter(pk__in=self.said).in_bulk()
        for pk, row in now.items():
            assert (row.category_id, row.category_origin) == (self.said[pk], "person"), row.pk
        return len(now)


def one_history(provider: Provider, seed: int) -> tuple[set[str], int]:
    """Plays one history with its troubles; returns which were met, and how many edits were kept."""
    rng = random.Random(seed)
    link, item = connected(provider, customer=make_customer(), accounts=rng.randint(1, 2))
    history = History(item, rng, today=TODAY)
    trouble = Trouble(rng, item)
    person = Person(rng, link)
    provider.world.trouble = trouble
    item.page_rows = rng.randint(2, 9)
    restarts = 0

    def after_page(_item: Item) -> None:
        nonlocal restarts
        if not trouble.off and rng.random() < 0.15:
            restarts += 1
            history.step()

    item.after_page = after_page
    for _round in range(ROUNDS):
        for _step in range(rng.randint(0, 12)):
            history.step()
        run(link)
        if item.login_required and rng.random() < 0.5:
            item.login_required = False
            ProviderLink.objects.filter(pk=link.pk).update(state=ProviderLink.State.ACTIVE)
        if rng.random() < 0.5:
            person.edit()
    trouble.off, item.login_required = True, False
    ProviderLink.objects.filter(pk=link.pk).update(state=ProviderLink.State.ACTIVE)
    job = run(link)
    assert job.state == Job.State.DONE and job.result["outcome"] == "done", (seed, job.result)
    wrong = mirror_of(link) ^ truth_of(item, link)
    assert not wrong, f"history {seed}: {sorted(map(str, wrong))[:6]}"
    if restarts:
        trouble.met.add("mutation")
    return trouble.met, person.check()


def play(provider: Provider, n: int) -> tuple[set[str], int]:
    print(f"\nHISTORY_SEED={SEED}, {n} histories")
    met: set[str] = set()
    kept = 0
    for number in range(n):
        found, edits = one_history(provider, SEED + number)
        met |= found
        kept += edits
    assert audit_ledger() == []
    assert len(met) == 8, f"not every trouble was met: {sorted(met)}"
    return met, kept


@pytest.mark.guard("G21")
def test_the_ledger_mirrors_random_histories(provider: Provider, guard: Guard) -> None:
    met, kept = play(provider, 30)
    assert kept > 20
    reached = f"mirror = truth, diff 0; {kept} edits kept; met {len(met)} kinds of trouble"
    guard("G21", reached=reached, n=30, seed=SEED)


@pytest.mark.nightly
@pytest.mark.guard("G21")
def test_the_ledger_mirrors_a_thousand_histories(provider: Provider, guard: Guard) -> None:
    met, kept = play(provider, 1000)
    reached = f"mirror = truth, diff 0; {kept} edits kept; met {len(met)} kinds of trouble"
    guard("G21", reached=reached, n=1000, seed=SEED)
