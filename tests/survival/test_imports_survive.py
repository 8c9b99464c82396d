"""G13 and G14: an import is whole or absent wherever its process dies, and once however often it is sent."""

import json

import pytest

from tests.guards import Guard
from tests.stack import StartedStack

pytestmark = pytest.mark.stack

SEED = 13
ROWS = 60
AT_ONCE = 8


@pytest.mark.guard("G13")
def test_killed_at_every_statement_and_around_every_commit(
    stack: StartedStack, guard: Guard
) -> None:
    """Receive, plan, commit and undo; SIGKILL before each statement, just before and just after each commit."""
    code = f"from tests.survival import failpoints; failpoints.run('{SEED}', {ROWS})"
    said = stack.manage("shell", "--no-imports", "-c", code)
    points = json.loads(said.split("found ")[1])
    for act, kinds in points.items():
        print(act, kinds)
        assert kinds["statement"] >= 8, "the acts send more statements than that"
        # A job commits its claim and its effect.
        commits = 1 if act == "receive" else 2
        assert kinds["before commit"] == kinds["after commit"] >= commits, act
    assert set(points) == {"receive", "import_plan", "import_commit", "import_undo"}
    n = sum(sum(kinds.values()) for kinds in points.values())
    guard("G13", reached="0 partial, 0 lost, 0 doubled at failpoints: each statement, each commit",
          n=n, seed=SEED)  # fmt: skip


@pytest.mark.guard("G14")
def test_sent_eight_times_at_once_it_is_done_once(stack: StartedStack, guard: Guard) -> None:
    """One job eight times, eight jobs for one plan, eight plans of one file: all at the same moment."""
    code = f"from tests.survival import doubles; doubles.run('{SEED}', {ROWS}, {AT_ONCE})"
    said = stack.manage("shell", "--no-imports", "-c", code)
    kinds = json.loads(said.split("found ")[1])
    print(kinds)
    assert set(kinds) == {"one job", "jobs of one plan", "plans of one file", "undo"}
    guard("G14", reached=f"ledger as after one, of {AT_ONCE} at once: {', '.join(kinds)}",
          n=AT_ONCE * len(kinds), seed=SEED)  # fmt: skip
