"""G4 tenant_mix: two banks in the same processes and threads, in turn, while things fail.

TENANT_MIX_SEED runs the same again; TENANT_MIX_REQUESTS makes the nightly one shorter.
"""

import json
import os
from dataclasses import dataclass
from typing import Any

import pytest

from tests.guards import Guard
from tests.stack import Started, StartedStack
from tests.sweep.conftest import Tally

pytestmark = pytest.mark.stack

SEED = os.environ.get("TENANT_MIX_SEED", "4")
REQUESTS = int(os.environ.get("TENANT_MIX_REQUESTS", "40000"))


@dataclass(frozen=True)
class Size:
    processes: int
    threads: int
    requests: int
    tasks: int
    seconds: float


FAST = Size(2, 4, 400, 40, 120)
FULL = Size(4, 8, REQUESTS, REQUESTS // 10, 5400)


def answer(started: Started, seconds: float) -> dict[str, Any]:
    """The one line of JSON it ends with."""
    started.process.wait(seconds)
    said = started.said()
    assert started.process.returncode == 0, said[-3000:]
    found: dict[str, Any] = json.loads(said.strip().splitlines()[-1])
    return found


def run(stack: StartedStack, size: Size) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Fills the banks, mixes, searches. Every second process takes its connections from a pool."""
    owner = {"DATABASE_URL": stack.env["MIGRATION_DATABASE_URL"]}
    here = {"DJANGO_SETTINGS_MODULE": "tests.sweep.mix_settings"}
    command = ["-m", "tests.sweep.tenant_mix"]
    answer(stack.start("fill", [*command, "fill"], **here, **owner), 120)
    mixing = []
    for number in range(size.processes):
        pool = {"DATABASE_POOL": "1", "DATABASE_POOL_SIZE": "20"} if number % 2 else {}
        each = (size.requests // size.processes, size.tasks // size.processes, size.threads)
        arguments = ["mix", str(number), *map(str, each), SEED]
        mixing.append(stack.start("mix", [*command, *arguments], **here, **pool))
    seen = [answer(started, size.seconds) for started in mixing]
    return seen, answer(stack.start("search", [*command, "search"], **here, **owner), 300)


def check(stack: StartedStack, size: Size, guard: Guard) -> tuple[int, int]:
    seen, found = run(stack, size)
    total = {name: sum(s[name] for s in seen) for name in ("requests", "tasks", "own")}
    faults = {k: sum(s["faults"].get(k, 0) for s in seen) for k in seen[0]["faults"]}
    print(f"\ntenant mix, seed {SEED}: {total}, {[s['seconds'] for s in seen]} s, faults {faults}")
    print([s["answers"] for s in seen], found)
    wrong = [sentence for s in seen for sentence in s["crossings"]]
    assert not wrong, "\n".join(wrong[:20])
    assert total["requests"] == size.requests and total["tasks"] == size.tasks
    assert total["own"] > total["requests"] / 3, "too few answers showed the bank's own data"
    assert min(faults.values()) > size.requests / 20
    assert found["wrong"] == {"north": {}, "south": {}}
    assert found["undone"] == {"north": 0, "south": 0}
    for schema, marks in found["marks"].items():
        assert marks == sum(s["marks"].get(schema, 0) for s in seen), f"marks in {schema}"
    guard(
        "G4", n=total["requests"] + total["tasks"], seed=SEED,
        reached=f"0 crossings, 0 rows in the wrong schema in {total['requests']} requests and "
        f"{total['tasks']} tasks, {size.processes} × {size.threads}, {sum(faults.values()) - faults['none']} faults",
    )  # fmt: skip
    return total["requests"], total["tasks"]


@pytest.mark.guard("G4")
def test_two_banks_in_the_same_threads(stack: StartedStack, guard: Guard, tally: Tally) -> None:
    requests, tasks = check(stack, FAST, guard)
    tally("mixed_requests", requests)
    tally("mixed_tasks", tasks)


@pytest.mark.nightly
@pytest.mark.guard("G4")
def test_two_banks_in_the_same_threads_all_night(stack: StartedStack, guard: Guard) -> None:
    check(stack, FULL, guard)
