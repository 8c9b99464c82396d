"""A rule goes over an account while its owner edits: nothing is lost, the person's choice stays, totals hold.

RULES_RACE_SEED repeats a run's edits.
"""

import json
import os
import random

import pytest

from tests.stack import StartedStack

pytestmark = pytest.mark.stack

SEED = int(os.environ.get("RULES_RACE_SEED") or random.SystemRandom().randrange(10**6))
CODE = "from tests.survival.rules_race import main; main()"


@pytest.mark.parametrize(
    "rows", [20_000, pytest.param(200_000, marks=pytest.mark.nightly, id="nightly")]
)
def test_a_run_and_edits_at_once_lose_nothing(stack: StartedStack, rows: int) -> None:
    said = stack.manage(
        "shell", "--no-imports", "-c", CODE, RACE_ROWS=str(rows), RACE_SEED=str(SEED)
    )
    found = json.loads(said.split("raced ")[1])
    print(f"seed {SEED}: {found}")
    assert found["state"] == "done" and found["errors"] == []
    assert found["rows"] == rows and found["sum_kept"]
    assert found["edits_lost"] == found["not_ruled"] == found["wrongly_ruled"] == 0
    # Somebody who comes while a piece is written is told so, never left waiting or passed over.
    assert found["edits"] > 0
    assert found["told_busy"] + found["told_changed"] + found["edits_during"] > 0
    assert found["audit"] == found["audit_after_undo"] == []
    assert found["undone"] == "undone"
    assert found["left_ruled"] == found["edits_lost_by_undo"] == 0
