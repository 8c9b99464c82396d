"""G13: acts that meet on one account: nothing lost, totals equal lines, and the loser is told."""

import json
import os

import pytest

from tests.guards import Guard
from tests.stack import StartedStack

pytestmark = pytest.mark.stack

SIZES = [
    pytest.param(400, 3, id="fast"),
    pytest.param(4_000, 40, id="nightly", marks=pytest.mark.nightly),
]


@pytest.mark.guard("G13")
@pytest.mark.parametrize(("rows", "rounds"), SIZES)
def test_whoever_comes_first_nothing_is_lost(
    stack: StartedStack, guard: Guard, rows: int, rounds: int
) -> None:
    seed = os.environ.get("RIVALS_SEED", "36")
    code = f"from tests.survival import rivals; rivals.run('{seed}', {rows}, {rounds})"
    said = stack.manage("shell", "--no-imports", "-c", code)
    found = json.loads(said.split("found ")[1])
    print(f"\nseed {seed}", found)
    assert all(sum(ends.values()) == rounds for ends in found.values()) and len(found) == 7
    guard("G13", reached=f"0 lost, 0 doubled, totals equal lines where two acts meet: {', '.join(found)}",
          n=rounds * len(found), seed=seed)  # fmt: skip
